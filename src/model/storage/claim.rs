//! A PersistentVolumeClaim.

use std::sync::Arc;

use super::{AccessModes, AttributesClass};
use crate::model::fault::Fault;
use crate::model::label_selector::LabelSelector;
use crate::model::quantity::Quantity;

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, PartialEq)]
pub struct PersistentVolumeClaim {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// `metadata.uid`.
    pub uid: Arc<str>,
    /// The uid of the controller that owns it; the pod's, where it was made for an ephemeral volume.
    pub controller: Option<Arc<str>>,
    /// The class: of the old annotation, else `spec.storageClassName`; empty where neither is there.
    pub class: Arc<str>,
    /// Whether `spec.storageClassName` is there; with the annotation alone, upstream cannot score.
    pub class_field: Option<Arc<str>>,
    /// `spec.volumeName`: the volume it is bound to, or wants; empty where absent.
    pub volume: Arc<str>,
    /// `spec.accessModes`.
    pub access_modes: AccessModes,
    /// `spec.volumeMode`.
    pub mode: Arc<str>,
    /// `spec.volumeAttributesClassName`.
    pub attributes_class: AttributesClass,
    /// `spec.selector`: by labels of the volume; `None` where absent, which any volume meets.
    pub selector: Option<LabelSelector>,
    /// `spec.resources.requests.storage`.
    pub request: Option<Quantity>,
    /// Whether binding is complete: the annotation `pv.kubernetes.io/bind-completed`.
    pub bind_completed: bool,
    /// The annotation `volume.kubernetes.io/selected-node`: the node for which its volume is being made.
    pub selected_node: Option<Arc<str>>,
    /// Whether `status.phase` is `Lost`: the volume is gone.
    pub lost: bool,
    /// Whether `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// Fields that could not be read.
    pub faults: Vec<Fault>,
}

impl PersistentVolumeClaim {
    /// Whether a volume is bound to it for good.
    pub fn is_bound(&self) -> bool {
        !self.volume.is_empty() && self.bind_completed
    }

    /// What a volume to be made for it is called as long as nobody knows: as no driver calls one.
    pub fn handle_to_be(&self) -> Arc<str> {
        format!("\0{}/{}", self.namespace, self.name).into()
    }

    /// What it asks for; zero where absent.
    pub fn requested(&self) -> Quantity {
        self.request.unwrap_or_default()
    }
}
