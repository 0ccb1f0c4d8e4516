#![doc = include_str!("node_resources_balanced_allocation.md")]

use serde::Deserialize;

use super::node_resources_fit::{Column, ResourceSpec, Share, pod_inputs, resources_or_default};
use super::{ArgsError, Row};
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
    build: |setup| {
        let resources = setup.args::<Args>()?.resources()?;
        Ok(Box::new(NodeResourcesBalancedAllocation { resources }))
    },
};

/// `NodeResourcesBalancedAllocationArgs`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Args {
    resources: Vec<ResourceSpec>,
}

impl Args {
    fn resources(self) -> Result<Vec<String>, ArgsError> {
        let mut names: Vec<String> = Vec::new();
        for (at, resource) in resources_or_default(self.resources).into_iter().enumerate() {
            let wrong = |field: &str, message: String| ArgsError {
                field: format!("resources[{at}].{field}"),
                message,
            };
            if names.contains(&resource.name) {
                return Err(wrong("name", format!("'{}' is there already", resource.name)));
            }
            if resource.weight != 1 {
                return Err(wrong(
                    "weight",
                    format!("it is {}; it can only be 1", resource.weight),
                ));
            }
            names.push(resource.name);
        }
        Ok(names)
    }
}

#[derive(Debug)]
struct NodeResourcesBalancedAllocation {
    /// The names of those that are to be taken in equal parts.
    resources: Vec<String>,
}

impl Plugin for NodeResourcesBalancedAllocation {
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &'a [NodeId]) -> Option<PreScore<'a>> {
        if let Some(fault) = Fault::first(&cycle.pod.faults, Concern::Resources) {
            return Some(PreScore::Reject(Status::because(Code::Fault, fault.to_string())));
        }
        let names = &cycle.cluster.interner.resources;
        let resources = self.resources.iter().filter_map(|name| names.id(name));
        let columns: Vec<_> = resources.filter_map(|resource| column(cycle, resource)).collect();
        if columns.iter().all(|column| column.asked == 0) {
            return Some(PreScore::Skip);
        }
        Some(PreScore::Run(Box::new(Balance { cycle, columns })))
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        change.at_node()
    }
}

struct Balance<'a> {
    cycle: Cycle<'a>,
    columns: Vec<Column<'a>>,
}

/// `None` for a resource that the pod does not ask for, unless it is one of the three that every pod takes.
fn column(cycle: Cycle<'_>, resource: ResourceId) -> Option<Column<'_>> {
    let asked = cycle.pod.load.requests.get(resource);
    let table = &cycle.cluster.nodes;
    (asked != 0 || resource <= ResourceId::EPHEMERAL_STORAGE).then(|| Column {
        resource,
        asked,
        taken: table.requested(resource),
        allocatable: table.allocatable(resource),
    })
}

fn fraction(taken: i64, allocatable: i64) -> f64 {
    (taken as f64 / allocatable as f64).min(1.0)
}

/// 100 where all resources are taken in equal parts, less the more these differ. In the order of upstream's
/// operations, as the last bit can count.
fn balance(parts: impl Iterator<Item = f64> + Clone) -> i64 {
    let count = parts.clone().count();
    let mut ends = parts.clone();
    let std = match (count, ends.next(), ends.next()) {
        (2, Some(a), Some(b)) => ((a - b) / 2.0).abs(),
        (3.., _, _) => {
            let total = parts.clone().fold(0.0, |sum, part| sum + part);
            let mean = total / count as f64;
            let sum = parts.fold(0.0, |sum, part| sum + (part - mean) * (part - mean));
            (sum / count as f64).sqrt()
        }
        _ => 0.0,
    };
    ((1.0 - std) * 100.0) as i64
}

impl Balance<'_> {
    fn shares(&self, node: NodeId) -> impl Iterator<Item = Share> + Clone {
        self.columns.iter().filter_map(move |column| column.on(node))
    }

    fn with(&self, node: NodeId) -> i64 {
        balance(
            self.shares(node)
                .map(|share| fraction(share.would, share.allocatable)),
        )
    }

    fn without(&self, node: NodeId) -> i64 {
        balance(
            self.shares(node)
                .map(|share| fraction(share.taken, share.allocatable)),
        )
    }
}

impl Score for Balance<'_> {
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status> {
        for (&node, raw) in nodes.iter().zip(raw) {
            let (with, without) = (self.with(node), self.without(node));
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
        let mut why = Explanation::default();
        let mut parts: Vec<(String, String)> = Vec::new();
        for column in &self.columns {
            let name = names.name(column.resource);
            let show = |amount| names.show(column.resource, amount);
            pod_inputs(self.cycle, column.resource, &mut why);
            let share = column.on(node);
            let all = show(share.map_or(0, |share| share.allocatable));
            why.node(
                format!("{name} allocatable"),
                all.clone(),
                format!("status.allocatable.{name}"),
            );
            if let Some(share) = share {
                why.node(format!("{name} taken by {pods}"), show(share.taken), "");
                parts.push((
                    format!("{} / {all}", show(share.would)),
                    format!("{} / {all}", show(share.taken)),
                ));
            }
        }
        let formula = |parts: Vec<&String>| match parts.as_slice() {
            [] | [_] => "the node lacks all but one of them: nothing to balance".to_owned(),
            [a, b] => format!("(1 − |{a} − {b}| / 2) × 100"),
            all => {
                let all: Vec<&str> = all.iter().map(|part| part.as_str()).collect();
                format!("(1 − standard deviation of {}) × 100", all.join(", "))
            }
        };
        let (with, without) = (self.with(node), self.without(node));
        let would = formula(parts.iter().map(|(would, _)| would).collect());
        why.step("balance with the pod", would, with);
        let taken = formula(parts.iter().map(|(_, taken)| taken).collect());
        why.step("balance without it", taken, without);
        let what = match self.columns.as_slice() {
            [a, b] => format!("{} and {}", names.name(a.resource), names.name(b.resource)),
            _ => "the resources".to_owned(),
        };
        why.summary = match with.cmp(&without) {
            std::cmp::Ordering::Less => format!("{what} would be taken less evenly than now"),
            std::cmp::Ordering::Equal => format!("{what} would be taken as evenly as now"),
            std::cmp::Ordering::Greater => format!("{what} would be taken more evenly than now"),
        };
        why.step("the change", format!("50 + (50 + {with} − {without}) / 2"), raw);
        why
    }
}
