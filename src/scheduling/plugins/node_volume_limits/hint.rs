//! What may help a pod whose volumes are too many.

use crate::model::cluster::{Event, Happened, ObjectKind, Turn};
use crate::model::storage::CsiNode;
use crate::model::volume::PodVolumeSource;
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::plugins::volumes::uses_claim;

pub(super) const EVENTS: &[Occasion] = &[
    Occasion::PodGone,
    Occasion::Object(ObjectKind::CsiNode, Happened::Added),
    Occasion::Object(ObjectKind::CsiNode, Happened::Changed),
    Occasion::Object(ObjectKind::PersistentVolumeClaim, Happened::Added),
    Occasion::Object(ObjectKind::VolumeAttachment, Happened::Gone),
];

pub(super) fn hint(cycle: Cycle<'_>, event: &Event) -> Hint {
    Hint::when(match event {
        Event::CsiNode(Turn {
            before: Some(before),
            after: Some(after),
        }) => allows_more(before, after),
        Event::Pod(Turn {
            before: Some(gone), ..
        }) => gone.volumes.iter().any(|volume| counts(&volume.source)),
        Event::PersistentVolumeClaim(Turn {
            after: Some(claim), ..
        }) => uses_claim(cycle.pod, claim),
        Event::VolumeAttachment(Turn {
            before: Some(gone), ..
        }) => cycle.pod.volumes.iter().any(|volume| match &volume.source {
            PodVolumeSource::Claim(_) => true,
            PodVolumeSource::Disk { disk, .. } => disk.plugin().driver() == &*gone.attacher,
            _ => false,
        }),
        _ => true,
    })
}

/// Whether volumes of this sort are attached by a driver.
fn counts(source: &PodVolumeSource) -> bool {
    matches!(
        source,
        PodVolumeSource::Claim(_) | PodVolumeSource::Ephemeral | PodVolumeSource::Disk { .. }
    )
}

/// Whether some driver's limit is higher than before. None counts as 0, as upstream has it.
fn allows_more(before: &CsiNode, after: &CsiNode) -> bool {
    let mut drivers = after.drivers.iter();
    drivers.any(|driver| driver.limit.unwrap_or(0) > before.limit(&driver.name).unwrap_or(0))
}
