//! How a placement goes and how it ends.

use std::sync::Arc;

use super::plan;
use crate::app::aftermath::brief;
use crate::app::confirm::Step;
use crate::app::layout::Pane;
use crate::app::notices::Level;
use crate::app::overlay::Overlay;
use crate::app::state::{Errand, Flight, Mark, Placement, State};
use crate::placing::{Outcome, Stage};

/// The placement is this far.
pub(super) fn reached(state: &mut State, reached: Stage) {
    if let Some(flight) = &mut state.flight {
        flight.stage = reached;
    }
}

/// The placement is over.
pub(super) fn over(state: &mut State, outcome: Outcome) {
    let Some(flight) = state.flight.take() else {
        return;
    };
    let Flight {
        pod, node, errand, ..
    } = flight;
    let confirm = match errand {
        Errand::Dialog(confirm) => confirm,
        // That ends with a message of its own.
        Errand::Room(_) => return,
        Errand::Plan(total) => return plan::landed(state, &pod, &node, total, &outcome),
    };
    if let Outcome::Changed {
        confirmed,
        now,
        judged,
    } = outcome
    {
        let mut confirm = confirm;
        confirm.changed(confirmed, now, &judged);
        state.overlay = Some(Overlay::Confirm(confirm));
        return;
    }
    let text = brief(&pod, &node, &outcome);
    let mark = Mark::of(&outcome);
    let level = match mark {
        Mark::Placed => Level::Good,
        Mark::PlacedBut => Level::Warn,
        Mark::Failed | Mark::Unknown => Level::Error,
    };
    state.placed.push(Placement {
        at: state.now,
        pod: pod.key.clone(),
        uid: Arc::clone(&pod.uid),
        node,
        mark,
        text: text.clone(),
    });
    state.placed_offset = 0;
    state.notices.tell(state.now, level, text);

    let dialog_is_its = matches!(
        &state.overlay,
        Some(Overlay::Confirm(open)) if open.pod.uid == pod.uid && matches!(open.step, Step::Running)
    );
    if mark == Mark::Placed {
        if dialog_is_its || matches!(state.overlay, Some(Overlay::Leave)) {
            state.overlay = None;
            state.focus = Pane::Waiting;
        }
    } else {
        let mut confirm = confirm;
        confirm.step = Step::Over(Box::new(outcome));
        confirm.offset = 0;
        state.overlay = Some(Overlay::Confirm(confirm));
    }
}
