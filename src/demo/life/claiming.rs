//! Who controls what: adopting what a selector selects, and releasing what it no longer does.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{label_selector::LabelSelector, statuses, world::World};
use crate::demo::{
    kinds::{self, Kind, POD},
    object::{Object, metadata},
    strategy::Part,
};

/// The reference by which an object controls another.
pub(crate) fn reference(kind: &Kind, owner: &Object) -> Value {
    json!({
        "apiVersion": kind.api_version(), "kind": kind.kind, "name": &*owner.key.name, "uid": &*owner.uid,
        "controller": true, "blockOwnerDeletion": true,
    })
}

/// The pods that are an object's: those that it controls and selects, and, unless it is being deleted, those that it
/// selects and nobody controls, which it makes its own. Those that it controls and does not select it lets go.
pub(crate) fn pods(
    world: &World,
    kind: &'static Kind,
    owner: &Object,
    selector: &LabelSelector,
    fits: impl Fn(&Object) -> bool,
) -> Vec<Arc<Object>> {
    let mut pods = Vec::new();
    for pod in world.pods_of(&owner.uid) {
        if selector.selects(&pod) && fits(&pod) {
            pods.push(pod);
        } else if !owner.deleting {
            release(world, owner, &pod);
        }
    }
    if !owner.deleting && !selector.is_empty() {
        let orphans = world.orphans(&owner.key.namespace, selector);
        let free = orphans.into_iter().filter(|pod| {
            !pod.deleting && fits(pod) && !matches!(pod.field(&POD, "status.phase"), "Succeeded" | "Failed")
        });
        pods.extend(free.filter_map(|pod| adopt(world, kind, owner, &pod)));
    }
    pods
}

/// Makes an object the owner's; answers its new version.
pub(crate) fn adopt(world: &World, kind: &Kind, owner: &Object, object: &Object) -> Option<Arc<Object>> {
    let of = kinds::of_table(object.table)?;
    let reference = reference(kind, owner);
    let written = statuses::change(&world.store, of, object, Part::Main, |tree| {
        let owners = metadata(tree)
            .entry("ownerReferences")
            .or_insert_with(|| json!([]));
        match owners.as_array_mut() {
            // Somebody else was first.
            Some(owners) if owners.iter().any(|owner| owner["controller"] == true) => {}
            Some(owners) => owners.push(reference.clone()),
            None => *owners = json!([reference]),
        }
    });
    written.ok()?;
    let adopted = world.store.get(object.table, &object.key)?;
    (*adopted.controller == *owner.uid).then_some(adopted)
}

/// Lets an object go.
pub(crate) fn release(world: &World, owner: &Object, object: &Object) {
    if let Some(of) = kinds::of_table(object.table) {
        let written = statuses::change(&world.store, of, object, Part::Main, |tree| {
            disown(tree, &owner.uid);
        });
        // A refusal has been told; the next look tries again.
        drop(written);
    }
}

/// Takes an owner out of an object's references.
pub(crate) fn disown(tree: &mut Value, uid: &str) {
    let metadata = metadata(tree);
    if let Some(owners) = metadata.get_mut("ownerReferences").and_then(Value::as_array_mut) {
        owners.retain(|owner| owner["uid"] != uid);
        if owners.is_empty() {
            metadata.remove("ownerReferences");
        }
    }
}
