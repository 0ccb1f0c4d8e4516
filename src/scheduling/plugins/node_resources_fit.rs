#![doc = include_str!("node_resources_fit.md")]

mod args;
mod explain;
mod hint;
mod room;
mod scoring;
mod share;

use rustc_hash::FxHashMap;

use self::args::{Args, Scoring};
pub(super) use self::args::{ResourceSpec, resources_or_default};
pub(super) use self::explain::pod_inputs;
use self::room::Room;
use self::scoring::Allocation;
pub(super) use self::share::{Column, Share};
use super::Row;
use super::dynamic_resources::class_of;
use crate::model::cluster::Event;
use crate::model::fault::{Concern, Fault};
use crate::model::resources::ResourceId;
use crate::model::{NodeId, PodId};
use crate::scheduling::explanation::Explanation;
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::{Cycle, DryRun, Filter, Phase, Plugin, PreFilter, PreScore, Reach, Touch};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::{FilterColumn, StatusId};

pub(super) const ROW: Row = Row {
    name: "NodeResourcesFit",
    phases: &[Phase::PreFilter, Phase::Filter, Phase::PreScore, Phase::Score],
    weight: 1,
    docs: include_str!("node_resources_fit.md"),
    build: |setup| {
        let mut args = setup.args::<Args>()?;
        let scoring = args.scoring()?;
        Ok(Box::new(NodeResourcesFit { args, scoring }))
    },
};

const TOO_MANY_PODS: &str = "Too many pods";
/// A pod that asks for more kinds of resources than there are bits to note them in is not judged.
const MOST_RESOURCES: usize = 126;

#[derive(Debug)]
struct NodeResourcesFit {
    args: Args,
    scoring: Scoring,
}

impl Plugin for NodeResourcesFit {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        if let Some(fault) = Fault::first(&cycle.pod.faults, Concern::Resources) {
            return Some(PreFilter::Reject(Status::because(Code::Fault, fault.to_string())));
        }
        let wanted: Vec<_> = cycle
            .pod
            .spec
            .requests
            .iter()
            .filter(|&(_, amount)| amount > 0)
            .filter(|&(resource, _)| !self.args.ignores(cycle.cluster.interner.resources.name(resource)))
            .collect();
        if wanted.len() > MOST_RESOURCES {
            let text = format!(
                "the pod asks for {} resources; {MOST_RESOURCES} can be judged",
                wanted.len()
            );
            return Some(PreFilter::Reject(Status::because(Code::Error, text)));
        }
        Some(PreFilter::Run {
            nodes: None,
            filter: Box::new(Fit { cycle, wanted }),
        })
    }

    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &'a [NodeId]) -> Option<PreScore<'a>> {
        Some(PreScore::Run(Box::new(Allocation::new(cycle, &self.scoring))))
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        change.at_node()
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }

    fn hint(&self, cycle: Cycle<'_>, event: &Event) -> Hint {
        hint::hint(cycle, event)
    }
}

struct Fit<'a> {
    cycle: Cycle<'a>,
    /// What the pod asks for and how much of it, always more than zero.
    wanted: Vec<(ResourceId, i64)>,
}

/// The fault of a node's allocatable, or of what a pod on it takes.
fn fault_on(cycle: Cycle<'_>, node: NodeId) -> Option<&Fault> {
    let table = &cycle.cluster.nodes;
    let own = table
        .get(node)
        .and_then(|node| Fault::first(&node.faults, Concern::Resources));
    own.or_else(|| {
        let pods = table
            .faulty_pods(node)
            .iter()
            .filter_map(|&id| cycle.cluster.pods.get(id));
        pods.filter_map(|pod| Fault::first(&pod.faults, Concern::Resources))
            .min_by_key(|fault| fault.object.clone())
    })
}

fn reason(cycle: Cycle<'_>, resource: ResourceId) -> String {
    format!("Insufficient {}", cycle.cluster.interner.resources.name(resource))
}

/// What is wrong with one node: bit 0 for the number of pods, bit `i + 1` for the `i`th resource wanted.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Lacks {
    bits: u128,
    /// Whether some request is above the node's allocatable, so that removing pods does not help.
    for_good: bool,
}

impl Fit<'_> {
    /// Whether a device class stands for `resource`: nodes that do not list it are left to DynamicResources.
    fn is_device(&self, resource: ResourceId) -> bool {
        let cluster = self.cycle.cluster;
        resource > ResourceId::EPHEMERAL_STORAGE
            && class_of(cluster, cluster.interner.resources.name(resource)).is_some()
    }

    fn status(&self, lacks: Lacks) -> Status {
        let mut reasons = Vec::new();
        if lacks.bits & 1 != 0 {
            reasons.push(TOO_MANY_PODS.into());
        }
        for (at, &(resource, _)) in self.wanted.iter().enumerate() {
            if lacks.bits & (2 << at) != 0 {
                reasons.push(reason(self.cycle, resource).into());
            }
        }
        reasons.sort();
        Status {
            code: if lacks.for_good {
                Code::UnschedulableAndUnresolvable
            } else {
                Code::Unschedulable
            },
            reasons,
        }
    }
}

impl Filter for Fit<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let table = &self.cycle.cluster.nodes;
        let (count, allowed) = (table.pod_count(), table.allowed_pods());
        let columns: Vec<_> = self
            .wanted
            .iter()
            .map(|&(resource, amount)| {
                let devices = self.is_device(resource);
                (
                    table.allocatable(resource),
                    table.requested(resource),
                    amount,
                    devices,
                )
            })
            .collect();
        let mut known: FxHashMap<Lacks, StatusId> = FxHashMap::default();
        for &node in nodes {
            let at = node.index();
            let of = |column: &[i64]| column.get(at).copied().unwrap_or(0);
            let mut lacks = Lacks {
                bits: u128::from(of(count) + 1 > of(allowed)),
                for_good: false,
            };
            for (index, &(allocatable, requested, amount, devices)) in columns.iter().enumerate() {
                let allocatable = of(allocatable);
                if devices && allocatable <= 0 {
                    continue;
                }
                if amount > allocatable.wrapping_sub(of(requested)) {
                    lacks.bits |= 2 << index;
                    lacks.for_good |= amount > allocatable;
                }
            }
            if lacks.bits != 0 {
                let status = *known
                    .entry(lacks)
                    .or_insert_with(|| verdicts.intern(self.status(lacks)));
                verdicts.set(node, status);
            }
        }
        for node in table.faulty() {
            if let Some(fault) = fault_on(self.cycle, node) {
                let status = verdicts.intern(Status::because(Code::Fault, fault.to_string()));
                verdicts.set(node, status);
            }
        }
    }

    fn filter_without(&self, node: NodeId, removed: &[PodId]) -> Option<Status> {
        let mut room = self.dry_run(node)?;
        let removed = removed.iter().filter_map(|&id| self.cycle.cluster.pods.get(id));
        removed.for_each(|pod| room.remove(pod));
        Some(room.status())
    }

    fn dry_run<'f>(&'f self, node: NodeId) -> Option<Box<dyn DryRun + 'f>> {
        if fault_on(self.cycle, node).is_some() {
            return None;
        }
        Some(Box::new(Room::on(self, node)))
    }

    fn explain(&self, node: NodeId) -> Explanation {
        explain::fit(self, node)
    }
}
