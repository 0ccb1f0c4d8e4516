//! Which nodes count.

use fixedbitset::FixedBitSet;

use super::constraint::Constraint;
use crate::model::NodeId;
use crate::model::topology_spread::InclusionPolicy;
use crate::scheduling::plugin::Cycle;
use crate::scheduling::plugins::node_affinity::CompiledTerm;

/// Why a node would not count.
pub(super) struct Eligible<'a> {
    cycle: Cycle<'a>,
    /// By slot; `None` where the pod accepts every node or no constraint asks.
    accepted: Option<FixedBitSet>,
    /// By number of the node's taints; empty where no constraint asks.
    repelled: Vec<bool>,
}

impl<'a> Eligible<'a> {
    /// What `constraints` need to know; `comparisons` is whether tolerations compare numbers.
    pub(super) fn new(cycle: Cycle<'a>, constraints: &[Constraint<'_>], comparisons: bool) -> Self {
        let asks = |policy: fn(&Constraint<'_>) -> InclusionPolicy| {
            constraints.iter().any(|c| policy(c) == InclusionPolicy::Honor)
        };
        let repelled = if asks(|c| c.taints) {
            let tolerations = &cycle.pod.spec.tolerations;
            cycle.cluster.nodes.taints().judge(|taints| {
                let mut taints = taints.into_iter().flat_map(|taints| taints.iter());
                taints.any(|taint| {
                    taint.effect.keeps_off() && !tolerations.iter().any(|t| t.tolerates(taint, comparisons))
                })
            })
        } else {
            Vec::new()
        };
        Self {
            cycle,
            accepted: asks(|c| c.affinity).then(|| accepted(cycle)).flatten(),
            repelled,
        }
    }

    /// Whether `node` counts for `constraint`, as far as its policies go.
    pub(super) fn counts(&self, node: NodeId, constraint: &Constraint<'_>) -> bool {
        let by_affinity = constraint.affinity == InclusionPolicy::Ignore
            || self
                .accepted
                .as_ref()
                .is_none_or(|accepted| accepted.contains(node.index()));
        let taints = self.cycle.cluster.nodes.taints();
        by_affinity
            && (constraint.taints == InclusionPolicy::Ignore
                || self.repelled.get(taints.number(node)) != Some(&true))
    }
}

/// The nodes that the pod's node selector and required node affinity accept; `None` for all.
fn accepted(cycle: Cycle<'_>) -> Option<FixedBitSet> {
    let Cycle { cluster, pod } = cycle;
    let selector = pod.spec.node_selector.as_ref();
    let affinity = pod.spec.node_affinity.as_ref();
    let required = affinity.and_then(|affinity| affinity.required.as_ref());
    if selector.is_none() && required.is_none() {
        return None;
    }
    let selector = selector.map(|labels| CompiledTerm::of_labels(labels, cluster));
    let terms = required.map(|required| {
        let terms = required.terms.iter().map(|term| CompiledTerm::new(term, cluster));
        terms.collect::<Vec<_>>()
    });
    let mut accepted = FixedBitSet::with_capacity(cluster.nodes.slots());
    for (node, _) in cluster.nodes.iter() {
        let selected = selector.as_ref().is_none_or(|selector| selector.matches(node));
        if selected
            && terms
                .as_ref()
                .is_none_or(|terms| terms.iter().any(|t| t.matches(node)))
        {
            accepted.insert(node.index());
        }
    }
    Some(accepted)
}
