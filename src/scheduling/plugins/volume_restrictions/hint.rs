//! What may help a pod whose volumes others hold.

use super::conflict;
use crate::model::cluster::{Event, Happened, ObjectKind, Turn};
use crate::model::volume::PodVolumeSource;
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::plugins::volumes::names_claim;

pub(super) const EVENTS: &[Occasion] = &[
    Occasion::NodeAdded,
    Occasion::PodGone,
    Occasion::Object(ObjectKind::PersistentVolumeClaim, Happened::Added),
];

pub(super) fn hint(cycle: Cycle<'_>, event: &Event) -> Hint {
    match event {
        Event::PersistentVolumeClaim(Turn {
            after: Some(claim), ..
        }) => Hint::when(names_claim(cycle.pod, claim)),
        Event::Pod(Turn {
            before: Some(gone), ..
        }) => {
            let same_namespace = gone.key.namespace == cycle.pod.key.namespace;
            let frees = |ours: &PodVolumeSource, theirs: &PodVolumeSource| {
                conflict(ours, theirs) || matches!(ours, PodVolumeSource::Claim(_)) && ours == theirs
            };
            let mut ours = cycle.pod.volumes.iter();
            let released = ours.any(|ours| {
                let mut theirs = gone.volumes.iter();
                theirs.any(|theirs| frees(&ours.source, &theirs.source))
            });
            Hint::when(same_namespace && released)
        }
        _ => Hint::Queue,
    }
}
