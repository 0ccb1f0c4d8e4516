//! Nodes in short.

use std::collections::BTreeMap;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ScenarioError, place::Place};
use crate::demo::{
    clock,
    kinds::{self, NODE},
    shapes::{self, NodeShape},
    store::Store,
};

/// How long a lease is good for, as kubelets have it.
const LEASE_SECONDS: i64 = 40;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct NodeEntry {
    name: String,
    zone: String,
    instance_type: String,
    #[serde(default = "amd64")]
    arch: String,
    cpu: String,
    memory: String,
    #[serde(default = "most_pods")]
    pods: u64,
    /// Extended resources.
    #[serde(default)]
    extended: BTreeMap<String, String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    taints: Vec<Taint>,
    #[serde(default)]
    cordoned: bool,
    #[serde(default = "yes")]
    ready: bool,
    #[serde(default = "weeks")]
    age: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Taint {
    key: String,
    #[serde(default)]
    value: String,
    effect: String,
}

fn amd64() -> String {
    "amd64".into()
}

fn most_pods() -> u64 {
    110
}

fn yes() -> bool {
    true
}

fn weeks() -> String {
    "400h".into()
}

impl NodeEntry {
    /// The node, the `i`th of its file.
    pub(super) fn shape(
        &self,
        place: &Place<'_>,
        region: &str,
        i: usize,
    ) -> Result<NodeShape, ScenarioError> {
        let at = |field: &str| format!("nodes[{i}].{field}");
        let text = |map: &BTreeMap<String, String>| {
            map.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect()
        };
        let taint = |taint: &Taint| {
            let mut tree = json!({"key": taint.key, "effect": taint.effect});
            if !taint.value.is_empty() {
                tree["value"] = taint.value.clone().into();
            }
            tree
        };
        let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        if let Some(taint) = self
            .taints
            .iter()
            .find(|taint| !effects.contains(&taint.effect.as_str()))
        {
            let message = format!("{}: {:?} is no effect of a taint", at("taints"), taint.effect);
            return Err(place.error(message));
        }
        for (resource, amount) in &self.extended {
            place.quantity(&at(&format!("extended[{resource}]")), amount)?;
        }
        Ok(NodeShape {
            name: self.name.clone(),
            region: region.to_owned(),
            zone: self.zone.clone(),
            instance_type: self.instance_type.clone(),
            architecture: self.arch.clone(),
            address: format!("10.20.{}.{}", i / 200, i % 200 + 10),
            cpu_milli: (place.quantity(&at("cpu"), &self.cpu)? / 1_000_000) as u64,
            memory_mib: (place.quantity(&at("memory"), &self.memory)? / 1_000_000_000 / (1 << 20)) as u64,
            pods: self.pods,
            extended: text(&self.extended),
            labels: text(&self.labels),
            taints: self.taints.iter().map(taint).collect(),
            cordoned: self.cordoned,
            ready: self.ready,
            age: place.duration(&at("age"), &self.age)?,
        })
    }
}

/// Puts nodes into a store, with the leases by which their kubelets say that they are alive.
pub(in crate::demo) fn load(store: &Store, shapes: &[NodeShape], random: &mut Rng) {
    let nodes: Vec<Value> = shapes.iter().map(|shape| shape.build(random)).collect();
    if let Some(kind) = kinds::find_by_manifest("coordination.k8s.io/v1", "Lease") {
        let leases = shapes
            .iter()
            .zip(&nodes)
            .map(|(shape, node)| lease(shape, node, random));
        store.load(kind, leases.collect::<Vec<_>>());
    }
    store.load(&NODE, nodes);
}

fn lease(shape: &NodeShape, node: &Value, random: &mut Rng) -> Value {
    let now = Timestamp::now();
    // Kubelets renew every ten seconds, each at a moment of its own.
    let silent = if shape.ready {
        SignedDuration::from_millis(random.i64(0..10_000))
    } else {
        SignedDuration::from_mins(3)
    };
    let renewed = now.checked_sub(silent).unwrap_or(now);
    json!({
        "metadata": {
            "namespace": "kube-node-lease", "name": shape.name, "uid": clock::uid(random),
            "creationTimestamp": shapes::ago(shape.age),
            "ownerReferences": [{
                "apiVersion": "v1", "kind": "Node", "name": shape.name, "uid": node["metadata"]["uid"],
            }],
        },
        "spec": {
            "holderIdentity": shape.name, "leaseDurationSeconds": LEASE_SECONDS,
            "renewTime": renewed.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
        },
    })
}
