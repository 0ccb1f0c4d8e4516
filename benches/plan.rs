//! Plans for many pods on many nodes: pods of a few templates, as workloads have them, and pods that are all different.
//!
//! `cargo bench --bench plan`

#![allow(missing_docs)]

#[path = "support/cluster.rs"]
mod support;

use std::ops::ControlFlow;

use berth::model::Cluster;
use berth::model::from_api::list;
use berth::scheduling::Profiles;
use berth::scheduling::plan::{Request, Search, one_by_one, optimize};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};

const NODES: usize = 1_000;
const PODS: usize = 1_000;

/// `PODS` waiting pods of `templates` templates; each node holds ten already.
fn cluster(templates: usize) -> Cluster {
    let mut list = support::cluster(NODES, 10);
    let items = list["items"].as_array_mut().expect("a list");
    items.retain(|item| item["kind"] != "Pod" || !item["spec"]["nodeName"].is_null());
    for at in 0..PODS {
        let mut pod: Value = support::placed(at % 50, NODES);
        let milli = 100 + at % templates;
        pod["metadata"]["name"] = json!(format!("waits-{at}"));
        pod["metadata"]["uid"] = json!(format!("waits-{at}"));
        pod["spec"]["nodeName"] = Value::Null;
        pod["status"] = json!({ "phase": "Pending" });
        pod["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!(format!("{milli}m"));
        items.push(pod);
    }
    let loaded = list::read(list.to_string().as_bytes(), "bench").expect("the cluster can be read");
    Cluster::from_changes(loaded.changes)
}

fn plan(c: &mut Criterion) {
    let request = Request {
        ours: vec!["default-scheduler".into()],
        ..Request::default()
    };
    let profiles = Profiles::default();
    let mut go_on = |_| ControlFlow::Continue(());
    let mut group = c.benchmark_group("plan");
    group.sample_size(10);
    for templates in [1, 20, PODS] {
        let cluster = cluster(templates);
        group.bench_function(BenchmarkId::new("one_by_one", templates), |bencher| {
            bencher.iter(|| one_by_one(&cluster, &profiles, &request, &mut go_on));
        });
    }
    let cluster = cluster(20);
    let search = Search::default();
    group.bench_function("optimize", |bencher| {
        bencher.iter(|| optimize(&cluster, &profiles, &request, search, &mut go_on));
    });
    group.finish();
}

criterion_group!(benches, plan);
criterion_main!(benches);
