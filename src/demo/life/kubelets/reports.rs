//! What kubelets write into the status of pods.
//!
//! Source of conditions and their texts: `pkg/kubelet/status/generate.go`.

use serde_json::{Value, json};

use super::admission::Rejection;
use crate::demo::{
    clock,
    life::verbs::{condition, list},
    object::{child, str_at},
};

/// The statuses of a pod's containers, of its init containers, and of those added later.
pub(super) const MAIN: &str = "containerStatuses";
pub(super) const INIT: &str = "initContainerStatuses";
pub(super) const EPHEMERAL: &str = "ephemeralContainerStatuses";

/// Whether an init container stays while the others run.
pub(super) fn is_sidecar(container: &Value) -> bool {
    str_at(container, "/restartPolicy") == "Always"
}

/// The address of a node inside its network.
pub(super) fn address(node: &Value) -> &str {
    let address = list(node, "/status/addresses").find(|a| str_at(a, "/type") == "InternalIP");
    address.map_or("", |address| str_at(address, "/address"))
}

/// The kubelet would not have the pod.
pub(super) fn rejected(pod: &mut Value, rejection: &Rejection) {
    observe(pod);
    let status = child(pod, "status");
    status.insert("phase".into(), "Failed".into());
    status.insert("reason".into(), rejection.reason.clone().into());
    status.insert(
        "message".into(),
        format!("Pod was rejected: {}", rejection.message).into(),
    );
    status.insert("startTime".into(), clock::now().into());
}

/// The pod was taken in, and its containers are to be made.
pub(super) fn taken_in(pod: &mut Value, host: &str) {
    let fresh = |at: &str, reason: &str| {
        let status = |container: &Value| {
            json!({
                "name": container["name"], "image": container["image"], "imageID": "", "ready": false,
                "started": false, "restartCount": 0, "lastState": {}, "state": {"waiting": {"reason": reason}},
            })
        };
        list(pod, at).map(status).collect::<Vec<_>>()
    };
    let has_init = list(pod, "/spec/initContainers").next().is_some();
    let reason = if has_init {
        "PodInitializing"
    } else {
        "ContainerCreating"
    };
    let init = fresh("/spec/initContainers", reason);
    let mut main = fresh("/spec/containers", reason);
    main.sort_by(|a, b| str_at(a, "/name").cmp(str_at(b, "/name")));
    let status = child(pod, "status");
    status.insert("startTime".into(), clock::now().into());
    if !host.is_empty() {
        status.insert("hostIP".into(), host.into());
        status.insert("hostIPs".into(), json!([{"ip": host}]));
    }
    if has_init {
        status.insert(INIT.into(), init.into());
    }
    status.insert(MAIN.into(), main.into());
    conclude(pod);
}

/// The pod has a sandbox and an address.
pub(super) fn networked(pod: &mut Value, ip: &str) {
    if str_at(pod, "/status/podIP").is_empty() {
        let status = child(pod, "status");
        status.insert("podIP".into(), ip.into());
        status.insert("podIPs".into(), json!([{"ip": ip}]));
    }
}

/// The statuses of containers in one of the lists, to be changed.
pub(super) fn statuses<'a>(pod: &'a mut Value, list: &str) -> impl Iterator<Item = &'a mut Value> {
    let list = child(pod, "status").get_mut(list);
    let statuses = list.and_then(Value::as_array_mut).into_iter().flatten();
    statuses.filter(|status| status.is_object())
}

/// A container runs.
pub(super) fn start(status: &mut Value, uid: &str, image: &str) {
    let restarts = status["restartCount"].as_i64().unwrap_or(0);
    status["image"] = image.into();
    status["imageID"] = image.into();
    status["containerID"] = format!("demo://{uid}/{}/{restarts}", str_at(status, "/name")).into();
    status["ready"] = true.into();
    status["started"] = true.into();
    status["state"] = json!({"running": {"startedAt": clock::now()}});
}

/// A container has ended.
pub(super) fn end(status: &mut Value, exit_code: i64) {
    let reason = if exit_code == 0 { "Completed" } else { "Error" };
    let now = clock::now();
    let started = match str_at(status, "/state/running/startedAt") {
        "" => now.as_str(),
        started => started,
    };
    let mut terminated =
        json!({"exitCode": exit_code, "reason": reason, "startedAt": started, "finishedAt": now});
    if let Some(id) = status.get("containerID") {
        terminated["containerID"] = id.clone();
    }
    status["ready"] = false.into();
    status["started"] = false.into();
    status["state"] = json!({"terminated": terminated});
}

