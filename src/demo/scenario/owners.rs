//! The objects that own the pods of a workload, as their controllers leave them once they have nothing more to do.
//!
//! Whoever runs controllers on such a cluster finds owners with the uids that the pods name, selectors that select them,
//! templates that they could be made from and a status that counts them.

use fastrand::Rng;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::base::settled;
use crate::demo::{
    clock,
    kinds::{self, Kind},
    shapes,
    store::Store,
};

/// The label that tells the pods of one workload from those of others.
pub(in crate::demo) const APP: &str = "app.kubernetes.io/name";
const TEMPLATE_HASH: &str = "pod-template-hash";
const REVISION_HASH: &str = "controller-revision-hash";

/// What kind of workload it is: how its pods are named and owned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(in crate::demo) enum Owner {
    /// With the `ReplicaSet` that it has made.
    #[default]
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
}

/// A workload whose pods are all there.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Workload<'a> {
    pub(in crate::demo) owner: Owner,
    pub(in crate::demo) namespace: &'a str,
    pub(in crate::demo) name: &'a str,
    /// Of its pods; [`APP`] is among them.
    pub(in crate::demo) labels: Map<String, Value>,
    /// The spec of its pods, as a person writes it.
    pub(in crate::demo) spec: Map<String, Value>,
    pub(in crate::demo) age: SignedDuration,
}

/// What its pods have in common.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Owned {
    /// The manifest of a pod, still without a name of its own.
    pub(in crate::demo) pod: Value,
    /// What the names of its pods begin with.
    pub(in crate::demo) prefix: String,
    hash: String,
    uids: [String; 3],
}

