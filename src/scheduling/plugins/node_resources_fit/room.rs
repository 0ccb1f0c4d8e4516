//! The room on one node while pods go and come back.

use super::{Fit, Lacks};
use crate::model::{NodeId, Pod};
use crate::scheduling::plugin::DryRun;
use crate::scheduling::status::Status;

/// What the node has left.
pub(super) struct Room<'a> {
    fit: &'a Fit<'a>,
    /// How many more pods it may hold.
    places: i64,
    /// What is left of each resource wanted, and whether the node has so much of it at all.
    left: Vec<(i64, bool)>,
}

impl<'a> Room<'a> {
    pub(super) fn on(fit: &'a Fit<'a>, node: NodeId) -> Self {
        let table = &fit.cycle.cluster.nodes;
        let of = |column: &[i64]| column.get(node.index()).copied().unwrap_or(0);
        let left = fit.wanted.iter().map(|&(resource, amount)| {
            let allocatable = of(table.allocatable(resource));
            let left = allocatable.wrapping_sub(of(table.requested(resource)));
            (left, amount <= allocatable)
        });
        Self {
            fit,
            places: of(table.allowed_pods()).saturating_sub(of(table.pod_count())),
            left: left.collect(),
        }
    }

    /// Sums wrap around as upstream's do.
    fn count(&mut self, pod: &Pod, sign: i64) {
        self.places = self.places.saturating_add(sign);
        for (&(resource, _), (left, _)) in self.fit.wanted.iter().zip(&mut self.left) {
            *left = left.wrapping_add(pod.load.requests.get(resource).wrapping_mul(sign));
        }
    }

    fn wanted(&self) -> impl Iterator<Item = (i64, i64, bool)> + '_ {
        let both = self.fit.wanted.iter().zip(&self.left);
        both.map(|(&(_, amount), &(left, ever))| (amount, left, ever))
    }
}

impl DryRun for Room<'_> {
    fn remove(&mut self, pod: &Pod) {
        self.count(pod, 1);
    }

    fn put_back(&mut self, pod: &Pod) {
        self.count(pod, -1);
    }

    fn fits(&self) -> bool {
        self.places > 0 && self.wanted().all(|(amount, left, _)| amount <= left)
    }

    fn status(&self) -> Status {
        let mut lacks = Lacks {
            bits: u128::from(self.places < 1),
            for_good: false,
        };
        for (index, (amount, left, ever)) in self.wanted().enumerate() {
            if amount > left {
                lacks.bits |= 2 << index;
                lacks.for_good |= !ever;
            }
        }
        if lacks.bits == 0 {
            Status::SUCCESS
        } else {
            self.fit.status(lacks)
        }
    }
}
