//! InterPodAffinity over pods that come and go.

use std::collections::BTreeSet;
use std::sync::Arc;

use berth::model::cluster::WatchEvent;
use berth::model::from_api::{NamespaceObject, NodeObject, PodObject};
use berth::model::{Change, Cluster, PodKey};
use berth::scheduling::explanation::HOLDS;
use berth::scheduling::features::FeatureGates;
use berth::scheduling::plugin::{Cycle, PreFilter, PreScore};
use berth::scheduling::plugins::{self, Setup};
use berth::scheduling::trace::FilterColumn;
use berth::scheduling::{Code, Profile, Status, cycle, record};
use proptest::prelude::*;
use serde_json::{Value, json};

const NODES: [&str; 3] = ["n0", "n1", "n2"];
const NAMESPACES: [&str; 2] = ["default", "shop"];

fn term() -> impl Strategy<Value = Value> {
    let selector = prop_oneof![
        Just(json!({ "matchLabels": { "app": "a" } })),
        Just(json!({ "matchExpressions": [{ "key": "app", "operator": "In", "values": ["a", "b"] }] })),
        Just(json!({ "matchExpressions": [{ "key": "app", "operator": "NotIn", "values": ["a"] }] })),
        Just(json!({})),
        Just(Value::Null),
    ];
    let namespaces = prop_oneof![
        3 => Just(Value::Null),
        1 => Just(json!({})),
        1 => Just(json!({ "matchLabels": { "team": "blue" } })),
        1 => Just(json!({ "matchExpressions": [{ "key": "team", "operator": "DoesNotExist" }] })),
    ];
    let key = prop_oneof![3 => Just("zone"), 2 => Just("kubernetes.io/hostname"), 1 => Just("rack")];
    (selector, namespaces, key).prop_map(|(selector, namespaces, key)| {
        json!({ "labelSelector": selector, "namespaceSelector": namespaces, "topologyKey": key })
    })
}

fn affinity() -> impl Strategy<Value = Value> {
    let required = || proptest::collection::vec(term(), 0..3);
    let preferred = || {
        let term = (1..100_i32, term());
        proptest::collection::vec(
            term.prop_map(|(weight, term)| json!({ "weight": weight, "podAffinityTerm": term })),
            0..2,
        )
    };
    let all = (required(), preferred(), required(), preferred());
    let all = all.prop_map(|(required, preferred, required_anti, preferred_anti)| {
        json!({
            "podAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": required,
                "preferredDuringSchedulingIgnoredDuringExecution": preferred,
            },
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": required_anti,
                "preferredDuringSchedulingIgnoredDuringExecution": preferred_anti,
            },
        })
    });
    prop_oneof![1 => Just(Value::Null), 2 => all]
}

/// A pod called `p0`, `p1`, …, placed where there is a node.
type Drawn = (usize, usize, Option<usize>, usize, Value);

fn drawn() -> impl Strategy<Value = Drawn> {
    let node = proptest::option::weighted(0.8, 0..3_usize);
    (0..8_usize, 0..2_usize, node, 0..3_usize, affinity())
}

fn pod((name, namespace, node, app, affinity): &Drawn) -> Box<PodObject> {
    let labels = [json!({ "app": "a" }), json!({ "app": "b" }), Value::Null];
    let object = json!({
        "metadata": {
            "name": format!("p{name}"), "namespace": NAMESPACES[*namespace], "uid": name.to_string(),
            "labels": labels[*app],
        },
        "spec": { "nodeName": node.map(|node| NODES[node]), "affinity": affinity, "containers": [{ "name": "c" }] },
    });
    serde_json::from_value(object).expect("a pod")
}

/// Nodes and namespaces without any pod.
fn empty() -> Cluster {
    let mut cluster = Cluster::default();
    let labels = [
        json!({ "zone": "a", "kubernetes.io/hostname": "n0", "rack": "r" }),
        json!({ "zone": "a", "kubernetes.io/hostname": "n1" }),
        json!({ "zone": "b", "kubernetes.io/hostname": "n2", "rack": "r" }),
    ];
    for (name, labels) in NODES.iter().zip(labels) {
        let node = json!({
            "metadata": { "name": name, "labels": labels },
            "status": { "allocatable": { "cpu": "8", "memory": "8Gi", "pods": "100" } },
        });
        let node: Box<NodeObject> = serde_json::from_value(node).expect("a node");
        cluster.apply(Change::Node(WatchEvent::Applied(node)));
    }
    let shop = json!({ "metadata": { "name": "shop", "labels": { "team": "blue" } } });
    let shop: Box<NamespaceObject> = serde_json::from_value(shop).expect("a namespace");
    cluster.apply(Change::Namespace(WatchEvent::Applied(shop)));
    cluster
}

