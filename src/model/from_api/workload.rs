//! Owners of pods, and what selects them: of their specs only what scheduling reads.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::object::{Api, Object};
use super::{LabelSelectorObject, Meta, label_selector};
use crate::model::intern::Interner;
use crate::model::label_selector::LabelSelector;
use crate::model::workload;

/// The `spec` of what selects pods by plain labels.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Labelled {
    /// Labels that a pod must have.
    pub selector: Option<BTreeMap<String, String>>,
}

/// The `spec` of what selects pods by a label selector.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Selecting {
    /// Which pods.
    pub selector: Option<LabelSelectorObject>,
}

impl Selecting {
    fn selector(&self, interner: &mut Interner) -> LabelSelector {
        label_selector(self.selector.as_ref(), interner).unwrap_or_default()
    }
}

/// What a Service selects.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceObject {
    /// Name, namespace, version.
    pub metadata: Meta,
    /// What it selects.
    pub spec: Labelled,
}

impl Object for ServiceObject {
    const API: Api = Api::new("Service", "services", "", "v1");
    type Model = workload::Service;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> workload::Service {
        workload::Service {
            name: interner.string(&self.metadata.name),
            selector: interner.labels(self.spec.selector.iter().flatten()),
        }
    }
}

/// A ReplicationController.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicationControllerObject {
    /// Name, namespace, version.
    pub metadata: Meta,
    /// What it selects.
    pub spec: Labelled,
}

impl Object for ReplicationControllerObject {
    const API: Api = Api::new("ReplicationController", "replicationcontrollers", "", "v1");
    type Model = workload::ReplicationController;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> workload::ReplicationController {
        workload::ReplicationController {
            name: interner.string(&self.metadata.name),
            selector: interner.labels(self.spec.selector.iter().flatten()),
        }
    }
}

/// A ReplicaSet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSetObject {
    /// Name, namespace, version.
    pub metadata: Meta,
    /// What it selects.
    pub spec: Selecting,
}

impl Object for ReplicaSetObject {
    const API: Api = Api::new("ReplicaSet", "replicasets", "apps", "v1");
    type Model = workload::ReplicaSet;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> workload::ReplicaSet {
        workload::ReplicaSet {
            name: interner.string(&self.metadata.name),
            selector: self.spec.selector(interner),
        }
    }
}

/// A StatefulSet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSetObject {
    /// Name, namespace, version.
    pub metadata: Meta,
    /// What it selects.
    pub spec: Selecting,
}

impl Object for StatefulSetObject {
    const API: Api = Api::new("StatefulSet", "statefulsets", "apps", "v1");
    type Model = workload::StatefulSet;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> workload::StatefulSet {
        workload::StatefulSet {
            name: interner.string(&self.metadata.name),
            selector: self.spec.selector(interner),
        }
    }
}
