//! What a pod says where its maker says nothing.
//!
//! Source: `pkg/apis/core/v1/defaults.go` and the defaults that stand beside the fields in `k8s.io/api/core/v1`.

use serde_json::{Map, Value, json};

use crate::demo::{
    fields::{fill, is_unset, object_mut, objects_mut},
    object::{child, str_at},
    quantities,
};

/// The lists of containers, in the order in which they start.
pub(super) const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// Volumes' fields with a default: source, field, JSON.
const VOLUME_FIELDS: [(&str, &str, &str); 15] = [
    ("secret", "defaultMode", "420"),
    ("configMap", "defaultMode", "420"),
    ("downwardAPI", "defaultMode", "420"),
    ("projected", "defaultMode", "420"),
    ("rbd", "pool", "\"rbd\""),
    ("rbd", "user", "\"admin\""),
    ("rbd", "keyring", "\"/etc/ceph/keyring\""),
    ("iscsi", "iscsiInterface", "\"default\""),
    ("azureDisk", "cachingMode", "\"ReadWrite\""),
    ("azureDisk", "fsType", "\"ext4\""),
    ("azureDisk", "readOnly", "false"),
    ("azureDisk", "kind", "\"Shared\""),
    ("scaleIO", "storageMode", "\"ThinProvisioned\""),
    ("scaleIO", "fsType", "\"xfs\""),
    ("hostPath", "type", "\"\""),
];

/// Defaults of a pod's spec, and of what its status repeats.
pub(super) fn default(tree: &mut Value) {
    if let Some(spec) = tree.get_mut("spec").and_then(Value::as_object_mut) {
        default_template(spec);
        default_pod_only(spec);
    }
    if let Some(status) = tree.get_mut("status").and_then(Value::as_object_mut) {
        same_addresses(status);
    }
}

/// The defaults of every pod spec, in a template as well.
pub(crate) fn default_template(spec: &mut Map<String, Value>) {
    drop_disabled(spec);
    if is_unset(spec, "serviceAccountName")
        && let Some(alias) = spec.get("serviceAccount").cloned()
    {
        spec.insert("serviceAccountName".into(), alias);
    }
    match spec.get("serviceAccountName").cloned() {
        Some(name) if name.as_str().is_some_and(|name| !name.is_empty()) => {
            spec.insert("serviceAccount".into(), name);
        }
        _ => {
            spec.remove("serviceAccountName");
            spec.remove("serviceAccount");
        }
    }
    fill(spec, "restartPolicy", "Always");
    fill(spec, "dnsPolicy", "ClusterFirst");
    fill(spec, "securityContext", json!({}));
    fill(spec, "terminationGracePeriodSeconds", 30);
    fill(spec, "schedulerName", "default-scheduler");
    for volume in objects_mut(spec, "volumes") {
        default_volume(volume);
    }
    for list in CONTAINERS {
        for container in objects_mut(spec, list) {
            default_container(container);
        }
    }
    if let Some(resources) = spec.get_mut("resources") {
        round_quantities(resources);
    }
    if let Some(overhead) = object_mut(spec, "overhead") {
        round_all(overhead);
    }
}

/// The defaults that pods have and templates of pods do not.
fn default_pod_only(spec: &mut Map<String, Value>) {
    if spec
        .get("terminationGracePeriodSeconds")
        .and_then(Value::as_i64)
        .is_some_and(|s| s < 0)
    {
        spec.insert("terminationGracePeriodSeconds".into(), 1.into());
    }
    fill(spec, "enableServiceLinks", true);
    let host_network = spec.get("hostNetwork") == Some(&Value::Bool(true));
    for list in ["initContainers", "containers"] {
        for container in objects_mut(spec, list) {
            request_limits(container);
            if host_network {
                for port in objects_mut(container, "ports") {
                    let own = port.get("containerPort").cloned();
                    if port.get("hostPort").and_then(Value::as_i64).unwrap_or(0) == 0
                        && let Some(own) = own
                    {
                        port.insert("hostPort".into(), own);
                    }
                }
            }
        }
    }
}

/// What is limited and not requested is requested as far as it is limited.
fn request_limits(container: &mut Map<String, Value>) {
    let Some(resources) = object_mut(container, "resources") else {
        return;
    };
    let Some(limits) = resources.get("limits").and_then(Value::as_object).cloned() else {
        return;
    };
    if limits.is_empty() {
        return;
    }
    let requests = resources.entry("requests").or_insert(Value::Null);
    if !requests.is_object() {
        *requests = json!({});
    }
    for (resource, limit) in limits {
        if let Some(requests) = requests.as_object_mut() {
            requests.entry(resource).or_insert(limit);
        }
    }
}

