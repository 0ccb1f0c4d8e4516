//! The scheduling cycle.

use std::sync::Arc;

use super::explanation::Explanation;
use super::plugin::Cycle;
use super::profile::Profile;
use super::trace::{Decision, NodeIndex, Trace};
use crate::model::{Cluster, NodeId, Pod};

/// The nodes of `cluster`, to share among the traces of one generation.
pub fn node_index(cluster: &Cluster) -> NodeIndex {
    let mut names = vec![Arc::from(""); cluster.nodes.slots()];
    let mut ids = Vec::new();
    for (id, node) in cluster.nodes.iter() {
        names[id.index()] = Arc::clone(&node.name);
        ids.push(id);
    }
    ids.sort_by(|a, b| names[a.index()].cmp(&names[b.index()]));
    NodeIndex { ids, names }
}

/// Judges `cycle.pod` on every node: all filters on all nodes, all scores on the feasible ones.
///
/// `nodes` is the [`node_index`] of the same cluster.
pub fn run(cycle: Cycle<'_>, profile: &Profile, nodes: &Arc<NodeIndex>) -> Trace {
    Trace {
        pod: cycle.pod.key.clone(),
        profile: Arc::clone(&profile.scheduler_name),
        nodes: Arc::clone(nodes),
        pre_enqueue: Vec::new(),
        pre_filter: Vec::new(),
        filters: Vec::new(),
        feasible: Vec::new(),
        pre_score: Vec::new(),
        scores: Vec::new(),
        totals: Vec::new(),
        decision: Decision::Unschedulable,
    }
}

/// Why each plugin judges and scores `node` as `trace` says, by plugin in order: filters, then scores.
pub fn explain(cycle: Cycle<'_>, profile: &Profile, trace: &Trace, node: NodeId) -> NodeExplanation {
    let _ = (cycle, profile, trace, node);
    NodeExplanation::default()
}

/// Explanations for one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeExplanation {
    /// By filter that ran, in order.
    pub filters: Vec<(&'static str, Explanation)>,
    /// By score that ran, in order; empty where the node is not feasible.
    pub scores: Vec<(&'static str, Explanation)>,
}

/// The pod as it would be judged were it not bound: taken off its node.
pub fn unbound(pod: &Pod) -> Pod {
    Pod {
        node_name: None,
        ..pod.clone()
    }
}
