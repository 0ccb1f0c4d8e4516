//! What keys do on the screens: first what they do on all of them, then what on one.

use std::sync::Arc;

use super::{
    adopting, choosing, compare, connecting, covering, cycle, details, exporting, fixes, home, lesson,
    matrix, plan, what_if, wire,
};
use crate::app::actions::Action;
use crate::app::chooser::Chooser;
use crate::app::effect::Effect;
use crate::app::layout::Area;
use crate::app::overlay::Overlay;
use crate::app::screen::Screen;
use crate::app::state::State;

/// Does `action` on `screen`.
pub(super) fn act(state: &mut State, screen: Screen, action: Action) -> Vec<Effect> {
    if covering::refuses(state, screen, action) {
        return Vec::new();
    }
    match action {
        Action::Back if state.connecting.is_some() => connecting::stay(state),
        Action::Show(to) => {
            match to {
                Screen::Matrix => matrix::open(state),
                Screen::Compare => compare::open(state),
                Screen::WhatIf => what_if::open(state),
                Screen::Fixes => fixes::open(state),
                Screen::Cycle if screen != Screen::Cycle => cycle::enter(state),
                _ => {}
            }
            state.show(to);
            match to {
                Screen::Plan => plan::entered(state),
                _ => Vec::new(),
            }
        }
        Action::Adopt => {
            adopting::open(state);
            Vec::new()
        }
        Action::Lesson(key) => lesson::act(state, key),
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
        Action::CopyMenu => {
            let copies = Chooser::copies(state);
            choosing::open(state, copies);
            Vec::new()
        }
        Action::Export => {
            exporting::open(state);
            Vec::new()
        }
        Action::Details => {
            details::open(state);
            Vec::new()
        }
        Action::Theme => {
            let themes = Chooser::themes(state);
            choosing::open(state, themes);
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
        Screen::WhatIf => what_if::act(state, action),
        Screen::Fixes => fixes::act(state, action),
        Screen::Cycle => cycle::act(state, action),
        Screen::Plan => plan::act(state, action),
        Screen::Wire => wire::act(state, action),
        Screen::Matrix => matrix::act(state, action),
        Screen::Compare => compare::act(state, action),
    }
}

/// Takes a click into the body of a screen other than Home.
pub(super) fn click(state: &mut State, at: (u16, u16), double: bool) -> Vec<Effect> {
    let body = state.layout().body;
    match state.screen {
        Screen::WhatIf => what_if::click(state, at, double, body),
        Screen::Fixes => fixes::click(state, at, double, body),
        Screen::Plan => plan::click(state, at, double),
        Screen::Cycle => {
            cycle::click(state, at);
            Vec::new()
        }
        Screen::Wire => {
            wire::click(state, at, double);
            Vec::new()
        }
        Screen::Matrix => {
            matrix::click(state, at, double);
            Vec::new()
        }
        Screen::Compare => {
            compare::click(state, at);
            Vec::new()
        }
        Screen::Home => Vec::new(),
    }
}

/// Takes the wheel over the body of a screen other than Home, where it does not scroll what the arrows move; whether it
/// did so.
pub(super) fn wheel(state: &mut State, at: (u16, u16), by: isize) -> bool {
    state.screen == Screen::Matrix && matrix::wheel(state, at, by)
}

/// Works out what follows from the state for the screen that is shown, in `body`.
pub(super) fn settle(state: &mut State, body: Area) -> Vec<Effect> {
    match state.screen {
        Screen::WhatIf => what_if::settle(state, body),
        Screen::Fixes => fixes::settle(state, body),
        Screen::Matrix => matrix::settle(state, body),
        Screen::Compare => compare::settle(state, body),
        Screen::Plan => {
            plan::settle(state, body);
            Vec::new()
        }
        Screen::Cycle => {
            cycle::settle(state, body);
            Vec::new()
        }
        Screen::Wire => {
            wire::settle(state, body);
            Vec::new()
        }
        Screen::Home => Vec::new(),
    }
}

/// The nodes whose numbers the screen shows.
pub(super) fn looked_at(state: &State) -> Vec<Arc<str>> {
    match state.screen {
        Screen::Matrix => state.matrix.chosen.clone().into_iter().collect(),
        Screen::Compare => state.compare.nodes.iter().flatten().cloned().collect(),
        Screen::Cycle => state.cycle.node_name().cloned().into_iter().collect(),
        _ => state.node_name().cloned().into_iter().collect(),
    }
}
