#![doc = include_str!("volume_binding.md")]

mod args;
mod bound;
mod claims;
mod explain;
mod hint;
mod matching;
mod plan;
mod provision;
mod reach;
mod score;

pub use plan::Plan;

use std::sync::Arc;
use std::time::Duration;

use self::args::Shape;
use self::claims::PodClaims;
use self::plan::{NoPlan, Planner};
use self::score::{Capacity, NoClaims};
use super::Row;
use crate::model::NodeId;
use crate::model::cluster::Event;
use crate::model::cluster::ObjectKind;
use crate::scheduling::explanation::Explanation;
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::{Cycle, Filter, Phase, Plugin, PreFilter, PreScore, Reach, Touch};
use crate::scheduling::reserve::{self, Preparation, Provision, Volumes};
use crate::scheduling::status::Status;
use crate::scheduling::trace::FilterColumn;

pub(super) const ROW: Row = Row {
    name: "VolumeBinding",
    phases: &[
        Phase::PreFilter,
        Phase::Filter,
        Phase::PreScore,
        Phase::Score,
        Phase::Reserve,
        Phase::PreBind,
    ],
    weight: 1,
    docs: include_str!("volume_binding.md"),
    build: |setup| {
        let args::Checked { shape, timeout } = args::checked(setup)?;
        Ok(Box::new(VolumeBinding { shape, timeout }))
    },
};

/// What it cannot judge without.
pub const NEEDED: [ObjectKind; 4] = [
    ObjectKind::PersistentVolumeClaim,
    ObjectKind::PersistentVolume,
    ObjectKind::StorageClass,
    ObjectKind::CsiStorageCapacity,
];

#[derive(Debug)]
struct VolumeBinding {
    /// `None` where nodes are not scored.
    shape: Option<Shape>,
    /// How long claims may take to be bound.
    timeout: Duration,
}

impl Plugin for VolumeBinding {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        if cycle.pod.volumes.is_empty() || !cycle.cluster.sees(&NEEDED) {
            return Some(PreFilter::Skip);
        }
        let claims = match PodClaims::of(cycle) {
            Ok(Some(claims)) => claims,
            Ok(None) => return Some(PreFilter::Skip),
            Err(status) => return Some(PreFilter::Reject(status)),
        };
        Some(match Planner::new(cycle, claims, self.shape.is_some()) {
            Ok(planner) => PreFilter::Run {
                nodes: None,
                filter: Box::new(Claims {
                    planner,
                    shape: self.shape.as_ref(),
                }),
            },
            Err(status) => PreFilter::Reject(status),
        })
    }

    /// For pods without claims: others are scored by what filtering found.
    fn pre_score<'a>(&'a self, _cycle: Cycle<'a>, _feasible: &[NodeId]) -> Option<PreScore<'a>> {
        Some(match self.shape {
            Some(_) => PreScore::Run(Box::new(NoClaims)),
            None => PreScore::Skip,
        })
    }

    fn reserve(&self, cycle: Cycle<'_>, node: NodeId) -> Option<Result<Preparation, Status>> {
        Some(self.preparation(cycle, node))
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        change.at_node_without_pods()
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }

    fn hint(&self, cycle: Cycle<'_>, event: &Event) -> Hint {
        hint::hint(cycle, event)
    }
}

impl VolumeBinding {
    fn preparation(&self, cycle: Cycle<'_>, node: NodeId) -> Result<Preparation, Status> {
        if cycle.pod.volumes.is_empty() || !cycle.cluster.sees(&NEEDED) {
            return Ok(Preparation::default());
        }
        let plan = plan(cycle, node)?;
        let bindings = plan
            .bindings
            .iter()
            .map(|(claim, volume)| reserve::VolumeBinding {
                claim: Arc::clone(&claim.name),
                claim_uid: Arc::clone(&claim.uid),
                volume: Arc::clone(&volume.name),
            });
        let provisions = plan.provisions.iter().map(|(claim, _)| Provision {
            claim: Arc::clone(&claim.name),
            claim_uid: Arc::clone(&claim.uid),
        });
        Ok(Preparation {
            volumes: Volumes {
                bindings: bindings.collect(),
                provisions: provisions.collect(),
                timeout: self.timeout,
            },
            ..Preparation::default()
        })
    }
}

/// What would be done about the claims of the cycle's pod, were it placed on `node`.
///
/// # Errors
/// What keeps the pod off the node.
pub fn plan(cycle: Cycle<'_>, node: NodeId) -> Result<Plan<'_>, Status> {
    let mut plan = Plan::default();
    if let Some(claims) = PodClaims::of(cycle)? {
        let planner = Planner::new(cycle, claims, false)?;
        planner.plan(node, &mut plan).map_err(NoPlan::into_status)?;
    }
    Ok(plan)
}

/// The claims of the cycle's pod that are to be bound when it is placed; none where a claim keeps it from any node.
pub fn unbound(cycle: Cycle<'_>) -> Vec<Arc<str>> {
    let claims = PodClaims::of(cycle).ok().flatten().unwrap_or_default();
    let delayed = claims.delayed.iter();
    delayed.map(|claim| Arc::clone(&claim.name)).collect()
}

struct Claims<'a> {
    planner: Planner<'a>,
    shape: Option<&'a Shape>,
}

impl Filter for Claims<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let mut plan = Plan::default();
        let mut last = None;
        for &node in nodes {
            let Err(reason) = self.planner.plan(node, &mut plan) else {
                continue;
            };
            let id = match &last {
                Some((same, id)) if *same == reason => *id,
                _ => {
                    let id = verdicts.intern(reason.clone().into_status());
                    last = Some((reason, id));
                    id
                }
            };
            verdicts.set(node, id);
        }
    }

    fn pre_score<'f>(&'f self, _feasible: &[NodeId]) -> Option<PreScore<'f>> {
        Some(match self.shape {
            Some(shape) => PreScore::Run(Box::new(Capacity {
                planner: &self.planner,
                shape,
            })),
            None => PreScore::Skip,
        })
    }

    fn explain(&self, node: NodeId) -> Explanation {
        self.planner.explain(node)
    }
}
