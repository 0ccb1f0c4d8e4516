//! Owners of pods, and what selects them: of their specs only what scheduling reads.

use serde::Deserialize;

use super::Meta;
use super::object::{Api, Object};
use crate::model::intern::Interner;
use crate::model::workload;

/// What a Service selects.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceObject {
    /// Name, namespace, version.
    pub metadata: Meta,
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
        }
    }
}

/// A ReplicationController.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicationControllerObject {
    /// Name, namespace, version.
    pub metadata: Meta,
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
        }
    }
}

/// A ReplicaSet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSetObject {
    /// Name, namespace, version.
    pub metadata: Meta,
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
        }
    }
}

/// A StatefulSet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSetObject {
    /// Name, namespace, version.
    pub metadata: Meta,
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
        }
    }
}
