//! Judging pod after pod on a cluster that changes by their being placed.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::pod::Template;
use crate::model::{Cluster, NodeId, Pod, PodKey};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::trace::NodeIndex;
use crate::scheduling::{Profiles, Trace, cycle};

/// Bytes of decisions that are kept to be brought up to date.
const KEPT: usize = 64 << 20;
/// After more changes than these a decision is made from nothing, which is as fast.
const WORTH_FOLLOWING: usize = 64;

/// A copy of the cluster, and the decisions that were made on it.
#[derive(Debug)]
pub(super) struct Judging {
    pub(super) cluster: Cluster,
    pub(super) nodes: Arc<NodeIndex>,
    profiles: Profiles,
    /// The last decision on each template.
    kept: FxHashMap<Template, Decided>,
    bytes: usize,
    /// How many times a pod was judged.
    pub(super) evaluations: usize,
}

/// A decision, and the generation of the cluster that it was made on.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) trace: Trace,
    generation: u64,
    template: Template,
}

impl Judging {
    pub(super) fn new(cluster: Cluster, nodes: Arc<NodeIndex>, profiles: Profiles) -> Self {
        Self {
            cluster,
            nodes,
            profiles,
            kept: FxHashMap::default(),
            bytes: 0,
            evaluations: 0,
        }
    }

    /// Judges `pod` on the cluster as it is now. The decision may bear the name of another pod that is alike.
    pub(super) fn judge(&mut self, pod: &Pod) -> Decided {
        self.evaluations += 1;
        let template = pod.template();
        let profile = self.profiles.get(&pod.spec.scheduler_name);
        let cycle = Cycle {
            cluster: &self.cluster,
            pod,
        };
        let generation = self.cluster.generation;
        let before = self.kept.remove(&template).and_then(|mut before| {
            self.bytes = self.bytes.saturating_sub(before.trace.bytes());
            if before.generation == generation {
                return Some(before);
            }
            let changes = self.cluster.changes_since(before.generation)?;
            let follow = changes.len() <= WORTH_FOLLOWING;
            let current = follow && cycle::refresh(&mut before.trace, cycle, &profile, &changes);
            before.generation = generation;
            current.then_some(before)
        });
        before.unwrap_or_else(|| Decided {
            trace: cycle::evaluate(cycle, &profile, &self.nodes),
            generation,
            template,
        })
    }

    /// Keeps a decision, to go by it the next time.
    pub(super) fn keep(&mut self, decided: Decided) {
        let bytes = decided.trace.bytes();
        if self.bytes + bytes <= KEPT {
            self.bytes += bytes;
            self.kept.insert(decided.template.clone(), decided);
        }
    }

    /// Puts a pod on `node`.
    pub(super) fn assume(&mut self, pod: &PodKey, node: NodeId) {
        let nodes = Arc::clone(&self.nodes);
        self.cluster.assume(pod, nodes.name(node));
    }

    /// Takes a pod off its node again.
    pub(super) fn forget(&mut self, pod: &PodKey) {
        self.cluster.forget(pod);
    }
}
