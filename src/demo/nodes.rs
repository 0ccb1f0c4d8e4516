//! What the API server does to a new node.

use serde_json::{Map, Value, json};

/// The taint that keeps pods off a node until its kubelet has reported.
pub(crate) const NOT_READY: &str = "node.kubernetes.io/not-ready";

/// Upstream writes these out, empty until a kubelet reports.
const NODE_INFO: [&str; 10] = [
    "machineID",
    "systemUUID",
    "bootID",
    "kernelVersion",
    "osImage",
    "containerRuntimeVersion",
    "kubeletVersion",
    "kubeProxyVersion",
    "operatingSystem",
    "architecture",
];

/// A new node as it is stored: what it can give is all it has, unless it says otherwise, and it is tainted until it is
/// ready (the `TaintNodesByCondition` plugin).
pub(crate) fn create(mut tree: Value) -> Value {
    if let Some(capacity) = tree.pointer("/status/capacity").cloned()
        && tree.pointer("/status/allocatable").is_none()
    {
        tree["status"]["allocatable"] = capacity;
    }
    let status = super::object::child(&mut tree, "status");
    status
        .entry("daemonEndpoints")
        .or_insert_with(|| json!({"kubeletEndpoint": {"Port": 0}}));
    status.entry("nodeInfo").or_insert_with(|| {
        NODE_INFO
            .iter()
            .map(|field| ((*field).to_owned(), Value::from("")))
            .collect::<Map<_, _>>()
            .into()
    });
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
