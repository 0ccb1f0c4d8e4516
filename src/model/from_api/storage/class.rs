//! StorageClasses.

use serde::Deserialize;

use crate::model::from_api::object::{Api, Object};
use crate::model::from_api::{Meta, null_is_default};
use crate::model::intern::Interner;
use crate::model::storage::{BindingMode, StorageClass, TopologyTerm};

/// A StorageClass.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageClassObject {
    /// Name.
    pub metadata: Meta,
    /// Who makes volumes of it.
    pub provisioner: String,
    /// When its claims are bound.
    pub volume_binding_mode: Option<String>,
    /// Where volumes can be made.
    #[serde(deserialize_with = "null_is_default")]
    pub allowed_topologies: Vec<TopologyTermObject>,
}

/// A `TopologySelectorTerm`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TopologyTermObject {
    /// Labels with the values that they may have.
    #[serde(deserialize_with = "null_is_default")]
    pub match_label_expressions: Vec<TopologyRequirementObject>,
}

/// A `TopologySelectorLabelRequirement`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TopologyRequirementObject {
    /// The label.
    pub key: String,
    /// The values.
    #[serde(deserialize_with = "null_is_default")]
    pub values: Vec<String>,
}

impl Object for StorageClassObject {
    const API: Api = Api::new("StorageClass", "storageclasses", "storage.k8s.io", "v1");
    type Model = StorageClass;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> StorageClass {
        let terms = self.allowed_topologies.iter().map(|term| {
            let all = term.match_label_expressions.iter().map(|r| {
                let values = r.values.iter().map(|value| interner.string(value)).collect();
                (interner.string(&r.key), values)
            });
            TopologyTerm::new(all)
        });
        let allowed_topologies = terms.collect();
        StorageClass {
            name: interner.string(&self.metadata.name),
            provisioner: interner.string(&self.provisioner),
            binding_mode: self.volume_binding_mode.as_deref().map(|mode| match mode {
                "WaitForFirstConsumer" => BindingMode::WaitForFirstConsumer,
                "Immediate" => BindingMode::Immediate,
                _ => BindingMode::Unknown,
            }),
            allowed_topologies,
        }
    }
}
