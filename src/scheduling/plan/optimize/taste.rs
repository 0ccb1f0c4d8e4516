//! Which of the nodes that fit is taken.

use fastrand::Rng;

use crate::model::resources::ResourceId;
use crate::model::{Cluster, NodeId, Pod};
use crate::scheduling::Trace;
use crate::scheduling::trace::Decision;

/// What a node is chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taste {
    /// The highest total.
    Best,
    /// Where the least is left over.
    Tightest,
    /// Any.
    Random,
}

impl Taste {
    pub(super) fn any(rng: &mut Rng) -> Self {
        match rng.u8(..5) {
            0 => Self::Random,
            1 | 2 => Self::Best,
            _ => Self::Tightest,
        }
    }

    /// The node for `pod`; `None` where none fits.
    pub(super) fn choose(self, trace: &Trace, cluster: &Cluster, pod: &Pod, rng: &mut Rng) -> Option<NodeId> {
        if matches!(trace.decision, Decision::Error(_) | Decision::Unschedulable) {
            return None;
        }
        match self {
            Self::Best => trace.decision.chosen().first().copied(),
            Self::Random => rng.choice(&trace.feasible).copied(),
            Self::Tightest => {
                let left = |&node: &NodeId| left_over(cluster, pod, node);
                let mut nodes = trace.feasible.iter().map(|node| (left(node), *node));
                let first = nodes.next()?;
                let less = |a: (f64, NodeId), b: (f64, NodeId)| if b.0 < a.0 { b } else { a };
                Some(nodes.fold(first, less).1)
            }
        }
    }
}

/// The shares of what the pod asks for that are free on the node once it is there, added up.
fn left_over(cluster: &Cluster, pod: &Pod, node: NodeId) -> f64 {
    let nodes = &cluster.nodes;
    let at = |column: &[i64]| column.get(node.index()).copied().unwrap_or(0);
    let share = |resource: ResourceId, amount: i64| {
        let all = at(nodes.allocatable(resource));
        let free = all
            .saturating_sub(at(nodes.requested(resource)))
            .saturating_sub(amount);
        if all > 0 { free as f64 / all as f64 } else { 0.0 }
    };
    let requests = pod.load.requests.iter();
    requests.map(|(resource, amount)| share(resource, amount)).sum()
}

/// How much of the largest node the pod takes, of each thing that it asks for, added up.
pub(super) fn size(cluster: &Cluster, pod: &Pod) -> f64 {
    let share = |resource: ResourceId, amount: i64| {
        let largest = cluster.nodes.allocatable(resource).iter().max();
        let largest = largest.copied().unwrap_or(0);
        if largest > 0 {
            amount as f64 / largest as f64
        } else {
            0.0
        }
    };
    let requests = pod.load.requests.iter();
    requests.map(|(resource, amount)| share(resource, amount)).sum()
}
