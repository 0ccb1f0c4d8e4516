//! What may help a pod whose claims cannot be bound.

use crate::model::cluster::{Event, Happened, ObjectKind, Turn};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::plugins::volumes::uses_claim;

pub(super) const EVENTS: &[Occasion] = &[
    Occasion::NodeAdded,
    Occasion::NodeLabels,
    Occasion::Object(ObjectKind::StorageClass, Happened::Added),
    Occasion::Object(ObjectKind::StorageClass, Happened::Changed),
    Occasion::Object(ObjectKind::PersistentVolumeClaim, Happened::Added),
    Occasion::Object(ObjectKind::PersistentVolumeClaim, Happened::Changed),
    Occasion::Object(ObjectKind::PersistentVolume, Happened::Added),
    Occasion::Object(ObjectKind::PersistentVolume, Happened::Changed),
    Occasion::Object(ObjectKind::CsiNode, Happened::Added),
    Occasion::Object(ObjectKind::CsiNode, Happened::Changed),
    Occasion::Object(ObjectKind::CsiDriver, Happened::Changed),
    Occasion::Object(ObjectKind::CsiStorageCapacity, Happened::Added),
    Occasion::Object(ObjectKind::CsiStorageCapacity, Happened::Changed),
];

pub(super) fn hint(cycle: Cycle<'_>, event: &Event) -> Hint {
    Hint::when(match event {
        Event::PersistentVolumeClaim(Turn {
            after: Some(claim), ..
        }) => uses_claim(cycle.pod, claim),
        Event::StorageClass(Turn {
            before: Some(before),
            after: Some(after),
        }) => before.allowed_topologies != after.allowed_topologies,
        Event::CsiNode(Turn {
            before: Some(before),
            after: Some(after),
        }) => before.migrated != after.migrated,
        // Upstream asks for pods with a volume of this driver written into them, which nothing else here reads: any pod
        // that the plugin rejected is tried again.
        Event::CsiDriver(Turn {
            before: Some(before),
            after: Some(after),
        }) => before.storage_capacity && !after.storage_capacity,
        Event::CsiStorageCapacity(Turn {
            before: Some(before),
            after: Some(after),
        }) => after.limit().is_some_and(|limit| {
            let before = before.limit();
            before.is_none_or(|before| limit.value() > before.value())
        }),
        _ => true,
    })
}
