//! What may help a pod whose volumes are elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{LABELS, parts};
use crate::model::cluster::{Event, Happened, ObjectKind, Turn};
use crate::model::storage::{BindingMode, PersistentVolume};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::plugins::volumes::names_claim;

pub(super) const EVENTS: &[Occasion] = &[
    Occasion::NodeAdded,
    Occasion::NodeLabels,
    Occasion::Object(ObjectKind::StorageClass, Happened::Added),
    Occasion::Object(ObjectKind::PersistentVolumeClaim, Happened::Added),
    Occasion::Object(ObjectKind::PersistentVolumeClaim, Happened::Changed),
    Occasion::Object(ObjectKind::PersistentVolume, Happened::Added),
    Occasion::Object(ObjectKind::PersistentVolume, Happened::Changed),
];

pub(super) fn hint(cycle: Cycle<'_>, event: &Event) -> Hint {
    Hint::when(match event {
        Event::StorageClass(Turn {
            after: Some(class), ..
        }) => class.binding_mode == Some(BindingMode::WaitForFirstConsumer),
        Event::PersistentVolumeClaim(Turn {
            after: Some(claim), ..
        }) => names_claim(cycle.pod, claim),
        Event::PersistentVolume(Turn {
            before: Some(before),
            after: Some(after),
        }) => places(before) != places(after),
        _ => true,
    })
}

/// The zones and regions on a volume's labels.
fn places(volume: &PersistentVolume) -> Vec<(&'static str, BTreeSet<Arc<str>>)> {
    let labels = LABELS.iter();
    labels
        .filter_map(|&(key, _)| Some((key, parts(volume.labels.get(key)?)?)))
        .collect()
}
