#![doc = include_str!("dynamic_resources.md")]

mod allocator;
mod args;
mod capacity;
mod claims;
mod constraints;
mod explain;
mod extended;
mod filter;
mod hint;
mod inventory;
mod pools;
mod reserve;
mod score;
mod selectors;

pub use self::extended::IN_MEMORY;
pub(super) use self::extended::class_of;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::args::DynamicResourcesArgs;
use self::filter::{DeviceFilter, UNAVAILABLE};
use self::inventory::Inventory;
use self::score::DeviceScore;
use super::Row;
use crate::model::NodeId;
use crate::model::cluster::{Event, ObjectKind};
use crate::model::device::ResourceClaim;
use crate::scheduling::features::{FeatureGates, Gate};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::{Cycle, Failed, Phase, Plugin, PreFilter, PreScore, Reach, Touch};
use crate::scheduling::reserve::Preparation;
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::{PostFilterResult, Trace};

pub(super) const ROW: Row = Row {
    name: NAME,
    phases: &[
        Phase::PreEnqueue,
        Phase::PreFilter,
        Phase::Filter,
        Phase::PostFilter,
        Phase::Score,
        Phase::Reserve,
        Phase::PreBind,
    ],
    weight: 2,
    docs: include_str!("dynamic_resources.md"),
    build: |setup| {
        let args: DynamicResourcesArgs = setup.args()?;
        args.check()?;
        Ok(Box::new(DynamicResources {
            args,
            gates: setup.gates,
        }))
    },
};

const NAME: &str = "DynamicResources";

#[derive(Debug)]
struct DynamicResources {
    args: DynamicResourcesArgs,
    gates: FeatureGates,
}

/// What it cannot judge without.
pub const NEEDED: [ObjectKind; 3] = [
    ObjectKind::ResourceClaim,
    ObjectKind::ResourceSlice,
    ObjectKind::DeviceClass,
];

/// What PreFilter finds.
enum Prepared<'a> {
    Nothing,
    Rejected(Status),
    Claims(Box<DeviceFilter<'a>>),
}

impl DynamicResources {
    /// The pod's claims, checked, without what there is to allocate from; whether some have nothing yet.
    fn claims<'a>(&self, cycle: Cycle<'a>) -> (Prepared<'a>, bool) {
        if !cycle.cluster.sees(&NEEDED) {
            return (Prepared::Nothing, false);
        }
        let user = match claims::of_pod(cycle) {
            Ok(user) => user,
            Err(text) => {
                let status = Status::because(Code::UnschedulableAndUnresolvable, text);
                return (Prepared::Rejected(status), false);
            }
        };
        let wanted = if self.gates.enabled(Gate::DRAExtendedResource) {
            extended::wanted(cycle.cluster, cycle.pod)
        } else {
            Vec::new()
        };
        let mut all: Vec<Option<&'a ResourceClaim>> = user.into_iter().map(Some).collect();
        let users = all.len();
        if !wanted.is_empty() {
            all.push(extended::earlier_claim(cycle.cluster, cycle.pod));
        }
        if all.is_empty() {
            return (Prepared::Nothing, false);
        }
        let mut to_allocate = false;
        for (at, claim) in all.iter().enumerate() {
            let Some(claim) = claim else {
                to_allocate = true;
                continue;
            };
            if let Some(fault) = claim.faults.first() {
                return (
                    Prepared::Rejected(Status::because(Code::Fault, fault.to_string())),
                    false,
                );
            }
            if claim.pending {
                let text = format!(
                    "resource claim {}/{} is in the process of being allocated",
                    claim.namespace, claim.name
                );
                let status = Status::because(Code::UnschedulableAndUnresolvable, text);
                return (Prepared::Rejected(status), false);
            }
            if let Some(allocation) = &claim.allocation {
                if let Some(Err(text)) = allocation.nodes.as_ref().map(inventory::check) {
                    return (Prepared::Rejected(Status::because(Code::Error, text)), false);
                }
                continue;
            }
            to_allocate = true;
            if at < users
                && let Err(status) = claims::check(cycle.cluster, self.gates, claim)
            {
                return (Prepared::Rejected(status), false);
            }
        }
        let mut filter = DeviceFilter::new(cycle, all, wanted);
        filter.timeout = self.args.filter_timeout();
        filter.binding_timeout = self.args.binding_timeout();
        filter.conditions = self.gates.enabled(Gate::DRADeviceBindingConditions);
        (Prepared::Claims(Box::new(filter)), to_allocate)
    }

    fn prepare<'a>(&self, cycle: Cycle<'a>) -> Prepared<'a> {
        let (mut prepared, to_allocate) = self.claims(cycle);
        if let (Prepared::Claims(filter), true) = (&mut prepared, to_allocate) {
            let mut allocated = cycle.cluster.objects.device_claims.iter();
            if let Some(fault) =
                allocated.find_map(|claim| claim.allocation.as_ref().and(claim.faults.first()))
            {
                return Prepared::Rejected(Status::because(Code::Fault, fault.to_string()));
            }
            filter.inventory = Some(Inventory::new(cycle.cluster, self.gates));
        }
        prepared
    }

    /// What PostFilter does for the claims of a pod that fits nowhere: it frees an allocated one that is of no use.
    fn free(&self, cycle: Cycle<'_>, trace: &Trace) -> Option<&'static str> {
        let (Prepared::Claims(filter), _) = self.claims(cycle) else {
            return None;
        };
        let node_lacks = |&&id: &&NodeId| {
            let first = trace.first_failure(id);
            !trace.excluded(id)
                && first.is_some_and(|(plugin, status)| plugin == NAME && status.message() == UNAVAILABLE)
        };
        let mut useless = BTreeSet::new();
        if trace.pre_filter_failure().is_none() {
            for &id in trace.nodes.ids.iter().filter(node_lacks) {
                let Some(node) = cycle.cluster.nodes.get(id) else {
                    continue;
                };
                for (at, claim) in filter.claims.iter().enumerate() {
                    if claim.is_some_and(|claim| filter.is_unavailable(claim, node)) {
                        useless.insert(at);
                    }
                }
            }
        }
        let own = |claim: &ResourceClaim| match claim.reserved_for.as_slice() {
            [] => true,
            [one] => *one == cycle.pod.uid,
            _ => false,
        };
        let mut useless = useless.into_iter().filter(|&at| !filter.is_extended(at));
        if useless.any(|at| filter.claims.get(at).copied().flatten().is_some_and(own)) {
            return Some("deallocation of ResourceClaim completed");
        }
        let earlier = filter.claims.last().copied().flatten();
        (!filter.wanted.is_empty() && earlier.is_some()).then_some("deletion of ResourceClaim completed")
    }
}

