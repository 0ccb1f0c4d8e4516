//! What the plugins about volumes have in common.

use std::sync::Arc;

use crate::model::storage::PersistentVolumeClaim;
use crate::model::text::quoted;
use crate::model::volume::{PodVolume, PodVolumeSource};
use crate::model::{Cluster, Pod};
use crate::scheduling::status::{Code, Status};

/// The API's words for an object that there is not.
pub(super) fn not_found(kind: &str, name: &str) -> String {
    format!("{kind} {} not found", quoted(name))
}

/// The claim `name` in the namespace of `pod`.
///
/// # Errors
/// That there is none, which only making it mends.
pub(super) fn claim<'a>(
    cluster: &'a Cluster,
    pod: &Pod,
    name: &str,
) -> Result<&'a Arc<PersistentVolumeClaim>, Status> {
    let found = cluster.objects.claims.get(&pod.key.namespace, name);
    found.ok_or_else(|| {
        Status::because(
            Code::UnschedulableAndUnresolvable,
            not_found("persistentvolumeclaim", name),
        )
    })
}

/// Whether `claim` was made for an ephemeral volume of `pod`, and does not only happen to have its name.
///
/// # Errors
/// Upstream's text for one that was not.
pub(super) fn made_for(claim: &PersistentVolumeClaim, pod: &Pod) -> Result<(), String> {
    if claim.controller.as_ref() == Some(&pod.uid) {
        return Ok(());
    }
    let (namespace, name) = (&claim.namespace, &claim.name);
    Err(format!(
        "PVC {namespace}/{name} was not created for pod {} (pod is not owner)",
        pod.key
    ))
}

/// Where the manifest of `pod` uses the claim `name`; empty where it does not.
pub(super) fn claim_field(pod: &Pod, name: &str) -> String {
    let uses = |volume: &&PodVolume| volume.claim_name(&pod.key.name).as_deref() == Some(name);
    pod.volumes
        .iter()
        .find(uses)
        .map_or_else(String::new, PodVolume::field)
}

/// Whether a volume of `pod` names `claim`.
pub(super) fn names_claim(pod: &Pod, claim: &PersistentVolumeClaim) -> bool {
    let named =
        |volume: &PodVolume| matches!(&volume.source, PodVolumeSource::Claim(name) if *name == claim.name);
    pod.key.namespace == claim.namespace && pod.volumes.iter().any(named)
}

/// Whether `pod` uses `claim`, by name or as its own.
pub(super) fn uses_claim(pod: &Pod, claim: &PersistentVolumeClaim) -> bool {
    let mut names = pod
        .volumes
        .iter()
        .filter_map(|volume| volume.claim_name(&pod.key.name));
    pod.key.namespace == claim.namespace && names.any(|name| name == claim.name)
}
