//! A PersistentVolume.

use std::sync::Arc;

use super::{AccessModes, AttributesClass, InTreeDisk, PersistentVolumeClaim};
use crate::model::fault::Fault;
use crate::model::labels::Labels;
use crate::model::quantity::Quantity;
use crate::model::selector::NodeSelector;

/// A PersistentVolume.
#[derive(Clone, Debug, PartialEq)]
pub struct PersistentVolume {
    /// Its name.
    pub name: Arc<str>,
    /// Its labels.
    pub labels: Arc<Labels>,
    /// The class: of the old annotation, else `spec.storageClassName`; empty where neither is there.
    pub class: Arc<str>,
    /// `spec.storageClassName`; empty where absent.
    pub class_field: Arc<str>,
    /// `spec.capacity.storage`; zero where absent.
    pub capacity: Quantity,
    /// `spec.accessModes`.
    pub access_modes: AccessModes,
    /// `spec.volumeMode`.
    pub mode: Arc<str>,
    /// `spec.volumeAttributesClassName`.
    pub attributes_class: AttributesClass,
    /// `spec.nodeAffinity.required`, shared among volumes with the same; `None` lets every node pass.
    pub node_affinity: Option<Arc<NodeSelector>>,
    /// The claim that it is for.
    pub claim: Option<ClaimRef>,
    /// Whether `status.phase` is `Available`.
    pub available: bool,
    /// Whether `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// Where the data is.
    pub source: VolumeSource,
    /// Fields that could not be read.
    pub faults: Vec<Fault>,
}

impl PersistentVolume {
    /// Whether it is bound, or kept, for `claim`.
    pub fn is_for(&self, claim: &PersistentVolumeClaim) -> bool {
        self.claim.as_ref().is_some_and(|bound| {
            bound.name == claim.name
                && bound.namespace == claim.namespace
                && (bound.uid.is_empty() || bound.uid == claim.uid)
        })
    }
}

/// `spec.claimRef`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClaimRef {
    /// The claim's namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its uid; empty where any claim of that name will do.
    pub uid: Arc<str>,
}

/// Where the data of a PersistentVolume is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VolumeSource {
    /// With a CSI driver.
    Csi(CsiSource),
    /// On a disk that a CSI driver may serve in the place of an in-tree plugin.
    InTree(InTreeDisk),
    /// Elsewhere.
    Other,
}

/// A volume of a CSI driver.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CsiSource {
    /// The driver.
    pub driver: Arc<str>,
    /// What the driver calls the volume.
    pub handle: Arc<str>,
}
