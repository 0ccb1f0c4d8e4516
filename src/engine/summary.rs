//! The cluster in numbers.

use super::view::{Pending, Summary, Waiting};
use crate::model::Cluster;

/// Counts over the whole cluster.
pub(super) fn summary(cluster: &Cluster, waiting: &[Waiting]) -> Summary {
    let count = |holds: fn(&Waiting) -> bool| waiting.iter().filter(|w| holds(w)).count();
    Summary {
        nodes: cluster.nodes.iter().count(),
        ready: cluster.nodes.iter().filter(|(_, node)| node.ready).count(),
        pods: cluster.pods.len(),
        waiting: waiting.len(),
        critical: count(|w| w.pod.is_critical()),
        gated: count(Waiting::is_gated),
        namespaces: cluster.namespaces.keys().cloned().collect(),
        by_scheduler: Pending::by_scheduler(waiting),
    }
}
