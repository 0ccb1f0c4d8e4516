//! JSON patches (RFC 6902), with what upstream's library takes beyond the RFC: what is not there is null to `replace`,
//! `copy` and `test`, places in lists may be counted from the end, and a path's first segment is passed over.

use serde_json::{Map, Value};

use crate::demo::failure::Failure;

/// Operations that a patch may have, as upstream.
const MOST_OPERATIONS: usize = 10_000;
/// Bytes that its `copy` operations may copy together, as upstream: each could double the object.
const MOST_COPIED: usize = 3 * 1024 * 1024;
/// How deep an object may become: as deep as one may be sent. Each `move` could put it under itself once more.
const DEEPEST: usize = 128;
/// What an operation has, by name.
const MEMBERS: [&str; 4] = ["op", "path", "from", "value"];

/// Fields of operations that there are not, as warnings name them.
pub(super) fn unknown_fields(patch: &Value) -> Vec<String> {
    let operations = patch.as_array().into_iter().flatten().enumerate();
    let unknown = operations.flat_map(|(at, operation)| {
        let fields = operation.as_object().into_iter().flatten();
        fields
            .filter(|(field, _)| !MEMBERS.contains(&field.as_str()))
            .map(move |(field, _)| format!("json patch unknown field \"[{at}].{field}\""))
    });
    unknown.collect()
}

/// Applies a patch, which is a list of operations or null.
pub(super) fn apply(mut target: Value, patch: &Value) -> Result<Value, Failure> {
    let operations = patch.as_array().map(Vec::as_slice).unwrap_or_default();
    if operations.len() > MOST_OPERATIONS {
        return Err(Failure::too_many_operations(MOST_OPERATIONS, operations.len()));
    }
    let mut copied = 0;
    let mut deepest = depth(&target);
    for operation in operations {
        perform(&mut target, operation, &mut copied).ok_or_else(Failure::invalid_patch)?;
        // What there was, or what was brought, is at most under that place: only then is it looked at.
        let place = operation.get("path").and_then(Value::as_str).unwrap_or_default();
        deepest = deepest.max(depth(operation)) + place.matches('/').count();
        if deepest > DEEPEST {
            deepest = depth(&target);
        }
        if deepest > DEEPEST {
            return Err(Failure::invalid_patch());
        }
    }
    Ok(target)
}

/// How many objects and lists are in one another.
fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Object(map) => map.values().map(depth).max(),
        Value::Array(list) => list.iter().map(depth).max(),
        _ => return 0,
    };
    inner.unwrap_or(0) + 1
}

/// Nothing where the operation cannot be performed.
fn perform(target: &mut Value, operation: &Value, copied: &mut usize) -> Option<()> {
    let text = |member: &str| operation.get(member)?.as_str();
    let value = || operation.get("value").cloned().unwrap_or_default();
    let path = text("path")?;
    match text("op")? {
        "add" => add(target, path, value()),
        "remove" => remove(target, path).map(drop),
        "replace" if path.is_empty() => {
            *target = Some(value()).filter(|value| value.is_object() || value.is_array())?;
            Some(())
        }
        "replace" => {
            let (holder, key) = holder(target, path)?;
            match holder {
                Holder::Map(map) => {
                    map.insert(key, value());
                }
                Holder::List(list) => {
                    let at = index(&key, list.len())?;
                    *list.get_mut(at)? = value();
                }
            }
            Some(())
        }
        "move" => {
            let from = remove(target, text("from")?)?;
            add(target, path, from)
        }
        "copy" => {
            let from = get(target, text("from")?)?.clone();
            *copied += from.to_string().len();
            (*copied <= MOST_COPIED).then_some(())?;
            add(target, path, from)
        }
        "test" => {
            let wanted = operation.get("value").unwrap_or(&Value::Null);
            let is = if path.is_empty() {
                &*target
            } else {
                get(target, path)?
            };
            (is == wanted).then_some(())
        }
        _ => None,
    }
}

enum Holder<'a> {
    Map(&'a mut Map<String, Value>),
    List(&'a mut Vec<Value>),
}

/// What holds the place at the end of a path, and the place.
fn holder<'a>(target: &'a mut Value, path: &str) -> Option<(Holder<'a>, String)> {
    let mut segments: Vec<String> = path.split('/').skip(1).map(unescape).collect();
    let key = segments.pop()?;
    let mut at = target;
    for segment in segments {
        at = match at {
            Value::Object(map) => map.get_mut(&segment)?,
            Value::Array(list) => {
                let place = index(&segment, list.len())?;
                list.get_mut(place)?
            }
            _ => return None,
        };
    }
    match at {
        Value::Object(map) => Some((Holder::Map(map), key)),
        Value::Array(list) => Some((Holder::List(list), key)),
        _ => None,
    }
}

fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

/// A place in a list of that many: from its end where it is negative.
fn index(key: &str, length: usize) -> Option<usize> {
    let at: i64 = key.parse().ok()?;
    if at < 0 {
        length.checked_sub(usize::try_from(at.unsigned_abs()).ok()?)
    } else {
        usize::try_from(at).ok()
    }
}

/// What is there; null where an object has no such key.
fn get<'a>(target: &'a mut Value, path: &str) -> Option<&'a Value> {
    let (holder, key) = holder(target, path)?;
    match holder {
        Holder::Map(map) => Some(map.get(&key).unwrap_or(&Value::Null)),
        Holder::List(list) => list.get(index(&key, list.len())?),
    }
}

