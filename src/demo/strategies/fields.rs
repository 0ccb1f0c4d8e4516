//! Defaults and checks of single fields, by JSON pointer.

use serde_json::{Value, json};

use crate::demo::{failure::Cause, object::child};

/// The name of a field in a cause: `/spec/replicas` is `spec.replicas`.
pub(super) fn path(at: &str) -> String {
    at.trim_start_matches('/').replace('/', ".")
}

/// Sets a field where nothing is said; what holds it is made where it is missing.
pub(super) fn fill(tree: &mut Value, at: &str, value: Value) {
    let mut parts: Vec<&str> = at.trim_start_matches('/').split('/').collect();
    let Some(last) = parts.pop() else { return };
    let mut holder = tree;
    for part in parts {
        child(holder, part);
        let Some(next) = holder.get_mut(part) else { return };
        holder = next;
    }
    if holder.get(last).is_none_or(Value::is_null)
        && let Some(map) = holder.as_object_mut()
    {
        map.insert(last.to_owned(), value);
    }
}

/// The same for a text, of which an empty one says nothing either.
pub(super) fn fill_text(tree: &mut Value, at: &str, text: &str) {
    if tree.pointer(at).and_then(Value::as_str) == Some("")
        && let Some(value) = tree.pointer_mut(at)
    {
        *value = Value::Null;
    }
    fill(tree, at, text.into());
}

pub(super) fn number(tree: &Value, at: &str) -> Option<i64> {
    tree.pointer(at).and_then(Value::as_i64)
}

pub(super) fn array<'a>(tree: &'a Value, at: &str) -> impl Iterator<Item = &'a Value> {
    tree.pointer(at).and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn texts<'a>(tree: &'a Value, at: &str) -> Vec<&'a str> {
    array(tree, at).filter_map(Value::as_str).collect()
}

/// Something is said there, if only that it is empty.
pub(super) fn has(tree: &Value, at: &str) -> bool {
    tree.pointer(at).is_some_and(|value| !value.is_null())
}

/// Numbers that must not be negative, where they are given.
pub(super) fn not_negative(tree: &Value, fields: &[&str], causes: &mut Vec<Cause>) {
    for at in fields {
        if let Some(number) = number(tree, at).filter(|number| *number < 0) {
            let why = "must be greater than or equal to 0";
            causes.push(Cause::invalid(path(at), number, why));
        }
    }
}

/// A text of which there are few: what is none of them is not supported.
pub(super) fn one_of(tree: &Value, at: &str, known: &[&str], causes: &mut Vec<Cause>) {
    if let Some(text) = tree.pointer(at).and_then(Value::as_str)
        && !known.contains(&text)
    {
        causes.push(Cause::unsupported(path(at), text, known));
    }
}

/// Equal as upstream compares: nothing, null and empty are the same.
pub(super) fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    fn says(value: Option<&Value>) -> Option<&Value> {
        value.filter(|value| match value {
            Value::Null => false,
            Value::Object(map) => !map.is_empty(),
            Value::Array(list) => !list.is_empty(),
            Value::String(text) => !text.is_empty(),
            _ => true,
        })
    }
    match (says(a), says(b)) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let keys = a.keys().chain(b.keys());
            keys.into_iter().all(|key| same(a.get(key), b.get(key)))
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(Some(a), Some(b)))
        }
        (a, b) => a == b,
    }
}

/// Fields that a change must leave as they are.
pub(super) fn immutable(old: &Value, new: &Value, fields: &[&str], causes: &mut Vec<Cause>) {
    for at in fields {
        if !same(old.pointer(at), new.pointer(at)) {
            let value = new.pointer(at).cloned().unwrap_or(Value::Null);
            causes.push(Cause::invalid(path(at), value, "field is immutable"));
        }
    }
}

/// The same where upstream does not show the value.
pub(super) fn immutable_unseen(old: &Value, new: &Value, fields: &[&str], causes: &mut Vec<Cause>) {
    for at in fields {
        if !same(old.pointer(at), new.pointer(at)) {
            causes.push(Cause::invalid(path(at), Value::Null, "field is immutable"));
        }
    }
}

/// An amount, or a share of all: not negative.
pub(super) fn amount_or_percent(tree: &Value, at: &str, causes: &mut Vec<Cause>) {
    const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or \
         '93%', regex used for validation is '[0-9]+%')";
    match tree.pointer(at) {
        Some(Value::String(text)) if percent(text).is_none() => {
            causes.push(Cause::invalid(path(at), text.as_str(), PERCENT));
        }
        _ => not_negative(tree, &[at], causes),
    }
}

/// A share of all: not more than all.
pub(super) fn at_most_all(tree: &Value, at: &str, causes: &mut Vec<Cause>) {
    if let Some(Value::String(text)) = tree.pointer(at)
        && percent(text).is_some_and(|share| share > 100)
    {
        causes.push(Cause::invalid(
            path(at),
            text.as_str(),
            "must not be greater than 100%",
        ));
    }
}

/// An amount or a share; 0 for what is neither.
pub(super) fn amount(tree: &Value, at: &str) -> i64 {
    match tree.pointer(at) {
        Some(Value::String(text)) => percent(text).unwrap_or(0),
        Some(value) => value.as_i64().unwrap_or(0),
        None => 0,
    }
}

fn percent(text: &str) -> Option<i64> {
    let digits = text.strip_suffix('%')?;
    let numeric = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    numeric.then(|| digits.parse().unwrap_or(i64::MAX))
}

/// Counts of a status that are written even where they are 0.
pub(super) fn counts(tree: &mut Value, names: &[&str]) {
    for name in names {
        fill(tree, &format!("/status/{name}"), json!(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let mut tree = json!({"a": {"b": null, "t": ""}});
        fill(&mut tree, "/a/b", json!(1));
        fill(&mut tree, "/a/b", json!(2));
        fill(&mut tree, "/c/d/e", json!("x"));
        fill_text(&mut tree, "/a/t", "text");
        assert_eq!(tree, json!({"a": {"b": 1, "t": "text"}, "c": {"d": {"e": "x"}}}));
        assert!(same(Some(&json!({"a": []})), None) == same(Some(&json!({})), Some(&json!({"a": 1}))));
        assert!(same(Some(&json!({"a": null, "b": 1})), Some(&json!({"b": 1}))));
        assert_eq!(percent("25%"), Some(25));
        assert_eq!(percent("%").or(percent("x%")).or(percent("5")), None);
    }
}
