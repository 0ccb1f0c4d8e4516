//! Reading what a client sent: media type, JSON, kind, types, unknown fields.

use http::{HeaderMap, header};
use k8s_openapi::api::core::v1::Binding;
use serde_json::Value;

use super::{
    events,
    failure::Failure,
    kinds::{Kind, Table},
    request::Params,
};

/// A body as its kind, and what to warn the client of.
pub(crate) struct Sent {
    pub(crate) tree: Value,
    pub(crate) warnings: Vec<String>,
}

/// Reads an object of that kind.
pub(crate) fn read(kind: &Kind, headers: &HeaderMap, body: &[u8], params: &Params) -> Result<Sent, Failure> {
    let tree = parse(headers, body)?;
    check_kind(&tree, &kind.api_version(), kind.kind)?;
    normalise(kind, tree, params)
}

/// Reads a `Binding`.
pub(crate) fn read_binding(headers: &HeaderMap, body: &[u8], params: &Params) -> Result<Sent, Failure> {
    let tree = parse(headers, body)?;
    check_kind(&tree, "v1", "Binding")?;
    let binding = |tree| serde_json::to_value(serde_json::from_value::<Binding>(tree)?);
    typed("Binding", "v1", binding, tree, params)
}

/// Reads a tree as its kind: wrong types are refused, unknown fields dropped, with a warning or a refusal as
/// `fieldValidation` wants.
pub(crate) fn normalise(kind: &Kind, mut tree: Value, params: &Params) -> Result<Sent, Failure> {
    if kind.table == Table::Events {
        events::check_times(&tree)?;
        events::complete_series(&mut tree);
    }
    typed(kind.kind, kind.version, kind.normalise, tree, params)
}

fn typed(
    kind: &str,
    version: &str,
    normalise: impl FnOnce(Value) -> Result<Value, serde_json::Error>,
    tree: Value,
    params: &Params,
) -> Result<Sent, Failure> {
    let sent = tree.clone();
    let tree = normalise(tree).map_err(|error| {
        Failure::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: {error}"
        ))
    })?;
    let mut unknown = Vec::new();
    if params.field_validation != "Ignore" {
        find_unknown(&sent, &tree, "", &mut unknown);
    }
    let mut warnings: Vec<String> = unknown
        .iter()
        .map(|field| format!("unknown field {field:?}"))
        .collect();
    if params.field_validation == "Strict" && !warnings.is_empty() {
        let message = format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: strict decoding error: {}",
            warnings.join(", ")
        );
        return Err(Failure::bad_request(message));
    }
    // Clients show these one by one; upstream does not send more than a few either.
    warnings.truncate(16);
    Ok(Sent { tree, warnings })
}

/// The fields that were sent and are no part of the type.
fn find_unknown(sent: &Value, known: &Value, path: &str, unknown: &mut Vec<String>) {
    match (sent, known) {
        (Value::Object(sent), Value::Object(known)) => {
            for (key, value) in sent {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                match known.get(key) {
                    Some(known) => find_unknown(value, known, &path, unknown),
                    // A field that is null, or empty, says nothing and may be dropped by a type that knows it.
                    None if is_empty(value) => {}
                    None => unknown.push(path),
                }
            }
        }
        (Value::Array(sent), Value::Array(known)) => {
            for (i, (sent, known)) in sent.iter().zip(known).enumerate() {
                find_unknown(sent, known, &format!("{path}[{i}]"), unknown);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn parse(headers: &HeaderMap, body: &[u8]) -> Result<Value, Failure> {
    let media = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("application/json");
    let essence = media.split(';').next().unwrap_or_default().trim();
    if !matches!(essence, "application/json" | "") {
        return Err(Failure::unsupported_media_type(&["application/json"]));
    }
    let tree: Value = serde_json::from_slice(body).map_err(|error| {
        Failure::bad_request(format!(
            "the object provided is unrecognized (must be of type JSON): {error}"
        ))
    })?;
    if tree.is_object() {
        Ok(tree)
    } else {
        let message = "couldn't get version/kind; json parse error: a JSON object is expected";
        Err(Failure::bad_request(message))
    }
}

fn check_kind(tree: &Value, api_version: &str, kind: &str) -> Result<(), Failure> {
    let said = |field: &str| {
        tree.get(field)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    if let Some(other) = said("apiVersion").filter(|other| *other != api_version) {
        return Err(Failure::bad_request(format!(
            "the API version in the data ({other}) does not match the expected API version ({api_version})"
        )));
    }
    if let Some(other) = said("kind").filter(|other| *other != kind) {
        return Err(Failure::bad_request(format!(
            "{other} in version {api_version:?} cannot be handled as a {kind}: the kind in the data does not match \
             the resource"
        )));
    }
    Ok(())
}
