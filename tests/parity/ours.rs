//! What berth says of a generated cluster.

use std::panic::{AssertUnwindSafe, catch_unwind};

use berth::model::cluster::WatchEvent;
use berth::model::from_api::{PodObject, list};
use berth::model::{Change, Cluster, Pod};
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Profile, cycle, record};
use serde_json::{Value, json};

/// The decision records of every waiting pod and of those bound ones that `cluster["pods"]` names, ordered by pod. Where
/// berth panics, the record says that and nothing else.
pub(crate) fn records(cluster: &Value) -> Vec<Value> {
    let text = cluster.to_string();
    let loaded = match list::read(text.as_bytes(), "generated") {
        Ok(loaded) => loaded,
        Err(error) => return vec![json!({ "failed": error.to_string() })],
    };
    let mut state = Cluster::from_changes(loaded.changes.clone());
    let mut records: Vec<Value> = state.waiting().map(|pod| judge(&state, pod)).collect();
    for name in cluster["pods"].as_array().into_iter().flatten() {
        let bound = state.pods.iter().find(|(_, pod)| pod.key.to_string() == *name);
        if let Some((_, pod)) = bound.filter(|(_, pod)| pod.node_name.is_some()) {
            let pod = cycle::unbound(pod);
            take_off(&mut state, &pod);
            records.push(judge(&state, &pod));
            state = Cluster::from_changes(loaded.changes.clone());
        }
    }
    records.sort_by_key(|record| record["pod"].to_string());
    records
}

fn judge(cluster: &Cluster, pod: &Pod) -> Value {
    let profile = Profile::default_for("default-scheduler");
    let nodes = cycle::node_index(cluster).into();
    let judged = catch_unwind(AssertUnwindSafe(|| {
        record::record(&cycle::run(Cycle { cluster, pod }, &profile, &nodes))
    }));
    judged.unwrap_or_else(|_| json!({ "pod": pod.key.to_string(), "panicked": true }))
}

fn take_off(cluster: &mut Cluster, pod: &Pod) {
    let mut gone = PodObject::default();
    gone.metadata.namespace = pod.key.namespace.to_string();
    gone.metadata.name = pod.key.name.to_string();
    cluster.apply(Change::Pod(WatchEvent::Deleted(Box::new(gone))));
}
