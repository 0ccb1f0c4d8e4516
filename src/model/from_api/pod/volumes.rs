//! A pod's volumes.

use std::sync::Arc;

use super::{PodObject, VolumeObject};
use crate::model::from_api::storage::DiskObjects;
use crate::model::intern::Interner;
use crate::model::storage::InTreeDisk;
use crate::model::volume::{PodVolume, PodVolumeSource};

impl PodObject {
    /// Its volumes that scheduling looks at.
    pub(super) fn volumes(&self, interner: &mut Interner) -> Arc<[PodVolume]> {
        let all = self.spec.volumes.iter().enumerate();
        let all = all.filter_map(|(at, volume)| {
            Some(PodVolume {
                source: source(volume, interner)?,
                name: interner.string(&volume.name),
                at: u32::try_from(at).unwrap_or(u32::MAX),
            })
        });
        let all = all.collect();
        interner.volumes(all)
    }
}

fn source(from: &VolumeObject, interner: &mut Interner) -> Option<PodVolumeSource> {
    if let Some(claim) = &from.persistent_volume_claim {
        return Some(PodVolumeSource::Claim(interner.string(&claim.claim_name)));
    }
    if from.ephemeral.is_some() {
        return Some(PodVolumeSource::Ephemeral);
    }
    if let Some(iscsi) = &from.iscsi {
        return Some(PodVolumeSource::Iscsi {
            iqn: interner.string(&iscsi.iqn),
            read_only: iscsi.read_only,
        });
    }
    if let Some(rbd) = &from.rbd {
        return Some(PodVolumeSource::Rbd {
            monitors: rbd.monitors.iter().map(|text| interner.string(text)).collect(),
            pool: interner.string(&rbd.pool),
            image: interner.string(&rbd.image),
            read_only: rbd.read_only,
        });
    }
    disk(from, interner).map(|disk| PodVolumeSource::Disk {
        disk,
        read_only: from
            .gce_persistent_disk
            .as_ref()
            .is_some_and(|disk| disk.read_only),
    })
}

fn disk(from: &VolumeObject, interner: &mut Interner) -> Option<InTreeDisk> {
    let disks = DiskObjects {
        gce: from.gce_persistent_disk.as_ref(),
        aws: from.aws_elastic_block_store.as_ref(),
        azure: from.azure_disk.as_ref(),
        cinder: from.cinder.as_ref(),
        portworx: from.portworx_volume.as_ref(),
        azure_file: from.azure_file,
        vsphere: from.vsphere_volume,
    };
    disks.disk(interner)
}