fn put(cluster: &mut Cluster, drawn: &Drawn) {
    cluster.apply(Change::Pod(WatchEvent::Applied(pod(drawn))));
}

fn records(cluster: &Cluster) -> Vec<Value> {
    let profile = Profile::default_for("default-scheduler");
    let nodes = Arc::new(cycle::node_index(cluster));
    let mut pods: Vec<_> = cluster.waiting().collect();
    pods.sort_by(|a, b| a.key.cmp(&b.key));
    let judge = |pod| record::record(&cycle::run(Cycle { cluster, pod }, &profile, &nodes));
    pods.into_iter().map(|pod| judge(pod)).collect()
}

fn plugin(args: &Value) -> Result<Box<dyn berth::scheduling::plugin::Plugin>, plugins::ArgsError> {
    let row = plugins::row("InterPodAffinity").expect("the plugin has a row");
    (row.build)(&Setup {
        args,
        gates: FeatureGates::default(),
    })
}

/// The verdict of the plugin's filter on each node.
fn verdicts(cluster: &Cluster, key: &PodKey) -> Vec<Status> {
    let pod = cluster.pod(key).expect("the pod is there");
    let plugin = plugin(&Value::Null).expect("the plugin takes its defaults");
    let nodes = cycle::node_index(cluster).ids;
    let mut column = FilterColumn::new("InterPodAffinity", cluster.nodes.slots());
    if let Some(PreFilter::Run { filter, .. }) = plugin.pre_filter(Cycle { cluster, pod }) {
        filter.filter(&nodes, &mut column);
    }
    nodes.iter().map(|&node| column.get(node).clone()).collect()
}

