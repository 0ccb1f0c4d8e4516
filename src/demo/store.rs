//! The store: every object at its current version, and a bounded log of what changed.
//!
//! One revision counter spans all kinds, as etcd's does. Versions are immutable and shared. Watches hold no queue:
//! each remembers a revision and reads the log from there, so a slow one costs nothing and, once the log no longer
//! reaches back to it, is told that its version is too old.

use std::{
    collections::{BTreeMap, VecDeque, btree_map::Entry},
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::{sync::watch, time::Instant};

use super::{
    failure::Failure,
    kinds::{Kind, Table},
    object::{Key, Object},
};

/// One write: what an object was and what it became.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    /// `None`: the object was made by this write.
    pub(crate) before: Option<Arc<Object>>,
    /// Of a deletion: the last version, under the revision of its deletion.
    pub(crate) after: Arc<Object>,
    pub(crate) deleted: bool,
}

/// What a write decides to do with an object.
pub(crate) enum Write {
    /// Store this tree. A tree equal to the stored one writes nothing, as upstream.
    Put(Value),
    /// Remove the object; the tree is its last state.
    Remove(Value),
    /// Change nothing.
    Keep,
}

/// The objects of a kind at one revision.
pub(crate) struct Snapshot {
    pub(crate) revision: u64,
    pub(crate) objects: Vec<Arc<Object>>,
}

#[derive(Default)]
struct Shelf {
    objects: BTreeMap<Key, Arc<Object>>,
    log: VecDeque<Change>,
    /// The log holds every change after this revision.
    floor: u64,
}

struct Inner {
    revision: u64,
    shelves: Vec<Shelf>,
    /// When the log was last looked through, and the revision of then: at the next time, all up to there goes.
    looked: (Instant, u64),
    /// Nothing from before this revision is told to whoever asks anew.
    compacted: u64,
}

impl Inner {
    fn new(shelves: Vec<Shelf>) -> Self {
        Self {
            // Revision 1 is the empty store, so that 0 never is a version that someone has seen.
            revision: 1,
            shelves,
            looked: (Instant::now(), 1),
            compacted: 0,
        }
    }

    /// Takes out of the log what is older than the interval, where it is time to; what it was is for the caller to drop,
    /// once others can go on.
    ///
    /// An API server has etcd do the same, so that there, too, a version is good for five to ten minutes. There is no clock
    /// in it: a store that nobody writes to does nothing.
    fn compact(&mut self) -> Vec<Change> {
        let now = Instant::now();
        let (then, revision) = self.looked;
        if now.saturating_duration_since(then) < COMPACT_EVERY {
            return Vec::new();
        }
        self.looked = (now, self.revision);
        self.compacted = revision;
        let mut gone = Vec::new();
        for shelf in &mut self.shelves {
            let old = shelf.first_after(revision);
            gone.extend(shelf.log.drain(..old));
            if let Some(last) = gone.last().filter(|_| old > 0) {
                // A watch that has seen all that there was goes on: only what was taken out is missing.
                shelf.floor = last.revision;
            }
        }
        gone
    }
}

/// How often versions are given up, as the API server's `--etcd-compaction-interval`.
const COMPACT_EVERY: Duration = Duration::from_secs(5 * 60);

/// The store.
pub(crate) struct Store {
    inner: Mutex<Inner>,
    wake: Vec<watch::Sender<u64>>,
    /// Changes kept per kind.
    history: usize,
}

impl Store {
    pub(crate) fn new(history: usize) -> Self {
        let shelves = (0..Table::COUNT).map(|_| Shelf::default()).collect();
        Self {
            inner: Mutex::new(Inner::new(shelves)),
            wake: (0..Table::COUNT).map(|_| watch::channel(1).0).collect(),
            history: history.max(1),
        }
    }

    /// The same store, keeping so many changes of each kind.
    pub(crate) fn keeping(mut self, history: usize) -> Self {
        self.history = history.max(1);
        self
    }

    /// A store of its own with the same objects, and nothing in its log. Objects are shared, so that this is quick.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new(self.history);
        let (from, mut to) = (self.lock(), copy.lock());
        let revision = from.revision;
        to.revision = revision;
        for (from, to) in from.shelves.iter().zip(&mut to.shelves) {
            to.objects.clone_from(&from.objects);
            to.floor = revision;
        }
        drop(to);
        drop(from);
        copy
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // No write leaves the shelves half changed, so what a panicking writer left is sound.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The revision of the latest write.
    pub(crate) fn revision(&self) -> u64 {
        self.lock().revision
    }

