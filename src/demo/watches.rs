//! `watch`: what a client sees of the log.
//!
//! A watch holds a place in the log and nothing else. Its next bytes are made when its client takes them, so one that
//! does not read costs nothing, and is told that its version is too old once the log has moved on.

use std::{sync::Arc, time::Duration};

use axum::{body::Body, response::Response};
use bytes::{BufMut, Bytes, BytesMut};
use futures::stream;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use serde_json::json;
use tokio::{sync::watch::Receiver, time::Instant};

use super::{
    events,
    failure::{Cause, Failure},
    kinds::Kind,
    negotiation::{AsItIs, Wanted},
    object::{Object, encode},
    reads::{self, PIECE, View},
    request::{LIST_NUMBERS, Params},
    selectors::Selection,
    store::{Change, Store},
    tables,
};

/// Bookmarks come this often, as upstream's do.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);
/// How long a watch lasts that names no timeout: upstream takes 30 to 60 minutes, by chance.
const SHORTEST_SECONDS: u64 = 1800;
/// How long upstream waits for a version that is not there yet.
const FUTURE_WAIT: Duration = Duration::from_secs(3);
/// Changes read from the log at a time.
const BATCH: usize = 512;

#[expect(
    clippy::struct_excessive_bools,
    reason = "what is still to be told, and what is wanted, are independent"
)]
struct Watch {
    store: Arc<Store>,
    kind: &'static Kind,
    view: View,
    /// A table's columns are told once, with its first event.
    columns: bool,
    namespace: Option<String>,
    selection: Selection,
    /// What was there when the watch began, still to be sent.
    initial: std::vec::IntoIter<Arc<Object>>,
    /// Marks the end of `initial`, once.
    mark_end: bool,
    bookmarks: bool,
    /// Everything up to this revision has been sent.
    reached: u64,
    wake: Receiver<u64>,
    next_bookmark: Instant,
    ends: Instant,
    /// The client asked for a version of the future.
    future: Option<u64>,
    over: bool,
}

/// Opens a watch; events follow as they happen until the timeout, or until the log no longer reaches back.
pub(crate) fn watch(
    store: &Arc<Store>,
    kind: &'static Kind,
    namespace: Option<&str>,
    name: Option<&str>,
    params: &Params,
    wanted: Wanted,
) -> Result<Response, Failure> {
    check_options(params)?;
    let mut selection = Selection::parse(kind, &params.label_selector, &params.field_selector)?;
    if let Some(name) = name
        && !selection.narrow(name)
    {
        return Err(Failure::bad_request(
            "fieldSelector metadata.name doesn't match requested name",
        ));
    }
    let view = View::new(kind, wanted.of_watch()?, params)?;
    // Upstream gives no class to this error.
    let asked = reads::revision(&params.resource_version).map_err(Failure::unclassified)?;
    let wake = store
        .subscribe(kind.table)
        .ok_or_else(Failure::method_not_allowed)?;
    let snapshot = store.list(kind.table, namespace);
    let from_log = asked.is_some_and(|r| r != 0) && params.send_initial_events != Some(true);
    let skip_initial = params.send_initial_events == Some(false);
    let (initial, reached) = if from_log || skip_initial {
        let from = asked.filter(|r| *r != 0).unwrap_or(snapshot.revision);
        (Vec::new(), from)
    } else {
        let mut objects = snapshot.objects;
        objects.retain(|object| selection.selects(object));
        (objects, snapshot.revision)
    };
    let seconds = match params.timeout_seconds {
        None | Some(0) => fastrand::u64(SHORTEST_SECONDS..2 * SHORTEST_SECONDS),
        // A time that is over before it begins.
        Some(seconds) => u64::try_from(seconds).unwrap_or(0),
    };
    let now = Instant::now();
    let watch = Watch {
        store: Arc::clone(store),
        kind,
        view,
        columns: true,
        namespace: namespace.map(str::to_owned),
        selection,
        initial: initial.into_iter(),
        mark_end: params.bookmarks && (params.send_initial_events == Some(true) || streams_unasked(params)),
        bookmarks: params.bookmarks,
        reached,
        wake,
        next_bookmark: now + BOOKMARK_EVERY,
        // An hour at most: nothing is gained by longer ones, and the sum cannot overflow.
        ends: now + Duration::from_secs(seconds.min(2 * SHORTEST_SECONDS)),
        future: asked.filter(|r| *r > snapshot.revision && params.send_initial_events == Some(true)),
        over: false,
    };
    let pieces = stream::unfold(watch, |mut watch| async move {
        let piece = watch.next_piece().await?;
        Some((Ok::<_, std::io::Error>(piece), watch))
    });
    Response::builder()
        .header(CONTENT_TYPE, "application/json")
        .extension(AsItIs)
        .body(Body::from_stream(pieces))
        .map_err(|error| Failure::internal(&error.to_string()))
}

