//! What the API server does to a new node.

use serde_json::{Value, json};

/// The taint that keeps pods off a node until its kubelet has reported.
pub(crate) const NOT_READY: &str = "node.kubernetes.io/not-ready";

/// A new node as it is stored: what it can give is all it has, unless it says otherwise, and it is tainted until it is
/// ready (the `TaintNodesByCondition` plugin).
pub(crate) fn create(mut tree: Value) -> Value {
    if let Some(capacity) = tree.pointer("/status/capacity").cloned()
        && tree.pointer("/status/allocatable").is_none()
    {
        tree["status"]["allocatable"] = capacity;
    }
    let taints = super::object::child(&mut tree, "spec")
        .entry("taints")
        .or_insert_with(|| json!([]));
    if let Some(taints) = taints.as_array_mut()
        && !taints
            .iter()
            .any(|t| t["key"] == NOT_READY && t["effect"] == "NoSchedule")
    {
        taints.push(json!({"key": NOT_READY, "effect": "NoSchedule"}));
    }
    tree
}
