//! While a lesson asks for a prediction the screen has views without decisions, and what would work one out is not begun.

use std::sync::Arc;

use crate::app::actions::{Action, Context, LessonKey};
use crate::app::effect::Effect;
use crate::app::lesson::{KeptBack, Veil, Wish, tells};
use crate::app::notices::Level;
use crate::app::screen::Screen;
use crate::app::state::State;

/// Has the state show the view that it may: without decisions while a prediction is asked for, afterwards the one behind
/// it. Whether it is another one now.
pub(super) fn veil(state: &mut State) -> bool {
    let covered = state.covered();
    let Some(class) = &mut state.class else {
        return false;
    };
    let last = class.veil.take();
    let is_shown = last
        .as_ref()
        .is_some_and(|veil| Arc::ptr_eq(&veil.shown, &state.view));
    match (covered, last) {
        (true, last) if is_shown => class.veil = last,
        (true, last) => {
            if last.is_none() {
                // What is left of another screen tells what it was made from.
                state.behind.clear();
                if state.screen != Screen::Wire {
                    state.screen = Screen::Home;
                }
            }
            let veil = Veil::over(Arc::clone(&state.view), last);
            state.view = Arc::clone(&veil.shown);
            class.veil = Some(veil);
            return true;
        }
        (false, Some(veil)) if is_shown => {
            state.view = veil.behind;
            return true;
        }
        (false, _) => {}
    }
    false
}

/// What the cluster may be told meanwhile: nothing of pods that fit nowhere.
pub(super) fn silence(state: &mut State) -> Option<Effect> {
    let covered = state.covered();
    let class = state.class.as_mut()?;
    if class.silent == Some(covered) {
        return None;
    }
    class.silent = Some(covered);
    Some(Effect::Teach(Wish::Silence(covered)))
}

/// Whether `action` on `screen` has to wait for a prediction; that is told.
pub(super) fn refuses(state: &mut State, screen: Screen, action: Action) -> bool {
    if !state.covered() || !tells(screen, action) {
        return false;
    }
    let kept_back = state.class.as_ref().and_then(|class| class.kept_back());
    let told = if matches!(kept_back, Some(KeptBack::Next(_))) {
        "the next step asks what you expect: this would tell it".to_owned()
    } else {
        let predict = Action::Lesson(LessonKey::Predict);
        let key = state.options.keymap.hint(Context::Screen(screen), predict);
        let key = key.map_or_else(String::new, |(_, key)| format!(", with {key}"));
        format!("first say what you expect{key}: this would tell it")
    };
    state.notices.tell(state.now, Level::Hint, told);
    true
}
