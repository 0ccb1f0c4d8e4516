//! berth's verdicts against upstream's, cell by cell.

#[path = "../parity/compare.rs"]
mod compare;

use berth::model::Cluster;
use berth::model::from_api::list;
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Profile, cycle, record};
use serde_json::Value;

/// berth's records for every waiting pod of a cluster file, ordered by pod.
fn records(file: &[u8]) -> Vec<Value> {
    let loaded = list::read(file, "generated").expect("a generated cluster can be read");
    let cluster = Cluster::from_changes(loaded.changes);
    let profile = Profile::default_for("default-scheduler");
    let nodes = cycle::node_index(&cluster).into();
    let mut pods: Vec<_> = cluster.waiting().collect();
    pods.sort_by_key(|pod| pod.key.to_string());
    let judge = |pod| cycle::run(Cycle { cluster: &cluster, pod }, &profile, &nodes);
    pods.into_iter().map(|pod| record::record(&judge(pod))).collect()
}

#[test]
fn smoke() {
    let file = std::fs::read("/tmp/sched/a.json").unwrap();
    let out = std::process::Command::new("/tmp/oracle-bin").args(["--cluster", "/tmp/sched/a.json"]).output().unwrap();
    let mut outcome = compare::Outcome::default();
    let theirs: Vec<Value> = String::from_utf8(out.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let ours = records(&file);
    assert_eq!(ours.len(), theirs.len());
    for (a, b) in ours.iter().zip(&theirs) { outcome.record(a, b); }
    println!("{:?}", outcome.cells);
    for d in &outcome.differences { println!("{d}"); }
    assert!(outcome.differences.is_empty());
}
