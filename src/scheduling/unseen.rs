//! What a decision leaves out because the API server does not let us see it.

use std::sync::Arc;

use crate::model::cluster::ObjectKind;
use crate::model::volume::PodVolumeSource;
use crate::model::{Cluster, Pod};

/// The kinds that would have a say in a decision on `pod` and are not to be [seen](Cluster::unseen), and why.
/// `unschedulable`: no node fits, so that pods might be removed for it.
pub fn unseen(cluster: &Cluster, pod: &Pod, unschedulable: bool) -> Vec<(ObjectKind, Arc<str>)> {
    let all = cluster.unseen.iter();
    let ours = all.filter(|(kind, _)| has_a_say(**kind, cluster, pod, unschedulable));
    ours.map(|(&kind, why)| (kind, Arc::clone(why))).collect()
}

/// `unseen` for a person, such as `not judged by persistentvolumes: …`, a line per reason.
pub fn lines(unseen: &[(ObjectKind, Arc<str>)]) -> impl Iterator<Item = String> {
    unseen.chunk_by(|(_, one), (_, other)| one == other).map(|alike| {
        let names: Vec<&str> = alike.iter().map(|(kind, _)| kind.api().plural).collect();
        let why = alike.first().map_or("", |(_, why)| why);
        format!("not judged by {}: {why}", names.join(", "))
    })
}

fn has_a_say(kind: ObjectKind, cluster: &Cluster, pod: &Pod, unschedulable: bool) -> bool {
    match kind {
        // They decide which pods are spread by default: those whose labels they select.
        ObjectKind::Service
        | ObjectKind::ReplicationController
        | ObjectKind::ReplicaSet
        | ObjectKind::StatefulSet => !pod.labels.is_empty() && pod.spec.spread.is_empty(),
        ObjectKind::PodDisruptionBudget => unschedulable,
        ObjectKind::PersistentVolume
        | ObjectKind::PersistentVolumeClaim
        | ObjectKind::StorageClass
        | ObjectKind::CsiStorageCapacity => has_claims(pod),
        ObjectKind::CsiNode | ObjectKind::CsiDriver | ObjectKind::VolumeAttachment => !pod.volumes.is_empty(),
        ObjectKind::ResourceClaim
        | ObjectKind::ResourceSlice
        | ObjectKind::DeviceClass
        | ObjectKind::DeviceTaintRule => {
            !pod.spec.claims.is_empty() || asks_for_extended_resources(cluster, pod)
        }
    }
}

/// Whether the pod has volumes that are claims.
pub(super) fn has_claims(pod: &Pod) -> bool {
    let claims =
        |source: &PodVolumeSource| matches!(source, PodVolumeSource::Claim(_) | PodVolumeSource::Ephemeral);
    pod.volumes.iter().any(|volume| claims(&volume.source))
}

/// Upstream: `IsExtendedResourceName` of `k8s.io/component-helpers`.
fn asks_for_extended_resources(cluster: &Cluster, pod: &Pod) -> bool {
    let names = &cluster.interner.resources;
    pod.spec.requests.iter().any(|(resource, amount)| {
        let name = names.name(resource);
        amount != 0 && name.contains('/') && !name.contains("kubernetes.io/")
    })
}