/// A container waits; how it ended before is kept.
pub(super) fn wait(status: &mut Value, reason: &str, message: &str) {
    if let Some(terminated) = status.pointer("/state/terminated").cloned() {
        status["lastState"] = json!({"terminated": terminated});
    }
    let mut waiting = json!({"reason": reason});
    if !message.is_empty() {
        waiting["message"] = message.into();
    }
    status["ready"] = false.into();
    status["started"] = false.into();
    status["state"] = json!({"waiting": waiting});
}

/// A container that had ended is about to run again.
pub(super) fn again(status: &mut Value) {
    wait(status, "ContainerCreating", "");
    status["restartCount"] = status["restartCount"]
        .as_i64()
        .unwrap_or(0)
        .saturating_add(1)
        .into();
}

/// The pod's generation is what the status is about.
fn observe(pod: &mut Value) {
    if let Some(generation) = pod.pointer("/metadata/generation").cloned() {
        child(pod, "status").insert("observedGeneration".into(), generation);
    }
}

/// Draws the pod's conditions from its phase and from the statuses of its containers.
pub(super) fn conclude(pod: &mut Value) {
    observe(pod);
    let phase = str_at(pod, "/status/phase").to_owned();
    let over = match phase.as_str() {
        "Succeeded" => "PodCompleted",
        "Failed" => "PodFailed",
        _ => "",
    };
    let status = |list_at: &str, name: &str| {
        let found = list(pod, list_at).find(|status| str_at(status, "/name") == name);
        found.cloned().unwrap_or_default()
    };
    let init = |container: &&Value| {
        let status = status("/status/initContainerStatuses", str_at(container, "/name"));
        let done = if is_sidecar(container) { "started" } else { "ready" };
        status[done] != true
    };
    let incomplete: Vec<String> = list(pod, "/spec/initContainers")
        .filter(init)
        .map(|container| str_at(container, "/name").to_owned())
        .collect();
    let sidecars = list(pod, "/spec/initContainers").filter(|container| is_sidecar(container));
    let unready = sidecars
        .map(|container| ("/status/initContainerStatuses", container))
        .chain(list(pod, "/spec/containers").map(|container| ("/status/containerStatuses", container)))
        .filter(|(at, container)| status(at, str_at(container, "/name"))["ready"] != true);
    let unready: Vec<String> = unready
        .map(|(_, container)| str_at(container, "/name").to_owned())
        .collect();
    let missing = missing_gates(pod);
    let sandboxed = over.is_empty() && !str_at(pod, "/status/podIP").is_empty();
    condition(pod, "PodReadyToStartContainers", sandboxed, ("", ""));
    if incomplete.is_empty() || phase == "Running" || !over.is_empty() {
        let reason = if over == "PodCompleted" { over } else { "" };
        condition(pod, "Initialized", true, (reason, ""));
    } else {
        let message = format!("containers with incomplete status: [{}]", incomplete.join(" "));
        condition(pod, "Initialized", false, ("ContainersNotInitialized", &message));
    }
    let (ready, reason, message) = if !over.is_empty() {
        (false, over, String::new())
    } else if unready.is_empty() {
        (true, "", String::new())
    } else {
        let message = format!("containers with unready status: [{}]", unready.join(" "));
        (false, "ContainersNotReady", message)
    };
    if ready && !missing.is_empty() {
        condition(pod, "Ready", false, ("ReadinessGatesNotReady", &missing));
    } else {
        condition(pod, "Ready", ready, (reason, &message));
    }
    condition(pod, "ContainersReady", ready, (reason, &message));
    condition(pod, "PodScheduled", true, ("", ""));
}

fn missing_gates(pod: &Value) -> String {
    let gates = list(pod, "/spec/readinessGates").filter_map(|gate| {
        let kind = str_at(gate, "/conditionType");
        let found = list(pod, "/status/conditions").find(|c| str_at(c, "/type") == kind);
        match found.map(|condition| str_at(condition, "/status")) {
            None => Some(format!(
                "corresponding condition of pod readiness gate {kind:?} does not exist."
            )),
            Some("True") => None,
            Some(status) => Some(format!(
                "the status of pod readiness gate {kind:?} is not \"True\", but {status}"
            )),
        }
    });
    gates.collect::<Vec<_>>().join(", ")
}
