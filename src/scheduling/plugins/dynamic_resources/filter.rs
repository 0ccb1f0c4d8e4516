//! The verdict on a node.

use std::cell::RefCell;
use std::time::Duration;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::allocator::{Failure, Found, Search};
use super::explain;
use super::extended::{self, Wanted};
use super::inventory::Inventory;
use super::score::DeviceScore;
use crate::model::device::{DeviceClass, ResourceClaim};
use crate::model::{Node, NodeId};
use crate::scheduling::explanation::Explanation;
use crate::scheduling::plugin::{Cycle, Filter, PreScore};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::{Allocations, FilterColumn};

pub(super) const UNAVAILABLE: &str = "resourceclaim not available on the node";
const NOT_ALLOCATED: &str = "cannot allocate all claims";

/// The claims of one pod, and what there is to allocate from.
pub(super) struct DeviceFilter<'a> {
    pub(super) cycle: Cycle<'a>,
    /// The pod's own claims; then, where devices stand for extended resources, one for those: `None` where it is made
    /// for each node.
    pub(super) claims: Vec<Option<&'a ResourceClaim>>,
    /// The extended resources, where devices stand for some of them.
    pub(super) wanted: Vec<Wanted<'a>>,
    /// Where there is something to allocate.
    pub(super) inventory: Option<Inventory<'a>>,
    /// How long a node may take, at [`A_TRY`] for each device tried: a decision does not depend on the machine's load.
    pub(super) timeout: Duration,
    /// How long a device may take to get ready.
    pub(super) binding_timeout: Duration,
    /// Whether devices may have to get ready at all.
    pub(super) conditions: bool,
    /// What was found, by node.
    pub(super) found: RefCell<FxHashMap<NodeId, OnNode>>,
    /// Where the search took too long, or was left out since it did so elsewhere.
    pub(super) late: RefCell<FxHashSet<NodeId>>,
    /// Claims for extended resources by the resources that devices stand for.
    made: RefCell<FxHashMap<Vec<bool>, std::rc::Rc<ResourceClaim>>>,
}

/// What one node would give.
#[derive(Clone, Default)]
pub(super) struct OnNode {
    /// For each claim that had none yet: its place in the list of claims, and what it gets.
    pub(super) allocations: Vec<(usize, Found)>,
}

/// Why not.
pub(super) enum Refusal {
    Because(&'static str),
    Failed(Failure),
}

/// What trying a device counts of the time that a node may take, in microseconds: about what it takes upstream.
const A_TRY: u128 = 10;

impl<'a> DeviceFilter<'a> {
    pub(super) fn new(
        cycle: Cycle<'a>,
        claims: Vec<Option<&'a ResourceClaim>>,
        wanted: Vec<Wanted<'a>>,
    ) -> Self {
        Self {
            cycle,
            claims,
            wanted,
            inventory: None,
            timeout: Duration::ZERO,
            binding_timeout: Duration::ZERO,
            conditions: true,
            found: RefCell::default(),
            late: RefCell::default(),
            made: RefCell::default(),
        }
    }

    fn has_user_claims(&self) -> bool {
        self.claims.len() > usize::from(!self.wanted.is_empty())
    }

    /// Whether the claim at `at` is that for extended resources.
    pub(super) fn is_extended(&self, at: usize) -> bool {
        !self.wanted.is_empty() && at + 1 == self.claims.len()
    }

    /// The claim for extended resources as `node` needs it: `Ok(None)` where it needs none.
    pub(super) fn extended(
        &self,
        id: NodeId,
        node: &Node,
    ) -> Result<Option<std::rc::Rc<ResourceClaim>>, &'static str> {
        if self.wanted.is_empty() {
            return Ok(None);
        }
        let earlier = self.claims.last().copied().flatten();
        if earlier.is_some_and(|claim| claim.requests.is_some()) {
            return Err("cannot schedule extended resource claim");
        }
        let by_devices = self.by_devices(id, node)?;
        let any = by_devices.contains(&true);
        if (!self.has_user_claims() && !any) || earlier.is_some_and(|claim| claim.allocation.is_some()) {
            return Ok(None);
        }
        let mut made = self.made.borrow_mut();
        let claim = made.entry(by_devices).or_insert_with_key(|by_devices| {
            let wanted = self.wanted.iter().zip(by_devices).filter(|(_, needed)| **needed);
            let wanted: Vec<&Wanted<'_>> = wanted.map(|(wanted, _)| wanted).collect();
            let mut claim = extended::claim(self.cycle.pod, &self.cycle.cluster.interner.resources, &wanted);
            if let Some(earlier) = earlier {
                claim.name = earlier.name.clone();
                claim.config.clone_from(&earlier.config);
                claim.constraints.clone_from(&earlier.constraints);
            }
            std::rc::Rc::new(claim)
        });
        Ok(Some(std::rc::Rc::clone(claim)))
    }

