//! The cluster in numbers.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::view::{NodeSummary, Pending, Summary, Waiting};
use crate::model::resources::{ResourceId, is_extended};
use crate::model::taint::Taint;
use crate::model::{Cluster, NodeId};
use crate::scheduling::trace::NodeIndex;

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

/// A line for each node, in name order.
pub(super) fn nodes(cluster: &Cluster, index: &NodeIndex) -> Vec<NodeSummary> {
    let empty: Arc<str> = "".into();
    let mut taints: FxHashMap<Arc<[Taint]>, Arc<[String]>> = FxHashMap::default();
    let mut extended: FxHashMap<Vec<ResourceId>, Arc<[Arc<str>]>> = FxHashMap::default();
    let mut lines = Vec::with_capacity(index.ids.len());
    for &id in &index.ids {
        let Some(node) = cluster.nodes.get(id) else {
            continue;
        };
        let texts = taints
            .entry(Arc::clone(&node.taints))
            .or_insert_with(|| node.taints.iter().map(ToString::to_string).collect());
        let listed = node.allocatable.iter().map(|(resource, _)| resource);
        let listed = extended
            .entry(listed.collect())
            .or_insert_with_key(|listed| extended_of(cluster, listed));
        lines.push(NodeSummary {
            id,
            name: Arc::clone(&node.name),
            zone: Arc::clone(
                node.labels
                    .get_shared("topology.kubernetes.io/zone")
                    .unwrap_or(&empty),
            ),
            ready: node.ready,
            unschedulable: node.unschedulable,
            pods: (cluster.nodes.pods_on(id).len() as i64, node.allowed_pods),
            cpu: load(cluster, id, ResourceId::CPU),
            memory: load(cluster, id, ResourceId::MEMORY),
            taints: Arc::clone(texts),
            extended: Arc::clone(listed),
        });
    }
    lines
}

fn extended_of(cluster: &Cluster, listed: &[ResourceId]) -> Arc<[Arc<str>]> {
    let names = listed
        .iter()
        .map(|&resource| cluster.interner.resources.name(resource));
    names.filter(|name| is_extended(name)).map(Arc::from).collect()
}

fn load(cluster: &Cluster, id: NodeId, resource: ResourceId) -> (i64, i64) {
    let of = |column: &[i64]| column.get(id.index()).copied().unwrap_or(0);
    (
        of(cluster.nodes.requested(resource)),
        of(cluster.nodes.allocatable(resource)),
    )
}
