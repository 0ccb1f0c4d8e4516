//! The node table.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::ids::{NodeId, PodId};
use crate::model::node::Node;

/// Nodes by slot, with a column per resource.
#[derive(Clone, Debug, Default)]
pub struct NodeTable {
    nodes: Vec<Option<Arc<Node>>>,
    by_name: FxHashMap<Arc<str>, NodeId>,
    pods: Vec<Vec<PodId>>,
}

impl NodeTable {
    /// The slot of `name`, whether or not its node is there.
    pub fn id(&self, name: &str) -> Option<NodeId> {
        self.by_name.get(name).copied()
    }

    /// The node in `id`.
    pub fn get(&self, id: NodeId) -> Option<&Arc<Node>> {
        self.nodes.get(id.index())?.as_ref()
    }

    /// The nodes that are there, by slot.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Arc<Node>)> {
        self.nodes
            .iter()
            .enumerate()
            .filter_map(|(at, node)| Some((NodeId(at as u32), node.as_ref()?)))
    }

    /// How many slots there are: the length of every column.
    pub fn slots(&self) -> usize {
        self.nodes.len()
    }

    /// The pods bound to `id` that are not over.
    pub fn pods_on(&self, id: NodeId) -> &[PodId] {
        self.pods.get(id.index()).map_or(&[], Vec::as_slice)
    }
}
