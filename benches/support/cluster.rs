//! Clusters of any size for benchmarks, as the API server would print them.

use serde_json::{Value, json};

/// The waiting pods, by what a decision on them takes.
pub(crate) const WAITING: [&str; 4] = ["affinity", "all", "basic", "spread"];
const ZONE: &str = "topology.kubernetes.io/zone";
const HOSTNAME: &str = "kubernetes.io/hostname";
const APPS: usize = 50;
const ZONES: usize = 3;

/// A `List` of `nodes` nodes with `pods` pods each, and the pods of [`WAITING`].
pub(crate) fn cluster(nodes: usize, pods: usize) -> Value {
    let mut items = vec![json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "default", "labels": { "team": "a" } },
    })];
    items.extend((0..nodes).map(node));
    items.extend((0..nodes * pods).map(|at| placed(at, nodes)));
    items.extend(volume());
    items.extend(WAITING.map(waiting));
    json!({ "apiVersion": "v1", "kind": "List", "items": items })
}

/// A node; one in ten has a taint.
pub(crate) fn node(at: usize) -> Value {
    let mut spec = json!({});
    if at.is_multiple_of(10) {
        spec["taints"] = json!([{ "key": "spot", "effect": "NoSchedule" }]);
    }
    let labels = json!({
        HOSTNAME: format!("node-{at}"),
        ZONE: format!("zone-{}", at % ZONES),
        "disktype": if at.is_multiple_of(4) { "ssd" } else { "hdd" },
    });
    let allocatable = json!({ "cpu": "16", "memory": "64Gi", "pods": "110", "ephemeral-storage": "100Gi" });
    let images: Vec<Value> = (0..5)
        .map(|image| json!({ "names": [format!("example.test/app-{}:v1", (at + image * 7) % APPS)], "sizeBytes": 50_000_000 * (image + 1) }))
        .collect();
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": { "name": format!("node-{at}"), "uid": format!("node-{at}"), "labels": labels },
        "spec": spec,
        "status": { "allocatable": allocatable, "capacity": allocatable, "images": images },
    })
}

/// The `at`th pod that runs: one in ten keeps away from its like, two in ten would like company.
pub(crate) fn placed(at: usize, nodes: usize) -> Value {
    let app = format!("app-{}", at % APPS);
    let like = json!({ "labelSelector": { "matchLabels": { "app": app } }, "topologyKey": HOSTNAME });
    let affinity = match at % 10 {
        0 => json!({ "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [like] } }),
        1 | 2 => json!({ "podAffinity": { "preferredDuringSchedulingIgnoredDuringExecution": [
            { "weight": 10, "podAffinityTerm": { "labelSelector": { "matchLabels": { "tier": "front" } }, "topologyKey": ZONE } },
        ] } }),
        _ => Value::Null,
    };
    let node = (at + at / nodes * 13) % nodes;
    let mut pod = pod(&format!("{app}-{at}"), &app, at);
    pod["spec"]["nodeName"] = json!(format!("node-{node}"));
    pod["spec"]["affinity"] = affinity;
    pod["status"] = json!({ "phase": "Running", "startTime": "2026-01-01T00:00:00Z" });
    pod
}

fn pod(name: &str, app: &str, at: usize) -> Value {
    let containers = json!([{
        "name": "c",
        "image": format!("example.test/{app}:v1"),
        "resources": { "requests": { "cpu": "500m", "memory": "1Gi" } },
    }]);
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name, "namespace": "default", "uid": format!("pod-{at}"), "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": { "app": app, "tier": if at.is_multiple_of(2) { "front" } else { "back" } },
        },
        "spec": { "schedulerName": "default-scheduler", "priority": 0, "containers": containers },
        "status": { "phase": "Pending" },
    })
}

fn waiting(name: &str) -> Value {
    let mut waiting = pod(name, "app-7", 1_000_000);
    waiting["metadata"]["uid"] = json!(name);
    let selector = json!({ "matchLabels": { "app": "app-7" } });
    let spread = json!([
        { "maxSkew": 5, "topologyKey": ZONE, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector },
        { "maxSkew": 1, "topologyKey": HOSTNAME, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": selector },
    ]);
    let term =
        |labels: Value, key: &str| json!({ "labelSelector": { "matchLabels": labels }, "topologyKey": key });
    let pods = json!({
        "podAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [term(json!({ "tier": "front" }), ZONE)] },
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [term(json!({ "app": "app-7" }), HOSTNAME)],
            "preferredDuringSchedulingIgnoredDuringExecution": [
                { "weight": 50, "podAffinityTerm": term(json!({ "app": "app-8" }), HOSTNAME) },
            ],
        },
    });
    if name == "spread" || name == "all" {
        waiting["spec"]["topologySpreadConstraints"] = spread;
    }
    if name == "affinity" || name == "all" {
        waiting["spec"]["affinity"] = pods;
    }
    if name == "all" {
        waiting["spec"]["affinity"]["nodeAffinity"] = json!({
            "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": [
                { "matchExpressions": [{ "key": "disktype", "operator": "In", "values": ["ssd", "hdd"] }] },
            ] },
            "preferredDuringSchedulingIgnoredDuringExecution": [{ "weight": 10, "preference": {
                "matchExpressions": [{ "key": ZONE, "operator": "NotIn", "values": ["zone-0"] }],
            } }],
        });
        waiting["spec"]["volumes"] =
            json!([{ "name": "v", "persistentVolumeClaim": { "claimName": "data" } }]);
    }
    waiting
}

/// A claim that is bound to a volume of two zones, and its class.
fn volume() -> [Value; 3] {
    let zones =
        json!([{ "matchExpressions": [{ "key": ZONE, "operator": "In", "values": ["zone-1", "zone-2"] }] }]);
    let size = json!({ "storage": "10Gi" });
    [
        json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": { "name": "fast" },
            "provisioner": "csi.example.test", "volumeBindingMode": "WaitForFirstConsumer",
        }),
        json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": { "name": "pv-data" },
            "spec": {
                "capacity": size, "accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "volumeMode": "Filesystem",
                "claimRef": { "namespace": "default", "name": "data", "uid": "data" },
                "csi": { "driver": "csi.example.test", "volumeHandle": "data" },
                "nodeAffinity": { "required": { "nodeSelectorTerms": zones } },
            },
            "status": { "phase": "Bound" },
        }),
        json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": "data", "namespace": "default", "uid": "data",
                "annotations": { "pv.kubernetes.io/bind-completed": "yes" },
            },
            "spec": {
                "accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "volumeMode": "Filesystem",
                "resources": { "requests": size }, "volumeName": "pv-data",
            },
            "status": { "phase": "Bound" },
        }),
    ]
}
