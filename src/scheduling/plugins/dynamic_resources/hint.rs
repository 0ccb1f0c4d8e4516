//! What may help a pod whose claims to devices cannot be met.

use super::claims;
use crate::model::cluster::{Event, Happened, ObjectKind, Turn};
use crate::model::device::ResourceClaim;
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;

pub(super) const EVENTS: &[Occasion] = &[
    Occasion::NodeAdded,
    Occasion::NodeAllocatable,
    Occasion::NodeLabels,
    Occasion::OwnChange,
    Occasion::Object(ObjectKind::ResourceClaim, Happened::Added),
    Occasion::Object(ObjectKind::ResourceClaim, Happened::Changed),
    Occasion::Object(ObjectKind::ResourceClaim, Happened::Gone),
    Occasion::Object(ObjectKind::DeviceClass, Happened::Added),
    Occasion::Object(ObjectKind::DeviceClass, Happened::Changed),
    Occasion::Object(ObjectKind::ResourceSlice, Happened::Added),
    Occasion::Object(ObjectKind::ResourceSlice, Happened::Changed),
];

pub(super) fn hint(cycle: Cycle<'_>, event: &Event) -> Hint {
    Hint::when(match event {
        Event::ResourceClaim(turn) => claim(cycle, turn),
        Event::Pod(_) => claims::of_pod(cycle).is_ok(),
        _ => true,
    })
}

/// A claim that gives devices back may help anybody; any other change to one helps the pod that uses it.
fn claim(cycle: Cycle<'_>, turn: &Turn<ResourceClaim>) -> bool {
    let held = turn
        .before
        .as_ref()
        .is_some_and(|claim| claim.allocation.is_some());
    let Some(after) = &turn.after else {
        return held;
    };
    if held && after.allocation.is_none() {
        return true;
    }
    // A pod whose own claims are not all there is not helped by one of them.
    let same = |claim: &&ResourceClaim| claim.namespace == after.namespace && claim.name == after.name;
    claims::of_pod(cycle).is_ok_and(|own| own.iter().any(same))
}