proptest! {
    #[test]
    fn what_came_and_went_leaves_no_trace(
        earlier in proptest::collection::vec(drawn(), 0..12),
        gone in proptest::collection::vec(any::<bool>(), 8),
        last in proptest::collection::vec(drawn(), 0..8),
    ) {
        let mut churned = empty();
        for drawn in &earlier {
            put(&mut churned, drawn);
        }
        for name in (0..8_usize).filter(|&name| gone[name]) {
            for namespace in 0..2 {
                churned.apply(Change::Pod(WatchEvent::Deleted(pod(&(name, namespace, None, 0, Value::Null)))));
            }
        }
        for drawn in &last {
            put(&mut churned, drawn);
        }

        let mut fresh = empty();
        let stays = |drawn: &&Drawn| !gone[drawn.0];
        earlier.iter().filter(stays).chain(&last).for_each(|drawn| put(&mut fresh, drawn));
        prop_assert_eq!(records(&churned), records(&fresh));
        compare_explanations(&churned)?;
        prop_assert_eq!(churned.affinity_groups().iter().count(), fresh.affinity_groups().iter().count());
    }

    #[test]
    fn a_decision_brought_up_to_date_is_that_of_judging_anew(
        placed in proptest::collection::vec(drawn(), 0..8),
        waits in drawn(),
        later in proptest::collection::vec((drawn(), any::<bool>()), 1..4),
    ) {
        let mut cluster = empty();
        for drawn in &placed {
            put(&mut cluster, drawn);
        }
        put(&mut cluster, &(99, waits.1, None, waits.3, waits.4));
        let key = PodKey::new(NAMESPACES[waits.1], "p99");
        let profile = Profile::default_for("default-scheduler");
        let nodes = Arc::new(cycle::node_index(&cluster));
        let judge = |cluster: &Cluster| {
            let pod = cluster.pod(&key).expect("the pod is there");
            cycle::evaluate(Cycle { cluster, pod }, &profile, &nodes)
        };
        let mut kept = judge(&cluster);
        let generation = cluster.generation;
        for (drawn, stays) in &later {
            let event = if *stays { WatchEvent::Applied } else { WatchEvent::Deleted };
            cluster.apply(Change::Pod(event(pod(drawn))));
        }
        let changes = cluster.changes_since(generation).expect("pods alone changed");
        let pod = cluster.pod(&key).expect("the pod is there");
        if cycle::refresh(&mut kept, Cycle { cluster: &cluster, pod }, &profile, &changes) {
            prop_assert_eq!(record::record(&kept), record::record(&judge(&cluster)));
        }
    }

    #[test]
    fn the_verdict_without_pods_is_that_of_a_cluster_without_them(
        placed in proptest::collection::vec(drawn(), 0..12),
        removed in proptest::collection::vec(any::<bool>(), 8),
        waits in drawn(),
    ) {
        let mut cluster = empty();
        for drawn in &placed {
            put(&mut cluster, drawn);
        }
        let waits = (99, waits.1, None, waits.3, waits.4);
        put(&mut cluster, &waits);
        let key = PodKey::new(NAMESPACES[waits.1], "p99");
        let pod_to_place = cluster.pod(&key).expect("the pod is there");
        let plugin = plugin(&Value::Null).expect("the plugin takes its defaults");
        let PreFilter::Run { filter, .. } = plugin
            .pre_filter(Cycle { cluster: &cluster, pod: pod_to_place })
            .expect("the plugin has a PreFilter") else { return Ok(()); };
        let before = verdicts(&cluster, &key);
        for (at, name) in NODES.iter().enumerate() {
            let (node, _) = cluster.node(name).expect("the node is there");
            let victims = cluster.pods_on(node).filter(|(_, pod)| {
                let number: usize = pod.key.name[1..].parse().expect("pods are numbered");
                removed[number]
            });
            let (ids, keys): (Vec<_>, Vec<_>) = victims.map(|(id, pod)| (id, pod.key.clone())).unzip();
            let mut without = cluster.clone();
            for key in &keys {
                let mut gone = PodObject::default();
                gone.metadata.namespace = key.namespace.to_string();
                gone.metadata.name = key.name.to_string();
                without.apply(Change::Pod(WatchEvent::Deleted(Box::new(gone))));
            }
            let wanted = &verdicts(&without, &key)[at];
            let said = filter.filter_without(node, &ids);
            let said = said.as_ref().unwrap_or(&before[at]);
            prop_assert_eq!(said, wanted, "{} without {:?}", name, keys);
        }
    }
}

/// What the steps of the plugin's explanation end in, and what the trace says, for a verdict and a score.
fn compare_explanations(cluster: &Cluster) -> Result<(), TestCaseError> {
    let profile = Profile::default_for("default-scheduler");
    let nodes = Arc::new(cycle::node_index(cluster));
    let name = "InterPodAffinity";
    for pod in cluster.waiting() {
        let cycle = Cycle { cluster, pod };
        let trace = cycle::run(cycle, &profile, &nodes);
        for &node in &nodes.ids {
            let explained = cycle::explain(cycle, &profile, &trace, node);
            let column = trace.filters.iter().find(|column| column.plugin == name);
            let why = explained.filters.iter().find(|(plugin, _)| *plugin == name);
            prop_assert_eq!(column.is_some(), why.is_some());
            if let (Some(column), Some((_, why))) = (column, why) {
                let results: BTreeSet<&str> = why.steps.iter().map(|step| &*step.result).collect();
                let reasons = column.get(node).reasons.iter().map(|reason| &**reason);
                let against: BTreeSet<&str> = results.into_iter().filter(|result| *result != HOLDS).collect();
                prop_assert_eq!(against, reasons.collect::<BTreeSet<&str>>(), "{:?}", why);
                prop_assert!(!why.summary.is_empty());
            }
            let Some(at) = trace.feasible_index(node) else {
                continue;
            };
            let column = trace.scores.iter().find(|column| column.plugin == name);
            let why = explained.scores.iter().find(|(plugin, _)| *plugin == name);
            prop_assert_eq!(column.is_some(), why.is_some());
            if let (Some(column), Some((_, why))) = (column, why) {
                let [parts @ .., sum, last] = why.steps.as_slice() else {
                    return Err(TestCaseError::fail("there are steps"));
                };
                prop_assert_eq!(&last.result, &column.normalized[at].to_string());
                prop_assert_eq!(&sum.result, &column.raw[at].to_string());
                let added: i64 = parts
                    .iter()
                    .map(|step| step.result.parse::<i64>().unwrap_or(0))
                    .sum();
                prop_assert_eq!(added, column.raw[at], "{:?}", why);
            }
        }
    }
    Ok(())
}

