//! Choosing from a list: the palette, a namespace, a context, a profile, a theme, what to copy.

use std::sync::Arc;

use super::{compare, home, keys, plan, viewing};
use crate::app::actions::{Action, Context};
use crate::app::chooser::{Choice, Chooser};
use crate::app::effect::Effect;
use crate::app::notices::Level;
use crate::app::overlay::Overlay;
use crate::app::state::State;

/// Opens the list.
pub(super) fn open(state: &mut State, chooser: Chooser) {
    if chooser.is_empty() {
        state.notices.tell(state.now, Level::Hint, chooser.empty);
        return;
    }
    state.overlay = Some(Overlay::Choose(Box::new(chooser)));
}

/// Does `action` while the list is open.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(Overlay::Choose(chooser)) = &mut state.overlay else {
        return Vec::new();
    };
    match action {
        Action::Up => chooser.step(-1),
        Action::Down => chooser.step(1),
        Action::PageUp => chooser.step(-8),
        Action::PageDown => chooser.step(8),
        Action::Confirm => {
            let chosen = chooser.chosen().map(|item| item.choice.clone());
            if let Some(choice) = chosen {
                state.overlay = None;
                return take(state, choice);
            }
        }
        _ => state.overlay = None,
    }
    Vec::new()
}

fn take(state: &mut State, choice: Choice) -> Vec<Effect> {
    match choice {
        Choice::Do(action) => return keys::act(state, Context::Screen(state.screen), action),
        Choice::Namespace(namespace) => {
            home::choosing(state);
            state.namespace = namespace;
            viewing::keep_selection(state);
        }
        Choice::Profile(profile) => return vec![Effect::JudgeBy(profile)],
        Choice::Pin(pod, node) => return plan::pin(state, pod, node),
        Choice::CompareWith(node) => compare::with(state, node),
        Choice::Context(context) => return connect(state, &context),
        Choice::Theme(theme) => state.theme = theme,
        Choice::Copy(what, text) => {
            let what = if text.contains('\n') {
                what.to_owned()
            } else {
                text.clone()
            };
            return copy(state, text, &what);
        }
    }
    Vec::new()
}

fn connect(state: &mut State, context: &Arc<str>) -> Vec<Effect> {
    if *state.link.context == **context {
        return Vec::new();
    }
    if let Some(flight) = &state.flight {
        let text = format!("{} is still being placed: wait for it first", flight.pod.key);
        state.notices.tell(state.now, Level::Warn, text);
        return Vec::new();
    }
    if state.plan.run.is_running() {
        let text = "a plan is being carried out: stop it first";
        state.notices.tell(state.now, Level::Warn, text);
        return Vec::new();
    }
    let text = format!("connecting to {context} …");
    state.notices.tell(state.now, Level::Info, text);
    vec![Effect::Connect(Arc::clone(context))]
}

/// Puts `text` on the clipboard, and says so.
pub(super) fn copy(state: &mut State, text: String, what: &str) -> Vec<Effect> {
    if !state.options.settings.clipboard {
        let told = "nothing was copied: the clipboard is off in the settings";
        state.notices.tell(state.now, Level::Hint, told);
        return Vec::new();
    }
    state
        .notices
        .tell(state.now, Level::Hint, format!("copied {what}"));
    vec![Effect::Copy(text)]
}
