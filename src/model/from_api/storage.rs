//! Storage: volumes, claims and what drivers tell about them.

use serde::Deserialize;

use super::Meta;
use super::object::{Api, Object};
use crate::model::intern::Interner;
use crate::model::storage;

/// A PersistentVolume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeObject {
    /// Name, namespace, version.
    pub metadata: Meta,
}

impl Object for PersistentVolumeObject {
    const API: Api = Api::new("PersistentVolume", "persistentvolumes", "", "v1");
    type Model = storage::PersistentVolume;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> storage::PersistentVolume {
        storage::PersistentVolume {
            name: interner.string(&self.metadata.name),
        }
    }
}

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeClaimObject {
    /// Name, namespace, version.
    pub metadata: Meta,
}

impl Object for PersistentVolumeClaimObject {
    const API: Api = Api::new("PersistentVolumeClaim", "persistentvolumeclaims", "", "v1");
    type Model = storage::PersistentVolumeClaim;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> storage::PersistentVolumeClaim {
        storage::PersistentVolumeClaim {
            name: interner.string(&self.metadata.name),
        }
    }
}

/// A StorageClass.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StorageClassObject {
    /// Name, namespace, version.
    pub metadata: Meta,
}

impl Object for StorageClassObject {
    const API: Api = Api::new("StorageClass", "storageclasses", "storage.k8s.io", "v1");
    type Model = storage::StorageClass;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> storage::StorageClass {
        storage::StorageClass {
            name: interner.string(&self.metadata.name),
        }
    }
}

/// A CSINode: the drivers on a node.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiNodeObject {
    /// Name, namespace, version.
    pub metadata: Meta,
}

impl Object for CsiNodeObject {
    const API: Api = Api::new("CSINode", "csinodes", "storage.k8s.io", "v1");
    type Model = storage::CsiNode;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> storage::CsiNode {
        storage::CsiNode {
            name: interner.string(&self.metadata.name),
        }
    }
}

/// A CSIDriver.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiDriverObject {
    /// Name, namespace, version.
    pub metadata: Meta,
}

impl Object for CsiDriverObject {
    const API: Api = Api::new("CSIDriver", "csidrivers", "storage.k8s.io", "v1");
    type Model = storage::CsiDriver;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> storage::CsiDriver {
        storage::CsiDriver {
            name: interner.string(&self.metadata.name),
        }
    }
}

/// A CSIStorageCapacity.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiStorageCapacityObject {
    /// Name, namespace, version.
    pub metadata: Meta,
}

impl Object for CsiStorageCapacityObject {
    const API: Api = Api::new(
        "CSIStorageCapacity",
        "csistoragecapacities",
        "storage.k8s.io",
        "v1",
    );
    type Model = storage::CsiStorageCapacity;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> storage::CsiStorageCapacity {
        storage::CsiStorageCapacity {
            name: interner.string(&self.metadata.name),
        }
    }
}

/// A VolumeAttachment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeAttachmentObject {
    /// Name, namespace, version.
    pub metadata: Meta,
}

impl Object for VolumeAttachmentObject {
    const API: Api = Api::new("VolumeAttachment", "volumeattachments", "storage.k8s.io", "v1");
    type Model = storage::VolumeAttachment;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> storage::VolumeAttachment {
        storage::VolumeAttachment {
            name: interner.string(&self.metadata.name),
        }
    }
}