#[test]
fn a_term_that_cannot_be_read_is_told_and_hides_nothing() {
    let bad = json!({ "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [
        { "topologyKey": "zone", "labelSelector": { "matchLabels": { "app": "a" } } },
        { "topologyKey": "zone", "labelSelector": { "matchExpressions": [{ "key": "app", "operator": "Like" }] } },
    ] } });
    let mut cluster = empty();
    put(&mut cluster, &(0, 0, Some(0), 0, bad.clone()));
    put(&mut cluster, &(1, 0, None, 0, bad));
    put(&mut cluster, &(2, 0, None, 0, Value::Null));
    let plugin = plugin(&Value::Null).expect("the plugin takes its defaults");
    let judged = |name: &str| {
        let pod = cluster
            .pod(&PodKey::new("default", name))
            .expect("the pod is there");
        let cycle = Cycle {
            cluster: &cluster,
            pod,
        };
        (plugin.pre_filter(cycle), plugin.pre_score(cycle, &[]))
    };
    let (Some(PreFilter::Reject(filter)), Some(PreScore::Reject(score))) = judged("p1") else {
        panic!("the pod's own term is a fault");
    };
    let told = "Pod default/p1: spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[1]\
                .labelSelector.matchExpressions[0].operator: 'Like' is none of In, NotIn, Exists, DoesNotExist";
    assert_eq!(filter, Status::because(Code::Fault, told));
    assert_eq!(score, filter);
    // That of a placed pod drops the list it is in, here as upstream: nothing keeps the other pod off.
    assert!(matches!(
        judged("p2"),
        (Some(PreFilter::Skip), Some(PreScore::Skip))
    ));
}

#[test]
fn arguments_are_upstreams() {
    for weight in [0, 1, 100] {
        assert!(plugin(&json!({ "hardPodAffinityWeight": weight })).is_ok());
    }
    let told = |args: Value| plugin(&args).expect_err("the arguments are wrong").to_string();
    assert_eq!(
        told(json!({ "hardPodAffinityWeight": 101 })),
        "hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]"
    );
    assert_eq!(
        told(json!({ "hardPodAffinityWeight": -1 })),
        "hardPodAffinityWeight: Invalid value: -1: not in valid range [0, 100]"
    );
    assert!(told(json!({ "hardPodAffinityWeigth": 1 })).contains("unknown field"));
}

/// What near `n0` is worth for a pod `app: a` that says nothing itself.
fn worth(args: &Value, wishes: Value) -> Option<i64> {
    let mut cluster = empty();
    put(&mut cluster, &(0, 0, Some(0), 1, wishes));
    put(&mut cluster, &(1, 0, None, 0, Value::Null));
    let pod = cluster
        .pod(&PodKey::new("default", "p1"))
        .expect("the pod is there");
    let (node, _) = cluster.node("n0").expect("the node is there");
    let plugin = plugin(args).expect("the arguments are right");
    let cycle = Cycle {
        cluster: &cluster,
        pod,
    };
    match plugin.pre_score(cycle, &[node]) {
        Some(PreScore::Run(score)) => {
            let mut raw = [0];
            score.score(&[node], &mut raw).expect("it can be scored");
            Some(raw[0])
        }
        _ => None,
    }
}

#[test]
fn arguments_weigh_what_placed_pods_want() {
    let near = json!({ "topologyKey": "zone", "labelSelector": { "matchLabels": { "app": "a" } } });
    let required = json!({ "podAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [near] } });
    assert_eq!(worth(&Value::Null, required.clone()), Some(1));
    assert_eq!(
        worth(&json!({ "hardPodAffinityWeight": 42 }), required.clone()),
        Some(42)
    );
    assert_eq!(worth(&json!({ "hardPodAffinityWeight": 0 }), required), None);
    let preferred = json!({ "podAntiAffinity": { "preferredDuringSchedulingIgnoredDuringExecution": [
        { "weight": 7, "podAffinityTerm": near },
    ] } });
    assert_eq!(worth(&Value::Null, preferred.clone()), Some(-7));
    let ignoring = json!({ "ignorePreferredTermsOfExistingPods": true });
    assert_eq!(worth(&ignoring, preferred), None);
}
