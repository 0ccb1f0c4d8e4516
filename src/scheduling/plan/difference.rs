//! How two plans for the same pods differ.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Placement, Plan};
use crate::model::PodKey;

/// What the second of two plans does otherwise than the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Pods that only the second places, with priority and node.
    pub placed: Vec<(PodKey, i32, Arc<str>)>,
    /// Pods that only the first places, with priority and node.
    pub dropped: Vec<(PodKey, i32, Arc<str>)>,
    /// Pods that go to another node.
    pub moved: Vec<Moved>,
    /// How many pods each of them places.
    pub counts: (usize, usize),
    /// The sum of the totals in each of them.
    pub totals: (i64, i64),
}

/// A pod that goes to another node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The pod.
    pub pod: PodKey,
    /// Its node in the first plan.
    pub from: Arc<str>,
    /// Its node in the second.
    pub to: Arc<str>,
}

impl Difference {
    /// Whether both send the same pods to the same nodes.
    pub fn is_none(&self) -> bool {
        self.placed.is_empty() && self.dropped.is_empty() && self.moved.is_empty()
    }
}

/// What `second` does otherwise than `first`, each list in the order of the plan that has the pods.
pub fn difference(first: &Plan, second: &Plan) -> Difference {
    let nodes = |plan: &Plan| -> FxHashMap<PodKey, Placement> {
        let placements = plan.placements();
        placements
            .map(|(pod, at)| (pod.key.clone(), at.clone()))
            .collect()
    };
    let (in_first, in_second) = (nodes(first), nodes(second));
    let only = |plan: &Plan, other: &FxHashMap<PodKey, Placement>| -> Vec<(PodKey, i32, Arc<str>)> {
        let placements = plan.placements().filter(|(pod, _)| !other.contains_key(&pod.key));
        let told = placements.map(|(pod, at)| (pod.key.clone(), pod.spec.priority, Arc::clone(&at.node)));
        told.collect()
    };
    let moved = second.placements().filter_map(|(pod, to)| {
        let from = in_first.get(&pod.key).filter(|from| from.node != to.node)?;
        Some(Moved {
            pod: pod.key.clone(),
            from: Arc::clone(&from.node),
            to: Arc::clone(&to.node),
        })
    });
    Difference {
        placed: only(second, &in_first),
        dropped: only(first, &in_second),
        moved: moved.collect(),
        counts: (in_first.len(), in_second.len()),
        totals: (first.objective().total, second.objective().total),
    }
}
