//! What may help a pod that there is no room for.

use crate::model::Node;
use crate::model::cluster::{Event, Happened, ObjectKind, Turn};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;

pub(super) const EVENTS: &[Occasion] = &[
    Occasion::NodeAdded,
    Occasion::NodeAllocatable,
    Occasion::PodGone,
    Occasion::PodShrunk,
    Occasion::Object(ObjectKind::DeviceClass, Happened::Added),
    Occasion::Object(ObjectKind::DeviceClass, Happened::Changed),
    Occasion::OwnShrunk,
];

pub(super) fn hint(cycle: Cycle<'_>, event: &Event) -> Hint {
    match event {
        Event::Node(Turn {
            before,
            after: Some(after),
        }) => {
            let grew = before
                .as_ref()
                .is_none_or(|before| has_grown(cycle, before, after));
            Hint::when(grew && holds_empty(cycle, after))
        }
        Event::Pod(Turn {
            before: Some(before),
            after: Some(after),
        }) if before.node_name.is_some() => {
            let mut wanted = cycle.pod.spec.requests.iter().filter(|&(_, amount)| amount != 0);
            let freed =
                |(resource, _)| before.load.requests.get(resource) > after.load.requests.get(resource);
            Hint::when(wanted.any(freed))
        }
        _ => Hint::Queue,
    }
}

/// Whether the pod had room on `node` were no pod there.
fn holds_empty(cycle: Cycle<'_>, node: &Node) -> bool {
    let mut wanted = cycle.pod.spec.requests.iter();
    node.allowed_pods >= 1
        && wanted.all(|(resource, amount)| amount <= 0 || amount <= node.allocatable.get(resource))
}

/// Whether there is more of something that the pod asks for.
fn has_grown(cycle: Cycle<'_>, before: &Node, after: &Node) -> bool {
    let mut wanted = cycle.pod.spec.requests.iter().filter(|&(_, amount)| amount > 0);
    after.allowed_pods > before.allowed_pods
        || wanted.any(|(resource, _)| after.allocatable.get(resource) > before.allocatable.get(resource))
}
