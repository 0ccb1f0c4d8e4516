//! One allocation for equal values.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::image::NodeImage;
use super::labels::Labels;
use super::pod::PodSpec;
use super::pod_affinity::PodAffinity;
use super::resources::{Load, ResourceNames};
use super::selector::NodeSelector;
use super::volume::PodVolume;
use super::workload::Owner;

/// Shares strings, label sets, pod specs and resource ids among the objects of one cluster cache.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    strings: Pool<str>,
    labels: Pool<Labels>,
    specs: Pool<PodSpec>,
    loads: Pool<Load>,
    pod_affinities: Pool<PodAffinity>,
    images: Pool<NodeImage>,
    owners: Pool<Owner>,
    selectors: Pool<NodeSelector>,
    volumes: Pool<[PodVolume]>,
    /// The resources met so far.
    pub resources: ResourceNames,
}

impl Interner {
    /// A shared copy of `text`, for values that many objects have in common.
    pub fn string(&mut self, text: &str) -> Arc<str> {
        match self.strings.get(text) {
            Some(have) => have,
            None => self.strings.insert(text.into()),
        }
    }

    /// A shared set of the labels in `pairs`, keys and values shared too.
    pub fn labels<'a>(&mut self, pairs: impl Iterator<Item = (&'a String, &'a String)>) -> Arc<Labels> {
        let labels = pairs
            .map(|(key, value)| (self.string(key), self.string(value)))
            .collect();
        self.labels.share(labels)
    }

    /// A shared copy of `labels`.
    pub fn label_set(&mut self, labels: Labels) -> Arc<Labels> {
        self.labels.share(labels)
    }

    /// A shared copy of `spec`.
    pub fn spec(&mut self, spec: PodSpec) -> Arc<PodSpec> {
        self.specs.share(spec)
    }

    /// A shared copy of `affinity`.
    pub fn pod_affinity(&mut self, affinity: PodAffinity) -> Arc<PodAffinity> {
        self.pod_affinities.share(affinity)
    }

    /// A shared copy of `selector`.
    pub fn selector(&mut self, selector: NodeSelector) -> Arc<NodeSelector> {
        self.selectors.share(selector)
    }

    /// A shared copy of `volumes`.
    pub fn volumes(&mut self, volumes: Vec<PodVolume>) -> Arc<[PodVolume]> {
        match self.volumes.get(&*volumes) {
            Some(have) => have,
            None => self.volumes.insert(volumes.into()),
        }
    }

    /// A shared copy of `load`.
    pub fn load(&mut self, load: Load) -> Arc<Load> {
        self.loads.share(load)
    }

    /// A shared copy of `image`.
    pub fn image(&mut self, image: NodeImage) -> Arc<NodeImage> {
        self.images.share(image)
    }

    /// A shared copy of `owner`.
    pub fn owner(&mut self, owner: Owner) -> Arc<Owner> {
        self.owners.share(owner)
    }
}

#[derive(Debug)]
struct Pool<T: ?Sized> {
    values: FxHashSet<Arc<T>>,
    sweep_at: usize,
}

impl<T: ?Sized> Clone for Pool<T> {
    fn clone(&self) -> Self {
        Self {
            values: self.values.clone(),
            sweep_at: self.sweep_at,
        }
    }
}

impl<T: ?Sized> Default for Pool<T> {
    fn default() -> Self {
        Self {
            values: FxHashSet::default(),
            sweep_at: 1024,
        }
    }
}

impl<T: ?Sized + Eq + Hash> Pool<T> {
    fn get(&self, value: &T) -> Option<Arc<T>> {
        self.values.get(value).cloned()
    }

    /// Adds `value`; at every doubling, drops what nobody else holds any more.
    fn insert(&mut self, value: Arc<T>) -> Arc<T> {
        if self.values.len() >= self.sweep_at {
            self.values.retain(|held| Arc::strong_count(held) > 1);
            self.sweep_at = (self.values.len() * 2).max(1024);
        }
        self.values.insert(Arc::clone(&value));
        value
    }
}

impl<T: Eq + Hash> Pool<T> {
    fn share(&mut self, value: T) -> Arc<T> {
        match self.get(&value) {
            Some(have) => have,
            None => self.insert(Arc::new(value)),
        }
    }
}
