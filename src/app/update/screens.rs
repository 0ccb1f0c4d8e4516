//! What keys do on the screens: first what they do on all of them, then what on one.

use super::{choosing, home};
use crate::app::actions::Action;
use crate::app::chooser::Chooser;
use crate::app::effect::Effect;
use crate::app::layout::Area;
use crate::app::overlay::Overlay;
use crate::app::screen::Screen;
use crate::app::state::State;

/// Does `action` on `screen`.
pub(super) fn act(state: &mut State, screen: Screen, action: Action) -> Vec<Effect> {
    match action {
        Action::Show(to) => {
            state.show(to);
            Vec::new()
        }
        Action::Namespace => {
            let namespaces = Chooser::namespaces(state);
            choosing::open(state, namespaces);
            Vec::new()
        }
        Action::Context => {
            let contexts = Chooser::contexts(state);
            choosing::open(state, contexts);
            Vec::new()
        }
        Action::Profile => {
            let profiles = Chooser::profiles(state);
            choosing::open(state, profiles);
            Vec::new()
        }
        Action::Palette => {
            let palette = Chooser::palette(state);
            choosing::open(state, palette);
            Vec::new()
        }
        Action::Notices => {
            state.overlay = Some(Overlay::Notices(0));
            Vec::new()
        }
        Action::Help => {
            state.overlay = Some(Overlay::Help(0));
            Vec::new()
        }
        action => on(state, screen, action),
    }
}

/// Does what `action` does on `screen` alone.
fn on(state: &mut State, screen: Screen, action: Action) -> Vec<Effect> {
    match screen {
        Screen::Home => home::act(state, action),
        _ if action == Action::Back => {
            state.leave();
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Takes a click into the body of a screen other than Home.
pub(super) fn click(_state: &mut State, _at: (u16, u16), _double: bool) -> Vec<Effect> {
    Vec::new()
}

/// Works out what follows from the state for the screen that is shown, in `body`.
pub(super) fn settle(_state: &mut State, _body: Area) -> Vec<Effect> {
    Vec::new()
}
