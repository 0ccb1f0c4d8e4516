//! The claims of a pod.

use std::sync::Arc;

use crate::model::storage::{BindingMode, PersistentVolumeClaim};
use crate::model::text::quoted;
use crate::model::volume::{PodVolume, PodVolumeSource};
use crate::model::{Cluster, Pod};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::plugins::volumes::{claim, made_for};
use crate::scheduling::status::{Code, Status};

/// A pod's claims by what is to be done about them, each in the order of the pod's volumes.
#[derive(Debug, Default)]
pub(super) struct PodClaims<'a> {
    /// Those bound for good.
    pub(super) bound: Vec<&'a Arc<PersistentVolumeClaim>>,
    /// Those to be bound when the pod is placed.
    pub(super) delayed: Vec<&'a Arc<PersistentVolumeClaim>>,
}

const IMMEDIATE: &str = "pod has unbound immediate PersistentVolumeClaims";

impl<'a> PodClaims<'a> {
    /// The claims of the cycle's pod; `None` where it has none.
    ///
    /// # Errors
    /// What is the matter with one of them.
    pub(super) fn of(cycle: Cycle<'a>) -> Result<Option<Self>, Status> {
        let (pod, cluster) = (cycle.pod, cycle.cluster);
        let mut all = Vec::new();
        for volume in pod.volumes.iter() {
            if let Some(name) = volume.claim_name(&pod.key.name) {
                all.push(usable(pod, cluster, volume, &name)?);
            }
        }
        if all.is_empty() {
            return Ok(None);
        }
        let mut claims = Self::default();
        let mut immediate = false;
        for claim in all {
            if claim.is_bound() {
                claims.bound.push(claim);
            } else if waits_for_consumer(claim, cluster)? && claim.volume.is_empty() {
                if let Some(fault) = claim.faults.first() {
                    return Err(Status::because(Code::Fault, fault.to_string()));
                }
                claims.delayed.push(claim);
            } else {
                immediate = true;
            }
        }
        if immediate {
            let code = Code::UnschedulableAndUnresolvable;
            return Err(Status::because(code, IMMEDIATE));
        }
        Ok(Some(claims))
    }
}

fn usable<'a>(
    pod: &Pod,
    cluster: &'a Cluster,
    volume: &PodVolume,
    name: &str,
) -> Result<&'a Arc<PersistentVolumeClaim>, Status> {
    let out = |reason: String| Status::because(Code::UnschedulableAndUnresolvable, reason);
    let own = volume.source == PodVolumeSource::Ephemeral;
    let claim = claim(cluster, pod, name).map_err(|status| {
        if own {
            out(format!(
                "waiting for ephemeral volume controller to create the persistentvolumeclaim {name:?}"
            ))
        } else {
            status
        }
    })?;
    if claim.lost {
        let volume = &claim.volume;
        return Err(out(format!(
            "persistentvolumeclaim {name:?} bound to non-existent persistentvolume {volume:?}"
        )));
    }
    if claim.deleting {
        return Err(out(format!("persistentvolumeclaim {name:?} is being deleted")));
    }
    if own {
        made_for(claim, pod).map_err(out)?;
    }
    Ok(claim)
}

/// Whether the class of `claim` leaves binding to the scheduler.
fn waits_for_consumer(claim: &PersistentVolumeClaim, cluster: &Cluster) -> Result<bool, Status> {
    if claim.class.is_empty() {
        return Ok(false);
    }
    let Some(class) = cluster.objects.storage_classes.named(&claim.class) else {
        return Ok(false);
    };
    match class.binding_mode {
        Some(mode) => Ok(mode == BindingMode::WaitForFirstConsumer),
        None => Err(Status::because(
            Code::Error,
            format!(
                "VolumeBindingMode not set for StorageClass {}",
                quoted(&claim.class)
            ),
        )),
    }
}