    /// The current version of one object.
    pub(crate) fn get(&self, table: Table, key: &Key) -> Option<Arc<Object>> {
        self.lock().shelves.get(table as usize)?.objects.get(key).cloned()
    }

    /// Tells of each later write to that table; the value is its revision.
    pub(crate) fn subscribe(&self, table: Table) -> Option<watch::Receiver<u64>> {
        self.wake.get(table as usize).map(watch::Sender::subscribe)
    }

    /// Decides what becomes of one object, and does it. Answers the version that results (of a removal: the last one),
    /// or nothing where there is none and none was made.
    ///
    /// The decision is made outside the store's lock, and made again where somebody else has written that object in the
    /// meantime; it may read the store.
    pub(crate) fn write(
        &self,
        kind: &Kind,
        key: &Key,
        mut decide: impl FnMut(Option<&Arc<Object>>) -> Result<Write, Failure>,
    ) -> Result<Option<Arc<Object>>, Failure> {
        loop {
            let (before, next) = self.before(kind.table, key);
            let (tree, deleted) = match decide(before.as_ref())? {
                Write::Keep => return Ok(before),
                Write::Put(tree) => (tree, false),
                Write::Remove(tree) => (tree, true),
            };
            // Frozen under the version that it will have, unless something else is written first.
            let after = Object::freeze(kind, tree, next);
            if let Some(before) = &before
                && !deleted
                && before.says_the_same(&after)
            {
                return Ok(Some(Arc::clone(before)));
            }
            if let Some(after) = self.put(key, before, after, deleted)? {
                return Ok(Some(after));
            }
        }
    }

    /// Puts an object made of the current one in its place, where there is one: for what the cluster itself writes all the
    /// time. `remake` is told the version to make it under, and may be asked again.
    pub(crate) fn remake(
        &self,
        kind: &Kind,
        key: &Key,
        remake: impl Fn(&Object, u64) -> Option<Object>,
    ) -> Result<Option<Arc<Object>>, Failure> {
        loop {
            let (before, next) = self.before(kind.table, key);
            let Some(after) = before.as_deref().and_then(|before| remake(before, next)) else {
                return Ok(None);
            };
            if let Some(after) = self.put(key, before, after, false)? {
                return Ok(Some(after));
            }
        }
    }

    /// The current version of an object, and the revision that the next write will have.
    fn before(&self, table: Table, key: &Key) -> (Option<Arc<Object>>, u64) {
        let inner = self.lock();
        let object = inner
            .shelves
            .get(table as usize)
            .and_then(|rows| rows.objects.get(key));
        (object.cloned(), inner.revision + 1)
    }

    /// Writes where `before` still is what is there, and answers nothing where it is not.
    fn put(
        &self,
        key: &Key,
        before: Option<Arc<Object>>,
        after: Object,
        deleted: bool,
    ) -> Result<Option<Arc<Object>>, Failure> {
        let table = after.table;
        let mut inner = self.lock();
        let Inner {
            revision, shelves, ..
        } = &mut *inner;
        let Some(rows) = shelves.get_mut(table as usize) else {
            return Err(Failure::method_not_allowed());
        };
        let unchanged = match (rows.objects.get(key), &before) {
            (Some(now), Some(before)) => Arc::ptr_eq(now, before),
            (None, None) => true,
            _ => false,
        };
        if !unchanged {
            return Ok(None);
        }
        *revision += 1;
        let after = Arc::new(if after.revision == *revision {
            after
        } else {
            after.reissued(*revision)
        });
        if deleted {
            rows.objects.remove(key);
        } else {
            rows.objects.insert(key.clone(), Arc::clone(&after));
        }
        rows.log.push_back(Change {
            revision: *revision,
            before,
            after: Arc::clone(&after),
            deleted,
        });
        while rows.log.len() > self.history {
            if let Some(oldest) = rows.log.pop_front() {
                rows.floor = oldest.revision;
            }
        }
        let revision = *revision;
        let gone = inner.compact();
        drop(inner);
        drop(gone);
        if let Some(wake) = self.wake.get(table as usize) {
            wake.send_replace(revision);
        }
        Ok(Some(after))
    }

