//! Objects of one kind, as they are brought, and as some are taken to be meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::Derived;
use super::changes::WatchEvent;
use super::event::Turn;
use crate::model::from_api::object::Object;
use crate::model::intern::Interner;

/// Objects of one kind by namespace and name; the namespace of cluster-wide kinds is empty.
#[derive(Clone, Debug)]
pub struct Table<T> {
    by_namespace: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Arc<T>>>,
    /// Objects that are taken to be otherwise than they were brought.
    assumed: BTreeMap<(Arc<str>, Arc<str>), Assumption<T>>,
    /// What a list that is under way has brought so far.
    listed: Option<FxHashSet<(Arc<str>, Arc<str>)>>,
    synced: bool,
}

/// An object that is not as it was brought, as it soon will be, or in order to see what would be.
#[derive(Clone, Debug)]
struct Assumption<T> {
    /// As it is taken to be.
    object: Arc<T>,
    /// As it was brought last; `None` where it was not.
    brought: Option<Arc<T>>,
}

/// How an object is shown that is assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Showing {
    /// As it is taken to be.
    Assumed,
    /// As it was brought, for a while.
    Brought,
    /// As it was brought; it is not assumed any more.
    BroughtForGood,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            by_namespace: BTreeMap::new(),
            assumed: BTreeMap::new(),
            listed: None,
            synced: false,
        }
    }
}

impl<T> Table<T> {
    /// The object `name` of `namespace`.
    pub fn get(&self, namespace: &str, name: &str) -> Option<&Arc<T>> {
        self.by_namespace.get(namespace)?.get(name)
    }

    /// The cluster-wide object `name`.
    pub fn named(&self, name: &str) -> Option<&Arc<T>> {
        self.get("", name)
    }

    /// The objects of `namespace`, by name.
    pub fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = (&Arc<str>, &Arc<T>)> {
        self.by_namespace.get(namespace).into_iter().flatten()
    }

    /// All of them, by namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.by_namespace.values().flat_map(BTreeMap::values)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_namespace.is_empty()
    }

    /// Whether a list of them was complete once.
    pub fn is_synced(&self) -> bool {
        self.synced
    }

    /// Takes the object of this name to be `object`, until it is shown as it was brought for good. What is brought of it
    /// meanwhile is shown as [`Object::carry`] has it.
    pub(super) fn assume(&mut self, (namespace, name): (&Arc<str>, &Arc<str>), object: Arc<T>) -> Turn<T> {
        let before = self.get(namespace, name).cloned();
        let key = (Arc::clone(namespace), Arc::clone(name));
        let assumption = self.assumed.entry(key).or_insert_with(|| Assumption {
            object: Arc::clone(&object),
            brought: before.clone(),
        });
        assumption.object = Arc::clone(&object);
        self.put(namespace, name, Some(object))
    }

    /// Shows the object of this name in another way; `None` where it is not assumed.
    pub(super) fn show<O: Object<Model = T>>(
        &mut self,
        key: (&Arc<str>, &Arc<str>),
        showing: Showing,
    ) -> Option<Turn<T>> {
        let Assumption { object, brought } = self.assumption(key)?;
        let shown = match (showing, brought) {
            (Showing::Brought | Showing::BroughtForGood, brought) => brought.clone(),
            (Showing::Assumed, None) => Some(Arc::clone(object)),
            (Showing::Assumed, Some(brought)) => Some(match O::carry(object, brought) {
                Some(carried) => Arc::new(carried),
                None => Arc::clone(brought),
            }),
        };
        if showing == Showing::BroughtForGood {
            self.assumed.remove(&(Arc::clone(key.0), Arc::clone(key.1)));
        }
        Some(self.put(key.0, key.1, shown))
    }

    /// Whether the object of this name was brought as it was taken to be, or is not assumed.
    pub(super) fn is_settled<O: Object<Model = T>>(&self, key: (&Arc<str>, &Arc<str>)) -> bool {
        self.assumption(key).is_none_or(|assumption| {
            let brought = assumption.brought.as_ref();
            brought.is_some_and(|brought| O::carry(&assumption.object, brought).is_none())
        })
    }

    fn assumption(&self, (namespace, name): (&Arc<str>, &Arc<str>)) -> Option<&Assumption<T>> {
        self.assumed.get(&(Arc::clone(namespace), Arc::clone(name)))
    }

    /// Has `object`, or nothing, in the place of the one of this name.
    fn put(&mut self, namespace: &Arc<str>, name: &Arc<str>, object: Option<Arc<T>>) -> Turn<T> {
        let before = match &object {
            None => self.remove(namespace, name),
            Some(object) => {
                let within = self.by_namespace.entry(Arc::clone(namespace)).or_default();
                within.insert(Arc::clone(name), Arc::clone(object))
            }
        };
        Turn {
            before,
            after: object,
        }
    }

    fn remove(&mut self, namespace: &str, name: &str) -> Option<Arc<T>> {
        let within = self.by_namespace.get_mut(namespace)?;
        let gone = within.remove(name);
        if within.is_empty() {
            self.by_namespace.remove(namespace);
        }
        gone
    }
}

