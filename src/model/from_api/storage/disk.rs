//! Disks of clouds, in pods and PersistentVolumes alike.

use serde::{Deserialize, Serialize};

use crate::model::intern::Interner;
use crate::model::storage::InTreeDisk;

/// `gcePersistentDisk`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GceDiskObject {
    /// The disk.
    pub pd_name: String,
    /// Whether it is only read.
    pub read_only: bool,
}

/// `awsElasticBlockStore`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct AwsDiskObject {
    /// The disk.
    #[serde(rename = "volumeID")]
    pub volume_id: String,
}

/// `azureDisk`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct AzureDiskObject {
    /// The disk.
    #[serde(rename = "diskURI")]
    pub disk_uri: String,
    /// How it is kept.
    pub kind: Option<String>,
}

/// `cinder` and `portworxVolume`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct VolumeIdObject {
    /// The disk.
    #[serde(rename = "volumeID")]
    pub volume_id: String,
}

/// A source of which nothing is read.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct PresentObject {}

/// The sources that an in-tree plugin has, of which an object has at most one.
#[derive(Clone, Copy, Debug)]
pub struct DiskObjects<'a> {
    /// `gcePersistentDisk`.
    pub gce: Option<&'a GceDiskObject>,
    /// `awsElasticBlockStore`.
    pub aws: Option<&'a AwsDiskObject>,
    /// `azureDisk`.
    pub azure: Option<&'a AzureDiskObject>,
    /// `cinder`.
    pub cinder: Option<&'a VolumeIdObject>,
    /// `portworxVolume`.
    pub portworx: Option<&'a VolumeIdObject>,
    /// `azureFile`.
    pub azure_file: Option<PresentObject>,
    /// `vsphereVolume`.
    pub vsphere: Option<PresentObject>,
}

impl DiskObjects<'_> {
    /// The disk, if there is one.
    pub fn disk(&self, interner: &mut Interner) -> Option<InTreeDisk> {
        let mut text = |text: &String| interner.string(text);
        Some(match *self {
            Self { gce: Some(disk), .. } => InTreeDisk::GcePersistentDisk {
                name: text(&disk.pd_name),
            },
            Self { aws: Some(disk), .. } => InTreeDisk::AwsElasticBlockStore {
                volume_id: text(&disk.volume_id),
            },
            Self {
                azure: Some(disk), ..
            } => InTreeDisk::AzureDisk {
                uri: text(&disk.disk_uri),
                kind: disk.kind.as_ref().map(text),
            },
            Self {
                cinder: Some(disk), ..
            } => InTreeDisk::Cinder {
                volume_id: text(&disk.volume_id),
            },
            Self {
                portworx: Some(disk), ..
            } => InTreeDisk::Portworx {
                volume_id: text(&disk.volume_id),
            },
            Self {
                azure_file: Some(_), ..
            } => InTreeDisk::AzureFile,
            Self { vsphere: Some(_), .. } => InTreeDisk::Vsphere,
            _ => return None,
        })
    }
}
