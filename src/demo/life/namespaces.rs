//! Empties and finalises namespaces that are being deleted (`pkg/controller/namespace`).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Value, json};

use super::{Controller, backoff::Backoff, conditions, queue::Queue, statuses, world::World};
use crate::demo::{
    clock,
    deletions::Propagation,
    failure::Failure,
    kinds::{self, KINDS, Kind, NAMESPACE, Table},
    object::{Key, Object},
    store::Change,
    strategy::Part,
};

/// The finalizer in the spec that this controller takes off when nothing is left.
const KUBERNETES: &str = "kubernetes";
/// How long it is waited for what has still to finish.
const AGAIN: Duration = Duration::from_millis(500);

/// What each condition says while nothing is wrong, in the order in which they are written.
const FINE: [(&str, &str, &str); 5] = [
    (
        "NamespaceDeletionDiscoveryFailure",
        "ResourcesDiscovered",
        "All resources successfully discovered",
    ),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    (CONTENT, "ContentRemoved", "All content successfully removed"),
    (
        FINALIZERS,
        "ContentHasNoFinalizers",
        "All content-preserving finalizers finished",
    ),
];
const CONTENT: &str = "NamespaceContentRemaining";
const FINALIZERS: &str = "NamespaceFinalizersRemaining";

/// Empties namespaces.
#[derive(Default)]
pub(crate) struct Namespaces {
    backoff: Backoff,
}

/// What is left of a namespace.
#[derive(Default)]
struct Left {
    /// By resource and group.
    objects: BTreeMap<String, usize>,
    finalizers: BTreeMap<String, usize>,
}

impl Left {
    fn count(&mut self, kind: &Kind, object: &Object) {
        let resource = format!("{}.{}", kind.plural, kind.group);
        *self.objects.entry(resource).or_default() += 1;
        let tree = object.tree();
        let finalizers = tree["metadata"]["finalizers"].as_array().into_iter().flatten();
        for finalizer in finalizers.filter_map(Value::as_str) {
            *self.finalizers.entry(finalizer.to_owned()).or_default() += 1;
        }
    }

    fn status(&self, status: &Value) -> Value {
        let mut status = status.clone();
        let list = |counts: &BTreeMap<String, usize>, word: &str| {
            let texts: Vec<String> = (counts.iter())
                .map(|(name, count)| format!("{name} {word} {count} resource instances"))
                .collect();
            texts.join(", ")
        };
        let content = format!("Some resources are remaining: {}", list(&self.objects, "has"));
        let held = list(&self.finalizers, "in");
        let held = format!("Some content in the namespace has finalizers remaining: {held}");
        for (kind, fine, message) in FINE {
            let (is, reason, message) = match kind {
                CONTENT if !self.objects.is_empty() => ("True", "SomeResourcesRemain", content.as_str()),
                FINALIZERS if !self.finalizers.is_empty() => ("True", "SomeFinalizersRemain", held.as_str()),
                _ => ("False", fine, message),
            };
            set(&mut status, kind, is, (reason, message));
        }
        status
    }
}

/// Sets a condition in its place, where it says something else.
fn set(status: &mut Value, kind: &str, is: &str, (reason, message): (&str, &str)) {
    let conditions = status.get_mut("conditions").and_then(Value::as_array_mut);
    let mut conditions = conditions.into_iter().flatten();
    let Some(condition) = conditions.find(|condition| condition["type"] == kind) else {
        let condition = json!({
            "type": kind, "status": is, "reason": reason, "message": message, "lastTransitionTime": clock::now(),
        });
        return conditions::push(status, condition);
    };
    if condition["status"] != is {
        condition["lastTransitionTime"] = clock::now().into();
    }
    condition["status"] = is.into();
    condition["reason"] = reason.into();
    condition["message"] = message.into();
}

impl Namespaces {
    /// Deletes what is in a namespace, its pods first; answers what is left.
    fn empty(world: &World, name: &str) -> Result<Left, Failure> {
        let mut left = Left::default();
        let pods = kinds::of_table(Table::Pods).into_iter();
        Self::empty_of(world, name, pods, &mut left)?;
        if left.objects.is_empty() {
            let mut seen = BTreeSet::new();
            let others = KINDS.iter().copied().filter(|kind| {
                kind.namespaced && kind.is_stored() && kind.table != Table::Pods && seen.insert(kind.table)
            });
            Self::empty_of(world, name, others, &mut left)?;
        }
        Ok(left)
    }

    fn empty_of(
        world: &World,
        name: &str,
        kinds: impl Iterator<Item = &'static Kind>,
        left: &mut Left,
    ) -> Result<(), Failure> {
        for kind in kinds {
            for object in world.store.list(kind.table, Some(name)).objects {
                if !object.deleting {
                    let after = Some(Propagation::Background);
                    statuses::delete_as(&world.store, kind, &object, after)?;
                }
            }
            for object in world.store.list(kind.table, Some(name)).objects {
                left.count(kind, &object);
            }
        }
        Ok(())
    }
}

impl Controller for Namespaces {
    fn name(&self) -> &'static str {
        "namespace-controller"
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::Namespaces]
    }

    fn see(&mut self, change: &Change, _: &World, queue: &mut Queue) {
        if change.after.deleting && !change.deleted {
            queue.add(change.after.key.clone());
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        let Some(namespace) = world.store.get(Table::Namespaces, key) else {
            self.backoff.forget(key);
            return;
        };
        let tree = namespace.tree();
        let held = |finalizer: &Value| finalizer == KUBERNETES;
        let finalizers = tree["spec"]["finalizers"].as_array();
        if !namespace.deleting || !finalizers.is_some_and(|finalizers| finalizers.iter().any(held)) {
            return;
        }
        let done = Self::empty(world, &key.name).and_then(|left| {
            let status = left.status(&tree["status"]);
            statuses::put(&world.store, &NAMESPACE, &namespace, &tree, &status)?;
            if left.objects.is_empty() {
                let part = Part::Sub("finalize");
                statuses::change(&world.store, &NAMESPACE, &namespace, part, |tree| {
                    if let Some(finalizers) = tree["spec"]["finalizers"].as_array_mut() {
                        finalizers.retain(|finalizer| !held(finalizer));
                    }
                })?;
            }
            Ok(left.objects.is_empty())
        });
        match done {
            Ok(true) => self.backoff.forget(key),
            Ok(false) => {
                self.backoff.forget(key);
                queue.add_after(key.clone(), AGAIN);
            }
            Err(_) => queue.add_after(key.clone(), self.backoff.fail(key)),
        }
    }
}
