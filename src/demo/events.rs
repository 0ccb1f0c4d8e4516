//! Events: one store, two groups, and the validation of `events.k8s.io`.
//!
//! Source of the rules: `pkg/apis/core/validation/events.go`; the causes carry the names of the stored form, as
//! upstream's do.

use std::borrow::Cow;

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::{Map, Value, json};

use super::{
    failure::Cause,
    kinds::{EVENT, EVENTS_EVENT, Kind, Table},
    names,
    object::{Object, encode, str_at},
    strategy::{self, Strategy},
};

/// Fields under their names in the core group and in `events.k8s.io`; the others are called alike.
const RENAMED: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];
/// Bytes of a reportingInstance, action or reason.
const WORD_LIMIT: usize = 128;
/// Bytes of a note.
const NOTE_LIMIT: usize = 1024;
/// What an update through `events.k8s.io` may not change.
const IMMUTABLE: [&str; 13] = [
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "type",
    "eventTime",
    "action",
    "related",
    "reportingComponent",
    "reportingInstance",
];

/// What the server does with events of the core group.
pub(crate) static CORE_STRATEGY: Strategy = Strategy {
    validate: |tree| validate(false, tree),
    validate_update: |_, old, new| validate_update(false, old, new),
    dependents: strategy::Dependents::Unknown,
    ..strategy::PLAIN
};

/// What it does with those of `events.k8s.io`.
pub(crate) static STRATEGY: Strategy = Strategy {
    validate: |tree| validate(true, tree),
    validate_update: |_, old, new| validate_update(true, old, new),
    dependents: strategy::Dependents::Unknown,
    ..strategy::PLAIN
};

fn is_renamed(kind: &Kind) -> bool {
    std::ptr::eq(kind, &raw const EVENTS_EVENT)
}

/// The object as the group of `kind` shows it.
pub(crate) fn view(kind: &Kind, object: &Object) -> Bytes {
    if is_renamed(kind) {
        encode(kind, &from_stored(object.tree())).0
    } else {
        object.body().clone()
    }
}

/// Appends a list item, less its opening brace.
pub(crate) fn put_item(kind: &Kind, object: &Object, out: &mut BytesMut) {
    if is_renamed(kind) {
        let (body, item_at) = encode(kind, &from_stored(object.tree()));
        out.put_slice(body.get(item_at..).unwrap_or(b"}"));
    } else {
        out.put_slice(object.item_tail());
    }
}

