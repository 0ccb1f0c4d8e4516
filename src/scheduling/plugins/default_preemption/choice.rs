//! Which of the nodes where room can be made is taken.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::model::NodeId;
use crate::scheduling::trace::{Candidate, Victim};

/// The candidates that do least harm, alike, in the order of `candidates`.
pub(super) fn best(candidates: &[Candidate]) -> Vec<NodeId> {
    let Some(least) = candidates.iter().map(harm).min() else {
        return Vec::new();
    };
    let best = candidates.iter().filter(|candidate| harm(candidate) == least);
    best.map(|candidate| candidate.node).collect()
}

/// Upstream's order of harm: budgets broken, the priority of the most important victim, the sum of priorities (counted
/// from the lowest there is, so that more victims weigh more), the number of victims, and how long the most important
/// ones have been running.
fn harm(candidate: &Candidate) -> (usize, i32, i128, usize, Reverse<Timestamp>) {
    let victims = &candidate.victims;
    let highest = victims
        .iter()
        .map(|victim| victim.priority)
        .max()
        .unwrap_or(i32::MIN);
    let above_lowest = |victim: &Victim| i128::from(victim.priority) - i128::from(i32::MIN);
    let oldest = victims.iter().filter(|victim| victim.priority == highest);
    let oldest = oldest.map(|victim| started(victim.started)).min();
    (
        candidate.pdb_violations,
        highest,
        victims.iter().map(above_lowest).sum(),
        victims.len(),
        Reverse(oldest.unwrap_or(Timestamp::MAX)),
    )
}

/// What has not started yet counts as starting now: later than all that has.
pub(super) fn started(started: Option<Timestamp>) -> Timestamp {
    started.unwrap_or(Timestamp::MAX)
}
