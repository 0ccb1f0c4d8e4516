//! What may help a pod that taints keep off.

use super::TaintToleration;
use crate::model::Node;
use crate::model::cluster::{Event, Turn};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;

pub(super) const EVENTS: &[Occasion] = &[
    Occasion::NodeAdded,
    Occasion::NodeTaints,
    Occasion::OwnTolerations,
];

pub(super) fn hint(plugin: &TaintToleration, cycle: Cycle<'_>, event: &Event) -> Hint {
    let Event::Node(Turn { before, after }) = event else {
        return Hint::Queue;
    };
    let tolerations = &cycle.pod.spec.tolerations;
    let keeps_off = |node: &Node| {
        let mut taints = node.taints.iter().filter(|taint| taint.effect.keeps_off());
        taints.any(|taint| {
            let mut all = tolerations.iter();
            !all.any(|toleration| toleration.tolerates(taint, plugin.comparisons))
        })
    };
    let kept = before.as_ref().is_none_or(|node| keeps_off(node));
    let keeps = after.as_ref().is_none_or(|node| keeps_off(node));
    Hint::when(kept && !keeps)
}
