//! `get` and `list`.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use bytes::{BufMut, Bytes, BytesMut};
use futures::stream;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::{
    events,
    failure::{Cause, Failure},
    kinds::Kind,
    object::{Key, Object},
    request::Params,
    selectors::Selection,
    store::{Snapshot, Store},
};

/// Bytes gathered before a piece of a list or of a watch is sent.
pub(crate) const PIECE: usize = 64 * 1024;

/// The current version of one object.
pub(crate) fn get(store: &Store, kind: &Kind, key: &Key) -> Result<Bytes, Failure> {
    let object = store
        .get(kind.table, key)
        .ok_or_else(|| Failure::not_found(kind, &key.name))?;
    Ok(events::view(kind, &object))
}

/// A list, sent piece by piece: the objects' bytes are copied once, into the pieces.
pub(crate) fn list(
    store: &Store,
    kind: &'static Kind,
    namespace: Option<&str>,
    params: &Params,
) -> Result<Response, Failure> {
    check_options(params)?;
    let selection = Selection::parse(kind, &params.label_selector, &params.field_selector)?;
    let Snapshot {
        revision,
        mut objects,
    } = snapshot(store, kind, namespace, params)?;
    if !selection.is_everything() {
        objects.retain(|object| selection.selects(object));
    }
    let mut metadata = json!({"resourceVersion": revision.to_string()});
    if params.limit > 0 && objects.len() > params.limit {
        let remaining = objects.len() - params.limit;
        objects.truncate(params.limit);
        if let Some(last) = objects.last() {
            metadata["continue"] = token(revision, &last.key).into();
        }
        // Upstream knows how many remain only where nothing is selected.
        if selection.is_everything() {
            metadata["remainingItemCount"] = remaining.into();
        }
    }
    let body = Body::from_stream(stream::iter(
        pieces(kind, &metadata, objects).map(Ok::<_, std::io::Error>),
    ));
    Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .body(body)
        .map_err(|error| Failure::internal(&error.to_string()))
}

fn pieces(
    kind: &'static Kind,
    metadata: &Value,
    objects: Vec<Arc<Object>>,
) -> impl Iterator<Item = Bytes> + use<> {
    let head = format!(
        r#"{{"kind":"{}List","apiVersion":"{}","metadata":{metadata},"items":["#,
        kind.kind,
        kind.api_version()
    );
    let mut piece = BytesMut::from(head.as_bytes());
    let mut objects = objects.into_iter();
    let (mut first, mut done) = (true, false);
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        while piece.len() < PIECE {
            let Some(object) = objects.next() else {
                piece.put_slice(b"]}");
                done = true;
                break;
            };
            piece.put_slice(if first { b"{" } else { b",{" });
            first = false;
            events::put_item(kind, &object, &mut piece);
        }
        Some(piece.split().freeze())
    })
}

pub(crate) fn check_options(params: &Params) -> Result<(), Failure> {
    let field = "resourceVersionMatch";
    let mut causes = Vec::new();
    let wanted = params.resource_version_match.as_str();
    if !wanted.is_empty() {
        if params.resource_version.is_empty() {
            let why = "resourceVersionMatch is forbidden unless resourceVersion is provided";
            causes.push(Cause::forbidden(field, why));
        }
        if !params.continue_at.is_empty() {
            causes.push(Cause::forbidden(
                field,
                "resourceVersionMatch is forbidden when continue is provided",
            ));
        }
        if !matches!(wanted, "Exact" | "NotOlderThan") {
            causes.push(Cause::unsupported(field, wanted, &["Exact", "NotOlderThan", ""]));
        }
        if wanted == "Exact" && params.resource_version == "0" {
            let why = "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
            causes.push(Cause::forbidden(field, why));
        }
    }
    if params.send_initial_events.is_some() {
        causes.push(Cause::forbidden(
            "sendInitialEvents",
            "sendInitialEvents is forbidden for list",
        ));
    }
    if causes.is_empty() {
        Ok(())
    } else {
        Err(Failure::invalid_kind("meta.k8s.io", "ListOptions", "", &causes))
    }
}

/// The version that a `resourceVersion` parameter names; `None` where it names none. The error is upstream's text.
pub(crate) fn revision(text: &str) -> Result<Option<u64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        format!(
            "resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax"
        )
    })
}

pub(crate) fn snapshot(
    store: &Store,
    kind: &Kind,
    namespace: Option<&str>,
    params: &Params,
) -> Result<Snapshot, Failure> {
    let asked = revision(&params.resource_version)
        .map_err(|why| Failure::bad_request(format!("invalid resource version: {why}")))?;
    if !params.continue_at.is_empty() {
        if asked.is_some_and(|r| r != 0) {
            return Err(Failure::bad_request(
                "specifying resource version is not allowed when using continue",
            ));
        }
        let (revision, after) = parse_token(&params.continue_at)
            .ok_or_else(|| Failure::bad_request("continue key is not valid: encoded token is malformed"))?;
        return store.list_at(kind.table, namespace, revision, Some(&after)).map_err(|_| {
            let message = "The provided continue parameter is too old to display a consistent list result. \
                 You must start a new list without the continue parameter.";
            Failure::expired(message, None)
        });
    }
    let current = store.list(kind.table, namespace);
    match asked {
        Some(asked) if asked > current.revision => Err(Failure::too_large_revision(asked, current.revision)),
        // A limit with a version, and no word on how to match, is the old way to ask for exactly that version.
        Some(asked)
            if asked != 0
                && (params.resource_version_match == "Exact"
                    || params.resource_version_match.is_empty() && params.limit > 0) =>
        {
            store.list_at(kind.table, namespace, asked, None)
        }
        _ => Ok(current),
    }
}

/// Opaque to clients: where a list goes on, at which version.
pub(crate) fn token(revision: u64, last: &Key) -> String {
    format!("v1:{revision}:{}:{}", last.namespace, last.name)
}

fn parse_token(token: &str) -> Option<(u64, Key)> {
    let mut parts = token.splitn(4, ':');
    if parts.next()? != "v1" {
        return None;
    }
    let revision = parts.next()?.parse().ok()?;
    Some((revision, Key::new(parts.next()?, parts.next()?)))
}
