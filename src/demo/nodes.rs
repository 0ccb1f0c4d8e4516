//! What the API server does to a new node.

use serde_json::{Value, json};

use super::{
    kinds::NODE,
    object::child,
    strategy::{self, Strategy},
};

/// What the server does with nodes.
pub(crate) static STRATEGY: Strategy = Strategy {
    prepare,
    ..strategy::PLAIN
};

/// The taint that keeps pods off a node until its kubelet has reported.
pub(crate) const NOT_READY: &str = "node.kubernetes.io/not-ready";

/// A new node as it is stored: what it can give is all it has, unless it says otherwise, and it is tainted until it is
/// ready (the `TaintNodesByCondition` plugin).
fn prepare(tree: &mut Value) {
    let status = child(tree, "status");
    if let Some(capacity) = status.get("capacity").cloned() {
        status.entry("allocatable").or_insert(capacity);
    }
    // Upstream writes out what only a kubelet can fill.
    let blank = NODE.blank();
    for (field, empty) in blank["status"].as_object().into_iter().flatten() {
        status.entry(field.as_str()).or_insert_with(|| empty.clone());
    }
    let taints = child(tree, "spec").entry("taints").or_insert_with(|| json!([]));
    if let Some(taints) = taints.as_array_mut()
        && !taints
            .iter()
            .any(|t| t["key"] == NOT_READY && t["effect"] == "NoSchedule")
    {
        taints.push(json!({"key": NOT_READY, "effect": "NoSchedule"}));
    }
}