impl Workload<'_> {
    /// Chooses hash and uids.
    pub(in crate::demo) fn own(&self, random: &mut Rng) -> Owned {
        let hash = clock::suffix(random, 9);
        let uids = [(); 3].map(|()| clock::uid(random));
        let (kind, name, uid) = match self.owner {
            Owner::Deployment => ("ReplicaSet", format!("{}-{hash}", self.name), &uids[1]),
            Owner::ReplicaSet => ("ReplicaSet", self.name.to_owned(), &uids[0]),
            Owner::StatefulSet => ("StatefulSet", self.name.to_owned(), &uids[0]),
            Owner::DaemonSet => ("DaemonSet", self.name.to_owned(), &uids[0]),
        };
        let mut labels = self.labels.clone();
        let mut spec = self.spec.clone();
        match self.owner {
            Owner::Deployment => {
                labels.insert(TEMPLATE_HASH.into(), hash.clone().into());
            }
            Owner::ReplicaSet => {}
            Owner::StatefulSet => {
                labels.insert(REVISION_HASH.into(), format!("{}-{hash}", self.name).into());
                spec.insert("subdomain".into(), self.name.into());
            }
            Owner::DaemonSet => {
                labels.insert(REVISION_HASH.into(), hash.clone().into());
                labels.insert("pod-template-generation".into(), "1".into());
                let own = daemon_tolerations(spec.get("hostNetwork") == Some(&Value::Bool(true)));
                if let Some(all) = spec
                    .entry("tolerations")
                    .or_insert_with(|| json!([]))
                    .as_array_mut()
                {
                    all.extend(own);
                }
            }
        }
        let prefix = format!("{name}-");
        let pod = json!({
            "metadata": {
                "namespace": self.namespace,
                "generateName": prefix,
                // Only there to be valid: each pod gets its own.
                "name": self.name,
                "labels": labels,
                "ownerReferences": [reference(kind, &name, uid)],
            },
            "spec": spec,
        });
        Owned {
            pod,
            prefix,
            hash,
            uids,
        }
    }

    /// The owners themselves, for that many pods, of which so many are ready.
    pub(in crate::demo) fn owners(
        &self,
        store: &Store,
        owned: &Owned,
        (pods, ready): (usize, usize),
    ) -> Result<Vec<(&'static Kind, Value)>, String> {
        let mut template = json!({"spec": self.spec});
        (kinds::POD.strategy.default)(&mut template);
        let plain = json!({"metadata": {"labels": self.labels}, "spec": template["spec"]});
        let selector = json!({"matchLabels": {APP: self.labels.get(APP)}});
        let status = Counts { pods, ready };
        let [uid, second_uid, _] = &owned.uids;
        let mut made = Vec::new();
        match self.owner {
            Owner::Deployment => {
                let spec = json!({
                    "replicas": pods, "selector": selector, "template": plain, "revisionHistoryLimit": 10,
                    "progressDeadlineSeconds": 600,
                    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
                });
                let mut deployment = self.object(uid, &spec, &status.of_deployment(&self.since()));
                deployment["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
                made.push(("Deployment", deployment));
                let mut set = self.replica_set(second_uid, &selector, &plain, status);
                let most = pods + pods.div_ceil(4);
                set["metadata"]["name"] = format!("{}-{}", self.name, owned.hash).into();
                set["metadata"]["labels"] = self.labels.clone().into();
                set["metadata"]["annotations"] = json!({
                    "deployment.kubernetes.io/desired-replicas": pods.to_string(),
                    "deployment.kubernetes.io/max-replicas": most.to_string(),
                    "deployment.kubernetes.io/revision": "1",
                });
                set["metadata"]["ownerReferences"] = json!([reference("Deployment", self.name, uid)]);
                for at in [
                    "/metadata/labels",
                    "/spec/selector/matchLabels",
                    "/spec/template/metadata/labels",
                ] {
                    if let Some(labels) = set.pointer_mut(at) {
                        labels[TEMPLATE_HASH] = owned.hash.clone().into();
                    }
                }
                made.push(("ReplicaSet", set));
            }
            Owner::ReplicaSet => made.push(("ReplicaSet", self.replica_set(uid, &selector, &plain, status))),
            Owner::StatefulSet => {
                let revision = format!("{}-{}", self.name, owned.hash);
                let spec = json!({
                    "replicas": pods, "selector": selector, "template": plain, "serviceName": self.name,
                    "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10,
                    "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
                    "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
                });
                made.push((
                    "StatefulSet",
                    self.object(uid, &spec, &status.of_stateful_set(&revision)),
                ));
                made.push(("ControllerRevision", self.revision(owned, "StatefulSet")));
            }
            Owner::DaemonSet => {
                let spec = json!({
                    "selector": selector, "template": plain, "revisionHistoryLimit": 10,
                    "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
                });
                let mut set = self.object(uid, &spec, &status.of_daemon_set());
                set["metadata"]["annotations"] = json!({"deprecated.daemonset.template.generation": "1"});
                made.push(("DaemonSet", set));
                made.push(("ControllerRevision", self.revision(owned, "DaemonSet")));
            }
        }
        let mut template = Value::Null;
        made.into_iter()
            .map(|(name, mut tree)| {
                if name == "ControllerRevision" {
                    // Of the template as it was stored, with all its defaults: their controllers compare the two.
                    template["$patch"] = "replace".into();
                    tree["data"]["spec"]["template"] = template.take();
                }
                let kind = kinds::find_by_manifest("apps/v1", name)
                    .ok_or_else(|| format!("there are no objects of kind {name} here"))?;
                let tree = settled(store, kind, tree)?;
                template = tree["spec"]["template"].clone();
                Ok((kind, tree))
            })
            .collect()
    }

    fn since(&self) -> String {
        shapes::ago(self.age)
    }

    fn object(&self, uid: &str, spec: &Value, status: &Value) -> Value {
        json!({
            "metadata": {
                "namespace": self.namespace, "name": self.name, "uid": uid, "creationTimestamp": self.since(),
                "labels": {APP: self.labels.get(APP)},
            },
            "spec": spec,
            "status": status,
        })
    }

    fn replica_set(&self, uid: &str, selector: &Value, template: &Value, status: Counts) -> Value {
        let spec = json!({"replicas": status.pods, "selector": selector, "template": template});
        self.object(uid, &spec, &status.of_replica_set())
    }

    /// What keeps the template as it was when the pods were made; its data are a patch of the owner, as upstream has it.
    fn revision(&self, owned: &Owned, kind: &str) -> Value {
        let [uid, second_uid, _] = &owned.uids;
        let mut labels = self.labels.clone();
        labels.insert(REVISION_HASH.into(), owned.hash.clone().into());
        json!({
            "metadata": {
                "namespace": self.namespace, "name": format!("{}-{}", self.name, owned.hash), "uid": second_uid,
                "creationTimestamp": self.since(), "labels": labels,
                "ownerReferences": [reference(kind, self.name, uid)],
            },
            "data": {},
            "revision": 1,
        })
    }
}

