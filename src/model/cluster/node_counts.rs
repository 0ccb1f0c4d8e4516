//! How many of something are on which nodes.

use crate::model::ids::NodeId;

/// A number for each node that has any, by node. Small where few have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeCounts(Vec<(NodeId, u32)>);

impl NodeCounts {
    /// The nodes that have any, in the order of their slots, with how many.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, u32)> + '_ {
        self.0.iter().copied()
    }

    /// How many `node` has.
    pub fn on(&self, node: NodeId) -> u32 {
        let at = self.0.binary_search_by_key(&node, |&(id, _)| id);
        at.ok()
            .and_then(|at| self.0.get(at))
            .map_or(0, |&(_, count)| count)
    }

    /// Whether no node has any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, node: NodeId) {
        match self.0.binary_search_by_key(&node, |&(id, _)| id) {
            Ok(at) => self.0[at].1 += 1,
            Err(at) => {
                if self.0.is_empty() {
                    self.0.reserve_exact(1);
                }
                self.0.insert(at, (node, 1));
            }
        }
    }

    pub(super) fn remove(&mut self, node: NodeId) {
        if let Ok(at) = self.0.binary_search_by_key(&node, |&(id, _)| id) {
            self.0[at].1 -= 1;
            if self.0[at].1 == 0 {
                self.0.remove(at);
            }
        }
    }
}
