//! `get` and `list`.

mod token;
use std::sync::Arc;

use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use http::{StatusCode, header::CONTENT_TYPE};
use jiff::Timestamp;
use serde_json::{Value, json};

use self::token::Token;
use super::{
    events,
    failure::{Cause, Failure},
    kinds::Kind,
    negotiation::{self, Shape, Wanted},
    object::{Key, Object, metadata},
    request::{LIST_NUMBERS, Params},
    selectors::Selection,
    store::{Snapshot, Store},
    tables::{self, Include, Table},
};

/// Bytes gathered before a piece of a list or of a watch is sent.
pub(crate) const PIECE: usize = 64 * 1024;

/// The current version of one object, in the form that is wanted.
pub(crate) fn get(
    store: &Store,
    kind: &'static Kind,
    key: &Key,
    params: &Params,
    wanted: Wanted,
) -> Result<Bytes, Failure> {
    let asked = revision(&params.resource_version).map_err(Failure::unclassified)?;
    let current = store.revision();
    if let Some(asked) = asked.filter(|asked| *asked > current) {
        return Err(Failure::too_large_revision(asked, current));
    }
    let object = store
        .get(kind.table, key)
        .ok_or_else(|| Failure::not_found(kind, &key.name))?;
    View::new(kind, wanted, params)?.single(&object)
}

/// What a write answers, in the form that is wanted.
pub(crate) fn written(
    kind: &'static Kind,
    body: &[u8],
    params: &Params,
    wanted: Wanted,
) -> Result<Option<Bytes>, Failure> {
    let tree: Value = serde_json::from_slice(body).unwrap_or_default();
    if tree["kind"] != kind.kind {
        return Ok(None);
    }
    let mut tree = events::to_stored(kind, tree);
    let revision = metadata(&mut tree)
        .get("resourceVersion")
        .and_then(|revision| revision.as_str()?.parse().ok());
    let object = Object::freeze(events::stored_row(kind), tree, revision.unwrap_or(0));
    View::new(kind, wanted, params)?.single(&object).map(Some)
}

/// How the objects of a kind are shown.
#[derive(Debug, Clone)]
pub(crate) enum View {
    Whole(&'static Kind),
    Table(Table),
    /// The version of `meta.k8s.io`, and whether a list is expected.
    Metadata(&'static Kind, &'static str, bool),
}

impl View {
    /// # Errors
    /// 400 where the parameters say nothing that a table could be.
    pub(crate) fn new(kind: &'static Kind, wanted: Wanted, params: &Params) -> Result<Self, Failure> {
        Ok(match wanted.shape {
            Shape::Whole => Self::Whole(kind),
            Shape::Metadata => Self::Metadata(kind, wanted.version, false),
            Shape::MetadataList => Self::Metadata(kind, wanted.version, true),
            Shape::Table => Self::Table(Table {
                kind,
                version: wanted.version,
                include: Include::parse(&params.include_object)?,
                now: Timestamp::now(),
                chosen: None,
            }),
        })
    }