    /// Takes many new objects in at once, without a word to the log: whoever watches from before is told that its
    /// version is too old. Names already taken are left as they are.
    pub(crate) fn load(&self, kind: &Kind, trees: impl IntoIterator<Item = Value>) {
        let freeze = |tree| move |revision| Object::freeze(kind, tree, revision);
        self.take_in(kind.table, trees.into_iter().map(freeze));
    }

    /// The same with objects that are made elsewhere, each under the revision that it is told.
    pub(crate) fn take_in(
        &self,
        table: Table,
        objects: impl IntoIterator<Item = impl FnOnce(u64) -> Object>,
    ) {
        let mut inner = self.lock();
        let Inner {
            revision, shelves, ..
        } = &mut *inner;
        let Some(rows) = shelves.get_mut(table as usize) else {
            return;
        };
        for make in objects {
            let object = Arc::new(make(*revision + 1));
            if let Entry::Vacant(slot) = rows.objects.entry(object.key.clone()) {
                slot.insert(object);
                *revision += 1;
            }
        }
        rows.log.clear();
        rows.floor = *revision;
        let revision = *revision;
        drop(inner);
        if let Some(wake) = self.wake.get(table as usize) {
            wake.send_replace(revision);
        }
    }

    /// All objects of a kind, or those of one namespace, in the order of their keys.
    pub(crate) fn list(&self, table: Table, namespace: Option<&str>) -> Snapshot {
        let inner = self.lock();
        let objects = inner
            .shelves
            .get(table as usize)
            .map(|s| s.range(namespace, None))
            .unwrap_or_default();
        Snapshot {
            revision: inner.revision,
            objects,
        }
    }

    /// Those objects of a kind that fulfil a condition: the others are not even counted.
    pub(crate) fn find(&self, table: Table, condition: impl Fn(&Object) -> bool) -> Vec<Arc<Object>> {
        let inner = self.lock();
        let rows = inner
            .shelves
            .get(table as usize)
            .map(|rows| rows.objects.values());
        rows.into_iter()
            .flatten()
            .filter(|object| condition(object))
            .cloned()
            .collect()
    }

    /// The objects as they were at an earlier revision, after a key: the log is undone back to there.
    pub(crate) fn list_at(
        &self,
        table: Table,
        namespace: Option<&str>,
        revision: u64,
        after: Option<&Key>,
    ) -> Result<Snapshot, Failure> {
        let inner = self.lock();
        let Some(rows) = inner.shelves.get(table as usize) else {
            return Ok(Snapshot {
                revision,
                objects: Vec::new(),
            });
        };
        let oldest = rows.floor.max(inner.compacted);
        if revision < oldest {
            return Err(Failure::too_old(revision, oldest));
        }
        let mut then: BTreeMap<&Key, Option<&Arc<Object>>> = BTreeMap::new();
        for change in rows.log.range(rows.first_after(revision)..) {
            then.entry(&change.after.key).or_insert(change.before.as_ref());
        }
        let mut objects = rows.range(namespace, after);
        objects.retain(|object| !then.contains_key(&object.key));
        let undone = then.iter().filter(|(key, _)| {
            namespace.is_none_or(|ns| &*key.namespace == ns) && after.is_none_or(|after| **key > after)
        });
        objects.extend(undone.filter_map(|(_, before)| before.cloned()));
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Snapshot { revision, objects })
    }

    /// Up to `limit` changes after a revision, and the revision up to which there are no others.
    pub(crate) fn changes(
        &self,
        table: Table,
        after: u64,
        limit: usize,
    ) -> Result<(Vec<Change>, u64), Failure> {
        let inner = self.lock();
        let Some(rows) = inner.shelves.get(table as usize) else {
            return Ok((Vec::new(), inner.revision));
        };
        if after < rows.floor {
            return Err(Failure::too_old(after, rows.floor));
        }
        let changes: Vec<Change> = rows
            .log
            .range(rows.first_after(after)..)
            .take(limit)
            .cloned()
            .collect();
        let reached = match changes.last() {
            Some(last) if changes.len() == limit => last.revision,
            _ => inner.revision,
        };
        Ok((changes, reached))
    }
}

