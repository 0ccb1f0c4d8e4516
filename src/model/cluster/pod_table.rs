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
    /// How many waiting pods ask for each image.
    awaited: FxHashMap<Arc<str>, u32>,
    free: Vec<PodId>,
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

    /// The pods, by slot.
    pub fn iter(&self) -> impl Iterator<Item = (PodId, &Arc<Pod>)> {
        let slots = self.pods.iter().enumerate();
        slots.filter_map(|(at, pod)| Some((PodId(at as u32), pod.as_ref()?)))
    }

    /// The pods that wait for a node.
    pub fn waiting(&self) -> impl Iterator<Item = PodId> + '_ {
        self.waiting.iter().copied()
    }

    /// Whether a pod that waits asks for the image called `name`.
    pub fn await_image(&self, name: &str) -> bool {
        self.awaited.contains_key(name)
    }

    /// How many pods there are.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &PodKey> {
        self.by_key.keys()
    }

    /// Puts in `pod`; gives its slot and the pod that was there under the same name.
    pub(super) fn put(&mut self, pod: Arc<Pod>) -> (PodId, Option<Arc<Pod>>) {
        let id = self.by_key.get(&pod.key).copied().unwrap_or_else(|| {
            let id = self.free.pop().unwrap_or_else(|| {
                self.pods.push(None);
                PodId((self.pods.len() - 1) as u32)
            });
            self.by_key.insert(pod.key.clone(), id);
            id
        });
        if pod.is_waiting() {
            self.waiting.insert(id);
        } else {
            self.waiting.remove(&id);
        }
        self.wait(&pod);
        let before = self.pods.get_mut(id.index()).and_then(|slot| slot.replace(pod));
        if let Some(before) = &before {
            self.wait_no_more(before);
        }
        (id, before)
    }

    pub(super) fn remove(&mut self, key: &PodKey) -> Option<(PodId, Arc<Pod>)> {
        let id = self.by_key.remove(key)?;
        self.waiting.remove(&id);
        self.free.push(id);
        let pod = self.pods.get_mut(id.index())?.take()?;
        self.wait_no_more(&pod);
        Some((id, pod))
    }

    fn wait(&mut self, pod: &Pod) {
        if pod.is_waiting() {
            for image in &pod.spec.images {
                *self.awaited.entry(Arc::clone(&image.name)).or_default() += 1;
            }
        }
    }

    fn wait_no_more(&mut self, pod: &Pod) {
        if !pod.is_waiting() {
            return;
        }
        for image in &pod.spec.images {
            if let Some(count) = self.awaited.get_mut(&image.name) {
                *count -= 1;
                if *count == 0 {
                    self.awaited.remove(&image.name);
                }
            }
        }
    }
}
