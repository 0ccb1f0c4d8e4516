//! Versions of a template: their hashes, and the ControllerRevisions that StatefulSets and DaemonSets keep them in
//! (`pkg/controller/history`).

use std::sync::Arc;

use serde_json::{Value, json};

use super::{claiming, label_selector::LabelSelector, statuses, world::World};
use crate::demo::{
    failure::Failure,
    kinds::{Kind, Table, workload::CONTROLLER_REVISION},
    object::{Key, Object},
    strategy::Part,
};

/// A short name for a value, in letters of which no words arise. Equal values have equal ones; `salt` tells those apart
/// that have them by chance.
pub(crate) fn hash(value: &Value, salt: Option<i64>) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    // FNV-1a.
    let mut hash: u32 = 0x811c_9dc5;
    let mut eat = |byte: u8| hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    value.to_string().bytes().for_each(&mut eat);
    salt.into_iter().flat_map(i64::to_le_bytes).for_each(&mut eat);
    let digits = hash.to_string();
    let letter = |digit: u8| LETTERS.get(usize::from(digit) % LETTERS.len());
    digits
        .bytes()
        .filter_map(letter)
        .copied()
        .map(char::from)
        .collect()
}

/// One version of a template.
pub(crate) struct Revision {
    pub(crate) object: Arc<Object>,
    pub(crate) data: Value,
    pub(crate) number: i64,
}

impl Revision {
    fn of(object: Arc<Object>) -> Self {
        let mut tree = object.tree();
        Self {
            data: tree["data"].take(),
            number: tree["revision"].as_i64().unwrap_or(0),
            object,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.object.key.name
    }
}

/// The revisions of an object, the latest last.
pub(crate) fn list(world: &World, owner: &Object) -> Vec<Revision> {
    let objects = world.controlled(Table::ControllerRevisions, &owner.uid);
    let mut revisions: Vec<Revision> = objects.into_iter().map(Revision::of).collect();
    revisions.sort_by(|a, b| {
        let number = a.number.cmp(&b.number);
        number.then_with(|| a.object.key.cmp(&b.object.key))
    });
    revisions
}

/// What a revision keeps of an object: its template, to be put back by a patch.
pub(crate) fn data(tree: &Value) -> Value {
    let mut template = tree["spec"]["template"].clone();
    template["$patch"] = "replace".into();
    json!({"spec": {"template": template}})
}

/// Finds the revision of the object's present template, or makes it, and makes it the latest. `collisions` counts how
/// often a new one's name was taken. Answers its place among the revisions.
pub(crate) fn sync(
    world: &World,
    kind: &Kind,
    (owner, tree): (&Object, &Value),
    revisions: &mut Vec<Revision>,
    collisions: &mut Option<i64>,
) -> Result<usize, Failure> {
    let store = &world.store;
    let data = data(tree);
    let next = revisions.last().map_or(0, |last| last.number).saturating_add(1);
    if let Some(at) = revisions.iter().rposition(|revision| revision.data == data) {
        if at + 1 == revisions.len() {
            return Ok(at);
        }
        // The template went back to an earlier one.
        let mut revision = revisions.remove(at);
        statuses::change(
            store,
            &CONTROLLER_REVISION,
            &revision.object,
            Part::Main,
            |tree| {
                tree["revision"] = next.into();
            },
        )?;
        revision.number = next;
        revisions.push(revision);
        return Ok(revisions.len() - 1);
    }
    let hash = hash(&data, *collisions);
    let base: String = owner.key.name.chars().take(223).collect();
    let key = Key::new(&owner.key.namespace, &format!("{base}-{hash}"));
    let mut labels = tree["spec"]["template"]["metadata"]["labels"].clone();
    if !labels.is_object() {
        labels = json!({});
    }
    // DaemonSets name their pods' revision by the hash, StatefulSets by the revision's name.
    let label = if kind.table == Table::DaemonSets {
        "controller-revision-hash"
    } else {
        "controller.kubernetes.io/hash"
    };
    labels[label] = hash.into();
    let mut metadata = json!({
        "name": &*key.name, "namespace": &*key.namespace, "labels": labels,
        "ownerReferences": [claiming::reference(kind, owner)],
    });
    if let Some(annotations) = tree["metadata"].get("annotations") {
        metadata["annotations"] = annotations.clone();
    }
    let revision = json!({"metadata": metadata, "data": data, "revision": next});
    if let Err(failure) = statuses::create(store, &CONTROLLER_REVISION, &key.namespace, revision) {
        if failure.code() == 409 {
            *collisions = Some(collisions.unwrap_or(0).saturating_add(1));
        }
        return Err(failure);
    }
    if let Some(object) = store.get(Table::ControllerRevisions, &key) {
        revisions.push(Revision::of(object));
    }
    Ok(revisions.len().saturating_sub(1))
}

/// Deletes the oldest revisions beyond those to be kept, but none that is in use.
pub(crate) fn clean_up(
    world: &World,
    revisions: &[Revision],
    limit: usize,
    used: impl Fn(&Revision) -> bool,
) {
    let idle: Vec<&Revision> = revisions.iter().filter(|revision| !used(revision)).collect();
    let surplus = idle.len().saturating_sub(limit);
    for revision in idle.into_iter().take(surplus) {
        // A refusal is no harm: the next look tries again.
        drop(statuses::delete(
            &world.store,
            &CONTROLLER_REVISION,
            &revision.object,
        ));
    }
}

/// The selector of an object that keeps revisions.
pub(crate) fn selector(tree: &Value) -> LabelSelector {
    LabelSelector::read(&tree["spec"]["selector"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_stable_and_told_apart_by_salt() {
        let value = json!({"a": 1});
        assert_eq!(hash(&value, None), hash(&value.clone(), None));
        assert_ne!(hash(&value, None), hash(&value, Some(1)));
        assert_ne!(hash(&value, None), hash(&json!({"a": 2}), None));
        assert!(
            hash(&value, None)
                .chars()
                .all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c))
        );
    }
}
