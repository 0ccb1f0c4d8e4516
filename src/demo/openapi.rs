//! `/openapi/v3`: what the server takes and gives, as OpenAPI documents, one for each group and version.
//!
//! kubectl reads them for `explain`, for `apply` (how lists are merged) and to learn whether the server checks fields
//! itself. Made from the table of kinds and the schema; there are no descriptions in them.

mod paths;
mod schemas;

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::LazyLock,
};

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use serde_json::{Map, Value, json};

use super::{
    api,
    discovery::VERSION,
    failure::Failure,
    kinds::{KINDS, Kind},
};

/// A document as it is sent, and a name for this version of it.
struct Document {
    body: Bytes,
    hash: String,
}

/// All documents, by their path below `/openapi/v3/`. Made when the first one is asked for.
static DOCUMENTS: LazyLock<BTreeMap<String, Document>> = LazyLock::new(|| {
    let versions: BTreeSet<(&str, &str)> = KINDS.iter().map(|kind| (kind.group, kind.version)).collect();
    let document = |(group, version): (&str, &str)| {
        let body = Bytes::from(document(group, version).to_string());
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        let hash = format!("{:016X}", hasher.finish());
        (path(group, version), Document { body, hash })
    };
    versions.into_iter().map(document).collect()
});

/// The path of a group and version, without a slash before it.
fn path(group: &str, version: &str) -> String {
    if group.is_empty() {
        format!("api/{version}")
    } else {
        format!("apis/{group}/{version}")
    }
}

/// Answers a request to a path below `/openapi/v3`; nothing where there is no such document.
pub(crate) fn answer(method: &Method, headers: &HeaderMap, below: &[&str]) -> Option<Response> {
    let found = if below.is_empty() {
        Bytes::from(index().to_string())
    } else {
        DOCUMENTS.get(&below.join("/"))?.body.clone()
    };
    if method != Method::GET {
        return Some(Failure::method_not_allowed().into_response());
    }
    if !takes_json(headers) {
        return Some(
            Failure::not_acceptable(
                "only the following media types are accepted: application/json",
                true,
            )
            .into_response(),
        );
    }
    Some(([(header::CONTENT_TYPE, "application/json")], found).into_response())
}

/// Whether the client takes JSON, which is the only form that there is.
fn takes_json(headers: &HeaderMap) -> bool {
    let accept = api::text(headers, &header::ACCEPT);
    let mut ranges = accept
        .split(',')
        .map(|range| range.split(';').next().unwrap_or_default().trim());
    accept.is_empty() || ranges.any(|range| matches!(range, "application/json" | "application/*" | "*/*"))
}

fn index() -> Value {
    let paths: Map<String, Value> = DOCUMENTS
        .iter()
        .map(|(path, document)| {
            let url = format!("/openapi/v3/{path}?hash={}", document.hash);
            (path.clone(), json!({ "serverRelativeURL": url }))
        })
        .collect();
    json!({ "paths": paths })
}

fn document(group: &str, version: &str) -> Value {
    let kinds: Vec<&Kind> = KINDS
        .iter()
        .copied()
        .filter(|kind| (kind.group, kind.version) == (group, version))
        .collect();
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": VERSION},
        "paths": paths::of(&kinds),
        "components": {"schemas": schemas::of(&kinds)},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                    found.insert(reference.to_owned());
                }
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    /// Whatever a document refers to is in it.
    #[test]
    fn references_lead_somewhere() {
        assert!(DOCUMENTS.len() > 10);
        for (path, document) in &*DOCUMENTS {
            let document: Value = serde_json::from_slice(&document.body).expect("JSON");
            let mut found = BTreeSet::new();
            references(&document, &mut found);
            assert!(!found.is_empty(), "{path}");
            for reference in found {
                let at = reference
                    .strip_prefix("#")
                    .expect("a reference into the document");
                assert!(document.pointer(at).is_some(), "{path}: {reference}");
            }
        }
    }
}
