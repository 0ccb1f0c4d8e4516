//! PersistentVolumes.

use std::sync::Arc;

use serde::Deserialize;

use super::disk::{
    AwsDiskObject, AzureDiskObject, DiskObjects, GceDiskObject, PresentObject, VolumeIdObject,
};
use crate::model::cluster::Derived;
use crate::model::from_api::affinity::{NodeSelectorObject, Reader};
use crate::model::from_api::object::{Api, Object};
use crate::model::from_api::resource_list::ResourceList;
use crate::model::from_api::{Meta, null_is_default};
use crate::model::intern::Interner;
use crate::model::storage::{
    AccessModes, CLASS_ANNOTATION, ClaimRef, CsiSource, FILESYSTEM, PersistentVolume, VolumeSource,
};

/// A PersistentVolume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PersistentVolumeObject {
    /// Name, labels, annotations.
    pub metadata: Meta,
    /// What it is.
    pub spec: PersistentVolumeSpecObject,
    /// How it goes.
    pub status: PhaseObject,
}

/// `spec` of a PersistentVolume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeSpecObject {
    /// How large it is.
    pub capacity: Option<ResourceList>,
    /// How it may be mounted.
    #[serde(deserialize_with = "null_is_default")]
    pub access_modes: Vec<String>,
    /// Its class.
    pub storage_class_name: Option<String>,
    /// `Filesystem` or `Block`.
    pub volume_mode: Option<String>,
    /// A set of parameters of its driver.
    pub volume_attributes_class_name: Option<String>,
    /// From which nodes it can be reached.
    pub node_affinity: Option<VolumeNodeAffinityObject>,
    /// The claim that it is for.
    pub claim_ref: Option<ClaimRefObject>,
    /// With a CSI driver.
    pub csi: Option<CsiSourceObject>,
    /// A disk of Google's.
    pub gce_persistent_disk: Option<GceDiskObject>,
    /// A disk of Amazon's.
    pub aws_elastic_block_store: Option<AwsDiskObject>,
    /// A disk of Azure's.
    pub azure_disk: Option<AzureDiskObject>,
    /// A file share of Azure's.
    pub azure_file: Option<PresentObject>,
    /// A disk of OpenStack's.
    pub cinder: Option<VolumeIdObject>,
    /// A volume of Portworx's.
    pub portworx_volume: Option<VolumeIdObject>,
    /// A disk of vSphere's.
    pub vsphere_volume: Option<PresentObject>,
}

/// `spec.nodeAffinity` of a PersistentVolume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct VolumeNodeAffinityObject {
    /// What a node must match.
    pub required: Option<NodeSelectorObject>,
}

/// `spec.claimRef`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClaimRefObject {
    /// The claim's namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

/// `spec.csi`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiSourceObject {
    /// The driver.
    pub driver: String,
    /// What the driver calls the volume.
    pub volume_handle: String,
}

/// `status`, of which the phase is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PhaseObject {
    /// The phase.
    pub phase: Option<String>,
}

impl PersistentVolumeObject {
    fn source(&self, interner: &mut Interner) -> VolumeSource {
        let spec = &self.spec;
        if let Some(csi) = &spec.csi {
            return VolumeSource::Csi(CsiSource {
                driver: interner.string(&csi.driver),
                handle: csi.volume_handle.as_str().into(),
            });
        }
        let disks = DiskObjects {
            gce: spec.gce_persistent_disk.as_ref(),
            aws: spec.aws_elastic_block_store.as_ref(),
            azure: spec.azure_disk.as_ref(),
            cinder: spec.cinder.as_ref(),
            portworx: spec.portworx_volume.as_ref(),
            azure_file: spec.azure_file,
            vsphere: spec.vsphere_volume,
        };
        disks
            .disk(interner)
            .map_or(VolumeSource::Other, VolumeSource::InTree)
    }
}

impl Object for PersistentVolumeObject {
    const API: Api = Api::new("PersistentVolume", "persistentvolumes", "", "v1");
    type Model = PersistentVolume;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> PersistentVolume {
        let (meta, spec) = (&self.metadata, &self.spec);
        let object = || Arc::from(format!("PersistentVolume {}", meta.name));
        let mut faults = Vec::new();
        let capacity = super::storage(spec.capacity.as_ref());
        let capacity = super::quantity(capacity, "spec.capacity.storage", &object, &mut faults);
        let required = spec
            .node_affinity
            .as_ref()
            .and_then(|affinity| affinity.required.as_ref());
        let node_affinity = required.map(|required| {
            let mut reader = Reader {
                interner: &mut *interner,
                object: &object,
                faults: &mut faults,
            };
            reader.selector(required, "spec.nodeAffinity.required.nodeSelectorTerms")
        });
        let class_field = interner.string(spec.storage_class_name.as_deref().unwrap_or_default());
        PersistentVolume {
            name: interner.string(&meta.name),
            labels: interner.labels(meta.labels.iter().flatten()),
            class: match meta.annotation(CLASS_ANNOTATION) {
                Some(class) => interner.string(class),
                None => Arc::clone(&class_field),
            },
            class_field,
            capacity: capacity.unwrap_or_default(),
            access_modes: AccessModes::parse(spec.access_modes.iter().map(String::as_str)),
            mode: interner.string(spec.volume_mode.as_deref().unwrap_or(FILESYSTEM)),
            attributes_class: interner
                .string(spec.volume_attributes_class_name.as_deref().unwrap_or_default()),
            node_affinity: node_affinity.map(|selector| interner.selector(selector)),
            claim: spec.claim_ref.as_ref().map(|claim| ClaimRef {
                namespace: interner.string(&claim.namespace),
                name: claim.name.as_str().into(),
                uid: claim.uid.as_str().into(),
            }),
            available: self.status.phase.as_deref() == Some("Available"),
            deleting: meta.deletion_timestamp.is_some(),
            source: self.source(interner),
            faults,
        }
    }

    fn derive(
        derived: &mut Derived<'_>,
        _key: (&Arc<str>, &Arc<str>),
        before: Option<&Arc<PersistentVolume>>,
        after: Option<&Arc<PersistentVolume>>,
    ) {
        derived.storage.note_volume(before, after);
    }

    /// The claim that it is for, until it is for one.
    fn carry(assumed: &PersistentVolume, brought: &PersistentVolume) -> Option<PersistentVolume> {
        brought.claim.is_none().then(|| PersistentVolume {
            claim: assumed.claim.clone(),
            ..brought.clone()
        })
    }
}
