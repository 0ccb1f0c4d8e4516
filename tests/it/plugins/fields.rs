//! Explanations point into manifests: each field that they name stands in the manifest that it is said to be from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use berth::app::manifest::Manifest;
use berth::model::Cluster;
use berth::model::from_api::list;
use berth::scheduling::explanation::{Explanation, Side};
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Phase, Profile, cycle, plugins};

use crate::parity::generate;

/// What is said of a field that is not in the manifest.
fn is_absence(value: &str) -> bool {
    const NONE: [&str; 10] = [
        "",
        "0",
        "0m",
        "false",
        "absent",
        "no such label",
        "not set",
        "not there",
        "none that keeps pods off",
        "nothing: there is no selector",
    ];
    NONE.contains(&value) || value.starts_with("none of 0 ")
}

/// Whose explanations have no field of the pod, or none of the node, and why.
const WITHOUT: &[(&str, Side, &str)] = &[
    ("NodeName", Side::Pod, "a pod that waits has no spec.nodeName"),
    ("NodeName", Side::Node, "a pod that waits has no spec.nodeName"),
    ("NodePorts", Side::Node, "the ports are those of other pods"),
    (
        "VolumeRestrictions",
        Side::Node,
        "the disks are those of other pods",
    ),
    (
        "NodeVolumeLimits",
        Side::Node,
        "the limits are in the node's CSINode",
    ),
];

#[derive(Default)]
struct Seen {
    /// Plugins and sides of which a field was found.
    found: BTreeSet<(&'static str, u8)>,
    missing: BTreeMap<(&'static str, String), String>,
    asked: usize,
}

impl Seen {
    fn look(
        &mut self,
        plugin: &'static str,
        why: &Explanation,
        pod: &Manifest,
        node: &Manifest,
        place: &str,
    ) {
        for input in &why.inputs {
            let Some(field) = input.in_manifest() else {
                continue;
            };
            let (manifest, side) = match input.side {
                Side::Pod => (pod, 0),
                _ => (node, 1),
            };
            self.asked += 1;
            if !manifest.find(field).is_empty() {
                self.found.insert((plugin, side));
            } else if !is_absence(&input.value) && !field.contains("[*]") {
                self.missing
                    .insert((plugin, field.to_owned()), format!("{place}: {}", input.value));
            }
        }
    }
}

#[test]
fn fields_of_explanations_stand_in_the_manifests() {
    let profile = Profile::default_for("default-scheduler");
    let mut seen = Seen::default();
    for seed in 0..120 {
        let objects = generate::cluster(seed);
        let items = objects["items"].as_array().expect("items");
        let manifests: BTreeMap<(String, String, String), Manifest> = items
            .iter()
            .filter(|object| object["kind"] == "Pod" || object["kind"] == "Node")
            .map(|object| {
                let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
                let metadata = &object["metadata"];
                let key = (
                    text(&object["kind"]),
                    text(&metadata["namespace"]),
                    text(&metadata["name"]),
                );
                (key, Manifest::new(object.clone()))
            })
            .collect();
        let manifest = |kind: &str, namespace: &str, name: &str| {
            &manifests[&(kind.to_owned(), namespace.to_owned(), name.to_owned())]
        };
        let loaded = list::read(objects.to_string().as_bytes(), "generated").expect("it can be read");
        let cluster = Cluster::from_changes(loaded.changes);
        let nodes = Arc::new(cycle::node_index(&cluster));
        for pod in cluster.waiting() {
            let cycle = Cycle {
                cluster: &cluster,
                pod,
            };
            let trace = cycle::run(cycle, &profile, &nodes);
            let pod_manifest = manifest("Pod", &pod.key.namespace, &pod.key.name);
            for &node in nodes.ids.iter().take(6) {
                let name = nodes.name(node);
                let explained = cycle::explain(cycle, &profile, &trace, node);
                for (plugin, why) in explained.filters.iter().chain(&explained.scores) {
                    let place = format!("seed {seed}, {} on {name}", pod.key);
                    seen.look(plugin, why, pod_manifest, manifest("Node", "", name), &place);
                }
            }
        }
    }
    assert!(seen.missing.is_empty(), "{:#?}", seen.missing);
    assert!(seen.asked > 5000, "only {} fields were asked for", seen.asked);
    let judges = plugins::TABLE.iter().filter(|row| {
        let judges = row.phases.contains(&Phase::Filter) || row.phases.contains(&Phase::Score);
        judges && !row.name.starts_with("Random")
    });
    let mut wrong = Vec::new();
    for row in judges {
        for (side, of) in [(Side::Pod, 0), (Side::Node, 1)] {
            let excused = WITHOUT
                .iter()
                .any(|(plugin, without, _)| *plugin == row.name && *without == side);
            if seen.found.contains(&(row.name, of)) == excused {
                wrong.push(format!("{}, {side:?}, excused: {excused}", row.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "fields were found or not against expectation: {wrong:#?}"
    );
}
