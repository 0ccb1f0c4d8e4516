//! Storage classes, CSI drivers, what they have on each node, and attachments.

use serde_json::{Value, json};

use super::super::Generator;
use super::super::nodes::{HOSTNAME, ZONE, ZONES};
use super::{DRIVER, DRIVERS};

const LATE: &str = "WaitForFirstConsumer";

impl Generator {
    pub(super) fn storage_classes(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        for (name, provisioner, mode) in [
            ("fast", DRIVER, LATE),
            ("other", DRIVERS[1], LATE),
            ("slow", DRIVER, "Immediate"),
            ("local", "kubernetes.io/no-provisioner", LATE),
            ("gce", "kubernetes.io/gce-pd", LATE),
            ("modeless", DRIVER, ""),
        ] {
            let mut class = json!({
                "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": { "name": name },
                "provisioner": provisioner, "reclaimPolicy": "Delete",
            });
            if !mode.is_empty() {
                class["volumeBindingMode"] = json!(mode);
            }
            if self.random.one_in(8) {
                let mut zones = self.random.some(ZONES, 3);
                if zones.is_empty() {
                    zones.push("za");
                }
                let term = json!({ "matchLabelExpressions": [{ "key": ZONE, "values": zones }] });
                class["allowedTopologies"] = json!([term]);
            }
            all.push(class);
        }
        all
    }

    pub(super) fn csi_drivers(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        // One of them at most: of several that a node lacks, upstream names whichever comes first.
        let strict = self
            .random
            .pick(&[DRIVER, DRIVER, DRIVERS[1], DRIVERS[2], DRIVERS[3], ""]);
        for name in DRIVERS {
            if self.random.one_in(3) {
                continue;
            }
            let mut spec = json!({ "attachRequired": true, "podInfoOnMount": false });
            spec["storageCapacity"] = json!(!self.random.one_in(3));
            if self.random.one_in(2) {
                spec["preventPodSchedulingIfMissing"] = json!(*name == strict);
            }
            all.push(json!({
                "apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": { "name": name }, "spec": spec,
            }));
        }
        all
    }

    pub(super) fn csi_nodes(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        for node in 0..self.nodes {
            if self.random.one_in(5) {
                continue;
            }
            let mut drivers = Vec::new();
            for name in DRIVERS {
                if self.random.one_in(4) {
                    continue;
                }
                let mut driver = json!({ "name": name, "nodeID": format!("n{node}") });
                match self.random.below(4) {
                    0 => {}
                    1 => driver["allocatable"] = json!({}),
                    _ => driver["allocatable"] = json!({ "count": self.random.between(0, 6) }),
                }
                drivers.push(driver);
            }
            let mut metadata = json!({ "name": format!("n{node}") });
            if self.random.one_in(2) {
                let migrated = self
                    .random
                    .some(&["kubernetes.io/aws-ebs", "kubernetes.io/gce-pd"], 2)
                    .join(",");
                metadata["annotations"] = json!({ "storage.alpha.kubernetes.io/migrated-plugins": migrated });
            }
            all.push(json!({
                "apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": metadata, "spec": { "drivers": drivers },
            }));
        }
        all
    }

    /// What is left to provision: at most one object for a class on a node, as among several upstream takes whichever
    /// comes first. One with `maximumVolumeSize` and no `capacity` makes it panic, so there is none.
    pub(super) fn storage_capacities(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        for class in ["fast", "other", "slow"] {
            let by_node = self.random.one_in(4);
            let places: Vec<String> = if by_node {
                (0..self.nodes).map(|node| format!("n{node}")).collect()
            } else {
                ZONES.iter().map(ToString::to_string).collect()
            };
            let key = if by_node { HOSTNAME } else { ZONE };
            for place in places {
                if self.random.one_in(4) {
                    continue;
                }
                let mut capacity = json!({
                    "apiVersion": "storage.k8s.io/v1", "kind": "CSIStorageCapacity",
                    "metadata": { "name": format!("{class}-{place}"), "namespace": "kube-system" },
                    "storageClassName": class,
                });
                if !self.random.one_in(10) {
                    capacity["nodeTopology"] = json!({ "matchLabels": { key: place } });
                }
                if !self.random.one_in(8) {
                    capacity["capacity"] = self.quantity(&["4Gi", "10Gi", "50Gi", "100Gi", "100Gi", "0"]);
                    if self.random.one_in(3) {
                        capacity["maximumVolumeSize"] = json!(self.random.pick(&["2Gi", "20Gi"]));
                    }
                }
                all.push(capacity);
            }
        }
        all
    }

    pub(super) fn attachments(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        for at in 0..self.random.below(self.nodes + 2) {
            let volume = match self.random.below(3) {
                0 => format!("pv-default-claim-{}", self.random.below(super::CLAIMS)),
                1 => format!("free-{}", self.random.below(4)),
                _ => format!("elsewhere-{at}"),
            };
            let attacher = self.random.pick(&[DRIVER, DRIVER, DRIVERS[1]]);
            all.push(json!({
                "apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment",
                "metadata": { "name": format!("attachment-{at}") },
                "spec": {
                    "attacher": attacher, "nodeName": self.node_name(), "source": { "persistentVolumeName": volume },
                },
                "status": { "attached": true },
            }));
            if self.random.one_in(6) {
                // An inline volume that was translated to a CSI one.
                let inline = json!({
                    "accessModes": ["ReadWriteOnce"], "capacity": { "storage": "1Gi" },
                    "csi": { "driver": attacher, "volumeHandle": volume },
                });
                let attachment: Option<&mut Value> = all.last_mut();
                if let Some(attachment) = attachment {
                    attachment["spec"]["source"] = json!({ "inlineVolumeSpec": inline });
                }
            }
        }
        all
    }
}
