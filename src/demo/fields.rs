//! Reading and filling the fields of trees that are of their type.

use serde_json::{Map, Value};

/// The elements of the list under that key; none where there is no list.
pub(crate) fn items<'a>(tree: &'a Value, key: &str) -> &'a [Value] {
    tree.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The text under that key; empty where there is none.
pub(crate) fn text<'a>(tree: &'a Value, key: &str) -> &'a str {
    tree.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The number under that key.
pub(crate) fn number(tree: &Value, key: &str) -> Option<i64> {
    tree.get(key).and_then(Value::as_i64)
}

pub(crate) fn is_true(tree: &Value, key: &str) -> bool {
    tree.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// What is under that key, if it is anything.
pub(crate) fn set<'a>(tree: &'a Value, key: &str) -> Option<&'a Value> {
    tree.get(key).filter(|value| !value.is_null())
}

/// Keys and values of the object under that key.
pub(crate) fn entries<'a>(tree: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    tree.get(key).and_then(Value::as_object).into_iter().flatten()
}

/// The objects of the list under that key, to be changed.
pub(crate) fn objects_mut<'a>(
    map: &'a mut Map<String, Value>,
    key: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    let list = map.get_mut(key).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

/// The object under that key, to be changed; nothing where there is none.
pub(crate) fn object_mut<'a>(
    map: &'a mut Map<String, Value>,
    key: &str,
) -> Option<&'a mut Map<String, Value>> {
    map.get_mut(key).and_then(Value::as_object_mut)
}

/// Whether a field says nothing: absent, null, or empty text.
pub(crate) fn is_unset(map: &Map<String, Value>, key: &str) -> bool {
    match map.get(key) {
        None | Some(Value::Null) => true,
        Some(value) => value.as_str() == Some(""),
    }
}

/// Sets a field that says nothing.
pub(crate) fn fill(map: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    if is_unset(map, key) {
        map.insert(key.to_owned(), value.into());
    }
}
