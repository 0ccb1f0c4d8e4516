//! What the controllers look at: the store, and what would take too long to look for in it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use crate::demo::{
    kinds::{POD, Table},
    object::{Key, Object},
    pace::Pace,
    store::{Change, Store},
};

/// The store with indexes: pods by node, and by the controller that owns them.
pub(crate) struct World {
    pub(crate) store: Arc<Store>,
    pub(crate) pace: Pace,
    seen: u64,
    on_node: HashMap<Box<str>, BTreeSet<Key>>,
    /// By the uid of the owner that is their controller.
    owned: HashMap<Box<str>, BTreeSet<Key>>,
    /// Where each pod stands in the indexes.
    places: HashMap<Key, Place>,
}

#[derive(Default, PartialEq, Eq)]
struct Place {
    node: Box<str>,
    controller: Box<str>,
}

impl World {
    /// The kinds that the indexes are made of.
    pub(super) const TABLES: &'static [Table] = &[Table::Pods];

    pub(super) fn new(store: Arc<Store>, pace: Pace) -> Self {
        Self {
            store,
            pace,
            seen: 0,
            on_node: HashMap::new(),
            owned: HashMap::new(),
            places: HashMap::new(),
        }
    }

    /// Brings the indexes up to the present; answers whether anything has changed.
    pub(super) fn catch_up(&mut self) -> bool {
        let changes = match self.store.changes(Table::Pods, self.seen, usize::MAX) {
            Ok((changes, reached)) => {
                self.seen = reached;
                changes
            }
            Err(_) => {
                self.on_node.clear();
                self.owned.clear();
                self.places.clear();
                let all = self.store.list(Table::Pods, None);
                self.seen = all.revision;
                let change = |object: Arc<Object>| Change {
                    revision: object.revision,
                    before: None,
                    after: object,
                    deleted: false,
                };
                all.objects.into_iter().map(change).collect()
            }
        };
        for change in &changes {
            self.place(change);
        }
        !changes.is_empty()
    }

    fn place(&mut self, change: &Change) {
        let key = &change.after.key;
        let new = (!change.deleted).then(|| Place {
            node: change.after.field(&POD, "spec.nodeName").into(),
            controller: change.after.controller.clone(),
        });
        if self.places.get(key) == new.as_ref() {
            return;
        }
        if let Some(old) = self.places.remove(key) {
            take(&mut self.on_node, &old.node, key);
            take(&mut self.owned, &old.controller, key);
        }
        if let Some(new) = new {
            for (index, at) in [(&mut self.on_node, &new.node), (&mut self.owned, &new.controller)] {
                if !at.is_empty() {
                    index.entry(at.clone()).or_default().insert(key.clone());
                }
            }
            self.places.insert(key.clone(), new);
        }
    }

    /// The pods bound to a node, finished ones as well.
    pub(crate) fn pods_on(&self, node: &str) -> Vec<Arc<Object>> {
        self.pods(self.on_node.get(node))
    }

    /// The pods that an object controls, by its uid.
    pub(crate) fn pods_of(&self, controller: &str) -> Vec<Arc<Object>> {
        self.pods(self.owned.get(controller))
    }

    fn pods(&self, keys: Option<&BTreeSet<Key>>) -> Vec<Arc<Object>> {
        let keys = keys.into_iter().flatten();
        keys.filter_map(|key| self.store.get(Table::Pods, key)).collect()
    }
}

fn take(index: &mut HashMap<Box<str>, BTreeSet<Key>>, at: &str, key: &Key) {
    if let Some(keys) = index.get_mut(at) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(at);
        }
    }
}
