//! `PersistentVolumeClaims`: the default class is admission's, and the spec is final but for its size and its binding.
//!
//! Not checked: data sources, attribute classes, and the status.

use serde_json::{Value, json};

use super::fields::{fill, has, immutable, same, texts};
use crate::demo::{
    failure::{Cause, Failure},
    kinds::Table,
    label_selectors, names,
    object::{child, str_at},
    quantities,
    store::Store,
    strategy::{self, Part, Strategy},
};

const PROTECTION: &str = "kubernetes.io/pvc-protection";
const BETA_CLASS: &str = "/metadata/annotations/volume.beta.kubernetes.io~1storage-class";
const MODES: [&str; 4] = [
    "ReadOnlyMany",
    "ReadWriteMany",
    "ReadWriteOnce",
    "ReadWriteOncePod",
];

/// What the server does with claims.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
    admit,
    prepare: |tree| protect(tree, PROTECTION),
    validate,
    validate_update,
    ..strategy::PLAIN
};

pub(super) fn default(tree: &mut Value) {
    fill(tree, "/spec/volumeMode", json!("Filesystem"));
    fill(tree, "/status/phase", json!("Pending"));
}

/// A new object is not deleted while it is used: a controller takes the finalizer off.
pub(super) fn protect(tree: &mut Value, finalizer: &str) {
    fill(tree, "/metadata/finalizers", json!([]));
    if let Some(list) = tree
        .pointer_mut("/metadata/finalizers")
        .and_then(Value::as_array_mut)
        && !list.iter().any(|there| there == finalizer)
    {
        list.push(finalizer.into());
    }
}

/// The `DefaultStorageClass` plugin: the newest of the default classes, by name where several are as new.
#[expect(clippy::unnecessary_wraps, reason = "one of many, which may refuse")]
fn admit(store: &Store, old: Option<&Value>, tree: &mut Value) -> Result<(), Failure> {
    if old.is_some() || has(tree, "/spec/storageClassName") || has(tree, BETA_CLASS) {
        return Ok(());
    }
    let classes = store.list(Table::StorageClasses, None).objects;
    let is_default = |class: &Value| {
        let said = |prefix: &str| {
            let at = format!("/metadata/annotations/{prefix}storageclass.kubernetes.io~1is-default-class");
            str_at(class, &at) == "true"
        };
        said("") || said("beta.")
    };
    let mut defaults: Vec<Value> = classes
        .iter()
        .map(|class| class.tree())
        .filter(is_default)
        .collect();
    defaults.sort_by(|a, b| {
        let made = |class: &Value| str_at(class, "/metadata/creationTimestamp").to_owned();
        let name = |class: &Value| str_at(class, "/metadata/name").to_owned();
        made(b).cmp(&made(a)).then_with(|| name(a).cmp(&name(b)))
    });
    if let Some(class) = defaults.first() {
        let name = str_at(class, "/metadata/name");
        child(tree, "spec").insert("storageClassName".into(), name.into());
    }
    Ok(())
}

/// The access modes of a claim or a volume.
pub(super) fn access_modes(tree: &Value, why_required: &str, causes: &mut Vec<Cause>) {
    let modes = texts(tree, "/spec/accessModes");
    if modes.is_empty() {
        causes.push(Cause::required("spec.accessModes", why_required));
    }
    for mode in &modes {
        if !MODES.contains(mode) {
            causes.push(Cause::unsupported("spec.accessModes", mode, &MODES));
        }
    }
    if modes.contains(&"ReadWriteOncePod") && modes.iter().any(|mode| *mode != "ReadWriteOncePod") {
        let why = "may not use ReadWriteOncePod with other access modes";
        causes.push(Cause::forbidden("spec.accessModes", why));
    }
}

pub(super) fn class_name(tree: &Value, causes: &mut Vec<Cause>) {
    let class = str_at(tree, "/spec/storageClassName");
    if !class.is_empty() {
        let wrong = names::subdomain(class);
        causes.extend(
            wrong
                .iter()
                .map(|why| Cause::invalid("spec.storageClassName", class, why)),
        );
    }
}

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    access_modes(tree, "at least 1 access mode is required", &mut causes);
    if let Some(selector) = tree.pointer("/spec/selector") {
        causes.extend(label_selectors::validate(selector, "spec.selector"));
    }
    match tree
        .pointer("/spec/resources/requests/storage")
        .and_then(Value::as_str)
    {
        None => causes.push(Cause::required("spec.resources[storage]", "")),
        Some(size) if quantities::nanos(size).is_none_or(|size| size <= 0) => {
            let why = "must be greater than zero";
            causes.push(Cause::invalid("spec.resources[storage]", size, why));
        }
        Some(_) => {}
    }
    class_name(tree, &mut causes);
    let modes = ["Block", "Filesystem"];
    super::fields::one_of(tree, "/spec/volumeMode", &modes, &mut causes);
    causes
}

fn validate_update(part: Part, old: &Value, new: &Value) -> Vec<Cause> {
    if part == Part::Status {
        return Vec::new();
    }
    let mut causes = validate(new);
    let (mut before, mut after) = (old.clone(), new.clone());
    let mut ignore = |field: &str, of: &str| {
        for tree in [&mut before, &mut after] {
            if let Some(holder) = tree.pointer_mut(of).and_then(Value::as_object_mut) {
                holder.remove(field);
            }
        }
    };
    // A claim is bound once, and gets a class once where it was made before there was a default.
    if str_at(old, "/spec/volumeName").is_empty() {
        ignore("volumeName", "/spec");
    }
    if !has(old, "/spec/storageClassName") && !has(old, BETA_CLASS) {
        ignore("storageClassName", "/spec");
    }
    if str_at(new, "/status/phase") == "Bound" {
        ignore("storage", "/spec/resources/requests");
        ignore("volumeAttributesClassName", "/spec");
    }
    if !same(before.get("spec"), after.get("spec")) {
        let why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound \
                   claims";
        causes.push(Cause::forbidden("spec", why));
    }
    let size = |tree: &Value, at: &str| quantities::nanos(str_at(tree, at)).unwrap_or(0);
    let at = "/spec/resources/requests/storage";
    if size(new, at) < size(old, at) && size(new, at) <= size(old, "/status/capacity/storage") {
        let why = "field can not be less than status.capacity";
        causes.push(Cause::forbidden("spec.resources.requests.storage", why));
    }
    let mut mode = Vec::new();
    immutable(old, new, &["/spec/volumeMode"], &mut mode);
    if !mode.is_empty() {
        let value = new.pointer("/spec/volumeMode").cloned().unwrap_or_default();
        causes.push(Cause::invalid("volumeMode", value, "field is immutable"));
    }
    causes
}
