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
    /// Of each resource wanted.
    left: Vec<Left>,
}

/// What a node has of one resource.
struct Left {
    /// Not taken.
    amount: i64,
    /// Whether the node has so much at all as is wanted.
    ever: bool,
    /// Whether devices stand for it here, which DynamicResources looks after.
    devices: bool,
}

impl<'a> Room<'a> {
    pub(super) fn on(fit: &'a Fit<'a>, node: NodeId) -> Self {
        let table = &fit.cycle.cluster.nodes;
        let of = |column: &[i64]| column.get(node.index()).copied().unwrap_or(0);
        let left = fit.wanted.iter().map(|&(resource, amount)| {
            let allocatable = of(table.allocatable(resource));
            Left {
                amount: allocatable.wrapping_sub(of(table.requested(resource))),
                ever: amount <= allocatable,
                devices: allocatable <= 0 && fit.is_device(resource),
            }
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
        for (&(resource, _), left) in self.fit.wanted.iter().zip(&mut self.left) {
            let change = pod.load.requests.get(resource).wrapping_mul(sign);
            left.amount = left.amount.wrapping_add(change);
        }
    }

    /// What is lacking, by its place among what is wanted.
    fn lacking(&self) -> impl Iterator<Item = (usize, &Left)> {
        let all = self.fit.wanted.iter().zip(&self.left).enumerate();
        let lacking = all.filter(|(_, ((_, wanted), left))| !left.devices && *wanted > left.amount);
        lacking.map(|(at, (_, left))| (at, left))
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
        self.places > 0 && self.lacking().next().is_none()
    }

    fn status(&self) -> Status {
        let mut lacks = Lacks {
            bits: u128::from(self.places < 1),
            for_good: false,
        };
        for (at, left) in self.lacking() {
            lacks.bits |= 2 << at;
            lacks.for_good |= !left.ever;
        }
        if lacks.bits == 0 {
            Status::SUCCESS
        } else {
            self.fit.status(lacks)
        }
    }
}
