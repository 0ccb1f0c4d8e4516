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
    let text = format!("0/{all} nodes are available:");
    if let Some((_, status)) = trace.pre_filter_failure() {
        return format!("{text} {}.", status.message());
    }
    let failures = trace.failures();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (_, status, count) in failures.verdicts {
        for reason in &status.reasons {
            *counts.entry(reason.to_string()).or_default() += count;
        }
    }
    if failures.excluded > 0 {
        let mut plugins: Vec<&str> = trace.narrowing().collect();
        plugins.sort_unstable();
        let reason = format!("node(s) didn't satisfy plugin(s) [{}]", plugins.join(" "));
        counts.insert(reason, failures.excluded);
    }
    // Sorted as strings, so that `10 …` comes before `2 …`.
    let mut parts: Vec<String> = counts
        .into_iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    parts.sort();
    if parts.is_empty() {
        return text;
    }
    format!("{text} {}.", parts.join(", "))
}
