//! Claims of volumes, and volumes: bound to each other, to nothing, or free.

use serde_json::{Value, json};

use super::super::nodes::ZONES;
use super::super::{Generator, odd};
use super::{DRIVER, DRIVERS};

/// Claims a namespace, some of which are missing.
pub(super) const CLAIMS: usize = 7;

const CLASS: &str = "volume.beta.kubernetes.io/storage-class";
const BOUND: &str = "pv.kubernetes.io/bind-completed";
const SELECTED: &str = "volume.kubernetes.io/selected-node";

impl Generator {
    pub(super) fn claims_and_volumes(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        for namespace in super::super::NAMESPACES {
            for at in 0..CLAIMS {
                if self.random.one_in(20) {
                    continue;
                }
                let mut claim = self.claim(namespace, &format!("claim-{at}"), at + 1);
                match self.random.below(12) {
                    0..=2 => all.extend(self.bind(&mut claim)),
                    4 => {
                        claim["metadata"]["annotations"][SELECTED] = json!(self.node_name());
                    }
                    _ => {}
                }
                all.push(claim);
            }
            for pod in 0..4 {
                for kind in ["b", "p"] {
                    all.extend(self.claim_of_pod(namespace, &format!("{kind}{pod}")));
                }
            }
        }
        for at in 0..self.random.below(14) {
            all.push(self.free_volume(at));
        }
        all
    }