fn default_container(container: &mut Map<String, Value>) {
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let policy = pull_policy(image);
    fill(container, "imagePullPolicy", policy);
    fill(container, "terminationMessagePath", "/dev/termination-log");
    fill(container, "terminationMessagePolicy", "File");
    fill(container, "resources", json!({}));
    if let Some(resources) = container.get_mut("resources") {
        round_quantities(resources);
    }
    for port in objects_mut(container, "ports") {
        fill(port, "protocol", "TCP");
    }
    for variable in objects_mut(container, "env") {
        if let Some(reference) =
            object_mut(variable, "valueFrom").and_then(|from| object_mut(from, "fieldRef"))
        {
            fill(reference, "apiVersion", "v1");
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = object_mut(container, probe) {
            default_probe(probe);
        }
    }
    if let Some(lifecycle) = object_mut(container, "lifecycle") {
        for hook in ["postStart", "preStop"] {
            if let Some(hook) = object_mut(lifecycle, hook) {
                default_http(hook);
            }
        }
    }
}

fn default_probe(probe: &mut Map<String, Value>) {
    for (field, value) in [
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ] {
        if probe.get(field).and_then(Value::as_i64).unwrap_or(0) == 0 {
            probe.insert(field.into(), value.into());
        }
    }
    default_http(probe);
    if let Some(grpc) = object_mut(probe, "grpc") {
        fill(grpc, "service", "");
    }
}

fn default_http(handler: &mut Map<String, Value>) {
    if let Some(http) = object_mut(handler, "httpGet") {
        fill(http, "path", "/");
        fill(http, "scheme", "HTTP");
    }
}

/// `Always` for what may change under its tag, else `IfNotPresent`.
fn pull_policy(image: &str) -> &'static str {
    let last = image.rsplit('/').next().unwrap_or_default();
    let latest = !image.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest");
    if latest && !image.is_empty() {
        "Always"
    } else {
        "IfNotPresent"
    }
}

fn default_volume(volume: &mut Map<String, Value>) {
    if volume.iter().all(|(key, value)| key == "name" || value.is_null()) {
        volume.insert("emptyDir".into(), json!({}));
    }
    for (source, field, value) in VOLUME_FIELDS {
        if let Some(source) = object_mut(volume, source)
            && source.get(field).is_none_or(Value::is_null)
            && let Ok(value) = serde_json::from_str::<Value>(value)
        {
            source.insert(field.into(), value);
        }
    }
    if let Some(image) = object_mut(volume, "image") {
        let reference = image.get("reference").and_then(Value::as_str).unwrap_or_default();
        let policy = pull_policy(reference);
        fill(image, "pullPolicy", policy);
    }
    if let Some(spec) = object_mut(volume, "ephemeral")
        .and_then(|ephemeral| object_mut(ephemeral, "volumeClaimTemplate"))
        .and_then(|template| object_mut(template, "spec"))
    {
        fill(spec, "volumeMode", "Filesystem");
    }
    if let Some(downward) = object_mut(volume, "downwardAPI") {
        default_downward(downward);
    }
    if let Some(projected) = object_mut(volume, "projected") {
        for source in objects_mut(projected, "sources") {
            if let Some(downward) = object_mut(source, "downwardAPI") {
                default_downward(downward);
            }
            if let Some(token) = object_mut(source, "serviceAccountToken") {
                fill(token, "expirationSeconds", 3600);
            }
        }
    }
}

fn default_downward(downward: &mut Map<String, Value>) {
    for item in objects_mut(downward, "items") {
        if let Some(reference) = object_mut(item, "fieldRef") {
            fill(reference, "apiVersion", "v1");
        }
    }
}

/// Amounts are kept to a thousandth at the finest.
fn round_quantities(resources: &mut Value) {
    for list in ["limits", "requests"] {
        if let Some(list) = resources.get_mut(list).and_then(Value::as_object_mut) {
            round_all(list);
        }
    }
}

fn round_all(list: &mut Map<String, Value>) {
    for amount in list.values_mut() {
        if let Some(rounded) = amount.as_str().and_then(quantities::rounded_to_milli) {
            *amount = rounded.into();
        }
    }
}

/// Fields behind feature gates that 1.37 has off.
fn drop_disabled(spec: &mut Map<String, Value>) {
    spec.remove("schedulingGroup");
    spec.remove("evictionResponders");
    for volume in objects_mut(spec, "volumes") {
        if let Some(directory) = object_mut(volume, "emptyDir") {
            directory.remove("mode");
        }
        for source in ["secret", "configMap", "downwardAPI", "projected"] {
            if let Some(source) = object_mut(volume, source) {
                source.remove("defaultUser");
                for item in objects_mut(source, "items") {
                    item.remove("user");
                }
            }
        }
    }
    for list in CONTAINERS {
        for container in objects_mut(spec, list) {
            for mount in objects_mut(container, "volumeMounts") {
                mount.remove("bindMountOptions");
            }
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                if let Some(http) =
                    object_mut(container, probe).and_then(|probe| object_mut(probe, "httpGet"))
                {
                    http.remove("protocol");
                }
            }
            if let Some(lifecycle) = object_mut(container, "lifecycle")
                && lifecycle.remove("stopSignal").is_some()
                && lifecycle.is_empty()
            {
                container.remove("lifecycle");
            }
        }
    }
}

/// A pod's first address stands in `podIP` and in `podIPs`; where they differ, `podIP` is right.
fn same_addresses(status: &mut Map<String, Value>) {
    let first = status.get("podIPs").and_then(|ips| ips.get(0));
    let first = first.map(|ip| str_at(ip, "/ip").to_owned()).unwrap_or_default();
    let single = status.get("podIP").and_then(Value::as_str).unwrap_or_default();
    if single == first {
        return;
    }
    if single.is_empty() {
        status.insert("podIP".into(), first.into());
    } else {
        let ip = json!([{"ip": single}]);
        status.insert("podIPs".into(), ip);
    }
}

/// A pod's spec, made where it is missing.
pub(super) fn spec(tree: &mut Value) -> &mut Map<String, Value> {
    child(tree, "spec")
}
