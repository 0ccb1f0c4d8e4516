//! What CSI drivers tell about themselves and about nodes.

use std::sync::Arc;

use serde::Deserialize;

use crate::model::cluster::Derived;
use crate::model::from_api::object::{Api, Object};
use crate::model::from_api::resource_list::QuantityText;
use crate::model::from_api::{LabelSelectorObject, Meta, label_selector, null_is_default};
use crate::model::intern::Interner;
use crate::model::label_selector::LabelSelector;
use crate::model::storage::{CsiDriver, CsiNode, CsiNodeDriver, CsiStorageCapacity, VolumeAttachment};

const MIGRATED_PLUGINS: &str = "storage.alpha.kubernetes.io/migrated-plugins";

/// A CSINode: the drivers on a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CsiNodeObject {
    /// Name, annotations.
    pub metadata: Meta,
    /// The drivers.
    pub spec: CsiNodeSpecObject,
}

/// `spec` of a CSINode.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CsiNodeSpecObject {
    /// The drivers.
    #[serde(deserialize_with = "null_is_default")]
    pub drivers: Vec<CsiNodeDriverObject>,
}

/// A driver on a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiNodeDriverObject {
    /// Its name.
    pub name: String,
    /// The labels that say where its volumes can be reached.
    #[serde(deserialize_with = "null_is_default")]
    pub topology_keys: Vec<String>,
    /// What it can take.
    pub allocatable: Option<VolumeNodeResourcesObject>,
}

/// `allocatable` of a driver.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct VolumeNodeResourcesObject {
    /// How many volumes may be attached.
    pub count: Option<i32>,
}

impl Object for CsiNodeObject {
    const API: Api = Api::new("CSINode", "csinodes", "storage.k8s.io", "v1");
    type Model = CsiNode;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> CsiNode {
        let drivers = self.spec.drivers.iter().map(|driver| CsiNodeDriver {
            name: interner.string(&driver.name),
            limit: driver.allocatable.as_ref().and_then(|all| all.count),
            topology_keys: driver
                .topology_keys
                .iter()
                .map(|key| interner.string(key))
                .collect(),
        });
        let drivers = drivers.collect();
        let migrated = self.metadata.annotation(MIGRATED_PLUGINS).unwrap_or_default();
        let migrated = migrated.split(',').filter(|name| !name.is_empty());
        CsiNode {
            drivers,
            migrated: migrated.map(|name| interner.string(name)).collect(),
        }
    }

    fn derive(
        derived: &mut Derived<'_>,
        (_, name): (&Arc<str>, &Arc<str>),
        _before: Option<&Arc<CsiNode>>,
        after: Option<&Arc<CsiNode>>,
    ) {
        derived.note_csi_node(name, after);
    }
}

/// A CSIDriver.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CsiDriverObject {
    /// Name.
    pub metadata: Meta,
    /// What it is like.
    pub spec: CsiDriverSpecObject,
}

/// `spec` of a CSIDriver.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiDriverSpecObject {
    /// Whether it tells how much storage is left.
    pub storage_capacity: Option<bool>,
    /// Whether its volumes keep pods off nodes without it.
    pub prevent_pod_scheduling_if_missing: Option<bool>,
}

impl Object for CsiDriverObject {
    const API: Api = Api::new("CSIDriver", "csidrivers", "storage.k8s.io", "v1");
    type Model = CsiDriver;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, _interner: &mut Interner) -> CsiDriver {
        CsiDriver {
            storage_capacity: self.spec.storage_capacity == Some(true),
            prevents_if_missing: self.spec.prevent_pod_scheduling_if_missing == Some(true),
        }
    }
}

/// A CSIStorageCapacity.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiStorageCapacityObject {
    /// Name, namespace.
    pub metadata: Meta,
    /// The nodes that can reach it.
    pub node_topology: Option<LabelSelectorObject>,
    /// The class.
    pub storage_class_name: String,
    /// How much is left.
    pub capacity: Option<QuantityText>,
    /// The largest volume that can be made.
    pub maximum_volume_size: Option<QuantityText>,
}

impl Object for CsiStorageCapacityObject {
    const API: Api = Api::new(
        "CSIStorageCapacity",
        "csistoragecapacities",
        "storage.k8s.io",
        "v1",
    );
    type Model = CsiStorageCapacity;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> CsiStorageCapacity {
        let meta = &self.metadata;
        let object = || Arc::from(format!("CSIStorageCapacity {}/{}", meta.namespace, meta.name));
        let mut faults = Vec::new();
        let topology = label_selector(self.node_topology.as_ref(), interner);
        let topology = topology.unwrap_or_else(|(field, message)| {
            faults.push(super::fault(&object, &format!("nodeTopology.{field}"), message));
            LabelSelector::Nothing
        });
        CsiStorageCapacity {
            namespace: interner.string(&meta.namespace),
            name: interner.string(&meta.name),
            class: interner.string(&self.storage_class_name),
            topology,
            capacity: super::quantity(self.capacity.as_ref(), "capacity", &object, &mut faults),
            maximum_size: super::quantity(
                self.maximum_volume_size.as_ref(),
                "maximumVolumeSize",
                &object,
                &mut faults,
            ),
            faults,
        }
    }

    fn derive(
        derived: &mut Derived<'_>,
        _key: (&Arc<str>, &Arc<str>),
        before: Option<&Arc<CsiStorageCapacity>>,
        after: Option<&Arc<CsiStorageCapacity>>,
    ) {
        derived.storage.note_capacity(before, after);
    }
}

/// A VolumeAttachment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct VolumeAttachmentObject {
    /// Name.
    pub metadata: Meta,
    /// What is attached where.
    pub spec: VolumeAttachmentSpecObject,
}

/// `spec` of a VolumeAttachment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeAttachmentSpecObject {
    /// The driver.
    pub attacher: String,
    /// The node.
    pub node_name: String,
    /// The volume.
    pub source: VolumeAttachmentSourceObject,
}

/// `spec.source` of a VolumeAttachment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeAttachmentSourceObject {
    /// The PersistentVolume.
    pub persistent_volume_name: Option<String>,
}

impl Object for VolumeAttachmentObject {
    const API: Api = Api::new("VolumeAttachment", "volumeattachments", "storage.k8s.io", "v1");
    type Model = VolumeAttachment;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> VolumeAttachment {
        let (spec, volume) = (&self.spec, self.spec.source.persistent_volume_name.as_ref());
        VolumeAttachment {
            attacher: interner.string(&spec.attacher),
            node: interner.string(&spec.node_name),
            volume: volume.map(|name| interner.string(name)),
        }
    }

    fn derive(
        derived: &mut Derived<'_>,
        (_, name): (&Arc<str>, &Arc<str>),
        before: Option<&Arc<VolumeAttachment>>,
        after: Option<&Arc<VolumeAttachment>>,
    ) {
        derived.note_attachment(name, before, after);
    }
}
