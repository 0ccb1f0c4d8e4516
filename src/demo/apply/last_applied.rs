//! The way from `kubectl apply` to `kubectl apply --server-side`: what the annotation of the former says is no conflict
//! for the latter, and the annotation is kept up with what is applied.

use serde_json::{Value, json};

use crate::demo::{
    kinds::Kind,
    managed_fields::{
        set::Set,
        typed::{self, Atom, Comparison},
    },
    object::{metadata, str_at},
    schema::Type,
};

/// The manager that kubectl calls itself by when it applies.
pub(super) const MANAGER: &str = "kubectl";
const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Bytes that an object's annotations may have together, as upstream.
const MOST_BYTES: usize = 256 * 1024;

/// The fields that the annotation gives and the object still has like that; nothing without an annotation.
pub(super) fn fields(kind: &Kind, of: &'static Type, live: &Value) -> Option<Set> {
    let text = live.pointer("/metadata/annotations")?.get(ANNOTATION)?.as_str()?;
    let last: Value = serde_json::from_str(text).ok()?;
    if str_at(&last, "/apiVersion") != kind.api_version() {
        return None;
    }
    let atom = Atom::Struct(of);
    let changes = Comparison::of(&last, live, atom);
    let mut fields = typed::fields(&last, atom);
    for set in [&changes.modified, &changes.added, &changes.removed] {
        fields.subtract(set);
    }
    Some(fields)
}

/// Writes the configuration into the annotation of an object that has one.
pub(super) fn renew(new: &mut Value, config: &Value) {
    let has = |tree: &Value| {
        let text = tree
            .pointer("/metadata/annotations")
            .and_then(|annotations| annotations.get(ANNOTATION)?.as_str());
        text.is_some_and(|text| !text.is_empty())
    };
    if !has(new) {
        return;
    }
    let mut config = config.clone();
    if let Some(annotations) = config
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.remove(ANNOTATION);
    }
    let annotations = metadata(new).entry("annotations").or_insert_with(|| json!({}));
    let Some(annotations) = annotations.as_object_mut() else {
        return;
    };
    annotations.insert(ANNOTATION.into(), format!("{config}\n").into());
    let bytes: usize = annotations
        .iter()
        .map(|(key, value)| key.len() + value.as_str().map_or(0, str::len))
        .sum();
    if bytes > MOST_BYTES {
        annotations.remove(ANNOTATION);
    }
}
