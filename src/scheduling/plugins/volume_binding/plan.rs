//! What would be done about a pod's claims on a node.

use std::sync::Arc;

use super::bound::{BoundClaim, Standing};
use super::claims::PodClaims;
use super::matching::{Candidates, Found};
use super::provision::{Offer, Provisioning, unscorable};
use super::reach::Reach;
use crate::model::NodeId;
use crate::model::fault::Fault;
use crate::model::storage::{CsiStorageCapacity, PersistentVolume, PersistentVolumeClaim};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::status::{Code, Status};

pub(super) const NODE_CONFLICT: &str = "node(s) didn't match PersistentVolume's node affinity";
pub(super) const BIND_CONFLICT: &str = "node(s) didn't find available persistent volumes to bind";
pub(super) const NO_STORAGE: &str = "node(s) did not have enough free storage";
pub(super) const NO_VOLUME: &str =
    "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";

/// What to do about claims on a node.
#[derive(Clone, Debug, Default)]
pub struct Plan<'a> {
    /// Claims to be bound to volumes that are there, the smallest request first.
    pub bindings: Vec<(&'a Arc<PersistentVolumeClaim>, &'a Arc<PersistentVolume>)>,
    /// Claims for which volumes are to be made, with the storage that they would come out of, where that is told.
    pub provisions: Vec<(
        &'a Arc<PersistentVolumeClaim>,
        Option<&'a Arc<CsiStorageCapacity>>,
    )>,
}

/// The claims of one pod, ready to be asked about on many nodes.
pub(super) struct Planner<'a> {
    pub(super) cycle: Cycle<'a>,
    pub(super) bound: Vec<BoundClaim<'a>>,
    pub(super) delayed: Vec<Delayed<'a>>,
    selected: Selected,
    /// Whether storage left is scored, so that it has to be told.
    scores_capacity: bool,
}

/// A claim to be bound.
pub(super) struct Delayed<'a> {
    pub(super) claim: &'a Arc<PersistentVolumeClaim>,
    /// The volumes that it could get; `None` where one is being made already.
    pub(super) candidates: Option<Candidates<'a>>,
    pub(super) provisioning: Provisioning<'a>,
}

/// Where the claims with a selected node can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selected {
    /// There is no such claim.
    Anywhere,
    Only(NodeId),
    /// The node is not there, or the claims want different ones.
    Nowhere,
}

/// Why a node is out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Conflicts {
    /// For the claims that are bound.
    bound: Option<&'static str>,
    /// For those to be bound.
    delayed: Option<&'static str>,
}

impl Conflicts {
    fn any(self) -> bool {
        self != Self::default()
    }

    fn reasons(self) -> Vec<&'static str> {
        let mut all: Vec<_> = self.bound.into_iter().chain(self.delayed).collect();
        all.sort_unstable();
        all
    }
}

