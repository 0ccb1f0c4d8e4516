//! One pod's full evaluation: every filter on every node, all scores, with ten pods on each node.
//!
//! `cargo bench --bench cycle`

#![allow(missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use berth::model::cluster::WatchEvent;
use berth::model::from_api::list;
use berth::model::{Change, Cluster, PodKey};
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Profile, cycle};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};

fn node(at: usize) -> Value {
    let mut spec = json!({});
    if at.is_multiple_of(10) {
        spec["taints"] = json!([{ "key": "spot", "effect": "NoSchedule" }]);
    }
    let labels = json!({
        "kubernetes.io/hostname": format!("node-{at}"),
        "topology.kubernetes.io/zone": format!("zone-{}", at % 3),
        "disktype": if at.is_multiple_of(4) { "ssd" } else { "hdd" },
    });
    let allocatable = json!({ "cpu": "16", "memory": "64Gi", "pods": "110", "ephemeral-storage": "100Gi" });
    json!({
        "kind": "Node",
        "metadata": { "name": format!("node-{at}"), "labels": labels },
        "spec": spec,
        "status": { "allocatable": allocatable },
    })
}

fn pod(name: &str, node: Option<&str>, affinity: &Value) -> Value {
    let containers =
        json!([{ "name": "c", "resources": { "requests": { "cpu": "500m", "memory": "1Gi" } } }]);
    json!({
        "kind": "Pod",
        "metadata": { "name": name, "namespace": "default", "uid": name, "labels": { "app": "web" } },
        "spec": { "nodeName": node, "containers": containers, "affinity": affinity },
    })
}

fn cluster(nodes: usize) -> Cluster {
    let mut items: Vec<Value> = (0..nodes).map(node).collect();
    for at in 0..nodes * 10 {
        items.push(pod(
            &format!("pod-{at}"),
            Some(&format!("node-{}", at % nodes)),
            &Value::Null,
        ));
    }
    let ssd = json!([{ "matchExpressions": [{ "key": "disktype", "operator": "In", "values": ["ssd"] }] }]);
    let zone = json!({ "matchExpressions": [{ "key": "topology.kubernetes.io/zone", "operator": "NotIn", "values": ["zone-0"] }] });
    items.push(pod("plain", None, &Value::Null));
    items.push(pod(
        "picky",
        None,
        &json!({ "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": ssd },
        "preferredDuringSchedulingIgnoredDuringExecution": [{ "weight": 10, "preference": zone }],
    } }),
    ));
    let text = json!({ "kind": "List", "items": items }).to_string();
    let loaded = list::read(text.as_bytes(), "bench").expect("the cluster can be read");
    Cluster::from_changes(loaded.changes)
}

fn evaluate(c: &mut Criterion) {
    let profile = Profile::default_for("default-scheduler");
    let mut group = c.benchmark_group("cycle");
    for nodes in [100, 1_000, 5_000] {
        let cluster = cluster(nodes);
        let index = Arc::new(cycle::node_index(&cluster));
        for name in ["plain", "picky"] {
            let pod = cluster
                .pod(&PodKey::new("default", name))
                .expect("the pod is there");
            group.bench_function(BenchmarkId::new(name, nodes), |bencher| {
                bencher.iter(|| {
                    cycle::run(
                        black_box(Cycle {
                            cluster: &cluster,
                            pod,
                        }),
                        &profile,
                        &index,
                    )
                });
            });
        }
    }
    group.finish();
}

/// A pod's status write, as the kubelets send them all the time.
fn apply(c: &mut Criterion) {
    let mut cluster = cluster(1_000);
    let written = pod("pod-7", Some("node-7"), &Value::Null);
    let written: Box<berth::model::from_api::PodObject> = serde_json::from_value(written).expect("a pod");
    c.bench_function("apply a status write", |bencher| {
        bencher.iter(|| cluster.apply(Change::Pod(WatchEvent::Applied(written.clone()))));
    });
}

criterion_group!(benches, evaluate, apply);
criterion_main!(benches);
