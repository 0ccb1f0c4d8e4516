//! What may help a pod that needs features which nodes lack.

use crate::model::cluster::{Event, Turn};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;

pub(super) const EVENTS: &[Occasion] = &[Occasion::NodeAdded, Occasion::NodeFeatures, Occasion::OwnChange];

pub(super) fn hint(_cycle: Cycle<'_>, event: &Event) -> Hint {
    Hint::when(match event {
        Event::Node(Turn {
            before: Some(before),
            after: Some(after),
        }) => before.features != after.features,
        Event::Pod(Turn {
            before: Some(before),
            after: Some(after),
        }) => before.spec.features != after.spec.features,
        _ => true,
    })
}
