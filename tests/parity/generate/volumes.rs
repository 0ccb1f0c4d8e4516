//! Volumes: what pods mount. Claims, classes and drivers have files of their own.

mod claims;
mod drivers;

use serde_json::{Value, json};

use super::Generator;
use super::nodes::HOSTNAME;
use claims::CLAIMS;

/// The driver that most volumes are of.
const DRIVER: &str = "disk.example.com";
/// Another, and those that in-tree volumes are translated to.
const DRIVERS: &[&str] = &[
    DRIVER,
    "net.example.com",
    "pd.csi.storage.gke.io",
    "ebs.csi.aws.com",
];

impl Generator {
    /// Everything that volumes need.
    pub(super) fn storage(&mut self) -> Vec<Value> {
        let mut all = self.storage_classes();
        all.extend(self.csi_drivers());
        all.extend(self.csi_nodes());
        all.extend(self.storage_capacities());
        all.extend(self.claims_and_volumes());
        all.extend(self.attachments());
        all
    }

    /// Gives `pod` volumes; for an ephemeral one its claim is made with the other claims.
    pub(super) fn mount(&mut self, pod: &mut Value) {
        let mut volumes = Vec::new();
        // Upstream sorts the claims by size in a list that the nodes share: only with one node, or sorted already, is
        // the outcome certain.
        let mut claims: Vec<usize> = (0..=self.random.below(5) / 2)
            .map(|_| self.random.below(CLAIMS))
            .collect();
        if self.nodes > 1 {
            claims.sort_unstable();
            claims.truncate(if self.theme.odd { 1 } else { 3 });
        }
        claims.dedup();
        for claim in claims {
            let mut source = json!({ "claimName": format!("claim-{claim}") });
            if self.random.one_in(6) {
                source["readOnly"] = json!(true);
            }
            volumes.push(json!({ "name": format!("v{claim}"), "persistentVolumeClaim": source }));
        }
        if self.random.one_in(3) {
            volumes.push(self.inline_volume());
        }
        if self.random.one_in(8) {
            let template = json!({ "spec": {
                "accessModes": ["ReadWriteOnce"], "storageClassName": "fast",
                "resources": { "requests": { "storage": "1Gi" } },
            } });
            volumes.push(json!({ "name": "scratch", "ephemeral": { "volumeClaimTemplate": template } }));
        }
        pod["spec"]["volumes"] = json!(volumes);
    }

    fn inline_volume(&mut self) -> Value {
        let read_only = self.random.one_in(2);
        let which = self.random.pick(&["disk-a", "disk-b"]);
        let source = match self.random.below(7) {
            0 => json!({ "emptyDir": {} }),
            1 => json!({ "csi": { "driver": DRIVER } }),
            2 => json!({ "awsElasticBlockStore": { "volumeID": which, "readOnly": read_only } }),
            3 => json!({ "iscsi": {
                "targetPortal": "10.0.0.1:3260", "iqn": format!("iqn.2026-01.com.example:{which}"), "lun": 0,
                "iscsiInterface": "default", "readOnly": read_only,
            } }),
            4 => {
                let monitors = self.random.some(&["10.0.0.1", "10.0.0.2", "10.0.0.3"], 3);
                json!({ "rbd": {
                    "monitors": monitors, "image": which, "pool": self.random.pick(&["rbd", "fast"]),
                    "readOnly": read_only,
                } })
            }
            _ => json!({ "gcePersistentDisk": { "pdName": which, "readOnly": read_only } }),
        };
        let mut volume = json!({ "name": "inline" });
        volume
            .as_object_mut()
            .expect("an object")
            .extend(source.as_object().cloned().unwrap_or_default());
        volume
    }

    /// Where a volume can be used from.
    fn reachable_from(&mut self) -> Value {
        let term = match self.random.below(4) {
            0 => json!({ "matchExpressions": [
                { "key": HOSTNAME, "operator": "In", "values": [self.node_name()] },
            ] }),
            1 => self.term(true),
            _ => json!({ "matchExpressions": [{
                "key": super::nodes::ZONE, "operator": "In", "values": [self.random.pick(super::nodes::ZONES)],
            }] }),
        };
        json!({ "required": { "nodeSelectorTerms": [term] } })
    }
}
