//! What a kubelet reports of a node that it speaks for the first time, or again after a silence.

use serde_json::{Value, json};

use crate::demo::{
    clock,
    life::verbs::list,
    object::{child, metadata, str_at},
};

/// Condition, status, reason and message of a node on which all is well.
pub(in crate::demo) const HEALTHY: [(&str, &str, &str, &str); 4] = [
    (
        "MemoryPressure",
        "False",
        "KubeletHasSufficientMemory",
        "kubelet has sufficient memory available",
    ),
    (
        "DiskPressure",
        "False",
        "KubeletHasNoDiskPressure",
        "kubelet has no disk pressure",
    ),
    (
        "PIDPressure",
        "False",
        "KubeletHasSufficientPID",
        "kubelet has sufficient PID available",
    ),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
];
/// The machine behind a node that says nothing of itself.
const CAPACITY: [(&str, &str); 4] = [
    ("cpu", "4"),
    ("memory", "16Gi"),
    ("ephemeral-storage", "100Gi"),
    ("pods", "110"),
];

/// The labels that a kubelet gives its node; what is there stays.
pub(super) fn label(node: &mut Value) {
    let name = str_at(node, "/metadata/name").to_owned();
    let labels = metadata(node).entry("labels").or_insert_with(|| json!({}));
    let Some(labels) = labels.as_object_mut() else {
        return;
    };
    for (key, value) in [
        ("beta.kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/hostname", name.as_str()),
        ("kubernetes.io/os", "linux"),
    ] {
        labels.entry(key).or_insert_with(|| value.into());
    }
}

/// Whether the node has no address inside its network yet.
pub(super) fn needs_address(node: &Value) -> bool {
    !list(node, "/status/addresses").any(|address| str_at(address, "/type") == "InternalIP")
}

/// All is well. What the node lacks is filled in; `number` makes its address.
pub(super) fn status(node: &mut Value, number: u32) {
    let name = str_at(node, "/metadata/name").to_owned();
    let architecture = match str_at(node, "/metadata/labels/kubernetes.io~1arch") {
        "" => "amd64".to_owned(),
        named => named.to_owned(),
    };
    let needs_address = needs_address(node);
    let now = clock::now();
    let mut report = Value::Object(std::mem::take(child(node, "status")));
    let old = report
        .get("conditions")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let healthy = HEALTHY.map(|(kind, holds, reason, message)| {
        let before = old.iter().find(|c| str_at(c, "/type") == kind);
        let since = before
            .filter(|c| str_at(c, "/status") == holds)
            .map(|c| str_at(c, "/lastTransitionTime"))
            .filter(|time| !time.is_empty());
        json!({
            "type": kind, "status": holds, "reason": reason, "message": message,
            "lastHeartbeatTime": now, "lastTransitionTime": since.unwrap_or(now.as_str()),
        })
    });
    let others = old
        .iter()
        .filter(|c| !HEALTHY.iter().any(|(kind, ..)| str_at(c, "/type") == *kind));
    let conditions: Vec<Value> = others.cloned().chain(healthy).collect();
    report["conditions"] = conditions.into();
    if needs_address {
        let address = format!(
            "172.{}.{}.{}",
            18 + number / 62_500 % 14,
            number / 250 % 250,
            number % 250 + 2
        );
        report["addresses"] = json!([
            {"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name},
        ]);
    }
    let capacity = child(&mut report, "capacity");
    for (resource, amount) in CAPACITY {
        capacity.entry(resource).or_insert_with(|| amount.into());
    }
    let capacity = capacity.clone();
    let allocatable = child(&mut report, "allocatable");
    for (resource, amount) in capacity {
        allocatable.entry(resource).or_insert(amount);
    }
    let info = child(&mut report, "nodeInfo");
    let random = &mut fastrand::Rng::new();
    for (field, value) in [
        ("architecture", architecture),
        ("bootID", clock::uid(random)),
        ("containerRuntimeVersion", "containerd://2.2.1".into()),
        ("kernelVersion", "6.12.58".into()),
        ("kubeletVersion", "v1.37.2".into()),
        ("machineID", clock::uid(random).replace('-', "")),
        ("operatingSystem", "linux".into()),
        ("osImage", "Bottlerocket OS 1.50.0".into()),
        ("systemUUID", clock::uid(random)),
    ] {
        let told = info.entry(field).or_insert(Value::Null);
        if told.as_str().unwrap_or_default().is_empty() {
            *told = value.into();
        }
    }
    report["daemonEndpoints"] = json!({"kubeletEndpoint": {"Port": 10250}});
    if let Some(node) = node.as_object_mut() {
        node.insert("status".into(), report);
    }
}
