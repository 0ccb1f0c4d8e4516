//! The decision record: a trace as `berth explain -o json` prints it.

use serde_json::Value;

use super::trace::Trace;

/// The record of `trace`: one object with sorted keys.
pub fn record(trace: &Trace) -> Value {
    serde_json::json!({ "pod": trace.pod.to_string() })
}
