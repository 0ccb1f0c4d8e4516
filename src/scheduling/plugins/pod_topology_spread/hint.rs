//! What may help a pod that would make the spread too uneven.

use super::PodTopologySpread;
use super::constraint::{Constraint, Constraints};
use crate::model::cluster::{Event, Turn};
use crate::model::fault::{Concern, Fault};
use crate::model::labels::Labels;
use crate::model::topology_spread::{InclusionPolicy, WhenUnsatisfiable};
use crate::model::{Node, Pod};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;

pub(super) const EVENTS: &[Occasion] = &[
    Occasion::NodeAdded,
    Occasion::NodeGone,
    Occasion::NodeLabels,
    Occasion::NodeTaints,
    Occasion::PodPlaced,
    Occasion::PodGone,
    Occasion::PodLabels,
    Occasion::OwnLabels,
    Occasion::OwnTolerations,
];

pub(super) fn hint(plugin: &PodTopologySpread, cycle: Cycle<'_>, event: &Event) -> Hint {
    if Fault::first(&cycle.pod.faults, Concern::TopologySpread).is_some() {
        return Hint::Queue;
    }
    let constraints = Constraints::of(plugin, cycle, WhenUnsatisfiable::DoNotSchedule).all;
    Hint::when(match event {
        Event::Node(turn) => node(turn, &constraints),
        Event::Pod(turn) => pod(cycle, turn, &constraints),
        _ => true,
    })
}

fn node(turn: &Turn<Node>, constraints: &[Constraint<'_>]) -> bool {
    let counts = |node: &Node| constraints.iter().all(|c| node.labels.get(&c.key).is_some());
    let counted = turn.before.as_ref().is_some_and(|node| counts(node));
    let counting = turn.after.as_ref().is_some_and(|node| counts(node));
    match (&turn.before, &turn.after) {
        (Some(before), Some(after)) if counted && counting => {
            let moved = |c: &Constraint<'_>| before.labels.get(&c.key) != after.labels.get(&c.key);
            constraints.iter().any(moved) || before.taints != after.taints
        }
        (Some(_), Some(_)) => counted != counting,
        _ => counted || counting,
    }
}

fn pod(cycle: Cycle<'_>, turn: &Turn<Pod>, constraints: &[Constraint<'_>]) -> bool {
    let sides = || turn.before.iter().chain(&turn.after);
    let own = sides().any(|pod| pod.node_name.is_none() && pod.uid == cycle.pod.uid);
    if !own && sides().any(|pod| pod.key.namespace != cycle.pod.key.namespace) {
        return false;
    }
    let matches = |c: &Constraint<'_>, labels: &Labels| c.selector.matches(labels);
    match (&turn.before, &turn.after) {
        (Some(before), Some(after)) if own || before.node_name.is_some() => {
            let tolerates_more = own && before.spec.tolerations != after.spec.tolerations;
            let honor = |c: &Constraint<'_>| c.taints == InclusionPolicy::Honor;
            let other = |c: &Constraint<'_>| matches(c, &before.labels) != matches(c, &after.labels);
            tolerates_more && constraints.iter().any(honor) || constraints.iter().any(other)
        }
        // Bound, or gone.
        (before, after) => {
            let pod = after.as_ref().or(before.as_ref());
            pod.is_some_and(|pod| constraints.iter().any(|c| matches(c, &pod.labels)))
        }
    }
}
