//! A pod's volumes, as far as scheduling reads them: claims, and disks written into the pod itself.

use std::sync::Arc;

use super::storage::InTreeDisk;

/// A volume of a pod. Only what some rule looks at is kept: an `emptyDir` or a `configMap` is not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PodVolume {
    /// `name`.
    pub name: Arc<str>,
    /// Where it stands in `spec.volumes`.
    pub at: u32,
    /// Where the data is.
    pub source: PodVolumeSource,
}

impl PodVolume {
    /// The claim that it uses in a pod called `pod`: the one named, or the pod's own that is made for an ephemeral volume.
    pub fn claim_name(&self, pod: &str) -> Option<Arc<str>> {
        match &self.source {
            PodVolumeSource::Claim(name) => Some(Arc::clone(name)),
            PodVolumeSource::Ephemeral => Some(format!("{pod}-{}", self.name).into()),
            _ => None,
        }
    }

    /// Its field in the pod's manifest.
    pub fn field(&self) -> String {
        format!("spec.volumes[{}]", self.at)
    }
}

/// Where the data of a volume is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PodVolumeSource {
    /// `persistentVolumeClaim`: in the volume bound to this claim of the pod's namespace.
    Claim(Arc<str>),
    /// `ephemeral`: in a claim of the pod's own, called after pod and volume.
    Ephemeral,
    /// On a disk of a cloud, written into the pod.
    Disk {
        /// The disk.
        disk: InTreeDisk,
        /// `readOnly`; counts for Google's disks alone.
        read_only: bool,
    },
    /// `iscsi`.
    Iscsi {
        /// The target's qualified name.
        iqn: Arc<str>,
        /// `readOnly`.
        read_only: bool,
    },
    /// `rbd`: a Ceph image.
    Rbd {
        /// The monitors' addresses.
        monitors: Vec<Arc<str>>,
        /// The pool.
        pool: Arc<str>,
        /// The image.
        image: Arc<str>,
        /// `readOnly`.
        read_only: bool,
    },
}
