//! The text of the `PodScheduled` condition and the `FailedScheduling` event.

use super::trace::Trace;

/// kube-scheduler's message for a pod that fits nowhere; empty where a node is feasible.
pub fn unschedulable(trace: &Trace) -> String {
    let _ = trace;
    String::new()
}
