//! What preemption promises holds: without its victims the pod fits, and with any one of them it does not.

use std::sync::Arc;

use berth::model::from_api::{PodObject, list};
use berth::model::{Change, Cluster, PodKey, WatchEvent};
use berth::scheduling::features::FeatureGates;
use berth::scheduling::plugin::Cycle;
use berth::scheduling::plugins::{self, Setup};
use berth::scheduling::{Code, Profile, Trace, cycle};
use proptest::prelude::*;
use serde_json::{Value, json};

fn judged(cluster: &Cluster) -> Trace {
    let pod = cluster.pod(&PodKey::new("default", "new")).expect("it waits");
    let nodes = Arc::new(cycle::node_index(cluster));
    cycle::run(Cycle { cluster, pod }, &Profile::default_for("berth"), &nodes)
}

fn without(cluster: &Cluster, gone: &[PodKey]) -> Trace {
    let mut cluster = cluster.clone();
    for key in gone {
        let mut pod = PodObject::default();
        pod.metadata.namespace = key.namespace.to_string();
        pod.metadata.name = key.name.to_string();
        cluster.apply(Change::Pod(WatchEvent::Deleted(Box::new(pod))));
    }
    judged(&cluster)
}

/// Bound pods as node, priority, thousandths of a core, second of the start.
fn cluster(pods: &[(u8, i32, u32, u32)], asked: u32) -> Cluster {
    let mut items: Vec<Value> = (0..3)
        .map(|at| {
            let allocatable = json!({"cpu": 4, "memory": "8Gi", "pods": 6});
            json!({"kind": "Node", "metadata": {"name": format!("n{at}")}, "status": {"allocatable": allocatable}})
        })
        .collect();
    for (at, (node, priority, cpu, start)) in pods.iter().enumerate() {
        items.push(json!({
            "kind": "Pod",
            "metadata": {"namespace": "default", "name": format!("p{at}"), "labels": {"app": format!("a{}", at % 3)}},
            "spec": {
                "nodeName": format!("n{node}"),
                "priority": priority,
                "containers": [{"name": "c", "resources": {"requests": {"cpu": format!("{cpu}m")}}}],
            },
            "status": {"startTime": format!("2026-01-01T00:00:{start:02}Z")},
        }));
    }
    items.push(json!({
        "kind": "PodDisruptionBudget",
        "metadata": {"namespace": "default", "name": "b"},
        "spec": {"selector": {"matchLabels": {"app": "a0"}}},
        "status": {"disruptionsAllowed": 1},
    }));
    items.push(json!({
        "kind": "Pod",
        "metadata": {"namespace": "default", "name": "new"},
        "spec": {
            "priority": 5,
            "containers": [{"name": "c", "resources": {"requests": {"cpu": format!("{asked}m")}}}],
        },
    }));
    let text = json!({"kind": "List", "items": items}).to_string();
    let loaded = list::read(text.as_bytes(), "made up").expect("it can be read");
    Cluster::from_changes(loaded.changes)
}

proptest! {
    #[test]
    fn victims_make_room_and_each_of_them_is_needed(
        pods in prop::collection::vec((0..3_u8, 0..8_i32, 100..2500_u32, 0..60_u32), 6..18),
        asked in 1000..4500_u32,
    ) {
        let cluster = cluster(&pods, asked);
        let trace = judged(&cluster);
        let Some(found) = &trace.post_filter else {
            prop_assert!(!trace.feasible.is_empty());
            return Ok(());
        };
        prop_assert_eq!(found.status.code == Code::Success, !found.candidates.is_empty());
        prop_assert_eq!(found.best.is_empty(), found.candidates.is_empty());
        for candidate in &found.candidates {
            let victims: Vec<PodKey> = candidate.victims.iter().map(|victim| victim.key.clone()).collect();
            prop_assert!(candidate.victims.iter().all(|victim| victim.priority < 5));
            prop_assert!(candidate.victims.is_sorted_by_key(|victim| std::cmp::Reverse(victim.priority)));
            let fits = |gone: &[PodKey]| without(&cluster, gone).feasible.contains(&candidate.node);
            prop_assert!(fits(&victims));
            for spared in 0..victims.len() {
                let mut others = victims.clone();
                others.remove(spared);
                prop_assert!(!fits(&others), "{} need not go", victims[spared]);
            }
        }
    }
}

#[test]
fn arguments_are_checked_as_upstream_does() {
    let row = plugins::row("DefaultPreemption").expect("the plugin has a row");
    let build = |args: Value| {
        let setup = Setup {
            args: &args,
            gates: FeatureGates::default(),
        };
        (row.build)(&setup).map(drop).map_err(|error| error.field)
    };
    assert_eq!(build(Value::Null), Ok(()));
    assert_eq!(build(json!({"minCandidateNodesPercentage": 0})), Ok(()));
    assert_eq!(
        build(json!({"minCandidateNodesPercentage": 100, "minCandidateNodesAbsolute": 0})),
        Ok(())
    );
    for (args, field) in [
        (
            json!({"minCandidateNodesPercentage": 101}),
            "minCandidateNodesPercentage",
        ),
        (
            json!({"minCandidateNodesPercentage": -1}),
            "minCandidateNodesPercentage",
        ),
        (
            json!({"minCandidateNodesAbsolute": -1}),
            "minCandidateNodesAbsolute",
        ),
        (
            json!({"minCandidateNodesPercentage": 0, "minCandidateNodesAbsolute": 0}),
            "minCandidateNodesPercentage",
        ),
        (
            json!({"minCandidateNodesAbsolute": "many"}),
            "minCandidateNodesAbsolute",
        ),
    ] {
        assert_eq!(build(args.clone()), Err(field.to_owned()), "{args}");
    }
    assert!(
        build(json!({"minCandidates": 1})).is_err(),
        "there is no such field"
    );
}

#[test]
fn a_budget_that_cannot_be_read_is_told_and_protects_nobody() {
    let text = r#"
kind: List
items:
- {kind: Node, metadata: {name: node-a}}
- {kind: PodDisruptionBudget, metadata: {name: odd, namespace: default}, spec: {selector: {matchExpressions: [{key: app, operator: Near}]}}}
- {kind: PodDisruptionBudget, metadata: {name: none, namespace: default}, spec: {}, status: {disruptionsAllowed: 3, disruptedPods: {b: null, a: "2026-01-01T00:00:00Z"}}}
"#;
    let loaded = list::read(text.as_bytes(), "made up").expect("it can be read");
    let cluster = Cluster::from_changes(loaded.changes);
    let budget = |name| cluster.objects.budgets.get("default", name).expect("it is there");
    let fault = budget("odd").fault.as_ref().expect("it has a fault").to_string();
    assert_eq!(
        fault,
        "PodDisruptionBudget default/odd: spec.selector.matchExpressions[0].operator: 'Near' is none of In, NotIn, \
         Exists, DoesNotExist"
    );
    let none = budget("none");
    assert_eq!(none.allowed, 3);
    assert_eq!(
        none.disrupted.iter().map(|name| &**name).collect::<Vec<_>>(),
        ["a", "b"]
    );
    assert_eq!(none.fault, None);
    assert!(!none.selector.is_everything());
}
