//! What kubelets write into the status of pods and nodes.

use serde_json::{Map, Value, json};

use super::admission::Rejection;
use crate::demo::{
    bindings::set_condition,
    clock,
    object::{child, str_at},
};

/// Whether a node is Ready; `None` where no kubelet has said anything yet.
pub(super) fn ready(node: &Value) -> Option<bool> {
    let conditions = node.pointer("/status/conditions")?.as_array()?;
    let ready = conditions.iter().find(|c| str_at(c, "/type") == "Ready")?;
    Some(str_at(ready, "/status") == "True")
}

/// The address of a node inside its network.
pub(super) fn address(node: &Value) -> &str {
    let addresses = node.pointer("/status/addresses").and_then(Value::as_array);
    let internal = addresses.and_then(|list| list.iter().find(|a| str_at(a, "/type") == "InternalIP"));
    internal
        .map(|a| str_at(a, "/address"))
        .filter(|a| !a.is_empty())
        .unwrap_or("10.0.0.1")
}

/// The first report of a node's kubelet.
pub(super) fn register(node: &mut Value) {
    let name = str_at(node, "/metadata/name").to_owned();
    let now = clock::now();
    let status = child(node, "status");
    let condition = |kind: &str, holds: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": holds, "reason": reason, "message": message,
            "lastHeartbeatTime": now, "lastTransitionTime": now,
        })
    };
    let conditions = json!([
        condition(
            "MemoryPressure",
            "False",
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available"
        ),
        condition(
            "DiskPressure",
            "False",
            "KubeletHasNoDiskPressure",
            "kubelet has no disk pressure"
        ),
        condition(
            "PIDPressure",
            "False",
            "KubeletHasSufficientPID",
            "kubelet has sufficient PID available"
        ),
        condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ]);
    status.insert("conditions".into(), conditions);
    status.entry("addresses").or_insert_with(
        || json!([{"type": "InternalIP", "address": "10.0.0.1"}, {"type": "Hostname", "address": name}]),
    );
}

/// The pod was taken in and its containers are being made.
pub(super) fn creating(pod: &mut Value, host: &str) {
    let containers = statuses(
        pod,
        |_, _| json!({"ready": false, "started": false, "state": {"waiting": {"reason": "ContainerCreating"}}}),
    );
    let status = child(pod, "status");
    status.insert("startTime".into(), clock::now().into());
    status.insert("hostIP".into(), host.into());
    status.insert("hostIPs".into(), json!([{"ip": host}]));
    status.insert("containerStatuses".into(), containers);
    set_condition(status, "PodReadyToStartContainers", false, None);
    set_condition(status, "Initialized", true, None);
    set_condition(status, "Ready", false, Some(("ContainersNotReady", "")));
    set_condition(status, "ContainersReady", false, Some(("ContainersNotReady", "")));
    set_condition(status, "PodScheduled", true, None);
}

/// All containers run.
pub(super) fn running(pod: &mut Value, ip: &str) {
    let now = clock::now();
    let containers = statuses(
        pod,
        |_, _| json!({"ready": true, "started": true, "state": {"running": {"startedAt": now}}}),
    );
    let status = child(pod, "status");
    status.insert("phase".into(), "Running".into());
    status.insert("podIP".into(), ip.into());
    status.insert("podIPs".into(), json!([{"ip": ip}]));
    status.insert("containerStatuses".into(), containers);
    for kind in [
        "PodReadyToStartContainers",
        "Initialized",
        "Ready",
        "ContainersReady",
        "PodScheduled",
    ] {
        set_condition(status, kind, true, None);
    }
}

/// The kubelet would not have the pod.
pub(super) fn rejected(pod: &mut Value, rejection: &Rejection) {
    let status = child(pod, "status");
    status.insert("phase".into(), "Failed".into());
    status.insert("reason".into(), rejection.reason.clone().into());
    status.insert(
        "message".into(),
        format!("Pod was rejected: {}", rejection.message).into(),
    );
    status.insert("startTime".into(), clock::now().into());
}

fn statuses(pod: &Value, mut state: impl FnMut(usize, &Value) -> Value) -> Value {
    let uid = str_at(pod, "/metadata/uid").to_owned();
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let status = |(i, container): (usize, &Value)| {
        let image = str_at(container, "/image");
        let mut status = Map::new();
        status.insert("name".into(), str_at(container, "/name").into());
        status.insert("image".into(), image.into());
        status.insert("imageID".into(), "".into());
        status.insert("restartCount".into(), 0.into());
        status.insert("lastState".into(), json!({}));
        let state = state(i, container);
        if state["ready"] == true {
            status.insert("imageID".into(), image.into());
            status.insert("containerID".into(), format!("demo://{uid}/{i}").into());
        }
        status.extend(state.as_object().cloned().unwrap_or_default());
        Value::Object(status)
    };
    containers.into_iter().flatten().enumerate().map(status).collect()
}
