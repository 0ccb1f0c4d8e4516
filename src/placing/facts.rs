//! What the API server says of a pod right now, as far as a placement reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::intent::Intent;
use super::outcome::Refusal;
use crate::model::text::inert;

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
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Spec {
    pub(super) node_name: Option<String>,
    pub(super) scheduler_name: String,
    scheduling_gates: Option<Vec<Gate>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Gate {
    name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    phase: String,
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
        if !ours.iter().any(|name| **name == *self.spec.scheduler_name) {
            return Err(Refusal::NotOurs(inert(&self.spec.scheduler_name).into_owned()));
        }
        let gates = self.spec.scheduling_gates.as_deref().unwrap_or_default();
        if !gates.is_empty() {
            let names: Vec<_> = gates.iter().map(|gate| inert(&gate.name)).collect();
            return Err(Refusal::Gated(names.join(", ")));
        }
        Ok(())
    }

    /// The node that it is bound to.
    pub(super) fn node(&self) -> Option<&str> {
        self.spec.node_name.as_deref().filter(|node| !node.is_empty())
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
