//! The text of the `PodScheduled` condition and the `FailedScheduling` event.

use std::collections::BTreeMap;

use super::trace::{Decision, Trace};

/// kube-scheduler's message for a pod that fits nowhere; empty where a node is feasible.
///
/// PostFilter's part (`preemption: …`) is not in it: there is no DefaultPreemption here yet.
pub fn unschedulable(trace: &Trace) -> String {
    if trace.nodes.ids.is_empty() {
        return "no nodes available to schedule pods".to_owned();
    }
    if trace.decision != Decision::Unschedulable {
        return String::new();
    }
    let all = trace.nodes.ids.len();
    let mut text = format!("0/{all} nodes are available:");
    if let Some((_, status)) = trace.pre_filter_failure() {
        text.push_str(&format!(" {}.", status.message()));
        return text;
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut absent = 0;
    for &node in &trace.nodes.ids {
        if trace.excluded(node) {
            absent += 1;
        } else if let Some((_, status)) = trace.first_failure(node) {
            for reason in &status.reasons {
                *counts.entry(reason.to_string()).or_default() += 1;
            }
        }
    }
    if absent > 0 {
        let narrowing = trace.pre_filter.iter().filter(|result| result.nodes.is_some());
        let mut plugins: Vec<&str> = narrowing.map(|result| result.plugin).collect();
        plugins.sort_unstable();
        counts.insert(
            format!("node(s) didn't satisfy plugin(s) [{}]", plugins.join(" ")),
            absent,
        );
    }
    // Sorted as strings, so that `10 …` comes before `2 …`.
    let mut parts: Vec<String> = counts
        .into_iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    parts.sort();
    if !parts.is_empty() {
        text.push_str(&format!(" {}.", parts.join(", ")));
    }
    text
}