impl Shelf {
    fn first_after(&self, revision: u64) -> usize {
        self.log.partition_point(|change| change.revision <= revision)
    }

    fn range(&self, namespace: Option<&str>, after: Option<&Key>) -> Vec<Arc<Object>> {
        let first = namespace.map(|ns| Key::new(ns, ""));
        let start = match (after, &first) {
            (Some(key), _) => Bound::Excluded(key),
            (None, Some(key)) => Bound::Included(key),
            (None, None) => Bound::Unbounded,
        };
        self.objects
            .range((start, Bound::Unbounded))
            .map(|(_, object)| object)
            .take_while(|object| namespace.is_none_or(|ns| &*object.key.namespace == ns))
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::demo::kinds;

    fn pod(name: u8, value: u8) -> Value {
        json!({"metadata": {"namespace": "ns", "name": format!("p{name}")}, "spec": {"v": value}})
    }

    fn state(objects: &[Arc<Object>]) -> BTreeMap<Key, u64> {
        objects.iter().map(|o| (o.key.clone(), o.revision)).collect()
    }

    proptest! {
        /// Replaying the log from any revision gives the present, undoing it gives that revision's state.
        #[test]
        fn the_log_leads_both_ways(steps in proptest::collection::vec((0..6u8, 0..4u8), 1..60), history in 1..80usize) {
            let store = Store::new(history);
            let mut past = vec![store.list(Table::Pods, None)];
            for (name, value) in steps {
                let key = Key::new("ns", &format!("p{name}"));
                let written = store.write(&kinds::POD, &key, |current| Ok(match (value, current) {
                    (0, Some(object)) => Write::Remove(object.tree()),
                    (0, None) => Write::Keep,
                    _ => Write::Put(pod(name, value)),
                }));
                prop_assert!(written.is_ok());
                past.push(store.list(Table::Pods, None));
            }
            let present = store.list(Table::Pods, None);
            let mut reached = 0;
            for then in &past {
                let Ok((changes, _)) = store.changes(Table::Pods, then.revision, usize::MAX) else {
                    prop_assert!(store.list_at(Table::Pods, None, then.revision, None).is_err());
                    continue;
                };
                reached += 1;
                let mut replayed = state(&then.objects);
                for change in changes {
                    if change.deleted {
                        replayed.remove(&change.after.key);
                    } else {
                        replayed.insert(change.after.key.clone(), change.after.revision);
                    }
                }
                prop_assert_eq!(&replayed, &state(&present.objects));
                let undone = store.list_at(Table::Pods, None, then.revision, None);
                let undone = undone.map(|s| s.objects).unwrap_or_default();
                prop_assert_eq!(state(&undone), state(&then.objects));
            }
            prop_assert!(reached >= 1, "the present itself is always within the log");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn old_versions_are_given_up_and_live_watches_are_not() {
        let store = Store::new(1000);
        let put = |name: u8, value| {
            let key = Key::new("ns", &format!("p{name}"));
            let written = store.write(&kinds::POD, &key, |_| Ok(Write::Put(pod(name, value))));
            written.unwrap().unwrap().revision
        };
        let first = put(1, 1);
        let second = put(1, 2);
        tokio::time::advance(COMPACT_EVERY).await;
        put(2, 1);
        assert!(
            store.changes(Table::Pods, first, 9).is_ok(),
            "a second interval is theirs"
        );
        tokio::time::advance(COMPACT_EVERY).await;
        let last = put(2, 2);
        assert!(store.changes(Table::Pods, first, 9).is_err());
        assert!(store.list_at(Table::Pods, None, second, None).is_err());
        assert!(store.list_at(Table::Pods, None, last, None).is_ok());
        // Nothing happened to nodes: who watches them has missed nothing.
        assert!(store.changes(Table::Nodes, first, 9).is_ok());
        assert!(store.list_at(Table::Nodes, None, first, None).is_err());
    }

    #[test]
    fn an_equal_tree_writes_nothing() {
        let store = Store::new(10);
        let key = Key::new("ns", "p1");
        let put = |value| {
            store
                .write(&kinds::POD, &key, |_| Ok(Write::Put(pod(1, value))))
                .unwrap()
                .unwrap()
        };
        let first = put(1);
        assert_eq!(put(1).revision, first.revision);
        assert!(put(2).revision > first.revision);
    }
}
