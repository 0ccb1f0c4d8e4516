//! What may help a pod that cordons keep off.

use super::{NodeUnschedulable, cordon};
use crate::model::cluster::{Event, Turn};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;

pub(super) const EVENTS: &[Occasion] = &[
    Occasion::NodeAdded,
    Occasion::NodeTaints,
    Occasion::OwnTolerations,
];

pub(super) fn hint(plugin: &NodeUnschedulable, cycle: Cycle<'_>, event: &Event) -> Hint {
    let Event::Node(Turn { before, after }) = event else {
        let cordon = cordon();
        let mut tolerations = cycle.pod.spec.tolerations.iter();
        return Hint::when(tolerations.any(|toleration| toleration.tolerates(&cordon, plugin.comparisons)));
    };
    let was_open = before.as_ref().is_some_and(|node| !node.unschedulable);
    let is_open = after.as_ref().is_some_and(|node| !node.unschedulable);
    Hint::when(is_open && !was_open)
}
