//! Nodes: labels, taints, allocatable.

use serde_json::{Map, Value, json};

use super::Generator;
use super::quantities::EXTENDED;

pub(super) const HOSTNAME: &str = "kubernetes.io/hostname";
pub(super) const ZONE: &str = "topology.kubernetes.io/zone";
pub(super) const REGION: &str = "topology.kubernetes.io/region";
pub(super) const ZONES: &[&str] = &["za", "zb", "zc"];
pub(super) const KEYS: &[&str] = &["zone", "disk", "size", "example.com/pool"];
pub(super) const VALUES: &[&str] = &[
    "a",
    "b",
    "c",
    "ssd",
    "1",
    "5",
    "10",
    "-3",
    "007",
    "+4",
    "9223372036854775808",
    "",
    "x.y",
];
const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "PreferNoSchedule", "NoExecute"];
const TAINTS: &[&str] = &[
    "a",
    "b",
    "gpu",
    "node.kubernetes.io/unschedulable",
    "example.com/team",
];

impl Generator {
    pub(super) fn node(&mut self, at: usize) -> Value {
        let labels = self.node_labels(at);
        let mut metadata = json!({ "name": format!("n{at}"), "labels": labels });
        if self.theme.odd && self.random.one_in(8) {
            metadata["labels"] = Value::Null;
        }
        let mut spec = json!({});
        if self.theme.taints {
            if self.random.one_in(3) {
                let taints = (0..self.random.below(4)).map(|_| self.taint()).collect();
                spec["taints"] = Value::Array(taints);
            }
            if self.random.one_in(8) {
                spec["unschedulable"] = json!(true);
            }
        }
        let mut status = json!({ "allocatable": self.allocatable() });
        if self.theme.images {
            status["images"] = self.node_images();
        }
        if self.theme.features {
            status["declaredFeatures"] = self.declared_features();
        }
        json!({ "apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec, "status": status })
    }

    fn node_labels(&mut self, at: usize) -> Map<String, Value> {
        let mut labels = Map::new();
        let random = &mut self.random;
        if !random.one_in(15) {
            labels.insert(HOSTNAME.into(), json!(format!("n{at}")));
        }
        if !random.one_in(8) {
            labels.insert(ZONE.into(), json!(random.pick(ZONES)));
        }
        if !random.one_in(3) {
            labels.insert(REGION.into(), json!(random.pick(&["ra", "rb"])));
        }
        if self.theme.volumes && random.one_in(8) {
            let zone = random.pick(ZONES);
            labels.insert("failure-domain.beta.kubernetes.io/zone".into(), json!(zone));
        }
        for key in KEYS {
            if !random.one_in(3) {
                labels.insert((*key).into(), json!(random.pick(VALUES)));
            }
        }
        labels
    }

    fn allocatable(&mut self) -> Value {
        let (cpu, memory, pods): (&[&str], &[&str], &[&str]) = if self.theme.tight {
            (&["2", "3", "3900m"], &["3Gi", "4Gi"], &["110", "5", "3", "2"])
        } else {
            (
                &["16", "8", "32", "7900m"],
                &["16Gi", "32Gi", "16145492Ki"],
                &["110", "110", "20"],
            )
        };
        let mut allocatable = json!({
            "cpu": self.quantity(cpu),
            "memory": self.quantity(memory),
            "pods": self.quantity(pods),
        });
        for name in EXTENDED {
            if self.random.one_in(2) {
                allocatable[*name] = self.quantity(&["0", "1", "4", "4", "10Gi"]);
            }
        }
        if self.theme.odd && self.random.one_in(2) {
            let name = self.extended_name();
            allocatable[name] = self.quantity(&["0", "1", "4", "10Gi"]);
        }
        for name in ["cpu", "memory", "pods"] {
            if self.theme.odd && self.random.one_in(20) {
                allocatable.as_object_mut().expect("an object").remove(name);
            }
        }
        allocatable
    }

    fn taint(&mut self) -> Value {
        let mut taint = json!({ "key": self.random.pick(TAINTS), "effect": self.random.pick(EFFECTS) });
        if !self.random.one_in(3) {
            taint["value"] = json!(self.random.pick(&["x", "y", "", "1"]));
        }
        taint
    }

    pub(super) fn tolerations(&mut self) -> Value {
        let all = (0..self.random.below(4)).map(|_| self.toleration()).collect();
        Value::Array(all)
    }

    fn toleration(&mut self) -> Value {
        let mut toleration = json!({});
        if !self.random.one_in(5) {
            toleration["key"] = json!(self.random.pick(TAINTS));
        }
        if !self.random.one_in(3) {
            let operators = ["Equal", "Exists", "Exists", "Gt", "Lt", ""];
            toleration["operator"] = json!(self.random.pick(&operators));
        }
        if !self.random.one_in(3) {
            toleration["value"] = json!(self.random.pick(&["x", "y", "", "1"]));
        }
        if self.random.one_in(2) {
            let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute", ""];
            toleration["effect"] = json!(self.random.pick(&effects));
        }
        toleration
    }
}