    /// For each extended resource, whether `node` provides it by devices.
    pub(super) fn by_devices(&self, id: NodeId, node: &Node) -> Result<Vec<bool>, &'static str> {
        let allocatable = &self.cycle.cluster.nodes;
        let mut by_devices = Vec::with_capacity(self.wanted.len());
        for wanted in &self.wanted {
            let have = allocatable
                .allocatable(wanted.resource)
                .get(id.index())
                .copied()
                .unwrap_or(0);
            let needed = wanted.class.is_some() && have == 0;
            if !needed
                && !node
                    .allocatable
                    .iter()
                    .any(|(resource, _)| resource == wanted.resource)
            {
                return Err("cannot fit resource");
            }
            by_devices.push(needed);
        }
        Ok(by_devices)
    }

    /// Whether an allocated claim cannot be used on `node`.
    pub(super) fn is_unavailable(&self, claim: &ResourceClaim, node: &Node) -> bool {
        let Some(allocation) = &claim.allocation else {
            return false;
        };
        let elsewhere =
            |selector: &crate::model::selector::NodeSelector| !selector.matches(&node.labels, &node.name);
        if allocation.nodes.as_ref().is_some_and(elsewhere)
            || allocation
                .devices
                .iter()
                .any(|device| device.skips_node_operations)
        {
            return true;
        }
        if !self.conditions {
            return false;
        }
        match claim.is_ready() {
            Err(_) => true,
            Ok(true) => false,
            Ok(false) => self.is_overdue(claim),
        }
    }

    fn is_overdue(&self, claim: &ResourceClaim) -> bool {
        let Some(allocation) = &claim.allocation else {
            return false;
        };
        let conditional = allocation
            .devices
            .iter()
            .any(|device| device.binding_conditions.is_some());
        let age = allocation.at.map(|at| Timestamp::now().duration_since(at));
        conditional && age.is_some_and(|age| age > self.binding_timeout.try_into().unwrap_or_default())
    }

    /// What `node` would give.
    pub(super) fn judge(&self, id: NodeId, node: &Node) -> Result<OnNode, Refusal> {
        let extended = self.extended(id, node).map_err(Refusal::Because)?;
        if extended.is_none() && !self.has_user_claims() {
            return Ok(OnNode::default());
        }
        let unavailable = self
            .claims
            .iter()
            .flatten()
            .any(|claim| self.is_unavailable(claim, node));
        let mut on_node = OnNode::default();
        if let Some(inventory) = &self.inventory {
            let mut places = Vec::new();
            let mut claims: Vec<&ResourceClaim> = Vec::new();
            for (at, claim) in self.claims.iter().enumerate() {
                if claim.is_some_and(|claim| claim.allocation.is_some()) {
                    continue;
                }
                let made = extended.as_deref().filter(|_| self.is_extended(at));
                if let Some(claim) = made.or(*claim) {
                    places.push(at);
                    claims.push(claim);
                }
            }
            let classes = |name: &str| self.class(name);
            let budget = u64::try_from(self.timeout.as_micros() / A_TRY).unwrap_or(u64::MAX);
            let budget = (budget > 0).then_some(budget);
            let found = Search::new(inventory, node, claims, budget).run(&classes);
            let found = found.map_err(Refusal::Failed)?;
            on_node.allocations = places.into_iter().zip(found).collect();
        }
        if unavailable {
            return Err(Refusal::Because(UNAVAILABLE));
        }
        Ok(on_node)
    }

    pub(super) fn class(&self, name: &str) -> Option<&DeviceClass> {
        let class = self.cycle.cluster.objects.device_classes.named(name);
        class.map(|class| &**class)
    }

    /// The name of the claim at `at`.
    pub(super) fn name(&self, at: usize) -> &str {
        self.claims
            .get(at)
            .copied()
            .flatten()
            .map_or(extended::IN_MEMORY, |claim| &claim.name)
    }
}

impl Refusal {
    /// The status that upstream gives on `node`.
    pub(super) fn status(&self, node: &Node) -> Status {
        let wait = |text: &'static str| Status::because(Code::UnschedulableAndUnresolvable, text);
        match self {
            Self::Because(text) => wait(text),
            Self::Failed(Failure::None) => wait(NOT_ALLOCATED),
            Self::Failed(Failure::InvalidPools) => wait("invalid resource pools were encountered"),
            Self::Failed(Failure::Timeout) => {
                let text = format!("node {}: timed out trying to allocate devices", node.name);
                Status::because(Code::Error, text)
            }
            Self::Failed(Failure::Error(text)) => Status::because(Code::Error, text.clone()),
            Self::Failed(Failure::Fault(text)) => Status::because(Code::Fault, text.clone()),
        }
    }
}

impl Filter for DeviceFilter<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let mut timed_out = false;
        for &id in nodes {
            let Some(node) = self.cycle.cluster.nodes.get(id) else {
                continue;
            };
            let judged = if timed_out {
                Err(Refusal::Failed(Failure::Timeout))
            } else {
                self.judge(id, node)
            };
            match judged {
                Ok(on_node) => {
                    self.found.borrow_mut().insert(id, on_node);
                }
                Err(refusal) => {
                    // One search that takes too long ends the cycle: no use to wait for the others.
                    if matches!(refusal, Refusal::Failed(Failure::Timeout)) {
                        timed_out = true;
                        self.late.borrow_mut().insert(id);
                    }
                    self.found.borrow_mut().remove(&id);
                    let status = verdicts.intern(refusal.status(node));
                    verdicts.set(id, status);
                }
            }
        }
    }

    fn allocations(&self, node: NodeId) -> Option<Allocations> {
        let found = self.found.borrow();
        let all = found
            .get(&node)
            .map_or(&[][..], |on_node| on_node.allocations.as_slice());
        let named = all
            .iter()
            .map(|(at, found)| (self.name(*at).to_owned(), found.result.clone()));
        Some(named.collect())
    }

    fn pre_score<'f>(&'f self, _feasible: &'f [NodeId]) -> Option<PreScore<'f>> {
        Some(PreScore::Run(Box::new(DeviceScore { filter: Some(self) })))
    }

    fn explain(&self, node: NodeId) -> Explanation {
        explain::explain(self, node)
    }
}