impl Watch {
    /// The next bytes to send, or nothing at the end of the watch.
    async fn next_piece(&mut self) -> Option<Bytes> {
        let mut piece = BytesMut::new();
        if self.over {
            return None;
        }
        if let Some(asked) = self.future.take()
            && !self.wait_for(asked).await
        {
            return Some(self.fail(piece, &Failure::too_large_revision(asked, self.store.revision())));
        }
        loop {
            while piece.len() < PIECE
                && let Some(object) = self.initial.next()
            {
                self.put_event("ADDED", &object, &mut piece);
            }
            if piece.len() >= PIECE {
                return Some(piece.freeze());
            }
            if std::mem::take(&mut self.mark_end) {
                self.put_bookmark(true, &mut piece);
                return Some(piece.freeze());
            }
            // Seen before the log is read, so that no change between the two is slept through.
            self.wake.borrow_and_update();
            match self.store.changes(self.kind.table, self.reached, BATCH) {
                Err(failure) => return Some(self.fail(piece, &failure)),
                Ok((changes, reached)) => {
                    for change in &changes {
                        self.put_change(change, &mut piece);
                    }
                    self.reached = self.reached.max(reached);
                    if !piece.is_empty() {
                        return Some(piece.freeze());
                    }
                    if changes.len() == BATCH {
                        continue;
                    }
                }
            }
            let now = Instant::now();
            if now >= self.ends {
                return None;
            }
            if self.bookmarks && now >= self.next_bookmark {
                self.next_bookmark = now + BOOKMARK_EVERY;
                // Also where nothing has changed: clients read from it that the watch is alive.
                self.put_bookmark(false, &mut piece);
                return Some(piece.freeze());
            }
            let until = if self.bookmarks {
                self.ends.min(self.next_bookmark)
            } else {
                self.ends
            };
            tokio::select! {
                woken = self.wake.changed() => if woken.is_err() { return None },
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }

    async fn wait_for(&mut self, asked: u64) -> bool {
        let reached = self.wake.wait_for(|revision| *revision >= asked);
        let _ = tokio::time::timeout(FUTURE_WAIT, reached).await;
        // Writes to other kinds count too, and do not wake this watch.
        self.store.revision() >= asked
    }

    fn put_change(&mut self, change: &Change, out: &mut BytesMut) {
        let visible = |object: &Object| {
            self.namespace
                .as_deref()
                .is_none_or(|ns| &*object.key.namespace == ns)
                && self.selection.selects(object)
        };
        let before = change.before.as_deref().is_some_and(visible);
        let after = !change.deleted && visible(&change.after);
        match (before, after) {
            (false, true) => self.put_event("ADDED", &change.after, out),
            (true, true) => self.put_event("MODIFIED", &change.after, out),
            (true, false) if change.deleted => self.put_event("DELETED", &change.after, out),
            // It left the selection: upstream sends what it was, under the version at which it left.
            (true, false) => {
                let last = change
                    .before
                    .as_ref()
                    .map(|before| before.reissued(change.revision));
                if let Some(last) = last {
                    self.put_event("DELETED", &last, out);
                }
            }
            (false, false) => {}
        }
    }

    fn put_bookmark(&mut self, end_of_initial: bool, out: &mut BytesMut) {
        let mut tree = self.kind.blank();
        tree["metadata"] = json!({"resourceVersion": self.reached.to_string()});
        if end_of_initial {
            tree["metadata"]["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        put_type("BOOKMARK", out);
        if let View::Whole(kind) = self.view {
            out.put_slice(&encode(kind, &tree).0);
        } else {
            let blank = Object::freeze(self.kind, tree, self.reached);
            self.put_object(&blank, end_of_initial, out);
        }
        out.put_slice(EVENT_END);
    }

    fn put_event(&mut self, what: &str, object: &Object, out: &mut BytesMut) {
        put_type(what, out);
        self.put_object(object, false, out);
        out.put_slice(EVENT_END);
    }

    fn put_object(&mut self, object: &Object, metadata: bool, out: &mut BytesMut) {
        match &mut self.view {
            View::Whole(kind) => out.put_slice(&events::view(kind, object)),
            View::Metadata(_, version, _) => tables::put_metadata(version, object, out),
            View::Table(table) => {
                table.now = Timestamp::now();
                reads::put_table(table, object, std::mem::take(&mut self.columns), metadata, out);
            }
        }
    }

    fn fail(&mut self, mut piece: BytesMut, failure: &Failure) -> Bytes {
        self.over = true;
        put_type("ERROR", &mut piece);
        piece.put_slice(failure.status().to_string().as_bytes());
        piece.put_slice(EVENT_END);
        piece.freeze()
    }
}

/// What follows the object of an event.
const EVENT_END: &[u8] = b"}\n";

fn put_type(what: &str, out: &mut BytesMut) {
    for part in ["{\"type\":\"", what, "\",\"object\":"] {
        out.put_slice(part.as_bytes());
    }
}

/// Whether a watch is taken for a streamed list although it does not ask to be one: upstream does so where any version
/// will do, but not on the paths that begin with `watch/`.
fn streams_unasked(params: &Params) -> bool {
    params.watch
        && params.send_initial_events.is_none()
        && params.resource_version_match.is_empty()
        && matches!(params.resource_version.as_str(), "" | "0")
}

fn check_options(params: &Params) -> Result<(), Failure> {
    params.check_numbers(&LIST_NUMBERS)?;
    let field = "resourceVersionMatch";
    let mut causes = Vec::new();
    let wanted = params.resource_version_match.as_str();
    if streams_unasked(params) && !params.continue_at.is_empty() {
        let why = "resourceVersionMatch is forbidden when continue is provided";
        causes.push(Cause::forbidden(field, why));
    }
    if params.send_initial_events.is_some() && wanted != "NotOlderThan" {
        let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        causes.push(Cause::forbidden(field, why));
    }
    if !wanted.is_empty() {
        if params.send_initial_events.is_none() {
            let why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            causes.push(Cause::forbidden(field, why));
        }
        if wanted != "NotOlderThan" {
            causes.push(Cause::unsupported(field, wanted, &["NotOlderThan"]));
        }
        if !params.continue_at.is_empty() {
            causes.push(Cause::forbidden(
                field,
                "resourceVersionMatch is forbidden when continue is provided",
            ));
        }
    }
    if causes.is_empty() {
        Ok(())
    } else {
        Err(Failure::invalid_kind("meta.k8s.io", "ListOptions", "", &causes))
    }
}
