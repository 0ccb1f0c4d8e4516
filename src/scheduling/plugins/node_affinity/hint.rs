//! What may help a pod that wants other nodes.

use super::NodeAffinity;
use crate::model::Node;
use crate::model::cluster::{Event, Turn};
use crate::model::fault::{Concern, Fault};
use crate::model::labels::Labels;
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;

pub(super) const EVENTS: &[Occasion] = &[Occasion::NodeAdded, Occasion::NodeLabels];

pub(super) fn hint(plugin: &NodeAffinity, cycle: Cycle<'_>, event: &Event) -> Hint {
    let Event::Node(Turn {
        before,
        after: Some(after),
    }) = event
    else {
        return Hint::Skip;
    };
    if Fault::first(&cycle.pod.faults, Concern::NodeAffinity).is_some() {
        return Hint::Queue;
    }
    let added = plugin.added.required.as_ref();
    let enforced = added.is_none_or(|added| added.matches(&after.labels, &after.name));
    let was_wanted = before.as_ref().is_some_and(|node| wants(cycle, node));
    Hint::when(enforced && wants(cycle, after) && !was_wanted)
}

/// Whether the pod's own selector and affinity match.
fn wants(cycle: Cycle<'_>, node: &Node) -> bool {
    let spec = &cycle.pod.spec;
    let mut pairs = spec.node_selector.iter().flat_map(Labels::iter);
    let selected = pairs.all(|(key, value)| node.labels.get(key) == Some(&**value));
    let required = spec.node_affinity.as_ref();
    let required = required.and_then(|affinity| affinity.required.as_ref());
    selected && required.is_none_or(|required| required.matches(&node.labels, &node.name))
}