    fn claim(&mut self, namespace: &str, name: &str, gibibytes: usize) -> Value {
        let modes = [
            "ReadWriteOnce",
            "ReadWriteOnce",
            "ReadWriteOnce",
            "ReadWriteOnce",
            "ReadWriteMany",
            "ReadOnlyMany",
            "ReadWriteOncePod",
        ];
        let mode = self.random.pick(&modes);
        let mut claim = json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": { "name": name, "namespace": namespace, "uid": format!("uid-{namespace}-{name}") },
            "spec": {
                "accessModes": [mode], "volumeMode": "Filesystem",
                "resources": { "requests": { "storage": format!("{gibibytes}Gi") } },
            },
            "status": { "phase": "Pending" },
        });
        let classes = [
            "fast", "fast", "fast", "fast", "local", "local", "slow", "gce", "other", "other",
        ];
        let class = self.random.pick(&classes);
        match self.random.below(24) {
            0 => {}
            1 => claim["spec"]["storageClassName"] = json!(""),
            2 if self.theme.odd => claim["spec"]["storageClassName"] = json!(odd::TEXT),
            2 => claim["spec"]["storageClassName"] = json!("gone"),
            // Not for a class whose capacity is known: for want of the field upstream's Score panics.
            3 => claim["metadata"]["annotations"][CLASS] = json!(self.random.pick(&["local", "slow", "gce"])),
            4 if self.theme.odd => claim["spec"]["storageClassName"] = json!("modeless"),
            _ => claim["spec"]["storageClassName"] = json!(class),
        }
        if self.random.one_in(12) {
            claim["spec"]["volumeMode"] = json!("Block");
        }
        if self.random.one_in(10) {
            claim["spec"]["selector"] =
                json!({ "matchLabels": { "speed": self.random.pick(&["high", "low"]) } });
        }
        if self.random.one_in(12) {
            claim["spec"]["volumeAttributesClassName"] = json!("gold");
        }
        if self.random.one_in(20) {
            claim["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            claim["metadata"]["finalizers"] = json!(["kubernetes.io/pvc-protection"]);
        }
        if self.theme.odd {
            match self.random.below(10) {
                0 => claim["spec"]["resources"] = json!({}),
                1 => claim["spec"]["resources"]["requests"]["storage"] = self.quantity(&["1.5Gi"]),
                _ => {}
            }
        }
        claim
    }

    /// The claim of a pod's ephemeral volume; now and then it belongs to another.
    fn claim_of_pod(&mut self, namespace: &str, pod: &str) -> Vec<Value> {
        if self.random.one_in(3) {
            return Vec::new();
        }
        let mut claim = self.claim(namespace, &format!("{pod}-scratch"), CLAIMS + 1);
        if !self.random.one_in(8) {
            claim["metadata"]["ownerReferences"] = json!([{
                "apiVersion": "v1", "kind": "Pod", "name": pod, "uid": format!("uid-{pod}"), "controller": true,
            }]);
        }
        let mut all = Vec::new();
        if self.random.one_in(2) {
            all.extend(self.bind(&mut claim));
        }
        all.push(claim);
        all
    }

    /// Binds a claim to a volume of its own, or to one that is not there any more.
    fn bind(&mut self, claim: &mut Value) -> Option<Value> {
        let field = |name: &str| claim["metadata"][name].as_str().unwrap_or_default().to_owned();
        let (namespace, name, uid) = (field("namespace"), field("name"), field("uid"));
        let volume = format!("pv-{namespace}-{name}");
        claim["spec"]["volumeName"] = json!(volume);
        claim["status"]["phase"] = json!("Bound");
        if !self.random.one_in(12) {
            claim["metadata"]["annotations"][BOUND] = json!("yes");
        }
        if self.random.one_in(8) {
            // The volume is gone, and that is known or not.
            if self.random.one_in(2) {
                claim["status"]["phase"] = json!("Lost");
            }
            return None;
        }

        let mut bound = self.volume(&volume, &claim["spec"]["resources"]["requests"]["storage"]);
        bound["spec"]["claimRef"] = json!({ "namespace": namespace, "name": name, "uid": uid });
        bound["spec"]["storageClassName"] = claim["spec"]["storageClassName"].clone();
        bound["spec"]["accessModes"] = claim["spec"]["accessModes"].clone();
        bound["status"]["phase"] = json!("Bound");
        Some(bound)
    }

    fn volume(&mut self, name: &str, capacity: &Value) -> Value {
        let mut volume = json!({
            "apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": { "name": name, "labels": {} },
            "spec": {
                "capacity": { "storage": capacity }, "accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem",
                "persistentVolumeReclaimPolicy": "Delete",
            },
            "status": { "phase": "Available" },
        });
        match self.random.below(8) {
            0 => volume["spec"]["gcePersistentDisk"] = json!({ "pdName": name }),
            1 => volume["spec"]["awsElasticBlockStore"] = json!({ "volumeID": format!("aws://za/{name}") }),
            2 => volume["spec"]["local"] = json!({ "path": "/mnt/disk" }),
            3 => {
                volume["spec"]["iscsi"] =
                    json!({ "targetPortal": "10.0.0.1:3260", "iqn": "iqn.2026-01.com.example:x", "lun": 0 });
            }
            4 => volume["spec"]["csi"] = json!({ "driver": DRIVERS[1], "volumeHandle": name }),
            _ => volume["spec"]["csi"] = json!({ "driver": DRIVER, "volumeHandle": name }),
        }
        if self.random.one_in(2) {
            volume["spec"]["nodeAffinity"] = self.reachable_from();
        }
        for key in [
            "topology.kubernetes.io/zone",
            "failure-domain.beta.kubernetes.io/zone",
        ] {
            if self.random.one_in(5) {
                let mut zone = self.random.pick(ZONES).to_owned();
                if self.random.one_in(4) {
                    zone = format!("{zone}__{}", self.random.pick(ZONES));
                }
                volume["metadata"]["labels"][key] = json!(zone);
            }
        }
        if self.random.one_in(10) {
            volume["metadata"]["labels"]["topology.kubernetes.io/region"] = json!("ra");
        }
        if self.random.one_in(2) {
            volume["metadata"]["labels"]["speed"] = json!(self.random.pick(&["high", "low"]));
        }
        volume
    }

    /// A volume for whoever claims it. No two are of one size, as among such upstream goes by chance.
    fn free_volume(&mut self, at: usize) -> Value {
        let mut size = json!(format!("{}Mi", at * 900 + 700 + self.random.below(300)));
        if self.theme.odd && at == 0 {
            size = self.quantity(&["3.3e9"]);
        }
        let mut volume = self.volume(&format!("free-{at}"), &size);
        volume["spec"]["storageClassName"] = json!(self.random.pick(&["local", "local", "fast", ""]));
        volume["spec"]["accessModes"] = json!(
            self.random
                .pick(&["ReadWriteOnce", "ReadWriteMany"])
                .split(' ')
                .collect::<Vec<_>>()
        );
        if self.random.one_in(2) {
            volume["spec"]["accessModes"] = json!([
                "ReadWriteOnce",
                "ReadOnlyMany",
                "ReadWriteMany",
                "ReadWriteOncePod"
            ]);
        }
        if self.random.one_in(10) {
            volume["spec"]["volumeMode"] = json!("Block");
        }
        if self.random.one_in(10) {
            volume["spec"]["volumeAttributesClassName"] = json!("gold");
        }
        if self.random.one_in(10) {
            volume["status"]["phase"] = json!(self.random.pick(&["Released", "Failed", "Pending"]));
        }
        if self.random.one_in(10) {
            volume["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        }
        if at < CLAIMS && self.random.one_in(6) {
            // Kept for a claim, for which no other is kept.
            let claim = format!("claim-{}", CLAIMS - 1 - at);
            let mut kept = json!({ "namespace": "default", "name": claim });
            if self.random.one_in(2) {
                kept["uid"] = json!(format!("uid-default-{claim}"));
            }
            volume["spec"]["claimRef"] = kept;
        }
        volume
    }
}
