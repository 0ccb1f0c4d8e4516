//! The cluster cache: what the watches brought, in tables with dense ids.
//!
//! One thread owns it. A node's slot may exist before its node does (pods bound to it came first), and after (pods
//! are still bound to it); only slots whose node is there count as nodes.

mod changes;
mod node_table;
mod pod_table;

pub use changes::{Change, WatchEvent};
pub use node_table::NodeTable;
pub use pod_table::PodTable;

use std::sync::Arc;

use super::ids::{NodeId, PodId, PodKey};
use super::intern::Interner;
use super::labels::Labels;
use super::node::Node;
use super::pod::Pod;

/// Everything that scheduling reads.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Shared strings, label sets, specs, resources.
    pub interner: Interner,
    /// The nodes, and the load on them.
    pub nodes: NodeTable,
    /// The pods.
    pub pods: PodTable,
    /// Namespaces by name, with their labels.
    pub namespaces: std::collections::BTreeMap<Arc<str>, Arc<Labels>>,
    /// Counts changes to what a decision may depend on: equal generations give equal decisions.
    pub generation: u64,
}

impl Cluster {
    /// PLACEHOLDER
    pub fn apply(&mut self, _change: Change) {}

    /// The node called `name`, if it exists.
    pub fn node(&self, name: &str) -> Option<(NodeId, &Arc<Node>)> {
        let id = self.nodes.id(name)?;
        Some((id, self.nodes.get(id)?))
    }

    /// The pod called `key`, if it exists.
    pub fn pod(&self, key: &PodKey) -> Option<&Arc<Pod>> {
        self.pods.get(self.pods.id(key)?)
    }

    /// The pods bound to `node` that take room there, in no particular order.
    pub fn pods_on(&self, node: NodeId) -> impl Iterator<Item = (PodId, &Arc<Pod>)> {
        self.nodes
            .pods_on(node)
            .iter()
            .filter_map(|&id| Some((id, self.pods.get(id)?)))
    }

    /// The pods that wait for a node, gated ones too, in no particular order.
    pub fn waiting(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.pods.waiting().filter_map(|id| self.pods.get(id))
    }
}
