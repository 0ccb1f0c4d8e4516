//! A cluster with pods of the plan on their nodes, which can be taken off and put back.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use fastrand::Rng;
use rustc_hash::FxHashMap;

use super::Sites;
use super::taste::{Taste, size};
use crate::model::{NodeId, Pod};
use crate::scheduling::plan::judging::Judging;
use crate::scheduling::plan::request::Request;

/// Some pods on nodes, others left over.
pub(super) struct Attempt<'a> {
    pub(super) judging: Judging,
    pub(super) pods: Arc<[Arc<Pod>]>,
    request: &'a Request,
    sites: Sites,
    /// When each pod was put where it is.
    stamps: Vec<u64>,
    clock: u64,
    /// The pods on each node, by their place.
    pub(super) on: FxHashMap<NodeId, Vec<usize>>,
    /// For each pod the place of its priority among those there are, the highest first.
    levels: Vec<usize>,
    /// How many pods have a node, by priority.
    placed: Vec<usize>,
    pub(super) sizes: Vec<f64>,
    /// Where pods were, with their stamps, before they were moved.
    journal: Vec<(usize, Option<NodeId>, u64)>,
}

impl<'a> Attempt<'a> {
    /// With all pods left over.
    pub(super) fn new(judging: Judging, pods: Arc<[Arc<Pod>]>, request: &'a Request) -> Self {
        let priorities: BTreeSet<Reverse<i32>> = pods.iter().map(|pod| Reverse(pod.spec.priority)).collect();
        let priorities: Vec<_> = priorities.into_iter().collect();
        let level = |pod: &Arc<Pod>| {
            let found = priorities.binary_search(&Reverse(pod.spec.priority));
            found.unwrap_or_default()
        };
        Self {
            request,
            sites: vec![None; pods.len()],
            stamps: vec![0; pods.len()],
            clock: 0,
            on: FxHashMap::default(),
            levels: pods.iter().map(level).collect(),
            placed: vec![0; priorities.len()],
            sizes: pods.iter().map(|pod| size(&judging.cluster, pod)).collect(),
            journal: Vec::new(),
            judging,
            pods,
        }
    }

    /// Puts pods where they are to go, in that order, unseen.
    pub(super) fn take_up(&mut self, sites: &Sites, order: &[usize]) {
        for &at in order {
            if let Some(&Some(node)) = sites.get(at) {
                self.set(at, Some(node));
            }
        }
        self.journal.clear();
    }

    pub(super) fn evaluations(&self) -> usize {
        self.judging.evaluations
    }

    pub(super) fn sites(&self) -> &Sites {
        &self.sites
    }

    /// How many pods have a node, by priority.
    pub(super) fn placed(&self) -> &[usize] {
        &self.placed
    }

    pub(super) fn is_complete(&self) -> bool {
        self.sites.iter().all(Option::is_some)
    }

    /// The pods in the order in which they were put where they are; those that are left over come last.
    pub(super) fn order(&self) -> Vec<usize> {
        let stamp = |at: usize| {
            let placed = self.sites.get(at).is_some_and(Option::is_some);
            if placed {
                self.stamps.get(at).copied()
            } else {
                None
            }
        };
        let mut order: Vec<usize> = (0..self.pods.len()).collect();
        order.sort_by_key(|&at| stamp(at).unwrap_or(u64::MAX));
        order
    }

    /// By priority, and where that is asked for the larger pods before the smaller ones.
    pub(super) fn packing_order(&self, largest_first: bool) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.pods.len()).collect();
        order.sort_by_key(|&at| self.levels.get(at).copied());
        if largest_first {
            order.sort_by(|&a, &b| {
                let level = self.levels.get(a).cmp(&self.levels.get(b));
                level.then_with(|| self.size(b).total_cmp(&self.size(a)))
            });
        }
        order
    }

    pub(super) fn size(&self, at: usize) -> f64 {
        self.sizes.get(at).copied().unwrap_or(0.0)
    }

    pub(super) fn level(&self, at: usize) -> usize {
        self.levels.get(at).copied().unwrap_or(usize::MAX)
    }

    /// The pods that are left over.
    pub(super) fn left_over(&self) -> Vec<usize> {
        let sites = self.sites.iter().enumerate();
        sites
            .filter(|(_, site)| site.is_none())
            .map(|(at, _)| at)
            .collect()
    }

    /// The node that a person pinned the pod to; an inner `None` where there is no such node.
    pub(super) fn pin(&self, at: usize) -> Option<Option<NodeId>> {
        let pod = self.pods.get(at)?;
        let node = self.request.pins.get(&pod.key)?;
        Some(self.judging.nodes.id(node))
    }

    /// Puts a pod that is left over on a node that fits; whether one does.
    pub(super) fn put(&mut self, at: usize, taste: Taste, rng: &mut Rng) -> bool {
        let Some(pod) = self.pods.get(at).cloned() else {
            return false;
        };
        let decided = self.judging.judge(&pod);
        let trace = &decided.trace;
        let node = match self.pin(at) {
            Some(pin) => pin.filter(|&node| trace.feasible_index(node).is_some()),
            None => taste.choose(trace, &self.judging.cluster, &pod, rng),
        };
        self.judging.keep(decided);
        if node.is_some() {
            self.set(at, node);
        }
        node.is_some()
    }

    /// Takes a pod off its node.
    pub(super) fn take_off(&mut self, at: usize) {
        self.set(at, None);
    }

    fn set(&mut self, at: usize, node: Option<NodeId>) {
        let before = self.sites.get(at).copied().flatten();
        let stamp = self.stamps.get(at).copied().unwrap_or_default();
        self.journal.push((at, before, stamp));
        self.clock += 1;
        self.set_unnoted(at, node, self.clock);
    }

    fn set_unnoted(&mut self, at: usize, node: Option<NodeId>, stamp: u64) {
        let (Some(pod), Some(site)) = (self.pods.get(at).cloned(), self.sites.get_mut(at)) else {
            return;
        };
        let before = std::mem::replace(site, node);
        let level = self.level(at);
        if let Some(before) = before {
            self.judging.forget(&pod.key);
            self.on.entry(before).or_default().retain(|&have| have != at);
            if let Some(count) = self.placed.get_mut(level) {
                *count = count.saturating_sub(1);
            }
        }
        if let Some(node) = node {
            self.judging.assume(&pod.key, node);
            self.on.entry(node).or_default().push(at);
            if let Some(count) = self.placed.get_mut(level) {
                *count += 1;
            }
        }
        if let Some(have) = self.stamps.get_mut(at) {
            *have = stamp;
        }
    }

    /// Forgets what was before: there is no way back behind this point.
    pub(super) fn begin(&mut self) {
        self.journal.clear();
    }

    /// Puts everything back as it was at the last [`Attempt::begin`].
    pub(super) fn roll_back(&mut self) {
        for (at, node, stamp) in std::mem::take(&mut self.journal).into_iter().rev() {
            self.set_unnoted(at, node, stamp);
        }
    }
}
