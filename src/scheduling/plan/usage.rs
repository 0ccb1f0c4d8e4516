//! What pods ask for on each node, before and after.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::resources::ResourceId;
use crate::model::{Cluster, NodeId};
use crate::scheduling::trace::NodeIndex;

/// Amounts of what every pod takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Thousandths of a core.
    pub cpu: i64,
    /// Bytes.
    pub memory: i64,
    /// Pods.
    pub pods: i64,
}

/// A node under a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeUsage {
    /// Its name.
    pub node: Arc<str>,
    /// `topology.kubernetes.io/zone`; empty without one.
    pub zone: Arc<str>,
    /// What there is.
    pub allocatable: Usage,
    /// What is asked for without the plan.
    pub before: Usage,
    /// What is asked for once it is carried out.
    pub after: Usage,
}

/// A zone under a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneUsage {
    /// Its name; empty for the nodes without one.
    pub zone: Arc<str>,
    /// How many nodes it has.
    pub nodes: usize,
    /// What there is.
    pub allocatable: Usage,
    /// What is asked for without the plan.
    pub before: Usage,
    /// What is asked for once it is carried out.
    pub after: Usage,
}

impl Usage {
    /// Adds `other`.
    pub fn add(&mut self, other: Self) {
        self.cpu = self.cpu.saturating_add(other.cpu);
        self.memory = self.memory.saturating_add(other.memory);
        self.pods = self.pods.saturating_add(other.pods);
    }

    fn requested(cluster: &Cluster, node: NodeId) -> Self {
        Self {
            cpu: at(cluster.nodes.requested(ResourceId::CPU), node),
            memory: at(cluster.nodes.requested(ResourceId::MEMORY), node),
            pods: at(cluster.nodes.pod_count(), node),
        }
    }

    fn allocatable(cluster: &Cluster, node: NodeId) -> Self {
        Self {
            cpu: at(cluster.nodes.allocatable(ResourceId::CPU), node),
            memory: at(cluster.nodes.allocatable(ResourceId::MEMORY), node),
            pods: at(cluster.nodes.allowed_pods(), node),
        }
    }
}

fn at(column: &[i64], node: NodeId) -> i64 {
    column.get(node.index()).copied().unwrap_or(0)
}

/// The nodes in name order, as they are in `before` and in `after`, which is a later state of the same cluster.
pub(super) fn between(before: &Cluster, after: &Cluster, nodes: &NodeIndex) -> Vec<NodeUsage> {
    let found = nodes
        .ids
        .iter()
        .filter_map(|&id| Some((id, before.nodes.get(id)?)));
    found
        .map(|(id, node)| NodeUsage {
            node: Arc::clone(&node.name),
            zone: node.zone().unwrap_or_default().into(),
            allocatable: Usage::allocatable(before, id),
            before: Usage::requested(before, id),
            after: Usage::requested(after, id),
        })
        .collect()
}

/// The zones of these nodes, by name.
pub fn zones(nodes: &[NodeUsage]) -> Vec<ZoneUsage> {
    let mut zones: BTreeMap<&str, ZoneUsage> = BTreeMap::new();
    for node in nodes {
        let zone = zones.entry(&node.zone).or_insert_with(|| ZoneUsage {
            zone: Arc::clone(&node.zone),
            ..ZoneUsage::default()
        });
        zone.nodes += 1;
        zone.allocatable.add(node.allocatable);
        zone.before.add(node.before);
        zone.after.add(node.after);
    }
    zones.into_values().collect()
}
