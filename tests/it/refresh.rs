//! A decision that is brought up to date is the one that judging everything again gives.

use std::sync::Arc;

use berth::model::cluster::WatchEvent;
use berth::model::from_api::list;
use berth::model::{Change, Cluster, Pod};
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Profile, Trace, cycle, record};
use fastrand::Rng;
use serde_json::{Value, json};

use crate::parity::generate;

/// A change to one object: to a node's own fields, or a pod that comes, goes, is bound.
fn change(items: &mut [Value], rng: &mut Rng) -> Option<Change> {
    let of = |items: &[Value], kind: &str, rng: &mut Rng| {
        let all: Vec<usize> = (0..items.len()).filter(|&at| items[at]["kind"] == kind).collect();
        rng.choice(all)
    };
    let node = of(items, "Node", rng)?;
    let other = of(items, "Node", rng)?;
    if rng.bool() {
        match rng.u8(..5) {
            0 => items[node]["metadata"]["labels"] = items[other]["metadata"]["labels"].clone(),
            1 => items[node]["spec"]["taints"] = items[other]["spec"]["taints"].clone(),
            2 => items[node]["spec"]["unschedulable"] = json!(rng.bool()),
            3 => items[node]["status"]["allocatable"] = items[other]["status"]["allocatable"].clone(),
            _ => items[node]["status"]["images"] = items[other]["status"]["images"].clone(),
        }
        let object = serde_json::from_value(items[node].clone()).ok()?;
        return Some(Change::Node(WatchEvent::Applied(Box::new(object))));
    }
    let pod = of(items, "Pod", rng)?;
    match rng.u8(..3) {
        0 => items[pod]["spec"]["nodeName"] = items[node]["metadata"]["name"].clone(),
        1 => items[pod]["metadata"]["labels"] = json!({ "app": "web" }),
        _ => {
            let object = serde_json::from_value(items[pod].clone()).ok()?;
            return Some(Change::Pod(WatchEvent::Deleted(Box::new(object))));
        }
    }
    let object = serde_json::from_value(items[pod].clone()).ok()?;
    Some(Change::Pod(WatchEvent::Applied(Box::new(object))))
}

/// Where two records differ first, and how.
pub(crate) fn difference(ours: &Value, theirs: &Value, at: &str) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => a
            .iter()
            .find_map(|(key, value)| difference(value, &b[key], &format!("{at}/{key}"))),
        _ => (ours != theirs).then(|| format!("{at}: {ours} is now {theirs}")),
    }
}

#[test]
fn what_is_brought_up_to_date_is_what_judging_again_gives() {
    let profile = Profile::default_for("default-scheduler");
    let (mut refreshed, mut again) = (0, 0);
    for seed in 0..60 {
        let mut rng = Rng::with_seed(seed);
        let file = generate::cluster(seed);
        let mut items = file["items"].as_array().expect("a list").clone();
        let loaded = list::read(file.to_string().as_bytes(), "generated").expect("it can be read");
        let mut cluster = Cluster::from_changes(loaded.changes);
        let judge = |cluster: &Cluster, pod: &Pod| {
            let nodes = Arc::new(cycle::node_index(cluster));
            cycle::evaluate(Cycle { cluster, pod }, &profile, &nodes)
        };
        let pods: Vec<Arc<Pod>> = cluster.waiting().cloned().collect();
        let mut traces: Vec<Trace> = pods.iter().map(|pod| judge(&cluster, pod)).collect();
        for _ in 0..20 {
            let generation = cluster.generation;
            for _ in 0..rng.usize(1..4) {
                if let Some(change) = change(&mut items, &mut rng) {
                    cluster.apply(change);
                }
            }
            for (pod, trace) in pods.iter().zip(&mut traces) {
                let fresh = judge(&cluster, pod);
                let cycle = Cycle {
                    cluster: &cluster,
                    pod,
                };
                if cluster.pod(&pod.key).is_none_or(|now| !now.is_waiting()) {
                    // Nobody asks any more, and images that nobody waits for are not followed.
                    *trace = fresh;
                    continue;
                }
                let changes = cluster.changes_since(generation);
                if changes.is_some_and(|changes| cycle::refresh(trace, cycle, &profile, &changes)) {
                    refreshed += 1;
                    let (ours, theirs) = (record::record(trace), record::record(&fresh));
                    let found = difference(&ours, &theirs, "");
                    assert_eq!(found, None, "seed {seed}, pod {}", pod.key);
                } else {
                    again += 1;
                    *trace = fresh;
                }
            }
        }
    }
    println!("{refreshed} brought up to date, {again} judged again");
    assert!(
        refreshed > again,
        "{refreshed} brought up to date, {again} judged again"
    );
}
