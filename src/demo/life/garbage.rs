//! The garbage collector: what depends on an owner that is gone goes, too (`pkg/controller/garbagecollector`).
//!
//! The keys of its queue are uids, since it looks at objects of all kinds.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, LazyLock},
};

use serde_json::Value;

use super::{
    Controller,
    backoff::Backoff,
    claiming::disown,
    queue::Queue,
    statuses,
    world::{OWNING, World},
};
use crate::demo::{
    deletions::{FOREGROUND, ORPHAN, Propagation},
    failure::Failure,
    kinds::{self, Kind, Table},
    object::{Key, Object, metadata, owners, str_at},
    store::Change,
    strategy::Part,
};

/// Collects what nobody owns any more.
#[derive(Default)]
pub(crate) struct Garbage {
    /// Owners that have been found to be there, by uid: what else they own need not be looked at.
    present: HashSet<Box<str>>,
    /// Where the objects are that the queue speaks of.
    places: HashMap<Box<str>, (Table, Key)>,
    backoff: Backoff,
}

/// What an owner is to its dependent.
#[derive(Debug, PartialEq, Eq)]
enum Owner {
    /// There; or of a kind that the server does not know, of which nothing can be said.
    Solid,
    Gone,
    /// Waits for its dependents to go first.
    Waiting,
}

impl Garbage {
    fn look_at(&mut self, uid: &str, table: Table, key: &Key, queue: &mut Queue) {
        self.places.insert(uid.into(), (table, key.clone()));
        queue.add(Key::new("", uid));
    }

    fn look_at_dependents(&mut self, uid: &str, world: &World, queue: &mut Queue) {
        for (table, key) in world.dependents(uid) {
            if let Some(object) = world.store.get(*table, key) {
                self.look_at(&object.uid, *table, key, queue);
            }
        }
    }

    fn has_only_present_owners(&self, object: &Object) -> bool {
        object.owner_uids().all(|uid| self.present.contains(uid))
    }

    fn collect(&mut self, world: &World, object: &Arc<Object>, queue: &mut Queue) -> Result<(), Failure> {
        let Some(kind) = kinds::of_table(object.table) else {
            return Ok(());
        };
        if object.deleting {
            return self.finish_owner(world, kind, object, queue);
        }
        if object.owner_uids().next().is_none() || self.has_only_present_owners(object) {
            return Ok(());
        }
        let tree = object.tree();
        let mut unsolid = Vec::new();
        let (mut solid, mut waiting) = (false, false);
        for reference in owners(&tree) {
            let uid = str_at(reference, "/uid");
            match find(world, object, reference) {
                Owner::Solid => {
                    solid = true;
                    self.present.insert(uid.into());
                }
                Owner::Gone => unsolid.push(uid.to_owned()),
                Owner::Waiting => {
                    waiting = true;
                    unsolid.push(uid.to_owned());
                }
            }
        }
        if unsolid.is_empty() {
            return Ok(());
        }
        if solid {
            // Somebody else still wants it: the others are forgotten.
            return statuses::change(&world.store, kind, object, Part::Main, |tree| {
                for uid in &unsolid {
                    disown(tree, uid);
                }
            });
        }
        let propagation = if waiting && world.dependents(&object.uid).next().is_some() {
            // It waits for its own dependents in turn.
            Propagation::Foreground
        } else if has_finalizer(&tree, ORPHAN) {
            Propagation::Orphan
        } else if has_finalizer(&tree, FOREGROUND) {
            Propagation::Foreground
        } else {
            Propagation::Background
        };
        statuses::delete_as(&world.store, kind, object, Some(propagation))
    }

    /// Does what the finalizers of an owner that is being deleted ask for.
    fn finish_owner(
        &mut self,
        world: &World,
        kind: &'static Kind,
        object: &Object,
        queue: &mut Queue,
    ) -> Result<(), Failure> {
        let tree = object.tree();
        let dependents = || {
            let dependents = world.dependents(&object.uid);
            dependents.filter_map(|(table, key)| world.store.get(*table, key))
        };
        if has_finalizer(&tree, ORPHAN) {
            for dependent in dependents() {
                if let Some(of) = kinds::of_table(dependent.table) {
                    statuses::change(&world.store, of, &dependent, Part::Main, |tree| {
                        disown(tree, &object.uid);
                    })?;
                }
            }
            return remove_finalizer(world, kind, object, ORPHAN);
        }
        if has_finalizer(&tree, FOREGROUND) {
            let blocks = |dependent: &Object| {
                let tree = dependent.tree();
                owners(&tree).any(|o| o["uid"] == *object.uid && o["blockOwnerDeletion"] == true)
            };
            if !dependents().any(|dependent| blocks(&dependent)) {
                return remove_finalizer(world, kind, object, FOREGROUND);
            }
            if self.present.remove(&object.uid) {
                self.look_at_dependents(&object.uid, world, queue);
            }
        }
        Ok(())
    }
}