impl From<Conflicts> for Status {
    fn from(conflicts: Conflicts) -> Self {
        Self {
            code: Code::UnschedulableAndUnresolvable,
            reasons: conflicts.reasons().into_iter().map(Into::into).collect(),
        }
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoPlan {
    /// The node is out.
    Conflicts(Conflicts),
    /// Something ends the cycle, or cannot be read.
    Failed(Status),
}

impl From<Conflicts> for NoPlan {
    fn from(conflicts: Conflicts) -> Self {
        Self::Conflicts(conflicts)
    }
}

impl NoPlan {
    fn error(text: impl Into<String>) -> Self {
        Self::Failed(Status::because(Code::Error, text.into()))
    }

    fn fault(text: &Fault) -> Self {
        Self::Failed(Status::because(Code::Fault, text.to_string()))
    }

    pub(super) fn into_status(self) -> Status {
        match self {
            Self::Conflicts(conflicts) => conflicts.into(),
            Self::Failed(status) => status,
        }
    }
}

impl<'a> Planner<'a> {
    /// # Errors
    /// What cannot be read.
    pub(super) fn new(
        cycle: Cycle<'a>,
        claims: PodClaims<'a>,
        scores_capacity: bool,
    ) -> Result<Self, Status> {
        let cluster = cycle.cluster;
        let mut reach = Reach::new(cluster);
        let bound = claims
            .bound
            .into_iter()
            .map(|claim| BoundClaim::new(claim, cluster, &mut reach));
        let bound = bound.collect::<Result<_, _>>()?;
        let mut selected = Selected::Anywhere;
        let (mut waiting, mut started) = (Vec::new(), Vec::new());
        for claim in claims.delayed {
            match &claim.selected_node {
                Some(name) => {
                    let node = cluster
                        .node(name)
                        .map_or(Selected::Nowhere, |(node, _)| Selected::Only(node));
                    selected = match selected {
                        Selected::Anywhere => node,
                        same if same == node => node,
                        _ => Selected::Nowhere,
                    };
                    started.push(claim);
                }
                None => waiting.push(claim),
            }
        }
        waiting.sort_by_key(|claim| claim.requested());
        let mut delayed = Vec::new();
        for (claim, is_started) in started
            .into_iter()
            .map(|claim| (claim, true))
            .chain(waiting.into_iter().map(|claim| (claim, false)))
        {
            delayed.push(Delayed {
                claim,
                candidates: (!is_started).then(|| Candidates::new(claim, cluster, &mut reach)),
                provisioning: Provisioning::new(claim, cluster, &mut reach),
            });
        }
        Ok(Self {
            cycle,
            bound,
            delayed,
            selected,
            scores_capacity,
        })
    }

    /// What would be done on `node`, put into `plan`.
    ///
    /// # Errors
    /// Why nothing can be done there.
    pub(super) fn plan(&self, node: NodeId, plan: &mut Plan<'a>) -> Result<(), NoPlan> {
        plan.bindings.clear();
        plan.provisions.clear();
        let mut conflicts = self.bound_on(node)?;
        if !matches!(self.selected, Selected::Anywhere) && self.selected != Selected::Only(node) {
            conflicts.delayed = Some(BIND_CONFLICT);
            return Err(conflicts.into());
        }
        for delayed in &self.delayed {
            let found = delayed.candidates.as_ref().map(|candidates| {
                let bindings = &plan.bindings;
                candidates.find(node, |volume| {
                    bindings.iter().any(|(_, have)| Arc::ptr_eq(have, volume))
                })
            });
            match found {
                Some(Found::Volume(volume)) => plan.bindings.push((delayed.claim, volume)),
                Some(Found::Unclear(fault)) => return Err(NoPlan::fault(fault)),
                Some(Found::Nothing) | None => plan.provisions.push((delayed.claim, None)),
            }
        }
        self.provision(node, plan, &mut conflicts)?;
        if conflicts.any() {
            return Err(conflicts.into());
        }
        Ok(())
    }

    fn bound_on(&self, node: NodeId) -> Result<Conflicts, NoPlan> {
        let volumes = self.cycle.cluster.nodes.volumes();
        let mut conflicts = Conflicts::default();
        for bound in &self.bound {
            match bound.on(node, volumes) {
                Standing::Reachable => continue,
                Standing::OutOfReach => conflicts.bound = Some(NODE_CONFLICT),
                Standing::NoVolume => conflicts.bound = Some(NO_VOLUME),
                Standing::Untranslatable(text) => {
                    return Err(NoPlan::error(format!("could not translate pv: {text}")));
                }
            }
            break;
        }
        Ok(conflicts)
    }

    /// Whether volumes can be made for the claims that found none, one after the other up to the first for which not.
    fn provision(&self, node: NodeId, plan: &mut Plan<'a>, conflicts: &mut Conflicts) -> Result<(), NoPlan> {
        let statically = !plan.bindings.is_empty();
        for (claim, storage) in &mut plan.provisions {
            let delayed = self
                .delayed
                .iter()
                .find(|delayed| Arc::ptr_eq(delayed.claim, claim));
            let Some(delayed) = delayed else { continue };
            match delayed.provisioning.on(node) {
                Offer::Volume(capacity) => *storage = capacity,
                Offer::NoVolume => conflicts.delayed = Some(BIND_CONFLICT),
                Offer::NoStorage => conflicts.delayed = Some(NO_STORAGE),
                Offer::Unclear(fault) => return Err(NoPlan::fault(fault)),
                Offer::Error(text) => return Err(NoPlan::error(&*text)),
            }
            if conflicts.delayed.is_some() {
                return Ok(());
            }
        }
        if self.scores_capacity && !statically && !conflicts.any() {
            let told = plan
                .provisions
                .iter()
                .filter_map(|&(claim, storage)| Some((claim, storage?)));
            for (claim, storage) in told {
                if let Some(fault) = unscorable(claim, storage) {
                    return Err(NoPlan::fault(&fault));
                }
            }
        }
        Ok(())
    }
}
