//! The types of a document: those of its kinds, and what they are made of.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::demo::{
    kinds::Kind,
    schema::{self, Field, ListKind, Shape, Type},
};

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";

/// A reference to a type.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// The name of a type of `meta/v1`.
pub(super) fn meta(name: &str) -> String {
    format!("{META}.{name}")
}

/// The type of lists of that type.
pub(super) fn list_name(of: &Type) -> String {
    format!("{}List", of.name)
}

/// The types that the operations on these kinds speak of.
pub(super) fn of(kinds: &[&Kind]) -> Map<String, Value> {
    let mut found = BTreeMap::new();
    for kind in kinds {
        let Some(of) = kind.schema() else { continue };
        add(of, &mut found);
        if kind.is_stored() {
            found.insert(list_name(of), list(of));
        }
        for subresource in kind.subresources {
            let (group, version, name) = subresource.of;
            let api_version = if group.is_empty() {
                version.to_owned()
            } else {
                format!("{group}/{version}")
            };
            if let Some(of) = schema::of_kind(&api_version, name) {
                add(of, &mut found);
            }
        }
    }
    if let Some(options) = schema::of_kind("v1", "DeleteOptions") {
        add(options, &mut found);
    }
    found.insert(meta("ListMeta"), list_meta());
    found.insert(meta("Patch"), json!({"type": "object"}));
    found.insert(meta("Status"), status());
    found.into_iter().collect()
}

/// Adds a type, and all that it is made of.
fn add(of: &Type, found: &mut BTreeMap<String, Value>) {
    if found.contains_key(of.name) {
        return;
    }
    found.insert(of.name.to_owned(), json!({}));
    let mut properties = Map::new();
    for field in &of.fields {
        properties.insert(field.name.to_owned(), property(field, found));
    }
    let mut schema = json!({"type": "object", "properties": properties});
    let required: Vec<&str> = of.fields.iter().filter(|f| f.required).map(|f| f.name).collect();
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    if !of.kinds.is_empty() {
        let kinds = of.kinds.iter().map(|(api_version, kind)| {
            let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
            json!({"group": group, "version": version, "kind": kind})
        });
        schema["x-kubernetes-group-version-kind"] = kinds.collect();
    }
    if of.atomic {
        schema["x-kubernetes-map-type"] = "atomic".into();
    }
    found.insert(of.name.to_owned(), schema);
}

fn property(field: &Field, found: &mut BTreeMap<String, Value>) -> Value {
    let shape = field.shape.pointee();
    let mut property = element(shape, field, found);
    if property.get("$ref").is_some() {
        property = json!({"allOf": [property]});
    }
    if let Some(default) = &field.default {
        property["default"] = default.clone();
    }
    if !field.values.is_empty() {
        property["enum"] = field.values.clone().into();
    }
    if field.atomic {
        property["x-kubernetes-map-type"] = "atomic".into();
    }
    if matches!(shape, Shape::List(_)) {
        match &field.list {
            ListKind::Atomic => property["x-kubernetes-list-type"] = "atomic".into(),
            ListKind::Set => property["x-kubernetes-list-type"] = "set".into(),
            ListKind::Map(keys) => {
                property["x-kubernetes-list-type"] = "map".into();
                property["x-kubernetes-list-map-keys"] = keys.clone().into();
            }
        }
    }
    let patch = &field.patch;
    let strategies = [(patch.merge, "merge"), (patch.retain_keys, "retainKeys")];
    let strategies: Vec<&str> = strategies
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, name)| *name)
        .collect();
    if !strategies.is_empty() {
        property["x-kubernetes-patch-strategy"] = strategies.join(",").into();
    }
    if let Some(key) = patch.merge_key {
        property["x-kubernetes-patch-merge-key"] = key.into();
    }
    property
}

/// What a field, an element or an entry holds.
fn element(shape: &Shape, field: &Field, found: &mut BTreeMap<String, Value>) -> Value {
    let mut named = |name: String, schema: Value| {
        let reference = reference(&name);
        found.insert(name, schema);
        reference
    };
    match shape {
        Shape::Pointer(of) => element(of, field, found),
        Shape::Object(id) => {
            let of = schema::get(*id);
            add(of, found);
            reference(of.name)
        }
        Shape::List(of) => json!({"type": "array", "items": element(of, field, found)}),
        Shape::Map(of) => json!({"type": "object", "additionalProperties": element(of, field, found)}),
        Shape::String => json!({"type": "string"}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Int32 => json!({"type": "integer", "format": "int32"}),
        Shape::Int64 => json!({"type": "integer", "format": "int64"}),
        Shape::Float64 => json!({"type": "number", "format": "double"}),
        Shape::Bytes => json!({"type": "string", "format": "byte"}),
        Shape::Any if field.name == "fieldsV1" => named(meta("FieldsV1"), json!({"type": "object"})),
        Shape::Any => {
            let name = "io.k8s.apimachinery.pkg.runtime.RawExtension";
            named(name.into(), json!({"type": "object"}))
        }
        Shape::Time => named(meta("Time"), json!({"type": "string", "format": "date-time"})),
        Shape::MicroTime => named(
            meta("MicroTime"),
            json!({"type": "string", "format": "date-time"}),
        ),
        Shape::Duration => named(meta("Duration"), json!({"type": "string"})),
        Shape::Quantity => {
            let name = "io.k8s.apimachinery.pkg.api.resource.Quantity";
            named(
                name.into(),
                json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
            )
        }
        Shape::IntOrString => {
            let name = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
            let either =
                json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]});
            named(name.into(), either)
        }
    }
}

fn list(of: &Type) -> Value {
    let kinds = of.kinds.iter().map(|(api_version, kind)| {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        json!({"group": group, "version": version, "kind": format!("{kind}List")})
    });
    json!({
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"default": {}, "allOf": [reference(&meta("ListMeta"))]},
            "items": {"type": "array", "items": reference(of.name)},
        },
        "x-kubernetes-group-version-kind": kinds.collect::<Vec<Value>>(),
    })
}

fn list_meta() -> Value {
    json!({
        "type": "object",
        "properties": {
            "continue": {"type": "string"},
            "remainingItemCount": {"type": "integer", "format": "int64"},
            "resourceVersion": {"type": "string"},
            "selfLink": {"type": "string"},
        },
    })
}

fn status() -> Value {
    let text = || json!({"type": "string"});
    let cause =
        json!({"type": "object", "properties": {"field": text(), "message": text(), "reason": text()}});
    json!({
        "type": "object",
        "properties": {
            "apiVersion": text(),
            "kind": text(),
            "metadata": {"default": {}, "allOf": [reference(&meta("ListMeta"))]},
            "status": text(),
            "message": text(),
            "reason": text(),
            "code": {"type": "integer", "format": "int32"},
            "details": {
                "type": "object",
                "properties": {
                    "name": text(),
                    "group": text(),
                    "kind": text(),
                    "uid": text(),
                    "causes": {"type": "array", "items": cause, "x-kubernetes-list-type": "atomic"},
                    "retryAfterSeconds": {"type": "integer", "format": "int32"},
                },
            },
        },
        "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Status"}],
    })
}
