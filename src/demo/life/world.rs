//! What the controllers look at: the store, and what would take too long to look for in it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock},
};

use super::label_selector::LabelSelector;
use crate::demo::{
    kinds::{KINDS, POD, Table},
    object::{Key, Object},
    pace::Pace,
    store::{Change, Store},
};

/// Every table with objects that can have owners, or be one: all but the events.
pub(crate) static OWNING: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let tables: BTreeSet<Table> = KINDS.iter().map(|kind| kind.table).collect();
    let apart = [Table::Events, Table::Nowhere];
    tables
        .into_iter()
        .filter(|table| !apart.contains(table))
        .collect()
});

/// The store with indexes: objects by their owners, pods by node, and pods that nobody controls by their labels.
pub(crate) struct World {
    pub(crate) store: Arc<Store>,
    pub(crate) pace: Pace,
    /// The revision up to which the indexes are made.
    reached: u64,
    /// Per table: up to where its log is read.
    seen: Vec<(Table, u64)>,
    index: HashMap<Spot, BTreeSet<(Table, Key)>>,
}

/// Where the index has an object.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Spot {
    /// A pod that is bound to that node.
    Node(Box<str>),
    /// An object with an owner of that uid.
    Owner(Box<str>),
    /// A pod without a controller, by its namespace and one label; an empty one stands for all of the namespace.
    Orphan(Arc<str>, Box<str>),
}

impl World {
    pub(super) fn new(store: Arc<Store>, pace: Pace) -> Self {
        Self {
            store,
            pace,
            reached: 0,
            seen: OWNING.iter().map(|table| (*table, 0)).collect(),
            index: HashMap::new(),
        }
    }

    /// The tables that the indexes are made of.
    pub(super) fn tables() -> &'static [Table] {
        &OWNING
    }

    /// Brings the indexes up to the present; answers whether anything has changed.
    pub(super) fn catch_up(&mut self) -> bool {
        let revision = self.store.revision();
        if revision == self.reached {
            return false;
        }
        self.reached = revision;
        let Self {
            store, seen, index, ..
        } = self;
        let mut moved = false;
        for (table, seen) in seen {
            let Ok((changes, reached)) = store.changes(*table, *seen, usize::MAX) else {
                // The log does not reach back: that table is read as a whole.
                for keys in index.values_mut() {
                    keys.retain(|(of, _)| of != table);
                }
                index.retain(|_, keys| !keys.is_empty());
                let all = store.list(*table, None);
                *seen = all.revision;
                for object in &all.objects {
                    place(index, None, Some(object));
                }
                moved = true;
                continue;
            };
            *seen = reached;
            moved |= !changes.is_empty();
            for change in &changes {
                let after = (!change.deleted).then_some(&*change.after);
                place(index, change.before.as_deref(), after);
            }
        }
        moved
    }

    /// The pods bound to a node, finished ones as well.
    pub(crate) fn pods_on(&self, node: &str) -> Vec<Arc<Object>> {
        self.at(&Spot::Node(node.into())).collect()
    }

    /// The pods that an object controls, by its uid.
    pub(crate) fn pods_of(&self, controller: &str) -> Vec<Arc<Object>> {
        self.controlled(Table::Pods, controller)
    }

    /// The objects of a kind that an object controls, by its uid.
    pub(crate) fn controlled(&self, table: Table, controller: &str) -> Vec<Arc<Object>> {
        let owned = self.dependents(controller).filter(|(of, _)| *of == table);
        let objects = owned.filter_map(|(_, key)| self.store.get(table, key));
        objects
            .filter(|object| &*object.controller == controller)
            .collect()
    }

    /// How many objects have an owner of that uid.
    pub(crate) fn count_dependents(&self, owner: &str) -> usize {
        self.index
            .get(&Spot::Owner(owner.into()))
            .map_or(0, BTreeSet::len)
    }

    /// What has an owner of that uid.
    pub(crate) fn dependents(&self, owner: &str) -> impl Iterator<Item = &(Table, Key)> {
        self.index.get(&Spot::Owner(owner.into())).into_iter().flatten()
    }

    /// The pods of a namespace that no controller has and that a selector selects.
    pub(crate) fn orphans(&self, namespace: &str, selector: &LabelSelector) -> Vec<Arc<Object>> {
        let label = selector.required().unwrap_or_default();
        let spot = Spot::Orphan(namespace.into(), label.into());
        self.at(&spot).filter(|pod| selector.selects(pod)).collect()
    }

    fn at(&self, spot: &Spot) -> impl Iterator<Item = Arc<Object>> {
        let keys = self.index.get(spot).into_iter().flatten();
        keys.filter_map(|(table, key)| self.store.get(*table, key))
    }
}

fn spots(object: &Object) -> Vec<Spot> {
    let mut spots: Vec<Spot> = object
        .owner_uids()
        .filter(|uid| !uid.is_empty())
        .map(|uid| Spot::Owner(uid.into()))
        .collect();
    if object.table == Table::Pods {
        let node = object.field(&POD, "spec.nodeName");
        if !node.is_empty() {
            spots.push(Spot::Node(node.into()));
        }
        if object.controller.is_empty() {
            let namespace = &object.key.namespace;
            spots.push(Spot::Orphan(Arc::clone(namespace), Box::default()));
            let labels = object.labels.iter();
            spots.extend(labels.map(|(k, v)| Spot::Orphan(Arc::clone(namespace), format!("{k}={v}").into())));
        }
    }
    spots
}

fn place(index: &mut HashMap<Spot, BTreeSet<(Table, Key)>>, before: Option<&Object>, after: Option<&Object>) {
    let old = before.map(spots).unwrap_or_default();
    let new = after.map(spots).unwrap_or_default();
    if old == new {
        return;
    }
    if let Some(before) = before {
        let place = (before.table, before.key.clone());
        for spot in old {
            if let Some(keys) = index.get_mut(&spot) {
                keys.remove(&place);
                if keys.is_empty() {
                    index.remove(&spot);
                }
            }
        }
    }
    if let Some(after) = after {
        for spot in new {
            index
                .entry(spot)
                .or_default()
                .insert((after.table, after.key.clone()));
        }
    }
}

/// An object as a change that made it: what controllers are shown where the log does not reach back.
pub(super) fn as_new(object: Arc<Object>) -> Change {
    Change {
        revision: object.revision,
        before: None,
        after: object,
        deleted: false,
    }
}
