//! What is wrong with a configuration, whatever the object is: said in the words of structured-merge-diff.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::demo::{
    failure::Failure,
    kinds::Kind,
    managed_fields::{set::Element, typed},
    object::str_at,
    schema::{Field, ListKind, Shape, Type},
};

/// Refuses a configuration of another kind, one that says who manages it, and one that is not of its type.
pub(super) fn check(kind: &Kind, of: &'static Type, config: &Value) -> Result<(), Failure> {
    let gvk = gvk(config);
    if gvk != (kind.group, kind.version, kind.kind) {
        let text = gvk_text(gvk);
        return Err(Failure::bad_request(format!("invalid object type: {text}")));
    }
    if config
        .pointer("/metadata/managedFields")
        .is_some_and(|list| !list.is_null())
    {
        return Err(Failure::bad_request("metadata.managedFields must be nil"));
    }
    let mut wrong = Vec::new();
    check_fields(of, config, "", &mut wrong);
    let why = match wrong.as_slice() {
        [] => return Ok(()),
        [only] => only.clone(),
        several => format!("errors:\n  {}", several.join("\n  ")),
    };
    Err(Failure::unclassified(format!(
        "failed to create typed patch object ({}/{}; {}): {why}",
        str_at(config, "/metadata/namespace"),
        str_at(config, "/metadata/name"),
        gvk_text(gvk)
    )))
}

fn gvk(config: &Value) -> (&str, &str, &str) {
    let api_version = str_at(config, "/apiVersion");
    let (group, version) = match api_version.matches('/').count() {
        0 => ("", api_version),
        1 => api_version.split_once('/').unwrap_or_default(),
        _ => return ("", "", ""),
    };
    (group, version, str_at(config, "/kind"))
}

fn gvk_text((group, version, kind): (&str, &str, &str)) -> String {
    format!("{group}/{version}, Kind={kind}")
}

fn check_fields(of: &'static Type, value: &Value, path: &str, wrong: &mut Vec<String>) {
    let Some(object) = expect_map(value, path, wrong) else {
        return;
    };
    for (key, value) in object {
        let path = format!("{path}.{key}");
        match of.field(key) {
            Some(field) => check_shape(&field.shape, Some(field), value, &path, wrong),
            None => wrong.push(format!("{path}: field not declared in schema")),
        }
    }
}

fn expect_map<'a>(value: &'a Value, path: &str, wrong: &mut Vec<String>) -> Option<&'a Map<String, Value>> {
    if !value.is_null() && !value.is_object() {
        wrong.push(format!("{path}: expected map, got &{{{}}}", go(value)));
    }
    value.as_object()
}

fn check_shape(
    shape: &'static Shape,
    field: Option<&'static Field>,
    value: &Value,
    path: &str,
    wrong: &mut Vec<String>,
) {
    if value.is_null() {
        return;
    }
    match shape.pointee() {
        Shape::Object(_) => {
            if let Some(of) = shape.object() {
                check_fields(of, value, path, wrong);
            }
        }
        Shape::Map(element) => {
            for (key, value) in expect_map(value, path, wrong).into_iter().flatten() {
                check_shape(element, None, value, &format!("{path}.{key}"), wrong);
            }
        }
        Shape::List(element) => {
            let Some(list) = value.as_array() else {
                wrong.push(format!("{path}: expected list, got &{{{}}}", go(value)));
                return;
            };
            check_elements(element, field.map(|field| &field.list), list, path, wrong);
        }
        Shape::String | Shape::Bytes | Shape::Time | Shape::MicroTime | Shape::Duration => {
            if !value.is_string() {
                let got = go_syntax(value);
                wrong.push(format!(
                    "{path}: expected string, got &value.valueUnstructured{{Value:{got}}}"
                ));
            }
        }
        Shape::Int32 | Shape::Int64 | Shape::Float64 => {
            if !value.is_number() {
                let got = go_type(value);
                wrong.push(format!("{path}: expected numeric (int or float), got {got}"));
            }
        }
        Shape::Bool => {
            if !value.is_boolean() {
                wrong.push(format!("{path}: expected boolean, got &{{{}}}", go(value)));
            }
        }
        Shape::Quantity | Shape::IntOrString => {
            if value.is_object() || value.is_array() {
                wrong.push(format!("{path}: expected any scalar, got &{{{}}}", go(value)));
            }
        }
        Shape::Any | Shape::Pointer(_) => {}
    }
}

fn check_elements(
    shape: &'static Shape,
    kind: Option<&'static ListKind>,
    list: &[Value],
    path: &str,
    wrong: &mut Vec<String>,
) {
    let mut seen: BTreeSet<Element> = BTreeSet::new();
    for (at, value) in list.iter().enumerate() {
        let keys: &[&str] = match kind {
            Some(ListKind::Map(keys)) => keys,
            Some(ListKind::Set) => &[],
            _ => {
                check_shape(shape, None, value, &format!("{path}[{at}]"), wrong);
                continue;
            }
        };
        match typed::element_of(keys, shape, value) {
            Err(why) => {
                wrong.push(format!("{path}: element {at}: {why}"));
                return;
            }
            Ok(element) => {
                check_shape(shape, None, value, &format!("{path}{element}"), wrong);
                if seen.contains(&element) {
                    wrong.push(format!("{path}: duplicate entries for key {element}"));
                }
                seen.insert(element);
            }
        }
    }
}

/// The name of the type that Go reads a value as.
pub(crate) fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "%!s(<nil>)",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// A value as Go's `%#v` writes it.
fn go_syntax(value: &Value) -> String {
    match value {
        Value::Null => "interface {}(nil)".into(),
        Value::Array(list) => {
            let list: Vec<String> = list.iter().map(go_syntax).collect();
            format!("[]interface {{}}{{{}}}", list.join(", "))
        }
        Value::Object(map) => {
            let map: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{key:?}:{}", go_syntax(value)))
                .collect();
            format!("map[string]interface {{}}{{{}}}", map.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// A value as Go's `%v` writes it, which messages of upstream show.
pub(crate) fn go(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".into(),
        Value::String(text) => text.clone(),
        Value::Array(list) => {
            let list: Vec<String> = list.iter().map(go).collect();
            format!("[{}]", list.join(" "))
        }
        Value::Object(map) => go_map(map),
        scalar => scalar.to_string(),
    }
}

/// A map as Go's `%v` writes it: by key.
pub(crate) fn go_map(map: &Map<String, Value>) -> String {
    let mut pairs: Vec<(&String, &Value)> = map.iter().collect();
    pairs.sort_by_key(|(key, _)| *key);
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key}:{}", go(value)))
        .collect();
    format!("map[{}]", pairs.join(" "))
}
