//! Who would have to go on one node.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;

use super::budgets::Budgets;
use super::choice::started;
use super::without::Without;
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
        let below = below.filter_map(|id| {
            Some(Potential {
                id,
                pod: cluster.pods.get(id)?,
                protected: false,
            })
        });
        let mut potential: Vec<Potential<'a>> = below.collect();
        if potential.is_empty() {
            let reason = "No preemption victims found for incoming pod";
            return Err(Status::because(Code::UnschedulableAndUnresolvable, reason));
        }
        let mut without = Without::new(self.failed, node);
        for potential in &potential {
            without.remove(potential.id, potential.pod);
        }
        if let Some(status) = without.rejection() {
            return Err(status);
        }
        self.order(&mut potential);
        potential.retain(|potential| {
            without.put_back(potential.id, potential.pod);
            let fits = without.fits();
            if !fits {
                without.remove(potential.id, potential.pod);
            }
            !fits
        });
        let mut victims = potential;
        if victims.is_empty() {
            let name = self.failed.trace.nodes.name(node);
            let text = format!("expected at least one victim pod on node \"{name}\"");
            return Err(Status::because(Code::Error, text));
        }
        victims.sort_by_key(Potential::rank);
        Ok(Candidate {
            node,
            pdb_violations: victims.iter().filter(|victim| victim.protected).count(),
            victims: victims.iter().map(victim).collect(),
        })
    }

    /// Brings `potential` into the order in which they are put back.
    fn order(&mut self, potential: &mut [Potential<'a>]) {
        // By id, too, so that the order is the same in every run.
        potential.sort_by_cached_key(|potential| (potential.rank(), potential.id));
        if self.budgets.restart() {
            for potential in &mut *potential {
                potential.protected = self.budgets.protect(potential.pod);
            }
            potential.sort_by_key(|potential| !potential.protected);
        }
    }
}

fn victim(potential: &Potential<'_>) -> Victim {
    Victim {
        key: potential.pod.key.clone(),
        priority: potential.pod.spec.priority,
        started: potential.pod.started,
        protected: potential.protected,
    }
}
