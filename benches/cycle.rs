//! One pod's full evaluation (every filter on every node, all scores), and what it costs to bring one up to date after
//! one node changed, with ten pods on each node.
//!
//! `cargo bench --bench cycle`

#![allow(missing_docs)]

#[path = "support/cluster.rs"]
mod support;

use std::hint::black_box;
use std::sync::Arc;

use berth::model::cluster::WatchEvent;
use berth::model::from_api::{NodeObject, PodObject, list};
use berth::model::{Change, Cluster, PodKey};
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Profile, cycle};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use serde_json::json;

const SIZES: [usize; 4] = [100, 1_000, 5_000, 15_000];

fn cluster(nodes: usize) -> Cluster {
    let text = support::cluster(nodes, 10).to_string();
    let loaded = list::read(text.as_bytes(), "bench").expect("the cluster can be read");
    Cluster::from_changes(loaded.changes)
}

fn evaluate(c: &mut Criterion) {
    let profile = Profile::default_for("default-scheduler");
    let mut group = c.benchmark_group("evaluate");
    for nodes in SIZES {
        let cluster = cluster(nodes);
        let index = Arc::new(cycle::node_index(&cluster));
        for name in support::WAITING {
            let pod = cluster
                .pod(&PodKey::new("default", name))
                .expect("the pod is there");
            let cycle = Cycle {
                cluster: &cluster,
                pod,
            };
            group.bench_function(BenchmarkId::new(name, nodes), |bencher| {
                bencher.iter(|| cycle::evaluate(black_box(cycle), &profile, &index));
            });
        }
    }
    group.finish();
}

fn pod_change(at: usize, nodes: usize) -> Change {
    let object: PodObject = serde_json::from_value(support::placed(at, nodes)).expect("a pod");
    Change::Pod(WatchEvent::Applied(Box::new(object)))
}

fn node_change(unschedulable: bool) -> Change {
    let mut node = support::node(7);
    node["spec"]["unschedulable"] = json!(unschedulable);
    let object: NodeObject = serde_json::from_value(node).expect("a node");
    Change::Node(WatchEvent::Applied(Box::new(object)))
}

/// A decision that is kept while single nodes change: by a pod that comes or goes, by a cordon.
fn refresh(c: &mut Criterion) {
    let profile = Profile::default_for("default-scheduler");
    let mut group = c.benchmark_group("refresh");
    for nodes in SIZES {
        for name in support::WAITING {
            let mut first = cluster(nodes);
            let begun = first.generation;
            let index = Arc::new(cycle::node_index(&first));
            let key = PodKey::new("default", name);
            let judged = |cluster: &Cluster| {
                let pod = cluster.pod(&key).expect("the pod is there");
                cycle::evaluate(Cycle { cluster, pod }, &profile, &index)
            };
            let mut trace = judged(&first);
            // One more pod of another app on some node, there and gone in turn.
            let mut second = first.clone();
            second.apply(pod_change(nodes * 10 + 3, nodes));
            first.apply(pod_change(nodes * 10 + 3, nodes));
            let came = first.generation;
            let Change::Pod(WatchEvent::Applied(gone)) = pod_change(nodes * 10 + 3, nodes) else {
                return;
            };
            first.apply(Change::Pod(WatchEvent::Deleted(gone)));
            follow(
                &mut group,
                "a pod",
                name,
                nodes,
                &profile,
                &mut trace,
                (&second, begun),
                (&first, came),
            );

            let mut third = first.clone();
            third.apply(node_change(true));
            let (before, cordoned) = (first.generation, third.generation);
            let mut fourth = third.clone();
            fourth.apply(node_change(false));
            follow(
                &mut group,
                "a cordon",
                name,
                nodes,
                &profile,
                &mut trace,
                (&third, before),
                (&fourth, cordoned),
            );
        }
    }
    group.finish();
}

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;

/// Follows two changes that undo each other, in turn; each is a cluster after it and the generation before it.
#[allow(clippy::too_many_arguments)]
fn follow(
    group: &mut Group<'_>,
    what: &str,
    name: &str,
    nodes: usize,
    profile: &Profile,
    trace: &mut berth::scheduling::Trace,
    there: (&Cluster, u64),
    back: (&Cluster, u64),
) {
    let mut odd = false;
    group.bench_function(BenchmarkId::new(format!("{what}, {name}"), nodes), |bencher| {
        bencher.iter(|| {
            odd = !odd;
            let (cluster, since) = if odd { there } else { back };
            let pod = cluster
                .pod(&PodKey::new("default", name))
                .expect("the pod is there");
            let changes = cluster.changes_since(since).expect("they are known");
            if !cycle::refresh(trace, Cycle { cluster, pod }, profile, &changes) {
                *trace = cycle::evaluate(Cycle { cluster, pod }, profile, &Arc::clone(&trace.nodes));
            }
        });
    });
}

/// A pod's status write, as the kubelets send them all the time.
fn apply(c: &mut Criterion) {
    let mut cluster = cluster(1_000);
    let written: Box<PodObject> = serde_json::from_value(support::placed(7, 1_000)).expect("a pod");
    c.bench_function("apply a status write", |bencher| {
        bencher.iter(|| cluster.apply(Change::Pod(WatchEvent::Applied(written.clone()))));
    });
}

criterion_group!(benches, evaluate, refresh, apply);
criterion_main!(benches);
