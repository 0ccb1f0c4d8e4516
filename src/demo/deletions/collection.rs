//! `deletecollection`: deletes what a list with the same parameters lists, and answers that list.

use std::sync::Arc;

use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use http::StatusCode;

use super::{options, run};
use crate::demo::{
    api, events,
    failure::Failure,
    kinds::Kind,
    object::Object,
    reads,
    selectors::Selection,
    store::{Snapshot, Store},
    subresource::Call,
};

/// Deletes all objects of a kind, or of a namespace, that are selected. The first that is refused ends it; what was
/// deleted before stays so.
pub(crate) fn delete_collection(
    store: &Store,
    kind: &'static Kind,
    namespace: Option<&str>,
    call: &Call,
) -> Result<Response, Failure> {
    let params = &call.params;
    reads::check_options(params)?;
    let selection = Selection::parse(kind, &params.label_selector, &params.field_selector)?;
    let deletion = options::read(call)?;
    let Snapshot {
        revision,
        mut objects,
    } = reads::snapshot(store, kind, namespace, params)?;
    objects.retain(|object| selection.selects(object));
    let metadata = reads::page(&mut objects, revision, &selection, params);
    for object in &objects {
        match run(store, kind, &object.key, &deletion) {
            Err(failure) if failure.code() != StatusCode::NOT_FOUND => return Err(failure),
            _ => {}
        }
    }
    Ok(api::json(StatusCode::OK, list(kind, &metadata, &objects), &[]))
}

/// The objects as they were.
fn list(kind: &'static Kind, metadata: &serde_json::Value, objects: &[Arc<Object>]) -> Bytes {
    let head = format!(
        r#"{{"kind":"{}List","apiVersion":"{}","metadata":{metadata},"items":["#,
        kind.kind,
        kind.api_version()
    );
    let mut out = BytesMut::from(head.as_bytes());
    for (i, object) in objects.iter().enumerate() {
        out.put_slice(if i == 0 { b"{" } else { b",{" });
        events::put_item(kind, object, &mut out);
    }
    out.put_slice(b"]}");
    out.freeze()
}