impl Controller for Garbage {
    fn name(&self) -> &'static str {
        "garbage-collector-controller"
    }

    fn watches(&self) -> &'static [Table] {
        static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| OWNING.clone());
        &TABLES
    }

    fn see(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        let object = &change.after;
        let (table, key) = (object.table, &object.key);
        if change.deleted {
            self.present.remove(&object.uid);
            self.places.remove(&object.uid);
            self.look_at_dependents(&object.uid, world, queue);
            // An owner may have waited for just this to go.
            if object.owner_uids().next().is_some() {
                for reference in owners(&object.tree()) {
                    if let Some((table, key)) = place_of(object, reference)
                        && world.store.get(table, &key).is_some_and(|owner| owner.deleting)
                    {
                        self.look_at(str_at(reference, "/uid"), table, &key, queue);
                    }
                }
            }
            return;
        }
        let before = change.before.as_deref();
        if object.deleting {
            if before.is_none_or(|before| !before.deleting) {
                // Dependents look at it anew: it may wait for them.
                self.present.insert(object.uid.clone());
                self.look_at(&object.uid, table, key, queue);
            }
            return;
        }
        let others = before.is_none_or(|b| b.owner_uids().ne(object.owner_uids()));
        if others && !self.has_only_present_owners(object) {
            self.look_at(&object.uid, table, key, queue);
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        let Some((table, place)) = self.places.remove(&*key.name) else {
            return;
        };
        let object = world.store.get(table, &place);
        let Some(object) = object.filter(|object| *object.uid == *key.name) else {
            self.backoff.forget(key);
            return;
        };
        if self.collect(world, &object, queue).is_ok() {
            self.backoff.forget(key);
        } else {
            self.places.insert(key.name.as_ref().into(), (table, place));
            queue.add_after(key.clone(), self.backoff.fail(key));
        }
    }
}

/// Where the owner is that a reference of that object names; `None` where its kind is not known.
fn place_of(object: &Object, reference: &Value) -> Option<(Table, Key)> {
    let kind = kinds::find_by_manifest(str_at(reference, "/apiVersion"), str_at(reference, "/kind"))?;
    let namespace = if kind.namespaced {
        &*object.key.namespace
    } else {
        ""
    };
    // What has no namespace cannot be owned by what is in one.
    if !kind.is_stored() || (kind.namespaced && namespace.is_empty()) {
        return None;
    }
    Some((kind.table, Key::new(namespace, str_at(reference, "/name"))))
}

fn find(world: &World, object: &Object, reference: &Value) -> Owner {
    let Some((table, key)) = place_of(object, reference) else {
        return Owner::Solid;
    };
    match world.store.get(table, &key) {
        Some(owner) if *owner.uid == *str_at(reference, "/uid") => {
            let blocking = reference["blockOwnerDeletion"] == true;
            if owner.deleting && blocking && has_finalizer(&owner.tree(), FOREGROUND) {
                Owner::Waiting
            } else {
                Owner::Solid
            }
        }
        _ => Owner::Gone,
    }
}

fn has_finalizer(tree: &Value, name: &str) -> bool {
    let finalizers = tree["metadata"]["finalizers"].as_array();
    finalizers.is_some_and(|finalizers| finalizers.iter().any(|f| f == name))
}

fn remove_finalizer(world: &World, kind: &'static Kind, object: &Object, name: &str) -> Result<(), Failure> {
    statuses::change(&world.store, kind, object, Part::Main, |tree| {
        take_finalizer(tree, name);
    })
}

/// Takes a finalizer off an object.
pub(crate) fn take_finalizer(tree: &mut Value, name: &str) {
    let metadata = metadata(tree);
    if let Some(finalizers) = metadata.get_mut("finalizers").and_then(Value::as_array_mut) {
        finalizers.retain(|finalizer| finalizer != name);
        if finalizers.is_empty() {
            metadata.remove("finalizers");
        }
    }
}
