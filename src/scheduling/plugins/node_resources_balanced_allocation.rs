#![doc = include_str!("node_resources_balanced_allocation.md")]

use super::Row;
use crate::model::NodeId;
use crate::model::fault::{Concern, Fault};
use crate::model::resources::ResourceId;
use crate::scheduling::explanation::{Explanation, pods};
use crate::scheduling::normalize::Normalization;
use crate::scheduling::plugin::{Cycle, Phase, Plugin, PreScore, Reach, Score, Touch};
use crate::scheduling::status::{Code, Status};

pub(super) const ROW: Row = Row {
    name: "NodeResourcesBalancedAllocation",
    phases: &[Phase::PreScore, Phase::Score],
    weight: 1,
    docs: include_str!("node_resources_balanced_allocation.md"),
    build: |_| Ok(Box::new(NodeResourcesBalancedAllocation)),
};

const RESOURCES: [ResourceId; 2] = [ResourceId::CPU, ResourceId::MEMORY];

#[derive(Debug)]
struct NodeResourcesBalancedAllocation;

impl Plugin for NodeResourcesBalancedAllocation {
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &'a [NodeId]) -> Option<PreScore<'a>> {
        if let Some(fault) = Fault::first(&cycle.pod.faults, Concern::Resources) {
            return Some(PreScore::Reject(Status::because(Code::Fault, fault.to_string())));
        }
        let asked = RESOURCES.map(|resource| cycle.pod.load.requests.get(resource));
        if asked == [0, 0] {
            return Some(PreScore::Skip);
        }
        Some(PreScore::Run(Box::new(Balance { cycle, asked })))
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        change.at_node()
    }
}

struct Balance<'a> {
    cycle: Cycle<'a>,
    asked: [i64; 2],
}

/// What a node has and what is taken of it, by resource.
struct Use {
    allocatable: [i64; 2],
    taken: [i64; 2],
    would: [i64; 2],
}

impl Balance<'_> {
    fn of(&self, node: NodeId) -> Use {
        let table = &self.cycle.cluster.nodes;
        let at = |column: &[i64]| column.get(node.index()).copied().unwrap_or(0);
        let allocatable = RESOURCES.map(|resource| at(table.allocatable(resource)));
        let taken = RESOURCES.map(|resource| at(table.requested(resource)));
        let [cpu, memory] = self.asked;
        Use {
            allocatable,
            taken,
            would: [taken[0].wrapping_add(cpu), taken[1].wrapping_add(memory)],
        }
    }
}

fn fraction(taken: i64, allocatable: i64) -> f64 {
    (taken as f64 / allocatable as f64).min(1.0)
}

/// 100 where cpu and memory are taken in equal parts, less the more these differ. In the order of upstream's
/// operations, as the last bit can count.
fn balance(taken: [i64; 2], allocatable: [i64; 2]) -> i64 {
    let mut std = 0.0;
    if allocatable[0] != 0 && allocatable[1] != 0 {
        std = ((fraction(taken[0], allocatable[0]) - fraction(taken[1], allocatable[1])) / 2.0).abs();
    }
    ((1.0 - std) * 100.0) as i64
}

impl Score for Balance<'_> {
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status> {
        for (&node, raw) in nodes.iter().zip(raw) {
            let node = self.of(node);
            let with = balance(node.would, node.allocatable);
            let without = balance(node.taken, node.allocatable);
            *raw = 50_i64.wrapping_add((50_i64.wrapping_add(with).wrapping_sub(without)) / 2);
        }
        Ok(())
    }

    fn normalization(&self) -> Normalization {
        Normalization::AsIs
    }

    fn explain(&self, node: NodeId, raw: i64, _normalized: i64) -> Explanation {
        let names = &self.cycle.cluster.interner.resources;
        let pods = pods(self.cycle.cluster.nodes.pods_on(node).len() as i64);
        let of = self.of(node);
        let mut why = Explanation::default();
        for (at, resource) in RESOURCES.into_iter().enumerate() {
            let name = names.name(resource);
            let show = |amount| names.show(resource, amount);
            super::node_resources_fit::pod_inputs(self.cycle, resource, &mut why);
            why.node(
                format!("{name} allocatable"),
                show(of.allocatable[at]),
                format!("status.allocatable.{name}"),
            );
            why.node(format!("{name} taken by {pods}"), show(of.taken[at]), "");
        }
        let mut balance_step = |name: &str, taken: [i64; 2]| {
            let part = |at: usize| {
                let resource = RESOURCES[at];
                let (taken, all) = (
                    names.show(resource, taken[at]),
                    names.show(resource, of.allocatable[at]),
                );
                format!("{taken} / {all}")
            };
            let score = balance(taken, of.allocatable);
            let formula = if of.allocatable.contains(&0) {
                "the node lacks one of the two: nothing to balance".to_owned()
            } else {
                format!("(1 − |{} − {}| / 2) × 100", part(0), part(1))
            };
            why.step(name, formula, score);
            score
        };
        let with = balance_step("balance with the pod", of.would);
        let without = balance_step("balance without it", of.taken);
        why.summary = match with.cmp(&without) {
            std::cmp::Ordering::Less => "cpu and memory would be taken less evenly than now".to_owned(),
            std::cmp::Ordering::Equal => "cpu and memory would be taken as evenly as now".to_owned(),
            std::cmp::Ordering::Greater => "cpu and memory would be taken more evenly than now".to_owned(),
        };
        why.step("the change", format!("50 + (50 + {with} − {without}) / 2"), raw);
        why
    }
}
