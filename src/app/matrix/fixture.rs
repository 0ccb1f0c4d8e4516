//! A small cluster for tests of the matrix and what is made of it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::model::from_api::list;
use crate::model::{Cluster, PodKey};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::{Profile, Trace, cycle};

fn node(name: &str, zone: &str, cpu: &str, spec: &Value) -> Value {
    json!({
        "kind": "Node",
        "metadata": {"name": name, "labels": {"topology.kubernetes.io/zone": zone, "kubernetes.io/hostname": name}},
        "spec": spec,
        "status": {"allocatable": {"cpu": cpu, "memory": "16Gi", "pods": "20"}},
    })
}

fn pod(name: &str, cpu: &str, spec: &Value) -> Value {
    let mut pod = json!({
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"containers": [{"name": "c", "image": "web:1", "resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}]},
    });
    let fields = spec.as_object().cloned().unwrap_or_default();
    pod["spec"].as_object_mut().expect("a spec").extend(fields);
    pod
}

/// `big` and `busy` fit the pod `web`; `full`, `gpu` (tainted) and `cordoned` do not. The pod `pinned` is for `big` alone.
pub(crate) fn cluster() -> Cluster {
    let taint = json!({"taints": [{"key": "gpu", "effect": "NoSchedule"}]});
    let pinned = json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
        "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["big"]}]}],
    }}}});
    let items = json!([
        node("big", "a", "8", &json!({})),
        node("busy", "b", "4", &json!({})),
        node("cordoned", "", "8", &json!({"unschedulable": true})),
        node("full", "b", "1", &json!({})),
        node("gpu", "a", "8", &taint),
        pod("web", "500m", &json!({})),
        pod("pinned", "500m", &pinned),
        pod("on-busy", "2", &json!({"nodeName": "busy"})),
        pod("on-full", "1", &json!({"nodeName": "full"})),
    ]);
    let text = json!({"kind": "List", "items": items}).to_string();
    Cluster::from_changes(list::read(text.as_bytes(), "fixture").expect("a cluster").changes)
}

/// How `pod` of the namespace `shop` is judged.
pub(crate) fn trace(cluster: &Cluster, pod: &str) -> Arc<Trace> {
    let pod = cluster.pod(&PodKey::new("shop", pod)).expect("the pod");
    let nodes = Arc::new(cycle::node_index(cluster));
    let profile = Profile::default_for("berth");
    Arc::new(cycle::run(Cycle { cluster, pod }, &profile, &nodes))
}
