//! Judging pod after pod on a cluster that changes by their being placed.

use std::sync::Arc;

use crate::model::{Cluster, NodeId, Pod, PodKey};
use crate::scheduling::kept::{Decided, Kept};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::trace::NodeIndex;
use crate::scheduling::{Assumed, Profiles};

/// Bytes of decisions that are kept to be brought up to date.
const KEPT: usize = 64 << 20;

/// A copy of the cluster, and the decisions that were made on it.
#[derive(Debug)]
pub(super) struct Judging {
    pub(super) cluster: Cluster,
    pub(super) nodes: Arc<NodeIndex>,
    profiles: Profiles,
    kept: Kept,
    assumed: Assumed,
    /// How many times a pod was judged.
    pub(super) evaluations: usize,
}

impl Judging {
    pub(super) fn new(cluster: Cluster, nodes: Arc<NodeIndex>, profiles: Profiles) -> Self {
        Self {
            cluster,
            nodes,
            profiles,
            kept: Kept::new(KEPT),
            assumed: Assumed::default(),
            evaluations: 0,
        }
    }

    /// Judges `pod` on the cluster as it is now. The decision may bear the name of another pod that is alike.
    pub(super) fn judge(&mut self, pod: &Pod) -> Decided {
        self.evaluations += 1;
        let profile = self.profiles.get(&pod.spec.scheduler_name);
        let cycle = Cycle {
            cluster: &self.cluster,
            pod,
        };
        self.kept.judge(cycle, &profile, &self.nodes)
    }

    /// Keeps a decision, to go by it the next time.
    pub(super) fn keep(&mut self, decided: Decided) {
        self.kept.keep(decided);
    }

    /// Puts a pod that waits on `node`, with what it takes by its claims.
    pub(super) fn assume(&mut self, pod: &PodKey, node: NodeId) {
        let Some(pod) = self.cluster.pod(pod).cloned() else {
            return;
        };
        let profile = self.profiles.get(&pod.spec.scheduler_name);
        self.assumed.place(&mut self.cluster, &profile, &pod, node);
    }

    /// Takes a pod off its node again.
    pub(super) fn forget(&mut self, pod: &PodKey) {
        self.assumed.take_off(&mut self.cluster, pod);
    }
}