fn add(target: &mut Value, path: &str, value: Value) -> Option<()> {
    let (holder, key) = holder(target, path)?;
    match holder {
        Holder::Map(map) => {
            map.insert(key, value);
        }
        Holder::List(list) if key == "-" => list.push(value),
        Holder::List(list) => {
            // One more place than there are elements.
            let at = index(&key, list.len() + 1).filter(|at| *at <= list.len())?;
            list.insert(at, value);
        }
    }
    Some(())
}

fn remove(target: &mut Value, path: &str) -> Option<Value> {
    let (holder, key) = holder(target, path)?;
    match holder {
        Holder::Map(map) => map.remove(&key),
        Holder::List(list) => {
            let at = index(&key, list.len()).filter(|at| *at < list.len())?;
            Some(list.remove(at))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operations_are_performed_as_upstream_performs_them() {
        let target = || json!({"a": {"b~/": 1}, "l": [1, 2, 3]});
        for (patch, expected) in [
            (json!(null), Some(target())),
            (
                json!([{"op": "add", "path": "/l/-", "value": 4}]),
                Some(json!({"a": {"b~/": 1}, "l": [1, 2, 3, 4]})),
            ),
            (
                json!([{"op": "add", "path": "/l/1", "value": 4}]),
                Some(json!({"a": {"b~/": 1}, "l": [1, 4, 2, 3]})),
            ),
            (
                json!([{"op": "add", "path": "/l/-1", "value": 4}]),
                Some(json!({"a": {"b~/": 1}, "l": [1, 2, 3, 4]})),
            ),
            (json!([{"op": "add", "path": "/l/4", "value": 4}]), None),
            (json!([{"op": "add", "path": "/x/y", "value": 4}]), None),
            (json!([{"op": "replace", "path": "/l/3", "value": 4}]), None),
            (
                json!([{"op": "replace", "path": "/a/c", "value": 2}]),
                Some(json!({"a": {"b~/": 1, "c": 2}, "l": [1, 2, 3]})),
            ),
            (
                json!([{"op": "replace", "path": "", "value": {}}]),
                Some(json!({})),
            ),
            (
                json!([{"op": "remove", "path": "/a/b~0~1"}]),
                Some(json!({"a": {}, "l": [1, 2, 3]})),
            ),
            (json!([{"op": "remove", "path": "/a/c"}]), None),
            (json!([{"op": "remove", "path": "/l/x"}]), None),
            (
                json!([{"op": "remove", "path": "/l/-1"}]),
                Some(json!({"a": {"b~/": 1}, "l": [1, 2]})),
            ),
            (json!([{"op": "remove", "path": "/l/-4"}]), None),
            (
                json!([{"op": "move", "from": "/l/0", "path": "/a/n"}]),
                Some(json!({"a": {"b~/": 1, "n": 1}, "l": [2, 3]})),
            ),
            (json!([{"op": "move", "from": "/a/n", "path": "/a/m"}]), None),
            (
                json!([{"op": "copy", "from": "/a/n", "path": "/a/m"}]),
                Some(json!({"a": {"b~/": 1, "m": null}, "l": [1, 2, 3]})),
            ),
            (
                json!([{"op": "test", "path": "/a/n", "value": null}]),
                Some(target()),
            ),
            (json!([{"op": "test", "path": "/l/0", "value": 2}]), None),
            (json!([{"op": "foo", "path": "/l/0"}]), None),
            (json!([{"op": "add"}]), None),
            (json!([3]), None),
        ] {
            assert_eq!(apply(target(), &patch).ok(), expected, "{patch}");
        }
    }

    #[test]
    fn depth_has_an_end() {
        let (mut nested, mut steps) = (json!({}), String::new());
        for _ in 0..100 {
            nested = json!({"x": nested});
            steps += "/x";
        }
        let mut patch = Vec::new();
        for (outer, inner) in [("a", "b"), ("b", "a")].iter().cycle().take(3000) {
            patch.push(json!({"op": "add", "path": format!("/{outer}"), "value": nested}));
            patch
                .push(json!({"op": "move", "from": format!("/{inner}"), "path": format!("/{outer}{steps}")}));
        }
        assert!(apply(json!({"b": {}}), &json!(patch)).is_err());
        // Moving about alone makes nothing deeper.
        let about: Vec<Value> = [("/a/b", "/a/c"), ("/a/c", "/a/b")]
            .iter()
            .cycle()
            .take(1000)
            .map(|(from, to)| json!({"op": "move", "from": from, "path": to}))
            .collect();
        assert!(apply(json!({"a": {"b": 1}}), &json!(about)).is_ok());
    }

    #[test]
    fn copies_have_an_end() {
        let doubling: Vec<Value> = (0..40)
            .map(|i| json!({"op": "copy", "from": "/spec", "path": format!("/spec/c{i}")}))
            .collect();
        assert!(apply(json!({"spec": {}}), &json!(doubling)).is_err());
        let many = vec![json!({"op": "test", "path": ""}); MOST_OPERATIONS + 1];
        let failure = apply(json!({}), &json!(many)).expect_err("too many operations");
        assert_eq!(failure.code().as_u16(), 413);
    }
}
