//! Nodes.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::pod::ConditionObject;
use super::resource_list::{Reader, ResourceList};
use super::{Meta, null_is_default};
use crate::model::fault::{Concern, Fault};
use crate::model::image::NodeImage;
use crate::model::intern::Interner;
use crate::model::node::Node;
use crate::model::node_feature::NodeFeatures;
use crate::model::taint::{Effect, Taint};

/// A `Node`, slim.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct NodeObject {
    /// Name, uid, labels.
    pub metadata: Meta,
    /// Taints and cordon.
    pub spec: NodeSpecObject,
    /// What it has to give.
    pub status: NodeStatusObject,
}

/// A node's `spec`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct NodeSpecObject {
    /// Cordoned.
    pub unschedulable: Option<bool>,
    /// Taints.
    #[serde(deserialize_with = "null_is_default")]
    pub taints: Vec<TaintObject>,
}

/// A taint.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct TaintObject {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Option<String>,
    /// What it does.
    pub effect: String,
}

/// A node's `status`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatusObject {
    /// What pods may take.
    pub allocatable: Option<ResourceList>,
    /// Conditions.
    #[serde(deserialize_with = "null_is_default")]
    pub conditions: Vec<ConditionObject>,
    /// Container images on it.
    #[serde(deserialize_with = "null_is_default")]
    pub images: Vec<ImageObject>,
    /// Features that it declares.
    #[serde(deserialize_with = "null_is_default")]
    pub declared_features: Vec<String>,
}

/// A `ContainerImage`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImageObject {
    /// Its names.
    #[serde(deserialize_with = "null_is_default")]
    pub names: Vec<String>,
    /// Its size in bytes.
    #[serde(deserialize_with = "null_is_default")]
    pub size_bytes: i64,
}

impl NodeObject {
    /// The node as the model has it. What cannot be read is left out and told in its faults.
    pub fn to_node(&self, interner: &mut Interner) -> Node {
        let meta = &self.metadata;
        let object = || Arc::from(format!("Node {}", meta.name));
        let mut taints = Vec::with_capacity(self.spec.taints.len());
        let mut faults = Vec::new();
        for (at, taint) in self.spec.taints.iter().enumerate() {
            match Effect::parse(&taint.effect) {
                Ok(effect) => taints.push(Taint {
                    key: interner.string(&taint.key),
                    value: interner.string(taint.value.as_deref().unwrap_or("")),
                    effect,
                }),
                Err(message) => faults.push(Fault {
                    object: object(),
                    concern: Concern::Taints,
                    field: format!("spec.taints[{at}].effect"),
                    message,
                }),
            }
        }
        let labels = interner.labels(meta.labels.iter().flatten());
        let name = interner.string(&meta.name);
        let images = self.status.images.iter().map(|image| {
            let names = image.names.iter().map(|name| interner.string(name)).collect();
            interner.image(NodeImage {
                names,
                size: image.size_bytes,
            })
        });
        let images = images.collect();
        let mut reader = Reader {
            names: &mut interner.resources,
            object: &object,
            faults: Vec::new(),
        };
        let path = || "status.allocatable".to_owned();
        let list = self.status.allocatable.as_ref();
        let allocatable = list.map(|list| reader.read(list, path)).unwrap_or_default();
        let pods = list.and_then(|list| reader.quantity("pods", list.get("pods")?, &path));
        faults.append(&mut reader.faults);
        let ready = self
            .status
            .conditions
            .iter()
            .find(|condition| condition.r#type == "Ready");
        Node {
            name,
            uid: meta.uid.as_str().into(),
            created: meta.creation_timestamp.unwrap_or(Timestamp::UNIX_EPOCH),
            labels,
            taints: taints.into(),
            unschedulable: self.spec.unschedulable == Some(true),
            allocatable: allocatable.amounts(),
            allowed_pods: pods.map_or(0, |pods| pods.value()),
            ready: ready.is_some_and(|condition| condition.status == "True"),
            images,
            features: NodeFeatures::declared(self.status.declared_features.iter().map(String::as_str)),
            faults,
        }
    }
}