/// How a ResourceClaim stands to a pod that waits.
pub enum Standing {
    /// It has no devices.
    Unallocated(Arc<str>),
    /// It has devices, and is not reserved for the pod.
    Unreserved(Arc<str>),
    /// It is reserved for the pod.
    Reserved(Arc<str>),
}

/// The ResourceClaims of the cycle's pod, in order; none where a claim keeps it from any node.
pub fn standing(cycle: Cycle<'_>) -> Vec<Standing> {
    let claims = claims::of_pod(cycle).unwrap_or_default().into_iter();
    let standing = claims.map(|claim| {
        let name = Arc::clone(&claim.name);
        match &claim.allocation {
            None => Standing::Unallocated(name),
            Some(_) if !claim.reserved_for.contains(&cycle.pod.uid) => Standing::Unreserved(name),
            Some(_) => Standing::Reserved(name),
        }
    });
    standing.collect()
}

impl Plugin for DynamicResources {
    fn pre_enqueue(&self, cycle: Cycle<'_>) -> Option<Status> {
        if cycle.pod.spec.claims.is_empty() || !cycle.cluster.sees(&NEEDED) {
            return Some(Status::SUCCESS);
        }
        Some(match claims::of_pod(cycle) {
            Ok(_) => Status::SUCCESS,
            Err(text) => Status::because(Code::UnschedulableAndUnresolvable, text),
        })
    }

    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        Some(match self.prepare(cycle) {
            Prepared::Nothing => PreFilter::Skip,
            Prepared::Rejected(status) => PreFilter::Reject(status),
            Prepared::Claims(filter) => PreFilter::Run { nodes: None, filter },
        })
    }

    fn post_filter(&self, cycle: Cycle<'_>, failed: &Failed<'_>) -> Option<PostFilterResult> {
        let result = |status| {
            Some(PostFilterResult {
                plugin: NAME,
                status,
                candidates: Vec::new(),
                best: Vec::new(),
            })
        };
        if !failed.reached(NAME) {
            // Upstream stops before this plugin has noted anything, and PostFilter misses what was to be noted.
            return result(Status::because(Code::Error, "not found"));
        }
        let reasons = self
            .free(cycle, failed.trace)
            .into_iter()
            .map(Into::into)
            .collect();
        result(Status {
            code: Code::Unschedulable,
            reasons,
        })
    }

    fn pre_score<'a>(&'a self, _cycle: Cycle<'a>, _feasible: &'a [NodeId]) -> Option<PreScore<'a>> {
        Some(PreScore::Run(Box::new(DeviceScore { filter: None })))
    }

    fn reserve(&self, cycle: Cycle<'_>, node: NodeId) -> Option<Result<Preparation, Status>> {
        Some(match self.prepare(cycle) {
            Prepared::Nothing => Ok(Preparation::default()),
            Prepared::Rejected(status) => Err(status),
            Prepared::Claims(filter) => filter.devices(node).map(|devices| Preparation {
                devices,
                ..Preparation::default()
            }),
        })
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }

    fn hint(&self, cycle: Cycle<'_>, event: &Event) -> Hint {
        hint::hint(cycle, event)
    }

    fn reach(&self, cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        let pod = cycle.pod;
        if pod.spec.claims.is_empty() && extended::wanted(cycle.cluster, pod).is_empty() {
            return change.at_node_without_pods();
        }
        Reach::Cluster
    }
}
