//! Label sets.

use std::sync::Arc;

/// A set of labels, sorted by key. Sets are interned: pods of one owner share one allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Labels(Box<[(Arc<str>, Arc<str>)]>);

impl Labels {
    /// The value of `key`, if the set has it.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.get_shared(key).map(|value| &**value)
    }

    /// As [`Labels::get`], sharing the value's allocation.
    pub fn get_shared(&self, key: &str) -> Option<&Arc<str>> {
        let at = self.0.binary_search_by(|(have, _)| (**have).cmp(key)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// Key and value of each label, in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The same with `key` set to `value`, or without it.
    #[must_use]
    pub fn with(&self, key: &str, value: Option<Arc<str>>) -> Self {
        let rest = self.0.iter().filter(|(have, _)| **have != *key).cloned();
        rest.chain(value.map(|value| (Arc::from(key), value))).collect()
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<Arc<str>>, V: Into<Arc<str>>> FromIterator<(K, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut all: Vec<(Arc<str>, Arc<str>)> = pairs
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        all.sort();
        all.dedup_by(|later, earlier| later.0 == earlier.0);
        Self(all.into())
    }
}
