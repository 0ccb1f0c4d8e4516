//! The pod table.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::ids::{PodId, PodKey};
use crate::model::pod::Pod;

/// Pods by slot.
#[derive(Clone, Debug, Default)]
pub struct PodTable {
    pods: Vec<Option<Arc<Pod>>>,
    by_key: FxHashMap<PodKey, PodId>,
    waiting: FxHashSet<PodId>,
}

impl PodTable {
    /// The slot of `key`.
    pub fn id(&self, key: &PodKey) -> Option<PodId> {
        self.by_key.get(key).copied()
    }

    /// The pod in `id`.
    pub fn get(&self, id: PodId) -> Option<&Arc<Pod>> {
        self.pods.get(id.index())?.as_ref()
    }

    /// The pods that wait for a node.
    pub fn waiting(&self) -> impl Iterator<Item = PodId> + '_ {
        self.waiting.iter().copied()
    }

    /// How many pods there are.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}
