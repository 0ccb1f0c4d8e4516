//! What stands under each label.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// For each label, by key and value, the things under it, sorted.
#[derive(Clone, Debug)]
pub(super) struct Postings<T>(FxHashMap<Arc<str>, FxHashMap<Arc<str>, Vec<T>>>);

impl<T> Default for Postings<T> {
    fn default() -> Self {
        Self(FxHashMap::default())
    }
}

impl<T: Copy + Ord> Postings<T> {
    pub(super) fn under(&self, key: &str, value: &str) -> &[T] {
        let list = self.0.get(key).and_then(|values| values.get(value));
        list.map_or(&[], Vec::as_slice)
    }

    pub(super) fn insert(&mut self, key: &Arc<str>, value: &Arc<str>, thing: T) {
        let values = self.0.entry(Arc::clone(key)).or_default();
        insert(values.entry(Arc::clone(value)).or_default(), thing);
    }

    pub(super) fn remove(&mut self, key: &str, value: &str, thing: T) {
        let Some(values) = self.0.get_mut(key) else {
            return;
        };
        remove(values, value, &thing);
        if values.is_empty() {
            self.0.remove(key);
        }
    }
}

/// Puts `thing` into the sorted `list`, of which most hold one thing only.
pub(super) fn insert<T: Ord>(list: &mut Vec<T>, thing: T) {
    if let Err(at) = list.binary_search(&thing) {
        if list.is_empty() {
            list.reserve_exact(1);
        }
        list.insert(at, thing);
    }
}

/// Takes `thing` out of the sorted list under `value`, and the list away where nothing is left.
pub(super) fn remove<T: Ord>(lists: &mut FxHashMap<Arc<str>, Vec<T>>, value: &str, thing: &T) {
    let Some(list) = lists.get_mut(value) else {
        return;
    };
    if let Ok(at) = list.binary_search(thing) {
        list.remove(at);
    }
    if list.is_empty() {
        lists.remove(value);
    }
}
