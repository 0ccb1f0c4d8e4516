//! What the API server says of a pod right now, as far as a placement reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::intent::Intent;
use super::outcome::Refusal;
use crate::model::text::inert;

/// On a pod that a kubelet made from a file of its own.
pub(super) const MIRROR: &str = "kubernetes.io/config.mirror";

/// A pod, read afresh.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PodFacts {
    pub(super) metadata: Metadata,
    pub(super) spec: Spec,
    status: Status,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metadata {
    uid: String,
    pub(super) resource_version: String,
    deletion_timestamp: Option<String>,
    pub(super) annotations: Option<BTreeMap<String, String>>,
    owner_references: Option<Vec<Owner>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Owner {
    kind: String,
    controller: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) node_name: Option<String>,
    pub(super) scheduler_name: String,
    scheduling_gates: Option<Vec<Gate>>,
    affinity: Value,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Gate {
    name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    phase: String,
    nominated_node_name: Option<String>,
    #[serde(rename = "extendedResourceClaimStatus")]
    extended_claim: Option<ExtendedClaim>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ExtendedClaim {
    resource_claim_name: String,
}

impl PodFacts {
    /// Whether the pod that was confirmed can be placed by a scheduler of one of these names.
    pub(super) fn check(&self, intent: &Intent, ours: &[Arc<str>]) -> Result<(), Refusal> {
        if self.metadata.uid != *intent.uid {
            return Err(Refusal::PodReplaced);
        }
        if let Some(node) = self.node() {
            let node = inert(node).into_owned();
            return Err(Refusal::AlreadyBound { node });
        }
        if self.metadata.deletion_timestamp.is_some() {
            return Err(Refusal::Deleting);
        }
        if matches!(self.status.phase.as_str(), "Succeeded" | "Failed") {
            return Err(Refusal::Over(self.status.phase.clone()));
        }
        let adopted = intent.adoption.as_ref().map(|adoption| &adoption.scheduler);
        if !ours
            .iter()
            .chain(adopted)
            .any(|name| **name == *self.spec.scheduler_name)
        {
            return Err(Refusal::NotOurs(inert(&self.spec.scheduler_name).into_owned()));
        }
        let gates = self.spec.scheduling_gates.as_deref().unwrap_or_default();
        if !gates.is_empty() {
            let names: Vec<_> = gates.iter().map(|gate| inert(&gate.name)).collect();
            return Err(Refusal::Gated(names.join(", ")));
        }
        let annotations = self.metadata.annotations.as_ref();
        if annotations.is_some_and(|all| all.contains_key(MIRROR)) {
            return Err(Refusal::Mirror);
        }
        let pinned = self.pinned();
        if self.is_of_daemon_set() && !pinned.is_empty() && !pinned.contains(&&*intent.node) {
            let nodes: Vec<_> = pinned.into_iter().map(inert).collect();
            return Err(Refusal::DaemonSetElsewhere(nodes.join(", ")));
        }
        Ok(())
    }

    /// Whether it is the pod that was confirmed.
    pub(super) fn is(&self, intent: &Intent) -> bool {
        self.metadata.uid == *intent.uid
    }

    fn is_of_daemon_set(&self) -> bool {
        let mut owners = self.metadata.owner_references.iter().flatten();
        owners.any(|owner| owner.controller == Some(true) && owner.kind == "DaemonSet")
    }

    /// The names of the nodes to which its affinity ties it, as a DaemonSet's controller does.
    fn pinned(&self) -> Vec<&str> {
        let terms = "/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
        let terms = self.affinity_list(terms).iter();
        let fields = terms.filter_map(|term| term.get("matchFields")?.as_array());
        let names = fields.flatten().filter(|field| {
            field.get("key").is_some_and(|key| key == "metadata.name")
                && field.get("operator").is_some_and(|operator| operator == "In")
        });
        let values = names.filter_map(|field| field.get("values")?.as_array());
        values.flatten().filter_map(Value::as_str).collect()
    }

    fn affinity_list(&self, at: &str) -> &[Value] {
        let list = self.spec.affinity.pointer(at).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }

    /// The node that it is bound to.
    pub(super) fn node(&self) -> Option<&str> {
        self.spec.node_name.as_deref().filter(|node| !node.is_empty())
    }

    /// The node that is nominated for it.
    pub(super) fn nominated_node(&self) -> Option<&str> {
        self.status.nominated_node_name.as_deref()
    }

    /// The claim that was made for its extended resources.
    pub(super) fn extended_claim(&self) -> Option<&str> {
        let claim = self.status.extended_claim.as_ref();
        claim.map(|claim| &*claim.resource_claim_name)
    }

    /// Whether it is the pod that was confirmed, bound to the node that was confirmed by a Binding that carried
    /// these annotations: by us.
    pub(super) fn is_placed_by(&self, intent: &Intent, sent: &BTreeMap<&'static str, String>) -> bool {
        let have = self.metadata.annotations.as_ref();
        self.metadata.uid == *intent.uid
            && self.node() == Some(&*intent.node)
            && !sent.is_empty()
            && sent
                .iter()
                .all(|(key, value)| have.is_some_and(|have| have.get(*key) == Some(value)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::PodKey;
    use crate::placing::Verdict;

    fn check(pod: Value) -> Result<(), Refusal> {
        let intent = Intent {
            pod: PodKey::new("kube-system", "proxy"),
            uid: "u".into(),
            resource_version: "1".into(),
            node: "n2".into(),
            verdict: Verdict::default(),
            reason: None,
            adoption: None,
            insists: false,
        };
        let pod: PodFacts = serde_json::from_value(pod).unwrap();
        pod.check(&intent, &["berth".into()])
    }

    #[test]
    fn a_mirror_pod_is_its_kubelets() {
        let pod = |annotations: Value| {
            json!({
                "metadata": {"uid": "u", "resourceVersion": "1", "annotations": annotations},
                "spec": {"schedulerName": "berth"}, "status": {"phase": "Pending"},
            })
        };
        assert_eq!(check(pod(json!({"a": "b"}))), Ok(()));
        assert_eq!(check(pod(json!({MIRROR: "abc"}))), Err(Refusal::Mirror));
    }

    #[test]
    fn a_daemon_sets_pod_is_for_one_node() {
        let pod = |kind: &str, node: &str| {
            json!({
                "metadata": {"uid": "u", "ownerReferences": [{"kind": kind, "controller": true}]},
                "spec": {"schedulerName": "berth", "affinity": {"nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [
                        {"key": "metadata.name", "operator": "In", "values": [node]},
                    ]}]},
                }}},
                "status": {"phase": "Pending"},
            })
        };
        assert_eq!(check(pod("DaemonSet", "n2")), Ok(()));
        assert_eq!(
            check(pod("ReplicaSet", "n1")),
            Ok(()),
            "that is for NodeAffinity to say"
        );
        let refused = check(pod("DaemonSet", "n1"));
        assert_eq!(refused, Err(Refusal::DaemonSetElsewhere("n1".to_owned())));
    }
}