    /// One object as an answer of its own.
    fn single(&self, object: &Object) -> Result<Bytes, Failure> {
        match self {
            Self::Whole(kind) => Ok(events::view(kind, object)),
            Self::Metadata(kind, _, true) => Err(Failure::not_acceptable(
                &format!(
                    "you requested PartialObjectMetadataList, but the requested object is not a list ({})",
                    go_type(kind, "")
                ),
                false,
            )),
            Self::Metadata(_, version, false) => {
                let mut out = BytesMut::new();
                tables::put_metadata(version, object, &mut out);
                Ok(out.freeze())
            }
            Self::Table(table) => {
                let mut out = BytesMut::new();
                put_table(table, object, true, false, &mut out);
                Ok(out.freeze())
            }
        }
    }
}

/// A table of one row. `metadata` is as of [`Table::put_row`].
pub(crate) fn put_table(table: &Table, object: &Object, columns: bool, metadata: bool, out: &mut BytesMut) {
    let version = json!({"resourceVersion": object.revision.to_string()});
    table.put_head(&version, columns, out);
    table.put_row(object, metadata, out);
    out.put_slice(b"]}");
}

/// The name of a type in upstream's program, as some of its messages show it.
fn go_type(kind: &Kind, suffix: &str) -> String {
    let package = match kind.group.split('.').next() {
        None | Some("" | "events") => "core",
        Some(group) => group,
    };
    format!("*{package}.{}{suffix}", kind.kind)
}

/// A list, sent piece by piece: the objects' bytes are copied once, into the pieces.
pub(crate) fn list(
    store: &Store,
    kind: &'static Kind,
    namespace: Option<&str>,
    params: &Params,
    wanted: Wanted,
) -> Result<Response, Failure> {
    check_options(params)?;
    let mut view = View::new(kind, wanted, params)?;
    if let View::Metadata(_, _, false) = view {
        let message = format!(
            "you requested PartialObjectMetadata, but the requested object is a list ({})",
            go_type(kind, "List")
        );
        return Err(Failure::not_acceptable(&message, false));
    }
    let selection = Selection::parse(kind, &params.label_selector, &params.field_selector)?;
    let Snapshot {
        revision,
        mut objects,
    } = snapshot(store, kind, namespace, params)?;
    if !selection.is_everything() {
        objects.retain(|object| selection.selects(object));
    }
    let metadata = page(&mut objects, revision, &selection, params);
    if let View::Table(table) = &mut view {
        table.chosen = (kind.printer.single_out)(&objects);
    }
    Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .status(StatusCode::OK)
        .body(negotiation::streamed(pieces(view, &metadata, objects)))
        .map_err(|error| Failure::internal(&error.to_string()))
}

/// Cuts what a list is about to as much of it as was asked for; answers the list's metadata, which say where it goes on.
pub(crate) fn page(
    objects: &mut Vec<Arc<Object>>,
    revision: u64,
    selection: &Selection,
    params: &Params,
) -> Value {
    let mut metadata = json!({"resourceVersion": revision.to_string()});
    let limit = usize::try_from(params.limit).unwrap_or(0);
    // Whoever takes any version gets all of it, as from upstream's cache.
    if limit == 0 || params.resource_version == "0" || objects.len() <= limit {
        return metadata;
    }
    let remaining = objects.len() - limit;
    objects.truncate(limit);
    if let Some(last) = objects.last() {
        metadata["continue"] = Token::after(revision, &last.key).into();
    }
    // Upstream knows how many remain only where nothing is selected.
    if selection.is_everything() {
        metadata["remainingItemCount"] = remaining.into();
    }
    metadata
}

fn pieces(view: View, metadata: &Value, objects: Vec<Arc<Object>>) -> impl Iterator<Item = Bytes> + use<> {
    let mut piece = BytesMut::new();
    match &view {
        View::Table(table) => table.put_head(metadata, true, &mut piece),
        View::Whole(kind) => put_head(kind.kind, &kind.api_version(), metadata, &mut piece),
        View::Metadata(_, version, _) => {
            let api = format!("meta.k8s.io/{version}");
            put_head("PartialObjectMetadata", &api, metadata, &mut piece);
        }
    }
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
            if !std::mem::take(&mut first) {
                piece.put_slice(b",");
            }
            match &view {
                View::Whole(kind) => {
                    piece.put_slice(b"{");
                    events::put_item(kind, &object, &mut piece);
                }
                View::Table(table) => table.put_row(&object, false, &mut piece),
                View::Metadata(_, version, _) => tables::put_metadata(version, &object, &mut piece),
            }
        }
        Some(piece.split().freeze())
    })
}

fn put_head(kind: &str, api_version: &str, metadata: &Value, out: &mut BytesMut) {
    let head =
        format!(r#"{{"kind":"{kind}List","apiVersion":"{api_version}","metadata":{metadata},"items":["#);
    out.put_slice(head.as_bytes());
}

pub(crate) fn check_options(params: &Params) -> Result<(), Failure> {
    params.check_numbers(&LIST_NUMBERS)?;
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
    if !params.continue_at.is_empty() {
        let (version, after) = Token::parse(&params.continue_at, namespace).map_err(|why| {
            Failure::bad_request(format!("invalid continue token: continue key is not valid{why}"))
        })?;
        if !matches!(params.resource_version.as_str(), "" | "0") {
            return Err(Failure::bad_request(
                "specifying resource version is not allowed when using continue",
            ));
        }
        // A token without a version goes on in the present.
        let revision = u64::try_from(version).unwrap_or_else(|_| store.revision());
        return store
            .list_at(kind.table, namespace, revision, Some(&after))
            .map_err(|_| Failure::expired(INCONSISTENT, Some(Token::inconsistent(&after))));
    }
    let asked = revision(&params.resource_version)
        .map_err(|why| Failure::bad_request(format!("invalid resource version: {why}")))?;
    let current = store.list(kind.table, namespace);
    match asked {
        Some(asked) if asked > current.revision => Err(Failure::too_large_revision(asked, current.revision)),
        // A limit with a version, and no word on how to match, is the old way to ask for exactly that version.
        Some(asked)
            if asked != 0
                && (params.resource_version_match == "Exact"
                    || params.resource_version_match.is_empty() && params.limit > 0) =>
        {
            store
                .list_at(kind.table, namespace, asked, None)
                .map_err(|_| Failure::expired("The resourceVersion for the provided list is too old.", None))
        }
        _ => Ok(current),
    }
}

const INCONSISTENT: &str = "The provided continue parameter is too old to display a consistent list result. \
    You can start a new list without the continue parameter, or use the continue token in this response to \
    retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list \
    - objects that were created, modified, or deleted between the time the first chunk was returned and now may \
    show up in the list.";
