//! LeastAllocated: the emptier a node would be, the better.

use super::explain;
use crate::model::NodeId;
use crate::model::resources::ResourceId;
use crate::scheduling::explanation::{Explanation, pods};
use crate::scheduling::normalize::MAX;
use crate::scheduling::normalize::Normalization;
use crate::scheduling::plugin::{Cycle, Score};
use crate::scheduling::status::Status;

/// The mean over cpu and memory, weight 1 each, of the free share in per cent.
pub(super) struct LeastAllocated<'a> {
    pub(super) cycle: Cycle<'a>,
}

/// One resource: what the node has, what would be taken, and the score, if the node has any of it.
struct Share {
    resource: ResourceId,
    taken: i64,
    asked: i64,
    allocatable: i64,
}

impl Share {
    fn score(&self) -> Option<i64> {
        if self.allocatable == 0 {
            return None;
        }
        let would = self.taken.wrapping_add(self.asked);
        if would > self.allocatable {
            return Some(0);
        }
        let free = self.allocatable.wrapping_sub(would);
        Some(free.wrapping_mul(MAX).wrapping_div(self.allocatable))
    }
}

impl LeastAllocated<'_> {
    fn shares(&self, node: NodeId) -> [Share; 2] {
        let table = &self.cycle.cluster.nodes;
        let at = |column: &[i64]| column.get(node.index()).copied().unwrap_or(0);
        let asked = &self.cycle.pod.spec.non_zero;
        [
            Share {
                resource: ResourceId::CPU,
                taken: at(table.non_zero_cpu()),
                asked: asked.milli_cpu,
                allocatable: at(table.allocatable(ResourceId::CPU)),
            },
            Share {
                resource: ResourceId::MEMORY,
                taken: at(table.non_zero_memory()),
                asked: asked.memory,
                allocatable: at(table.allocatable(ResourceId::MEMORY)),
            },
        ]
    }
}

fn mean(scores: impl Iterator<Item = i64>) -> i64 {
    let (sum, weights) = scores.fold((0_i64, 0), |(sum, weights), score| {
        (sum.wrapping_add(score), weights + 1)
    });
    if weights == 0 { 0 } else { sum / weights }
}

impl Score for LeastAllocated<'_> {
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status> {
        for (&node, raw) in nodes.iter().zip(raw) {
            *raw = mean(self.shares(node).iter().filter_map(Share::score));
        }
        Ok(())
    }

    fn normalization(&self) -> Normalization {
        Normalization::AsIs
    }

    fn explain(&self, node: NodeId, raw: i64, normalized: i64) -> Explanation {
        let names = &self.cycle.cluster.interner.resources;
        let pods = pods(self.cycle.cluster.nodes.pods_on(node).len() as i64);
        let mut why = Explanation::new(format!(
            "LeastAllocated: {normalized} % of the node would stay free"
        ));
        let mut scores = Vec::new();
        for share in self.shares(node) {
            let name = names.name(share.resource);
            let show = |amount| names.show(share.resource, amount);
            let would = share.taken.wrapping_add(share.asked);
            explain::pod_inputs(self.cycle, share.resource, &mut why);
            why.pod(format!("{name} as scored"), show(share.asked), "");
            why.node(
                format!("{name} allocatable"),
                show(share.allocatable),
                format!("status.allocatable.{name}"),
            );
            why.node(
                format!("{name} taken by {pods}, as scored"),
                show(share.taken),
                "",
            );
            let Some(score) = share.score() else {
                why.step(name, "the node has none: left out", "–");
                continue;
            };
            why.step(
                format!("{name} taken"),
                format!("{} + {}", show(share.taken), show(share.asked)),
                show(would),
            );
            let (all, taken) = (show(share.allocatable), show(would));
            let formula = if would > share.allocatable {
                format!("{taken} > {all}: none left")
            } else {
                format!("({all} − {taken}) × 100 / {all}")
            };
            why.step(name, formula, score);
            scores.push(score.to_string());
        }
        let formula = match scores.len() {
            0 => "nothing to score by".to_owned(),
            count => format!("({}) / {count}", scores.join(" + ")),
        };
        why.step("mean", formula, raw);
        why
    }
}
