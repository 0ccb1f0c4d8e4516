//! What the cache takes, by pod: pods are read one by one, as the watches bring them.
//!
//! ```text
//! cargo bench --bench memory -- [--nodes 5000] [--pods 30]
//! ```
//!
//! Needs Linux, whose `/proc` tells the memory. Half of the pods have labels that no other pod has.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "its table and its progress"
)]

use std::process::ExitCode;

use berth::model::cluster::WatchEvent;
use berth::model::from_api::{NodeObject, PodObject};
use berth::model::{Change, Cluster};
use serde_json::json;

#[path = "support/cluster.rs"]
#[allow(dead_code, reason = "the other benchmarks use the rest of it")]
mod support;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("memory: a benchmark; run it with cargo bench --bench memory");
        return ExitCode::SUCCESS;
    }
    let option = |name: &str, default: usize| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok())
            .unwrap_or(default)
    };
    let (nodes, pods) = (option("--nodes", 5_000), option("--pods", 30));
    let Some(before) = resident() else {
        eprintln!("memory: there is no /proc/self/statm");
        return ExitCode::FAILURE;
    };
    let mut cluster = Cluster::default();
    for at in 0..nodes {
        let object: NodeObject = serde_json::from_value(support::node(at)).expect("a node");
        cluster.apply(Change::Node(WatchEvent::Applied(Box::new(object))));
    }
    let with_nodes = resident().unwrap_or(before);
    for at in 0..nodes * pods {
        let mut pod = support::placed(at, nodes);
        pod["metadata"]["uid"] = json!(format!("{at:08x}-0000-4000-8000-{at:012x}"));
        pod["metadata"]["resourceVersion"] = json!(format!("{}", 1_000_000 + at));
        if at % 2 == 0 {
            pod["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] = json!(format!("web-{at}"));
        }
        pod["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("web-{}", at / 20), "controller": true, "uid": "u",
        }]);
        let object: PodObject = serde_json::from_value(pod).expect("a pod");
        cluster.apply(Change::Pod(WatchEvent::Applied(Box::new(object))));
    }
    let with_pods = resident().unwrap_or(with_nodes);
    println!(
        "{nodes} nodes: {} bytes each; {} pods: {} bytes each; {} MiB in all",
        with_nodes.saturating_sub(before) / nodes as u64,
        cluster.pods.len(),
        with_pods.saturating_sub(with_nodes) / (nodes * pods) as u64,
        (with_pods.saturating_sub(before)) >> 20,
    );
    ExitCode::SUCCESS
}

/// Bytes of memory that this process holds.
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
