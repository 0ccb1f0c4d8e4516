//! The dialog that makes room for a pod.

use std::sync::Arc;

use super::confirming;
use super::keys::dialog_size;
use crate::app::actions::Action;
use crate::app::aftermath::brief;
use crate::app::effect::Effect;
use crate::app::notices::Level;
use crate::app::overlay::Overlay;
use crate::app::prose::wrap;
use crate::app::room::{RoomDialog, Step};
use crate::app::state::{Errand, Flight, Mark, Placement, State};
use crate::model::PodKey;
use crate::placing::preempt::{End, Surveyed};
use crate::placing::{Preempted, Stage};

/// Opens the dialog for the selected pod, or says why there is no room to be made.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    if !confirming::may_begin(state) {
        return Vec::new();
    }
    let Some(selected) = state.decision() else {
        let text = "still judging this pod: in a moment";
        state.notices.tell(state.now, Level::Hint, text);
        return Vec::new();
    };
    if !selected.trace.feasible.is_empty() {
        let text = format!("{} fits as it is: nobody has to go", selected.pod.key);
        state.notices.tell(state.now, Level::Hint, text);
        return Vec::new();
    }
    match RoomDialog::open(selected, state.node()) {
        Some(dialog) => {
            let effect = survey(&dialog);
            state.overlay = Some(Overlay::Room(Box::new(dialog)));
            vec![effect]
        }
        None => {
            let said = selected
                .trace
                .post_filter
                .as_ref()
                .map(|found| found.status.message());
            let why = said.unwrap_or_else(|| "no plugin looks for room".to_owned());
            let text = format!("no room can be made for {}: {why}", selected.pod.key);
            state.notices.tell(state.now, Level::Warn, text);
            Vec::new()
        }
    }
}

fn survey(dialog: &RoomDialog) -> Effect {
    Effect::Survey(dialog.pod.key.clone(), dialog.node())
}

/// It was looked up who has to go.
pub(super) fn surveyed(state: &mut State, pod: &PodKey, node: &str, surveyed: Result<Surveyed, String>) {
    if let Some(Overlay::Room(dialog)) = &mut state.overlay
        && dialog.pod.key == *pod
    {
        dialog.surveyed(node, surveyed);
    }
}

/// Does `action` in the dialog.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let now = state.now;
    let last = lines(state).saturating_sub(1);
    let Some(Overlay::Room(dialog)) = &mut state.overlay else {
        return Vec::new();
    };
    let scroll = |dialog: &mut RoomDialog, by: isize| {
        dialog.offset = dialog.offset.saturating_add_signed(by).min(last);
    };
    match action {
        Action::Up => scroll(dialog, -1),
        Action::Down => scroll(dialog, 1),
        Action::PageUp => scroll(dialog, -8),
        Action::PageDown => scroll(dialog, 8),
        Action::NextPane => dialog.turn(),
        Action::OtherNode if matches!(dialog.step, Step::Asking) && dialog.candidates.len() > 1 => {
            dialog.next_node();
            dialog.changed = false;
            return vec![survey(dialog)];
        }
        Action::Back => state.overlay = None,
        Action::Confirm => match dialog.step {
            Step::Asking if dialog.hears(now) => return confirmed(state),
            Step::Asking => {
                return dialog
                    .guard
                    .too_early(now)
                    .map(Effect::Wake)
                    .into_iter()
                    .collect();
            }
            Step::Running | Step::Over(_) => state.overlay = None,
        },
        _ => {}
    }
    Vec::new()
}

/// How many lines the dialog has to say.
fn lines(state: &State) -> usize {
    let Some(Overlay::Room(dialog)) = &state.overlay else {
        return 0;
    };
    let (columns, _) = dialog_size(state.size);
    let lines = match &dialog.step {
        Step::Over(preempted) => dialog.outcome(preempted),
        _ => dialog.question(&state.link, state.now),
    };
    wrap(lines, columns).len()
}

/// Enter in the dialog, meant as such.
fn confirmed(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Room(dialog)) = &mut state.overlay else {
        return Vec::new();
    };
    match dialog.wish() {
        Err(missing) => {
            dialog.error = Some(missing);
            dialog.field = if dialog.error == Some(crate::app::room::Missing::Word) {
                crate::app::room::Field::Word
            } else {
                crate::app::room::Field::Reason
            };
            Vec::new()
        }
        Ok(mut wish) => {
            let scheduler = &dialog.pod.spec.scheduler_name;
            let mut adoptions = state.adoptions.iter();
            wish.adoption = adoptions
                .find(|adoption| adoption.scheduler == *scheduler)
                .cloned();
            dialog.step = Step::Running;
            state.flight = Some(Flight {
                pod: Arc::clone(&dialog.pod),
                node: dialog.node(),
                stage: Stage::Checking,
                taken_back: false,
                errand: Errand::Room(dialog.clone()),
            });
            vec![Effect::Preempt(Box::new(wish))]
        }
    }
}

/// Making room is over.
pub(super) fn over(state: &mut State, preempted: Preempted) -> Vec<Effect> {
    let Some(Flight {
        pod,
        node,
        errand: Errand::Room(mut dialog),
        ..
    }) = state.flight.take()
    else {
        return Vec::new();
    };
    let text = brief_of(&pod, &node, &preempted);
    let mark = match &preempted.end {
        End::Over(outcome) => Mark::of(outcome),
        End::Changed(_) => Mark::Failed,
    };
    let level = match mark {
        Mark::Placed => Level::Good,
        Mark::PlacedBut => Level::Warn,
        Mark::Failed | Mark::Unknown => Level::Error,
    };
    state.notices.tell(state.now, level, text.clone());
    if dialog.over(preempted) {
        let effect = survey(&dialog);
        state.overlay = Some(Overlay::Room(dialog));
        return vec![effect];
    }
    state.placed.push(Placement {
        at: state.now,
        pod: pod.key.clone(),
        uid: Arc::clone(&pod.uid),
        node,
        mark,
        text,
    });
    state.placed_offset = 0;
    state.overlay = Some(Overlay::Room(dialog));
    Vec::new()
}

fn brief_of(pod: &crate::model::Pod, node: &str, preempted: &Preempted) -> String {
    let end = match &preempted.end {
        End::Over(outcome) => brief(pod, node, outcome),
        End::Changed(_) => format!("{} not placed: others would have to go by now", pod.key),
    };
    if preempted.removed.is_empty() {
        return end;
    }
    format!("{end}; deleted for it: {}", crate::app::room::names(preempted))
}
