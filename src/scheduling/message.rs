//! The text of the `PodScheduled` condition and the `FailedScheduling` event.

use std::collections::BTreeMap;

use super::trace::{Decision, Trace};

/// kube-scheduler's message for a pod that fits nowhere; empty where a node is feasible.
pub fn unschedulable(trace: &Trace) -> String {
    if trace.nodes.ids.is_empty() {
        return "no nodes available to schedule pods".to_owned();
    }
    if trace.decision != Decision::Unschedulable {
        return String::new();
    }
    let mut text = without_post_filter(trace);
    let said = trace
        .post_filter
        .as_ref()
        .map(|result| result.status.message())
        .unwrap_or_default();
    if !said.is_empty() {
        text.push(' ');
        text.push_str(&said);
    }
    text
}

fn without_post_filter(trace: &Trace) -> String {
    let all = trace.nodes.ids.len();
    if let Some(why) = trace.pre_filter_message() {
        return format!("0/{all} nodes are available: {why}.");
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
        *counts.entry(reason).or_default() += failures.excluded;
    }
    fit_error(all, counts)
}

/// How many of `all` nodes are out for which reason.
pub(super) fn fit_error(all: usize, reasons: BTreeMap<String, usize>) -> String {
    let text = format!("0/{all} nodes are available:");
    // Sorted as strings, so that `10 …` comes before `2 …`.
    let mut parts: Vec<String> = reasons
        .into_iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    parts.sort();
    if parts.is_empty() {
        return text;
    }
    format!("{text} {}.", parts.join(", "))
}