impl<T: Clone + PartialEq> Table<T> {
    /// Takes on a change; whether the table is another one now. What happened goes to `turns`.
    pub(super) fn apply<O: Object<Model = T>>(
        &mut self,
        event: WatchEvent<O>,
        interner: &mut Interner,
        mut derived: Derived<'_>,
        turns: Option<&mut Vec<Turn<T>>>,
    ) -> bool {
        let mut ignored = Vec::new();
        let told = turns.is_some();
        let turns = turns.unwrap_or(&mut ignored);
        let mut tell = |before: Option<&Arc<T>>, after: Option<&Arc<T>>| {
            if told {
                turns.push(Turn {
                    before: before.cloned(),
                    after: after.cloned(),
                });
            }
        };
        match event {
            WatchEvent::Restarted => {
                self.listed = Some(FxHashSet::default());
                false
            }
            WatchEvent::Listed(object) | WatchEvent::Applied(object) => {
                let meta = object.meta();
                let namespace = interner.string(&meta.namespace);
                let name = interner.string(&meta.name);
                let mut model = object.to_model(interner);
                let key = (Arc::clone(&namespace), Arc::clone(&name));
                if let Some(assumption) = self.assumed.get_mut(&key) {
                    let carried = O::carry(&assumption.object, &model);
                    assumption.brought = Some(Arc::new(match carried {
                        Some(carried) => std::mem::replace(&mut model, carried),
                        None => model.clone(),
                    }));
                }
                if let Some(listed) = &mut self.listed {
                    listed.insert(key);
                }
                let within = self.by_namespace.entry(Arc::clone(&namespace)).or_default();
                if within.get(&name).is_some_and(|have| **have == model) {
                    return false;
                }
                let model = Arc::new(model);
                let before = within.insert(Arc::clone(&name), Arc::clone(&model));
                O::derive(&mut derived, (&namespace, &name), before.as_ref(), Some(&model));
                tell(before.as_ref(), Some(&model));
                true
            }
            WatchEvent::Deleted(object) => {
                let meta = object.meta();
                let key = (Arc::from(&*meta.namespace), Arc::from(&*meta.name));
                if let Some(listed) = &mut self.listed {
                    listed.remove(&key);
                }
                self.assumed.remove(&key);
                let gone = self.remove(&meta.namespace, &meta.name);
                if gone.is_some() {
                    O::derive(&mut derived, (&key.0, &key.1), gone.as_ref(), None);
                    tell(gone.as_ref(), None);
                }
                gone.is_some()
            }
            WatchEvent::Synced => {
                let first = !self.synced;
                self.synced = true;
                let Some(listed) = self.listed.take() else {
                    return first;
                };
                let mut any = first;
                // What is nowhere but in our minds is in no list.
                self.assumed
                    .retain(|key, assumption| assumption.brought.is_none() || listed.contains(key));
                self.by_namespace.retain(|namespace, within| {
                    within.retain(|name, model| {
                        let key = (Arc::clone(namespace), Arc::clone(name));
                        let stays = listed.contains(&key) || self.assumed.contains_key(&key);
                        any |= !stays;
                        if !stays {
                            O::derive(&mut derived, (namespace, name), Some(model), None);
                            tell(Some(model), None);
                        }
                        stays
                    });
                    !within.is_empty()
                });
                any
            }
        }
    }
}
