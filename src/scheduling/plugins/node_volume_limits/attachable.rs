//! Which volumes of a pod are attached to a node by a CSI driver.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::storage::{InTreePlugin, PersistentVolumeClaim, VolumeSource};
use crate::model::volume::PodVolumeSource;
use crate::model::{Cluster, Pod};
use crate::scheduling::plugins::volumes::{claim, made_for};
use crate::scheduling::status::{Code, Status};

/// Volumes by their names in the whole cluster, with the driver of each.
pub(super) type Attachable = FxHashMap<Arc<str>, Arc<str>>;

/// The name of a volume in the whole cluster.
pub(super) fn unique_name(driver: &str, handle: &str) -> Arc<str> {
    format!("{driver}/{handle}").into()
}

/// Counts volumes on nodes that have a CSINode, or on those that have none.
#[derive(Clone, Copy)]
pub(super) struct Counter<'a> {
    pub(super) cluster: &'a Cluster,
    /// Whether the node has a CSINode: volumes of in-tree plugins count only then.
    pub(super) has_csi_node: bool,
}

impl Counter<'_> {
    /// Adds the volumes of `pod` to `all`. A claim that there is not is passed over, unless the pod is `new`.
    ///
    /// # Errors
    /// Upstream's, where the volumes cannot be told.
    pub(super) fn add(self, pod: &Pod, new: bool, all: &mut Attachable) -> Result<(), Status> {
        let error = |text: String| Status::because(Code::Error, text);
        for volume in pod.volumes.iter() {
            if let PodVolumeSource::Disk { disk, .. } = &volume.source {
                let plugin = disk.plugin();
                if self.has_csi_node && plugin.is_migrated() {
                    let handle = disk.handle(None).map_err(|text| {
                        error(format!(
                            "converting volume({}) from inline to csi: {text}",
                            volume.name
                        ))
                    })?;
                    all.insert(unique_name(plugin.driver(), &handle), plugin.driver().into());
                }
                continue;
            }
            let Some(name) = volume.claim_name(&pod.key.name) else {
                continue;
            };
            if name.is_empty() {
                return Err(error("PersistentVolumeClaim had no name".to_owned()));
            }
            let claim = match claim(self.cluster, pod, &name) {
                Ok(claim) => claim,
                Err(_) if !new => continue,
                Err(status) => {
                    let (namespace, text) = (&pod.key.namespace, status.message());
                    return Err(Status::because(
                        status.code,
                        format!("looking up PVC {namespace}/{name}: {text}"),
                    ));
                }
            };
            if volume.source == PodVolumeSource::Ephemeral {
                made_for(claim, pod).map_err(error)?;
            }
            if let Some((driver, handle)) = self.of_claim(claim)
                && !driver.is_empty()
                && !handle.is_empty()
            {
                all.insert(unique_name(&driver, &handle), driver);
            }
        }
        Ok(())
    }

    /// Driver and handle of the volume of `claim`; `None` where none is attached.
    fn of_claim(self, claim: &PersistentVolumeClaim) -> Option<(Arc<str>, Arc<str>)> {
        let volume = self.cluster.objects.volumes.named(&claim.volume);
        let Some(volume) = volume.filter(|_| !claim.volume.is_empty()) else {
            return self.to_be_made(claim);
        };
        match &volume.source {
            VolumeSource::Csi(csi) => Some((Arc::clone(&csi.driver), Arc::clone(&csi.handle))),
            VolumeSource::InTree(disk) if self.has_csi_node && disk.plugin().is_migrated() => {
                let handle = disk.handle(Some(&volume.labels)).ok()?;
                Some((disk.plugin().driver().into(), handle))
            }
            VolumeSource::InTree(_) | VolumeSource::Other => None,
        }
    }

    /// The volume that the class would make; its handle is one that no volume has.
    fn to_be_made(self, claim: &PersistentVolumeClaim) -> Option<(Arc<str>, Arc<str>)> {
        if claim.class.is_empty() {
            return None;
        }
        let class = self.cluster.objects.storage_classes.named(&claim.class)?;
        let handle = claim.handle_to_be();
        match InTreePlugin::named(&class.provisioner) {
            None => Some((Arc::clone(&class.provisioner), handle)),
            Some(plugin) if self.has_csi_node && plugin.is_migrated() => {
                Some((plugin.driver().into(), handle))
            }
            Some(_) => None,
        }
    }
}