fn rename(
    tree: Value,
    names: impl Fn(&'static (&'static str, &'static str)) -> (&'static str, &'static str),
) -> Value {
    let Value::Object(map) = tree else { return tree };
    let mut out = Map::new();
    for (key, value) in map {
        let new = RENAMED
            .iter()
            .map(&names)
            .find(|(from, _)| *from == key)
            .map(|(_, to)| to);
        out.insert(new.map_or(Cow::Owned(key), Cow::Borrowed).into_owned(), value);
    }
    out.remove("kind");
    out.remove("apiVersion");
    Value::Object(out)
}

/// The stored form as `events.k8s.io` names its fields.
pub(crate) fn from_stored(tree: Value) -> Value {
    let mut shown = rename(tree, |(core, events)| (core, events));
    if let Some(map) = shown.as_object_mut() {
        // Left out where they are empty, which they are not in the core group.
        for field in ["reportingController", "reportingInstance"] {
            if map.get(field).is_some_and(|value| value == "") {
                map.remove(field);
            }
        }
    }
    shown
}

/// What a client of that group sent, in the stored form. Events write out some fields that say nothing.
pub(crate) fn to_stored(kind: &Kind, tree: Value) -> Value {
    if kind.table != Table::Events {
        return tree;
    }
    let mut tree = if is_renamed(kind) {
        rename(tree, |(core, events)| (events, core))
    } else {
        tree
    };
    if let Some(map) = tree.as_object_mut() {
        for field in ["eventTime", "firstTimestamp", "lastTimestamp"] {
            map.entry(field).or_insert(Value::Null);
        }
        for field in ["involvedObject", "source"] {
            map.entry(field).or_insert_with(|| json!({}));
        }
        for field in ["reportingComponent", "reportingInstance"] {
            map.entry(field).or_insert_with(|| "".into());
        }
    }
    tree
}

/// What is wrong with an event, given in the stored form.
fn validate(strict: bool, tree: &Value) -> Vec<Cause> {
    let mut causes = legacy(strict, tree);
    if strict {
        series(tree, &mut causes);
        if str_at(tree, "/eventTime").is_empty() {
            causes.push(Cause::required("eventTime", ""));
        }
        let kind = str_at(tree, "/type");
        if !matches!(kind, "Normal" | "Warning") {
            causes.push(Cause::invalid("type", "", &format!("has invalid value: {kind}")));
        }
        for field in ["firstTimestamp", "lastTimestamp"] {
            if tree.get(field).is_some_and(|v| !v.is_null()) {
                causes.push(Cause::invalid(field, "", "needs to be unset"));
            }
        }
        if tree.get("count").and_then(Value::as_i64).unwrap_or(0) != 0 {
            causes.push(Cause::invalid("count", "", "needs to be unset"));
        }
        if !(str_at(tree, "/source/component").is_empty() && str_at(tree, "/source/host").is_empty()) {
            causes.push(Cause::invalid("source", "", "needs to be unset"));
        }
    }
    causes
}

/// What is wrong with a change of an event, both given in the stored form.
fn validate_update(strict: bool, old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = legacy(strict, new);
    if !strict {
        return causes;
    }
    if old.get("series") != new.get("series") {
        series(new, &mut causes);
    }
    for field in IMMUTABLE {
        if old.get(field) != new.get(field) {
            let value = new.get(field).cloned().unwrap_or_default();
            let name = if field == "reportingComponent" {
                "reportingController"
            } else {
                field
            };
            causes.push(Cause::invalid(name, value, "field is immutable"));
        }
    }
    causes
}

fn series(tree: &Value, causes: &mut Vec<Cause>) {
    let Some(series) = tree.get("series").filter(|s| !s.is_null()) else {
        return;
    };
    if series.get("count").and_then(Value::as_i64).unwrap_or(0) < 2 {
        causes.push(Cause::invalid("series.count", "", "should be at least 2"));
    }
    if str_at(series, "/lastObservedTime").is_empty() {
        causes.push(Cause::required("series.lastObservedTime", ""));
    }
}

/// The rules of both groups.
fn legacy(strict: bool, tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let namespace = str_at(tree, "/metadata/namespace");
    let involved = str_at(tree, "/involvedObject/namespace");
    let stray = || {
        Cause::invalid(
            "involvedObject.namespace",
            involved,
            "does not match event.namespace",
        )
    };
    if str_at(tree, "/eventTime").is_empty() {
        let agree = if involved.is_empty() {
            namespace == "default"
        } else {
            namespace == involved
        };
        if !agree {
            causes.push(stray());
        }
        return causes;
    }
    if involved.is_empty() && !matches!(namespace, "default" | "kube-system") {
        causes.push(stray());
    }
    let reporter = str_at(tree, "/reportingComponent");
    let field = if strict {
        "reportingController"
    } else {
        EVENT_REPORTER
    };
    if reporter.is_empty() {
        causes.push(Cause::required(field, ""));
    }
    causes.extend(
        names::qualified(reporter)
            .iter()
            .map(|why| Cause::invalid(field, reporter, why)),
    );
    for (field, needed, limit) in [
        ("reportingInstance", true, WORD_LIMIT),
        ("action", true, WORD_LIMIT),
        ("reason", true, WORD_LIMIT),
        ("message", false, NOTE_LIMIT),
    ] {
        let value = tree.get(field).and_then(Value::as_str).unwrap_or_default();
        if needed && value.is_empty() {
            causes.push(Cause::required(field, ""));
        }
        if value.len() > limit {
            causes.push(Cause::invalid(
                field,
                "",
                &format!("can have at most {limit} characters"),
            ));
        }
    }
    causes
}

const EVENT_REPORTER: &str = "reportingComponent";

/// The row under which events are stored, whichever group they came through.
pub(crate) fn stored_row(kind: &'static Kind) -> &'static Kind {
    if is_renamed(kind) { &EVENT } else { kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renaming_there_and_back_changes_nothing() {
        let stored = json!({"metadata": {"name": "a"}, "involvedObject": {"name": "p"}, "message": "m", "reason": "r"});
        let shown = from_stored(stored.clone());
        assert_eq!(shown["regarding"]["name"], "p");
        assert_eq!(shown["note"], "m");
        let back = to_stored(&EVENTS_EVENT, shown);
        for (field, value) in stored.as_object().unwrap() {
            assert_eq!(&back[field], value);
        }
        assert_eq!(back["source"], json!({}));
    }
}
