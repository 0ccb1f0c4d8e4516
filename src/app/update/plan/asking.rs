//! The dialog that has a plan carried out.

use crate::app::actions::Action;
use crate::app::effect::Effect;
use crate::app::notices::Level;
use crate::app::overlay::Overlay;
use crate::app::plan::{Dialog, Run, Stage, Stop};
use crate::app::state::State;

use super::begin;

/// Enter on the screen: asks, stops, or goes on.
pub(super) fn enter(state: &mut State) -> Vec<Effect> {
    match &state.plan.run.stage {
        Stage::Running => {
            state.plan.run.stage = Stage::Stopped(Stop {
                pod: None,
                text: "Stopped by you; a placement under way comes to its end".to_owned(),
            });
            Vec::new()
        }
        Stage::Stopped(_) => {
            // What is left is planned on the cluster as it is, and asked about then.
            state.plan.go_on = true;
            begin(state)
        }
        Stage::Finished => {
            state
                .notices
                .tell(state.now, Level::Hint, "everything is placed: r plans again");
            Vec::new()
        }
        Stage::Idle => {
            ask(state);
            Vec::new()
        }
    }
}

/// Opens the dialog, or says why there is nothing to ask.
pub(super) fn ask(state: &mut State) {
    let mut tell = |level, text: String| state.notices.tell(state.now, level, text);
    if state.plan.study.is_some() {
        tell(Level::Hint, "still planning: in a moment".to_owned());
    } else if state.link.file.is_some() {
        let text =
            "this is a file: nothing can be placed; 'berth plan --from FILE' writes a plan for the cluster";
        tell(Level::Hint, text.to_owned());
    } else if let Some(flight) = &state.flight {
        let text = format!("{} is still being placed: one at a time", flight.pod.key);
        tell(Level::Warn, text);
    } else if state.plan.left() == 0 {
        tell(
            Level::Hint,
            "the plan places no pod: there is nothing to carry out".to_owned(),
        );
    } else {
        state.overlay = Some(Overlay::Plan(Box::new(Dialog::open(&state.plan))));
    }
}

/// Does `action` in the dialog.
pub(in crate::app::update) fn confirm(state: &mut State, action: Action) -> Vec<Effect> {
    let now = state.now;
    let Some(Overlay::Plan(dialog)) = &mut state.overlay else {
        return Vec::new();
    };
    match action {
        Action::Up => dialog.turn(1),
        Action::Down => dialog.turn(-1),
        Action::PageUp => dialog.offset = dialog.offset.saturating_sub(4),
        Action::PageDown => dialog.offset = dialog.offset.saturating_add(4),
        Action::Back => state.overlay = None,
        Action::Confirm if dialog.guard.armed(now) => return confirmed(state),
        Action::Confirm => {
            return dialog
                .guard
                .too_early(now)
                .map(Effect::Wake)
                .into_iter()
                .collect();
        }
        _ => {}
    }
    Vec::new()
}

/// The reason was typed at.
pub(in crate::app::update) fn typed(dialog: &mut Dialog) {
    dialog.guard.typed();
    dialog.error = None;
}

fn confirmed(state: &mut State) -> Vec<Effect> {
    let of = state.plan.left();
    let Some(Overlay::Plan(dialog)) = &mut state.overlay else {
        return Vec::new();
    };
    let reason = match dialog.reason() {
        Ok(reason) => reason,
        Err(error) => {
            dialog.error = Some(error);
            return Vec::new();
        }
    };
    let rate = dialog.rate;
    state.overlay = None;
    let done = std::mem::take(&mut state.plan.run.done);
    state.plan.run = Run {
        stage: Stage::Running,
        of: done.len() + of,
        done,
        rate,
        reason,
        follows: true,
        ..Run::default()
    };
    // What follows from the state begins with the first placement.
    Vec::new()
}