fn reference(kind: &str, name: &str, uid: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid,
        "controller": true, "blockOwnerDeletion": true,
    })
}

/// What the daemon set controller has its pods tolerate.
fn daemon_tolerations(host_network: bool) -> impl Iterator<Item = Value> {
    let own = [
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
        ("network-unavailable", "NoSchedule"),
    ];
    let many = if host_network { own.len() } else { own.len() - 1 };
    own.into_iter().take(many).map(|(taint, effect)| {
        json!({"key": format!("node.kubernetes.io/{taint}"), "operator": "Exists", "effect": effect})
    })
}

/// How many pods there are, and how many of them are ready.
#[derive(Debug, Clone, Copy)]
struct Counts {
    pods: usize,
    ready: usize,
}

impl Counts {
    fn of_deployment(self, since: &str) -> Value {
        let Self { pods, ready } = self;
        // A quarter may be missing, rounded down.
        let available = ready + pods / 4 >= pods;
        let (status, reason, message) = if available {
            (
                "True",
                "MinimumReplicasAvailable",
                "Deployment has minimum availability.",
            )
        } else {
            (
                "False",
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
            )
        };
        let mut tree = json!({
            "observedGeneration": 1, "replicas": pods, "updatedReplicas": pods,
            "conditions": [
                {"type": "Available", "status": status, "reason": reason, "message": message,
                 "lastUpdateTime": since, "lastTransitionTime": since},
                {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable",
                 "message": "Deployment has successfully progressed.",
                 "lastUpdateTime": since, "lastTransitionTime": since},
            ],
        });
        if ready > 0 {
            tree["readyReplicas"] = ready.into();
            tree["availableReplicas"] = ready.into();
        }
        if ready < pods {
            tree["unavailableReplicas"] = (pods - ready).into();
        }
        tree
    }

    fn of_replica_set(self) -> Value {
        let mut tree =
            json!({"observedGeneration": 1, "replicas": self.pods, "fullyLabeledReplicas": self.pods});
        if self.ready > 0 {
            tree["readyReplicas"] = self.ready.into();
            tree["availableReplicas"] = self.ready.into();
        }
        tree
    }

    fn of_stateful_set(self, revision: &str) -> Value {
        json!({
            "observedGeneration": 1, "collisionCount": 0, "replicas": self.pods, "currentReplicas": self.pods,
            "updatedReplicas": self.pods, "readyReplicas": self.ready, "availableReplicas": self.ready,
            "currentRevision": revision, "updateRevision": revision,
        })
    }

    fn of_daemon_set(self) -> Value {
        let mut tree = json!({
            "observedGeneration": 1, "numberMisscheduled": 0, "currentNumberScheduled": self.pods,
            "desiredNumberScheduled": self.pods, "updatedNumberScheduled": self.pods, "numberReady": self.ready,
            "numberAvailable": self.ready,
        });
        if self.ready < self.pods {
            tree["numberUnavailable"] = (self.pods - self.ready).into();
        }
        tree
    }
}
