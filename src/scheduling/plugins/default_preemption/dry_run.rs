//! Who would have to go on one node.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;

use super::budgets::Budgets;
use super::choice::started;
use crate::model::{NodeId, Pod, PodId};
use crate::scheduling::plugin::{Cycle, Failed};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::{Candidate, Victim};

/// Dry runs of one cycle, node by node.
pub(super) struct DryRun<'a> {
    cycle: Cycle<'a>,
    failed: &'a Failed<'a>,
    budgets: Budgets<'a>,
}

/// A pod that may have to go.
#[derive(Clone)]
struct Potential<'a> {
    id: PodId,
    pod: &'a Arc<Pod>,
    protected: bool,
}

impl Potential<'_> {
    /// The more important first: the higher priority, then the earlier start. Of those that have not started, the one
    /// that came first.
    fn rank(&self) -> (Reverse<i32>, Timestamp, Option<PodId>) {
        let start = self.pod.started;
        let priority = Reverse(self.pod.spec.priority);
        (priority, started(start), start.is_none().then_some(self.id))
    }
}

impl<'a> DryRun<'a> {
    pub(super) fn new(cycle: Cycle<'a>, failed: &'a Failed<'a>) -> Self {
        Self {
            cycle,
            failed,
            budgets: Budgets::new(cycle.cluster),
        }
    }

    /// Takes all pods of lower priority off `node` and puts back, the most important first and those that budgets
    /// protect before all others, what the pod can bear beside it.
    ///
    /// # Errors
    /// The verdict that removing pods does not change.
    pub(super) fn on(&mut self, node: NodeId) -> Result<Candidate, Status> {
        let cluster = self.cycle.cluster;
        let below = cluster.nodes.pods_below(node, self.cycle.pod.spec.priority);
        let mut removed: Vec<PodId> = below.collect();
        if removed.is_empty() {
            let reason = "No preemption victims found for incoming pod";
            return Err(Status::because(Code::UnschedulableAndUnresolvable, reason));
        }
        if let Some(status) = self.rejection(node, &removed) {
            return Err(status);
        }
        let order = self.order(&removed);
        let mut victims: Vec<Potential<'a>> = Vec::new();
        for potential in order {
            removed.retain(|&id| id != potential.id);
            if self.rejection(node, &removed).is_some() {
                removed.push(potential.id);
                victims.push(potential);
            }
        }
        if victims.is_empty() {
            let name = self.failed.trace.nodes.name(node);
            let text = format!("expected at least one victim pod on node \"{name}\"");
            return Err(Status::because(Code::Error, text));
        }
        victims.sort_by_key(Potential::rank);
        Ok(Candidate {
            node,
            pdb_violations: victims.iter().filter(|victim| victim.protected).count(),
            victims: victims.into_iter().map(victim).collect(),
        })
    }

    /// The first filter's verdict that keeps the pod off `node` were `removed` gone.
    fn rejection(&self, node: NodeId, removed: &[PodId]) -> Option<Status> {
        let columns = self.failed.trace.filters.iter();
        let mut filters = columns.zip(self.failed.filters);
        filters.find_map(
            |(column, (_, filter))| match filter.filter_without(node, removed) {
                Some(status) => status.code.is_rejection().then_some(status),
                None => column.rejects(node).then(|| column.get(node).clone()),
            },
        )
    }

    /// `removed` in the order in which they are put back.
    fn order(&mut self, removed: &[PodId]) -> Vec<Potential<'a>> {
        let pods = &self.cycle.cluster.pods;
        let potential = removed.iter().filter_map(|&id| {
            Some(Potential {
                id,
                pod: pods.get(id)?,
                protected: false,
            })
        });
        let mut potential: Vec<_> = potential.collect();
        // By id, too, so that the order is the same in every run.
        potential.sort_by_cached_key(|potential| (potential.rank(), potential.id));
        self.budgets.restart();
        for potential in &mut potential {
            potential.protected = self.budgets.protect(potential.pod);
        }
        potential.sort_by_key(|potential| !potential.protected);
        potential
    }
}

fn victim(potential: Potential<'_>) -> Victim {
    Victim {
        key: potential.pod.key.clone(),
        priority: potential.pod.spec.priority,
        started: potential.pod.started,
        protected: potential.protected,
    }
}
