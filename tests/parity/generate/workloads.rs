//! What the default spread constraints go by: Services, and what owns pods.

use serde_json::{Value, json};

use super::{Generator, NAMESPACES};

const OWNERS: &[(&str, &str)] = &[
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "StatefulSet"),
    ("v1", "ReplicationController"),
    ("batch/v1", "Job"),
];

impl Generator {
    /// Two of each kind in each namespace that is not left out.
    pub(super) fn workloads(&mut self) -> Vec<Value> {
        let mut all = Vec::new();
        for namespace in NAMESPACES {
            for at in 0..self.random.below(3) {
                let metadata = json!({ "name": format!("service-{at}"), "namespace": namespace });
                let selector = self.plain_selector();
                all.push(json!({
                    "apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": { "selector": selector },
                }));
            }
            for (version, kind) in &OWNERS[..3] {
                for at in 0..2 {
                    if self.random.one_in(4) {
                        continue;
                    }
                    all.push(self.owner(version, kind, at, namespace));
                }
            }
        }
        all
    }

    fn owner(&mut self, version: &str, kind: &str, at: usize, namespace: &str) -> Value {
        let metadata = json!({
            "name": format!("owner-{at}"), "namespace": namespace, "uid": format!("uid-{kind}-{at}-{namespace}"),
        });
        let selector = if kind == "ReplicationController" {
            self.plain_selector()
        } else {
            self.label_selector()
        };
        let mut spec = json!({ "selector": selector });
        if kind == "StatefulSet" {
            spec["serviceName"] = json!("service-0");
        }
        if kind != "ReplicationController" {
            spec["template"] = json!({ "metadata": {}, "spec": { "containers": [] } });
        }
        json!({ "apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec })
    }

    /// Says who owns the pod.
    pub(super) fn own(&mut self, pod: &mut Value) {
        if self.random.one_in(3) {
            return;
        }
        let (version, kind) = OWNERS[self.random.below(OWNERS.len())];
        let at = self.random.below(2);
        let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default();
        pod["metadata"]["ownerReferences"] = json!([{
            "apiVersion": version, "kind": kind, "name": format!("owner-{at}"),
            "uid": format!("uid-{kind}-{at}-{namespace}"), "controller": !self.random.one_in(6),
        }]);
    }
}
