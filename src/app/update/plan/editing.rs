//! Changing a plan: order, skips, how it is looked for; and going back.

use std::sync::Arc;

use super::begin;
use crate::app::effect::Effect;
use crate::app::history::History;
use crate::app::notices::Level;
use crate::app::plan::{Asked, Section, Stage};
use crate::app::state::State;
use crate::model::PodKey;
use crate::scheduling::plan::Fate;

/// Says why nothing can be changed now, and whether that is so.
pub(super) fn refused(state: &mut State) -> bool {
    let running = state.plan.run.is_running();
    if running {
        let text = "the plan is being carried out: ⏎ stops it first";
        state.notices.tell(state.now, Level::Hint, text);
    }
    running
}

/// Asks for something else, which can be undone.
pub(super) fn change(state: &mut State, change: impl FnOnce(&mut Asked)) -> Vec<Effect> {
    let Some(asked) = &mut state.plan.asked else {
        return Vec::new();
    };
    let before = asked.clone();
    change(asked);
    if *asked == before {
        return Vec::new();
    }
    state.plan.edits.changing(before);
    if matches!(state.plan.run.stage, Stage::Finished) {
        state.plan.run.done.clear();
    }
    state.plan.run.stage = Stage::Idle;
    begin(state)
}

/// Moves the pod under the cursor before the one before it, or after the one after it.
pub(super) fn shift(state: &mut State, by: isize) -> Vec<Effect> {
    if refused(state) {
        return Vec::new();
    }
    let Some(row) = state.plan.row().filter(|row| row.order > 0) else {
        state
            .notices
            .tell(state.now, Level::Hint, "this pod has no place in the order");
        return Vec::new();
    };
    let (uid, key) = (Arc::clone(&row.pod.uid), row.pod.key.clone());
    let Some(mut order) = order(state) else {
        return Vec::new();
    };
    let Some(at) = order.iter().position(|have| *have == key) else {
        return Vec::new();
    };
    let to = at.saturating_add_signed(by).min(order.len().saturating_sub(1));
    if to == at {
        return Vec::new();
    }
    order.swap(at, to);
    state.plan.chosen = Some(uid);
    change(state, |asked| asked.request.order = order)
}

/// The pods that are looked at, in the order of the plan.
fn order(state: &State) -> Option<Vec<PodKey>> {
    let rows = &state.plan.planned.as_ref()?.plan.rows;
    let looked_at = rows.iter().filter(|row| !matches!(row.fate, Fate::LeftOut(_)));
    Some(looked_at.map(|row| row.pod.key.clone()).collect())
}

/// Leaves the pod under the cursor out, or takes it in again; the cursor goes to the next one.
pub(super) fn skip(state: &mut State) -> Vec<Effect> {
    if refused(state) {
        return Vec::new();
    }
    let Some(row) = state.plan.row() else {
        return Vec::new();
    };
    let key = row.pod.key.clone();
    let skipped = state
        .plan
        .asked
        .as_ref()
        .is_some_and(|asked| asked.request.skips.contains(&key));
    if (row.section == Section::Out && !skipped) || (row.section == Section::Placed && row.order == 0) {
        state
            .notices
            .tell(state.now, Level::Hint, "this pod is not to be placed in any case");
        return Vec::new();
    }
    let next = state.plan.rows.get(state.plan.scroll.cursor + 1);
    state.plan.chosen = next.map(|row| Arc::clone(&row.pod.uid));
    change(state, |asked| {
        if !asked.request.skips.remove(&key) {
            asked.request.skips.insert(key);
        }
    })
}

/// Looks for the plan that places most, or goes one by one again.
pub(super) fn optimize(state: &mut State) -> Vec<Effect> {
    if refused(state) {
        return Vec::new();
    }
    change(state, |asked| asked.optimize = !asked.optimize)
}

/// Goes a step through what was asked.
pub(super) fn undo(
    state: &mut State,
    step: fn(&mut History<Asked>, Asked) -> Option<Asked>,
    none: &'static str,
) -> Vec<Effect> {
    if refused(state) {
        return Vec::new();
    }
    let Some(now) = state.plan.asked.clone() else {
        return Vec::new();
    };
    let Some(to) = step(&mut state.plan.edits, now) else {
        state.notices.tell(state.now, Level::Hint, none);
        return Vec::new();
    };
    state.plan.asked = Some(to);
    begin(state)
}
