//! Choosing from a list: the palette, a namespace, a context, a profile, a theme, what to copy.

use std::sync::Arc;

use super::{compare, connecting, home, keys, lesson, plan, viewing};
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
        Choice::Restart(step) => return lesson::restart(state, step),
        Choice::CompareWith(node) => compare::with(state, node),
        Choice::Context(context) => return connecting::connect(state, &context),
        Choice::Theme(theme) => choose_theme(state, theme),
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

/// Draws in `theme` from now on; says how to keep it, where it is not what the settings say.
fn choose_theme(state: &mut State, theme: Arc<str>) {
    if theme != state.options.settings.theme {
        let file = match &state.options.settings_file {
            Some(file) => file,
            None => "the settings' file",
        };
        let text = format!("theme {theme} for now; to keep it: theme: {theme} in {file}");
        state.notices.tell(state.now, Level::Info, text);
    }
    state.theme = theme;
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
