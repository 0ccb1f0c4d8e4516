//! What is prepared before binding, and what nobody sees to, is part of the verdict.

use std::sync::Arc;

use berth::model::{Cluster, PodKey};
use berth::placing::Verdict;
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Prepared, Profile, Unprepared, cycle};

use super::volumes::cluster_of;

fn verdict(spec: &str, pod: &str, node: &str) -> Verdict {
    verdict_on(&cluster_of(spec), pod, node)
}

fn verdict_on(cluster: &Cluster, pod: &str, node: &str) -> Verdict {
    let pod = cluster.pod(&PodKey::new("default", pod)).expect("it waits");
    let nodes = Arc::new(cycle::node_index(cluster));
    let cycle = Cycle { cluster, pod };
    let trace = cycle::run(cycle, &Profile::default_for("berth"), &nodes);
    Verdict::of(&trace, nodes.id(node).expect("the node"))
}

#[test]
fn a_claim_that_waits_for_its_consumer() {
    let verdict = verdict("volume_binding", "big", "n1");
    assert!(verdict.is_feasible() && !verdict.needs_reason());
    assert_eq!(verdict.prepared, [Prepared::Volume("big".into())]);
}

#[test]
fn a_bound_claim_is_ready() {
    let verdict = verdict("volume_binding", "bound", "n1");
    assert!(verdict.is_feasible() && !verdict.needs_reason());
    assert_eq!(verdict.prepared, []);
}

#[test]
fn devices_that_nobody_allocated() {
    let open = verdict("dynamic_resources", "wants-choice", "n1");
    assert!(open.is_feasible() && !open.needs_reason());
    assert_eq!(open.prepared, [Prepared::Devices("choice".into())]);
    let allocated = verdict("dynamic_resources", "has-one", "n3");
    assert!(
        allocated.is_feasible() && !allocated.needs_reason(),
        "{allocated:?}"
    );
}

#[test]
fn devices_for_extended_resources() {
    let device = verdict("dynamic_resources", "by-resource", "n1");
    assert_eq!(device.prepared, [Prepared::ExtendedResources]);
    let listed = verdict("dynamic_resources", "by-resource", "n3");
    assert!(listed.is_feasible() && !listed.needs_reason(), "{listed:?}");
}

#[test]
fn a_member_of_a_group_wants_a_reason() {
    let list = serde_json::json!({"kind": "List", "items": [
        {
            "kind": "Node", "metadata": {"name": "n1"},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "20"}},
        },
        {
            "kind": "Pod", "metadata": {"namespace": "default", "name": "worker-0", "uid": "u"},
            "spec": {"containers": [], "schedulingGroup": {"podGroupName": "training"}},
        },
    ]});
    let loaded = berth::model::from_api::list::read(list.to_string().as_bytes(), "a test").unwrap();
    let cluster = Cluster::from_changes(loaded.changes);
    let verdict = verdict_on(&cluster, "worker-0", "n1");
    assert!(verdict.is_feasible() && verdict.needs_reason());
    assert_eq!(verdict.unprepared, [Unprepared::Group("training".into())]);
}
