//! What would be if something were otherwise.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::{Finding, Progress};
use crate::engine::Snapshot;
use crate::model::{Cluster, Pod, PodKey};
use crate::scheduling::cycle;
use crate::scheduling::plugin::Cycle;
use crate::scheduling::what_if::{Difference, Scratch, Supposition, SuppositionError, Way};

/// Two decisions side by side.
#[derive(Clone, Debug)]
pub struct Supposed {
    /// The pod as it is.
    pub pod: Arc<Pod>,
    /// What was supposed.
    pub suppositions: Vec<Supposition>,
    /// How to make each of them so.
    pub ways: Vec<Way>,
    /// What would be; or which of the suppositions makes no sense, and why.
    pub outcome: Result<Difference, (usize, SuppositionError)>,
    /// The pods on nodes, in no particular order: those that can be evicted, to help with typing.
    pub placed: Vec<PodKey>,
}

/// Judges the pod called `key` as things are, and with `suppositions`.
pub(super) fn run(
    snapshot: &mut Snapshot,
    key: &PodKey,
    suppositions: &[Supposition],
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Option<Finding> {
    let mut step = |done| progress(Progress { done, of: 2 }).is_continue();
    if !step(0) {
        return None;
    }
    let Some(pod) = snapshot.cluster.pod(key).cloned() else {
        return Some(Finding::Gone(key.clone()));
    };
    let profile = snapshot.profiles.get(&pod.spec.scheduler_name);
    let placed = snapshot.cluster.pods.iter().map(|(_, pod)| pod);
    let placed = placed.filter(|pod| pod.node_name.is_some());
    let placed = placed.map(|pod| pod.key.clone()).collect();
    // Where the engine has gone on meanwhile, the cluster is ours alone, and not copied again.
    let cluster = Arc::unwrap_or_clone(std::mem::take(&mut snapshot.cluster));
    let mut scratch = Scratch::new(cluster, &pod);
    let judge = |cluster: &Cluster, pod: &Pod, nodes| cycle::run(Cycle { cluster, pod }, &profile, nodes);
    let before = judge(scratch.cluster(), scratch.pod(), &snapshot.nodes);
    if !step(1) {
        return None;
    }
    let mut ways = Vec::with_capacity(suppositions.len());
    let mut refused = None;
    for (at, supposition) in suppositions.iter().enumerate() {
        ways.push(supposition.way(scratch.cluster(), &pod));
        if let Err(error) = scratch.suppose(supposition) {
            refused = Some((at, error));
            break;
        }
    }
    let outcome = match refused {
        Some(refused) => Err(refused),
        None => {
            let nodes = Arc::new(cycle::node_index(scratch.cluster()));
            let after = judge(scratch.cluster(), scratch.pod(), &nodes);
            Ok(Difference::between(&before, &after))
        }
    };
    Some(Finding::WhatIf(Supposed {
        pod,
        suppositions: suppositions.to_vec(),
        ways,
        outcome,
        placed,
    }))
}
