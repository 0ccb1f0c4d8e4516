//! Storage found through other keys than its name.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::NodeTable;
use crate::model::storage::{CsiNode, CsiStorageCapacity, PersistentVolume, VolumeAttachment};

type ByName<T> = BTreeMap<Arc<str>, Arc<T>>;
type ByNamespace<T> = BTreeMap<(Arc<str>, Arc<str>), Arc<T>>;

/// What the plugins ask of storage, kept up to date with the tables of objects.
#[derive(Clone, Debug, Default)]
pub struct StorageIndex {
    free: FxHashMap<Arc<str>, ByName<PersistentVolume>>,
    claimed: FxHashMap<(Arc<str>, Arc<str>), ByName<PersistentVolume>>,
    capacities: FxHashMap<Arc<str>, ByNamespace<CsiStorageCapacity>>,
    attachments: FxHashMap<Arc<str>, ByName<VolumeAttachment>>,
}

/// What is kept beside the tables of objects and follows them.
#[derive(Debug)]
pub struct Derived<'a> {
    /// The nodes' columns.
    pub nodes: &'a mut NodeTable,
    /// Storage by other keys.
    pub storage: &'a mut StorageIndex,
}

impl StorageIndex {
    /// The volumes of `class` that are for no claim yet, by name.
    pub fn free(&self, class: &str) -> impl Iterator<Item = &Arc<PersistentVolume>> {
        self.free.get(class).into_iter().flat_map(BTreeMap::values)
    }

    /// The volumes that are bound to, or kept for, the claim `name` of `namespace`, by name.
    pub fn claimed(
        &self,
        namespace: &Arc<str>,
        name: &Arc<str>,
    ) -> impl Iterator<Item = &Arc<PersistentVolume>> {
        let key = (Arc::clone(namespace), Arc::clone(name));
        self.claimed.get(&key).into_iter().flat_map(BTreeMap::values)
    }

    /// What is told about storage left for `class`, by namespace and name.
    pub fn capacities(&self, class: &str) -> impl Iterator<Item = &Arc<CsiStorageCapacity>> {
        self.capacities.get(class).into_iter().flat_map(BTreeMap::values)
    }

    /// What is attached, or to be attached, to the node called `name`.
    pub fn attachments(&self, node: &str) -> impl Iterator<Item = &Arc<VolumeAttachment>> {
        self.attachments.get(node).into_iter().flat_map(BTreeMap::values)
    }

    /// How many attachments [`StorageIndex::attachments`] gives.
    pub fn attachment_count(&self, node: &str) -> usize {
        self.attachments.get(node).map_or(0, BTreeMap::len)
    }

    /// Follows a change of a PersistentVolume.
    pub fn note_volume(
        &mut self,
        before: Option<&Arc<PersistentVolume>>,
        after: Option<&Arc<PersistentVolume>>,
    ) {
        let claim_key = |volume: &PersistentVolume| {
            let claim = volume.claim.as_ref()?;
            Some((Arc::clone(&claim.namespace), Arc::clone(&claim.name)))
        };
        if let Some(volume) = before {
            match claim_key(volume) {
                Some(key) => take(&mut self.claimed, &key, &volume.name),
                None => take(&mut self.free, &volume.class, &volume.name),
            }
        }
        if let Some(volume) = after {
            let within = match claim_key(volume) {
                Some(key) => self.claimed.entry(key).or_default(),
                None => self.free.entry(Arc::clone(&volume.class)).or_default(),
            };
            within.insert(Arc::clone(&volume.name), Arc::clone(volume));
        }
    }

    /// Follows a change of a CSIStorageCapacity.
    pub fn note_capacity(
        &mut self,
        before: Option<&Arc<CsiStorageCapacity>>,
        after: Option<&Arc<CsiStorageCapacity>>,
    ) {
        let key =
            |capacity: &CsiStorageCapacity| (Arc::clone(&capacity.namespace), Arc::clone(&capacity.name));
        if let Some(capacity) = before {
            take(&mut self.capacities, &capacity.class, &key(capacity));
        }
        if let Some(capacity) = after {
            let within = self.capacities.entry(Arc::clone(&capacity.class)).or_default();
            within.insert(key(capacity), Arc::clone(capacity));
        }
    }
}

impl Derived<'_> {
    /// Follows a change of the CSINode `name`.
    pub fn note_csi_node(&mut self, name: &str, after: Option<&Arc<CsiNode>>) {
        self.nodes.set_csi(name, after);
    }

    /// Follows a change of the VolumeAttachment `name`.
    pub fn note_attachment(
        &mut self,
        name: &Arc<str>,
        before: Option<&Arc<VolumeAttachment>>,
        after: Option<&Arc<VolumeAttachment>>,
    ) {
        let all = &mut self.storage.attachments;
        if let Some(attachment) = before {
            take(all, &attachment.node, name);
        }
        if let Some(attachment) = after {
            let within = all.entry(Arc::clone(&attachment.node)).or_default();
            within.insert(Arc::clone(name), Arc::clone(attachment));
        }
        for attachment in before.into_iter().chain(after) {
            let count = self.storage.attachment_count(&attachment.node);
            self.nodes.set_attachments(&attachment.node, count);
        }
    }
}

fn take<K: Eq + std::hash::Hash, N: Ord, T>(all: &mut FxHashMap<K, BTreeMap<N, T>>, key: &K, name: &N) {
    if let Some(within) = all.get_mut(key) {
        within.remove(name);
        if within.is_empty() {
            all.remove(key);
        }
    }
}
