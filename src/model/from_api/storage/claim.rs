//! PersistentVolumeClaims.

use std::sync::Arc;

use serde::Deserialize;

use super::persistent_volume::PhaseObject;
use crate::model::from_api::object::{Api, Object};
use crate::model::from_api::resource_list::Resources;
use crate::model::from_api::{LabelSelectorObject, Meta, label_selector, null_is_default};
use crate::model::intern::Interner;
use crate::model::storage::{AccessModes, CLASS_ANNOTATION, FILESYSTEM, PersistentVolumeClaim};

const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PersistentVolumeClaimObject {
    /// Name, uid, annotations, owners.
    pub metadata: Meta,
    /// What it asks for.
    pub spec: PersistentVolumeClaimSpecObject,
    /// How it goes.
    pub status: PhaseObject,
}

/// `spec` of a PersistentVolumeClaim.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeClaimSpecObject {
    /// How it is to be mounted.
    #[serde(deserialize_with = "null_is_default")]
    pub access_modes: Vec<String>,
    /// By labels of the volume.
    pub selector: Option<LabelSelectorObject>,
    /// How large.
    pub resources: Resources,
    /// The volume.
    pub volume_name: Option<String>,
    /// The class.
    pub storage_class_name: Option<String>,
    /// `Filesystem` or `Block`.
    pub volume_mode: Option<String>,
    /// A set of parameters of the driver.
    pub volume_attributes_class_name: Option<String>,
}

impl Object for PersistentVolumeClaimObject {
    const API: Api = Api::new("PersistentVolumeClaim", "persistentvolumeclaims", "", "v1");
    type Model = PersistentVolumeClaim;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> PersistentVolumeClaim {
        let (meta, spec) = (&self.metadata, &self.spec);
        let object = || Arc::from(format!("PersistentVolumeClaim {}/{}", meta.namespace, meta.name));
        let mut faults = Vec::new();
        let request = super::storage(spec.resources.requests.as_ref());
        let request = super::quantity(request, "spec.resources.requests.storage", &object, &mut faults);
        let selector = spec.selector.as_ref().map(|selector| {
            label_selector(Some(selector), interner).unwrap_or_else(|(field, message)| {
                faults.push(super::fault(&object, &format!("spec.selector.{field}"), message));
                crate::model::label_selector::LabelSelector::Nothing
            })
        });
        let controller = meta
            .owner_references
            .iter()
            .find(|owner| owner.controller == Some(true));
        let class_field = spec.storage_class_name.as_deref();
        PersistentVolumeClaim {
            namespace: interner.string(&meta.namespace),
            name: interner.string(&meta.name),
            uid: meta.uid.as_str().into(),
            controller: controller.map(|owner| owner.uid.as_str().into()),
            class: interner.string(
                meta.annotation(CLASS_ANNOTATION)
                    .or(class_field)
                    .unwrap_or_default(),
            ),
            class_field: class_field.map(|class| interner.string(class)),
            volume: interner.string(spec.volume_name.as_deref().unwrap_or_default()),
            access_modes: AccessModes::parse(spec.access_modes.iter().map(String::as_str)),
            mode: interner.string(spec.volume_mode.as_deref().unwrap_or(FILESYSTEM)),
            attributes_class: interner
                .string(spec.volume_attributes_class_name.as_deref().unwrap_or_default()),
            selector,
            request,
            bind_completed: meta.annotation(BIND_COMPLETED).is_some(),
            selected_node: meta.annotation(SELECTED_NODE).map(|node| interner.string(node)),
            lost: self.status.phase.as_deref() == Some("Lost"),
            deleting: meta.deletion_timestamp.is_some(),
            faults,
        }
    }

    /// The node for which its volume is made, until it has one, or is bound.
    fn carry(
        assumed: &PersistentVolumeClaim,
        brought: &PersistentVolumeClaim,
    ) -> Option<PersistentVolumeClaim> {
        let waits = brought.selected_node.is_none() && brought.volume.is_empty();
        (assumed.uid == brought.uid && waits).then(|| PersistentVolumeClaim {
            selected_node: assumed.selected_node.clone(),
            ..brought.clone()
        })
    }
}
