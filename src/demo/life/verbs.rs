//! How controllers write: through the server's verbs, which may refuse them as they may refuse any client.

use serde_json::Value;

use super::World;
use crate::demo::{
    clock,
    deletions::{self, Deletion},
    kinds::{Kind, POD},
    object::{Key, Object, at, child, str_at},
    strategy::Part,
    writes::{self, Options},
};

impl World {
    /// Changes what an object is now; answers whether the server took it.
    pub(crate) fn change(
        &self,
        manager: &str,
        (kind, part): (&'static Kind, Part),
        key: &Key,
        change: impl Fn(&mut Value),
    ) -> bool {
        let written = writes::update(&self.store, kind, key, part, &Options::by(manager), |mut tree| {
            change(&mut tree);
            Ok(tree)
        });
        if let Err(failure) = &written {
            let (code, name, text) = (failure.code(), &key.name, failure.message());
            if code.as_u16() == 404 {
                // Gone in the meantime: nothing is left to be done.
                tracing::debug!(manager, kind = kind.kind, %name, "not written: {text}");
            } else {
                tracing::warn!(manager, kind = kind.kind, %name, %code, "a write was refused: {text}");
            }
        }
        written.is_ok()
    }

    /// Makes an object; answers it as it was stored.
    pub(crate) fn make(
        &self,
        manager: &str,
        kind: &'static Kind,
        namespace: Option<&str>,
        tree: Value,
    ) -> Option<Value> {
        match writes::create(&self.store, kind, namespace, tree, &Options::by(manager)) {
            Ok(made) => serde_json::from_slice(&made).ok(),
            Err(failure) => {
                let code = failure.code();
                tracing::warn!(manager, kind = kind.kind, %code, "an object was refused: {}", failure.message());
                None
            }
        }
    }

    /// Deletes this object and no other of its name, with that grace period or its own.
    pub(crate) fn delete(&self, kind: &'static Kind, object: &Object, grace_seconds: Option<i64>) {
        let deletion = Deletion {
            grace_seconds,
            uid: object.uid.to_string(),
            ..Deletion::default()
        };
        if let Err(failure) = deletions::delete(&self.store, kind, &object.key, &deletion) {
            tracing::debug!(kind = kind.kind, name = %object.key.name, "not deleted: {}", failure.message());
        }
    }

    /// Says in a pod's status why it is about to be deleted.
    pub(crate) fn mark_disrupted(&self, manager: &str, pod: &Object, (reason, message): (&str, &str)) {
        self.change(manager, (&POD, Part::Status), &pod.key, |tree| {
            condition(tree, "DisruptionTarget", true, (reason, message));
        });
    }
}

/// Sets a condition of a pod as upstream does: its time moves only where its status does. Empty texts are left out.
pub(crate) fn condition(pod: &mut Value, kind: &str, holds: bool, (reason, message): (&str, &str)) {
    let generation = pod.pointer("/metadata/generation").cloned();
    let mut new = serde_json::json!({
        "type": kind, "status": if holds { "True" } else { "False" },
        "lastProbeTime": null, "lastTransitionTime": clock::now(),
    });
    for (field, text) in [("reason", reason), ("message", message)] {
        if !text.is_empty() {
            new[field] = text.into();
        }
    }
    if let Some(generation) = generation {
        new["observedGeneration"] = generation;
    }
    let list = child(pod, "status").entry("conditions").or_insert(Value::Null);
    if !list.is_array() {
        *list = Value::Array(Vec::new());
    }
    let Some(list) = list.as_array_mut() else { return };
    match list.iter_mut().find(|c| str_at(c, "/type") == kind) {
        Some(old) => {
            let since = str_at(old, "/lastTransitionTime");
            if old["status"] == new["status"] && !since.is_empty() {
                new["lastTransitionTime"] = since.into();
            }
            *old = new;
        }
        None => list.push(new),
    }
}

/// The status of a condition of a pod or a node: `True`, `False` or `Unknown`.
pub(crate) fn status_of<'a>(object: &'a Value, kind: &str) -> Option<&'a str> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    let found = conditions.iter().find(|c| str_at(c, "/type") == kind)?;
    Some(str_at(found, "/status"))
}

/// The elements of the list at a JSON pointer; none where there is no list.
pub(crate) fn list<'a>(tree: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    at(tree, pointer).and_then(Value::as_array).into_iter().flatten()
}
