//! Pods that wait and have a node nominated: others of no higher priority leave it its room.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::model::{Pod, PodKey};

/// Who is nominated for which node.
#[derive(Debug, Default)]
pub(super) struct Nominations {
    /// As the cache has them: node and priority.
    all: FxHashMap<PodKey, (Arc<str>, i32)>,
    /// Those of ours that the watches have not brought yet.
    ours: FxHashMap<PodKey, Arc<str>>,
}

impl Nominations {
    /// Takes note of what `pod`, which waits, has nominated.
    pub(super) fn note(&mut self, pod: &Pod) {
        match &pod.nominated_node {
            Some(node) => {
                let nomination = (Arc::clone(node), pod.spec.priority);
                self.all.insert(pod.key.clone(), nomination);
            }
            None => {
                self.all.remove(&pod.key);
            }
        }
    }

    /// The pod called `key` is bound, or gone.
    pub(super) fn forget(&mut self, key: &PodKey) {
        self.all.remove(key);
        self.ours.remove(key);
    }

    /// We nominate `node` for the pod called `key`.
    pub(super) fn take(&mut self, key: &PodKey, node: &Arc<str>) {
        self.ours.insert(key.clone(), Arc::clone(node));
    }

    /// Our nomination of the pod called `key` is written, or was given up.
    pub(super) fn given_up(&mut self, key: &PodKey) {
        self.ours.remove(key);
    }

    /// Whether we nominated a node for the pod called `key`, and that is not settled yet.
    pub(super) fn is_ours(&self, key: &PodKey) -> bool {
        self.ours.contains_key(key)
    }

    /// The node that we nominated.
    pub(super) fn ours(&self, key: &PodKey) -> Option<&Arc<str>> {
        self.ours.get(key)
    }

    /// The other pods that count as there when `pod` is judged, in no particular order: those of at least its priority.
    pub(super) fn beside(&self, pod: &Pod) -> Vec<(PodKey, Arc<str>)> {
        let others = self.all.iter();
        others
            .filter(|(key, (_, priority))| **key != pod.key && *priority >= pod.spec.priority)
            .map(|(key, (node, _))| (key.clone(), Arc::clone(node)))
            .collect()
    }
}
