//! Where a pod of a plan could go instead.

use std::sync::Arc;

use crate::model::{Cluster, PodKey};
use crate::scheduling::plugin::Cycle;
use crate::scheduling::{Profiles, cycle};

/// A node that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The node.
    pub node: Arc<str>,
    /// The weighted sum of its scores.
    pub total: Option<i64>,
    /// Whether it is one of those that the profile would choose.
    pub best: bool,
}

/// The nodes that fit `pod` once the pods of `before` are where they go: the highest total first, then by name. None where
/// no such pod waits.
pub fn candidates(
    cluster: &Cluster,
    profiles: &Profiles,
    before: &[(PodKey, Arc<str>)],
    pod: &PodKey,
) -> Vec<Candidate> {
    let mut cluster = cluster.clone();
    for (pod, node) in before {
        cluster.assume(pod, node);
    }
    let Some(pod) = cluster.pod(pod).filter(|pod| pod.is_waiting()).cloned() else {
        return Vec::new();
    };
    let nodes = Arc::new(cycle::node_index(&cluster));
    let profile = profiles.clone().get(&pod.spec.scheduler_name);
    let cycle = Cycle {
        cluster: &cluster,
        pod: &pod,
    };
    let trace = cycle::evaluate(cycle, &profile, &nodes);
    let chosen = trace.decision.chosen();
    let feasible = trace.feasible.iter().filter_map(|&node| {
        Some(Candidate {
            node: Arc::clone(trace.nodes.names.get(node.index())?),
            total: trace.total(node),
            best: chosen.contains(&node),
        })
    });
    let mut all: Vec<Candidate> = feasible.collect();
    all.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.node.cmp(&b.node)));
    all
}
