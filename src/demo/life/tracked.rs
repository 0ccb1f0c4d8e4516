//! The objects of a controller's kind, as far as it has to know them when it sees a pod.

use std::{collections::HashMap, time::Duration};

use super::{
    label_selector::{LabelSelector, Selecting},
    queue::Queue,
    world::World,
};
use crate::demo::{
    object::{Key, Object},
    store::Change,
};

/// From so many pods on, an owner is not looked at for each change of one.
const MANY: usize = 50;
/// How long it is waited then for more changes.
const GATHER: Duration = Duration::from_millis(150);

/// Which object has which uid, and selects what.
#[derive(Default)]
pub(crate) struct Tracked {
    keys: HashMap<Box<str>, Key>,
    selecting: Selecting,
}

impl Tracked {
    /// Sees a change of an object of the controller's own kind.
    pub(crate) fn see(&mut self, change: &Change, selector: impl FnOnce() -> LabelSelector) {
        let object = &change.after;
        if change.deleted {
            // Another may have taken its name by now.
            if self.keys.remove(&object.uid).is_some() {
                self.selecting.remove(&object.key);
            }
        } else {
            self.keys.insert(object.uid.clone(), object.key.clone());
            self.selecting.insert(&object.key, selector());
        }
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.values()
    }

    /// Which object of the kind has this uid.
    pub(crate) fn key(&self, uid: &str) -> Option<&Key> {
        self.keys.get(uid)
    }

    /// Sees a change of a pod, or of what else is owned: its owner has to be looked at, or, if it has none, whoever selects it.
    pub(crate) fn see_owned(&self, change: &Change, world: &World, queue: &mut Queue) {
        let after = &*change.after;
        let before = change.before.as_deref();
        for object in before
            .into_iter()
            .filter(|b| b.controller != after.controller)
            .chain([after])
        {
            if let Some(key) = self.keys.get(&*object.controller) {
                if world.count_dependents(&object.controller) < MANY {
                    queue.add(key.clone());
                } else {
                    queue.add_after(key.clone(), GATHER);
                }
            }
        }
        if after.controller.is_empty() && !change.deleted && is_new_orphan(before, after) {
            for key in self.selecting.of(after) {
                queue.add(key);
            }
        }
    }
}

/// Nobody had to look at it before, or it has other labels now.
fn is_new_orphan(before: Option<&Object>, after: &Object) -> bool {
    before.is_none_or(|before| !before.controller.is_empty() || before.labels != after.labels)
}
