//! The placed pods by labels: whatever came in whatever order, they are what counting anew gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use berth::model::cluster::{PodGroup, WatchEvent};
use berth::model::from_api::{LabelSelectorObject, PodObject, label_selector};
use berth::model::{Change, Cluster};
use proptest::prelude::*;
use serde_json::{Value, json};

const NAMESPACES: [&str; 3] = ["default", "shop", "ops"];
const NODES: [&str; 3] = ["n0", "n1", "n2"];
const VALUES: [&str; 3] = ["a", "b", ""];

type Placed = (usize, usize, Option<usize>, [Option<usize>; 2], bool);

fn pod((name, namespace, node, labels, deleting): Placed) -> Box<PodObject> {
    let labels: BTreeMap<&str, &str> = ["app", "tier"]
        .into_iter()
        .zip(labels)
        .filter_map(|(key, value)| Some((key, VALUES[value?])))
        .collect();
    let object = json!({
        "metadata": {
            "name": format!("p{name}"), "namespace": NAMESPACES[namespace], "labels": labels,
            "deletionTimestamp": deleting.then_some("2026-01-01T00:00:00Z"),
        },
        "spec": { "nodeName": node.map(|node| NODES[node]) },
    });
    serde_json::from_value(object).expect("a pod")
}

fn placed() -> impl Strategy<Value = Placed> {
    let value = || proptest::option::of(0..3_usize);
    (0..5_usize, 0..3_usize, value(), [value(), value()], any::<bool>())
}

fn change() -> impl Strategy<Value = Change> {
    (placed(), 0..6_usize).prop_map(|(placed, kind)| {
        Change::Pod(match kind {
            0 => WatchEvent::Deleted(pod(placed)),
            1 => WatchEvent::Restarted,
            2 => WatchEvent::Synced,
            _ => WatchEvent::Applied(pod(placed)),
        })
    })
}

fn selector() -> impl Strategy<Value = Value> {
    let requirement = (
        0..4_usize,
        0..2_usize,
        proptest::collection::vec(0..3_usize, 1..3),
    );
    let requirement = requirement.prop_map(|(operator, key, values)| {
        let values: Vec<_> = values.into_iter().map(|at| VALUES[at]).collect();
        let key = ["app", "tier"][key];
        match operator {
            0 => json!({ "key": key, "operator": "NotIn", "values": values }),
            1 => json!({ "key": key, "operator": "Exists" }),
            2 => json!({ "key": key, "operator": "DoesNotExist" }),
            _ => json!({ "key": key, "operator": "In", "values": values }),
        }
    });
    proptest::collection::vec(requirement, 0..3).prop_map(|all| json!({ "matchExpressions": all }))
}

/// Namespace, labels, whether deleted, and the number of pods by node.
type Shown = (String, Vec<(String, String)>, bool, BTreeMap<String, u32>);

fn shown(cluster: &Cluster, group: &PodGroup) -> Shown {
    let labels = group.labels.iter();
    let name = |id| NODES.iter().find(|name| cluster.nodes.id(name) == Some(id));
    (
        group.namespace.to_string(),
        labels.map(|(k, v)| (k.to_string(), v.to_string())).collect(),
        group.deleting,
        group
            .nodes
            .iter()
            .map(|(id, count)| (name(id).expect("a node with pods has a slot").to_string(), count))
            .collect(),
    )
}

fn counted(cluster: &Cluster) -> Vec<Shown> {
    let mut all: BTreeMap<_, BTreeMap<String, u32>> = BTreeMap::new();
    for (_, pod) in cluster.pods.iter() {
        let Some(node) = &pod.node_name else { continue };
        let labels = pod.labels.iter().map(|(k, v)| (k.to_string(), v.to_string()));
        let labels: Vec<_> = labels.collect();
        let key = (pod.key.namespace.to_string(), labels, pod.deleting);
        *all.entry(key).or_default().entry(node.to_string()).or_default() += 1;
    }
    all.into_iter()
        .map(|((namespace, labels, deleting), nodes)| (namespace, labels, deleting, nodes))
        .collect()
}

proptest! {
    #[test]
    fn groups_are_what_counting_anew_gives(
        changes in proptest::collection::vec(change(), 0..60),
        selector in selector(),
        within in proptest::option::of(proptest::sample::subsequence(vec!["default", "ops", "shop"], 0..=3)),
    ) {
        let mut cluster = Cluster::from_changes(changes);
        let mut all: Vec<_> = cluster.groups().iter().map(|group| shown(&cluster, group)).collect();
        all.sort();
        let wanted = counted(&cluster);
        prop_assert_eq!(&all, &wanted);

        let selector: LabelSelectorObject = serde_json::from_value(selector).expect("a selector");
        let selector = label_selector(Some(&selector), &mut cluster.interner).expect("a sound selector");
        let names: Option<Vec<Arc<str>>> = within.map(|names| names.into_iter().map(Arc::from).collect());
        let found = cluster.groups().selected(names.as_deref(), &selector);
        let mut found: Vec<_> = found.into_iter().map(|group| shown(&cluster, group)).collect();
        found.sort();
        let asked = cluster.groups().iter().filter(|group| {
            names.as_ref().is_none_or(|names| names.contains(&group.namespace)) && selector.matches(&group.labels)
        });
        let mut asked: Vec<_> = asked.map(|group| shown(&cluster, group)).collect();
        asked.sort();
        prop_assert_eq!(found, asked);
    }
}
