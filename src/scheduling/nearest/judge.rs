//! Whether the pod fits with something supposed.

use std::sync::Arc;

use super::Search;
use crate::model::{Cluster, Pod};
use crate::scheduling::cycle;
use crate::scheduling::plugin::Cycle;
use crate::scheduling::trace::{NodeIndex, Trace};
use crate::scheduling::what_if::{Scratch, Supposition, Way};

/// Judges with the cycle, on one copy of the cluster.
pub(super) struct Judge<'a> {
    scratch: Scratch,
    search: Search<'a>,
    /// The nodes, and the [membership](crate::model::cluster::NodeTable::membership) that they are of.
    nodes: (u64, Arc<NodeIndex>),
    judged: usize,
}

impl<'a> Judge<'a> {
    pub(super) fn new(scratch: Scratch, search: Search<'a>) -> Self {
        let membership = scratch.cluster().nodes.membership();
        Self {
            scratch,
            nodes: (membership, Arc::clone(search.nodes)),
            search,
            judged: 0,
        }
    }

    pub(super) fn cluster(&self) -> &Cluster {
        self.scratch.cluster()
    }

    pub(super) fn pod(&self) -> &Arc<Pod> {
        self.scratch.pod()
    }

    /// Whether the search is about one node.
    pub(super) fn is_about_one(&self) -> bool {
        self.search.node.is_some()
    }

    /// How many cycles were run.
    pub(super) fn judged(&self) -> usize {
        self.judged
    }

    /// What the cycle says as things are supposed now.
    pub(super) fn trace(&mut self) -> Trace {
        self.judged += 1;
        let cluster = self.scratch.cluster();
        let membership = cluster.nodes.membership();
        if self.nodes.0 != membership {
            self.nodes = (membership, Arc::new(cycle::node_index(cluster)));
        }
        let cycle = Cycle {
            cluster,
            pod: self.scratch.pod(),
        };
        cycle::evaluate(cycle, self.search.profile, &self.nodes.1)
    }

    /// Whether the pod would be placed where it is to be.
    pub(super) fn takes(&self, trace: &Trace) -> bool {
        let fits = match self.search.node {
            Some(node) => trace.feasible_index(node).is_some(),
            None => !trace.feasible.is_empty(),
        };
        fits && !trace.gated()
    }

    /// The fewest of `suppositions` with which the pod fits, and the nodes on which it then does; `None` where it does not
    /// even with all of them.
    pub(super) fn smallest(
        &mut self,
        mut suppositions: Vec<Supposition>,
    ) -> Option<(Vec<Supposition>, Vec<Arc<str>>)> {
        let mut opens = self.opens(&suppositions)?;
        let mut at = 0;
        while suppositions.len() > 1 && at < suppositions.len() {
            let mut fewer = suppositions.clone();
            fewer.remove(at);
            match self.opens(&fewer) {
                Some(still) => (suppositions, opens) = (fewer, still),
                None => at += 1,
            }
        }
        Some((suppositions, opens))
    }

    /// How each of `suppositions` is made so.
    pub(super) fn ways(&self, suppositions: &[Supposition]) -> Vec<Way> {
        let way = |supposition: &Supposition| supposition.way(self.cluster(), self.pod());
        suppositions.iter().map(way).collect()
    }

    /// The nodes on which the pod fits with `suppositions`.
    fn opens(&mut self, suppositions: &[Supposition]) -> Option<Vec<Arc<str>>> {
        let made = suppositions
            .iter()
            .try_for_each(|supposition| self.scratch.suppose(supposition));
        let trace = made.is_ok().then(|| self.trace());
        let opens = trace.filter(|trace| self.takes(trace)).map(|trace| {
            let names = trace
                .feasible
                .iter()
                .filter_map(|id| trace.nodes.names.get(id.index()));
            names.cloned().collect()
        });
        self.scratch.take_back();
        opens
    }
}
