//! What changed lately, node by node, so that decisions need not be made again from nothing.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::model::ids::NodeId;
use crate::model::pod::Pod;

/// A change that concerns one node.
#[derive(Clone, Debug)]
pub struct NodeChange {
    /// The node.
    pub node: NodeId,
    /// What changed.
    pub what: NodeAspect,
}

/// What of a node changed.
#[derive(Clone, Debug)]
pub enum NodeAspect {
    /// Its labels, and perhaps more of it.
    Labels,
    /// Something else of its own: taints, allocatable, cordon.
    Own,
    /// Images that it holds.
    Images,
    /// A pod is there that was not.
    PodCame(Arc<Pod>),
    /// A pod is there no more.
    PodWent(Arc<Pod>),
    /// Claims of a pod on it were seen to: volumes and devices that others could have had, wherever, are taken, or free
    /// again.
    Claims,
}

/// More changes than this are not worth following one by one.
const KEPT: usize = 512;

/// The latest changes to what decisions depend on, by the generation that they made.
#[derive(Clone, Debug, Default)]
pub(super) struct ChangeLog {
    changes: VecDeque<(u64, NodeChange)>,
    /// All that came later is in `changes`.
    since: u64,
}

impl ChangeLog {
    /// Something changed that is more than single nodes.
    pub(super) fn everything(&mut self, generation: u64) {
        self.changes.clear();
        self.since = generation;
    }

    pub(super) fn node(&mut self, generation: u64, change: NodeChange) {
        if self.changes.len() >= KEPT
            && let Some((forgotten, _)) = self.changes.pop_front()
        {
            self.since = self.since.max(forgotten);
        }
        self.changes.push_back((generation, change));
    }

    /// What changed after `generation`; `None` where that is more than single nodes, or too long ago.
    pub(super) fn since(&self, generation: u64) -> Option<Vec<&NodeChange>> {
        if generation < self.since {
            return None;
        }
        let later = self.changes.iter().rev().take_while(|(of, _)| *of > generation);
        let mut changes: Vec<_> = later.map(|(_, change)| change).collect();
        changes.reverse();
        Some(changes)
    }
}
