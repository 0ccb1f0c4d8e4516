//! One watch, for ever.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc::Sender;
use tokio::sync::watch::Receiver;

use super::absence::Absence;
use super::backoff::Backoff;
use super::kind::{WatchKind, Watched};
use super::{FeedEvent, WatchStatus};
use crate::cluster::connect::Connection;
use crate::cluster::error::{Action, ClusterError};
use crate::cluster::list::{BATCH, List, parse};
use crate::cluster::probe::Pulse;
use crate::cluster::request::{Refused, RequestError, next_frame};
use crate::model::{Change, WatchEvent};

/// For how long one watch request is made; then it is made again where it ended.
const LIFETIME: std::ops::Range<u64> = 240..360;
/// How long a kind that is not served, or that we may not see, is left alone before it is looked at again.
const LEFT_ALONE: std::ops::Range<u64> = 240..360;
/// A watch that ends sooner than this is not a good one: wait before the next.
const SHORT: Duration = Duration::from_secs(5);
/// After a silence of the server as long as this, connections may be dead without saying so.
const DEAD: Duration = Duration::from_secs(15);

/// Nobody takes what the watch brings any more.
struct Closed;

/// How a watch request ended.
enum End {
    /// The server closed it, or it is to be made again for another good reason.
    Renew,
    /// What happened since is no longer known: list again.
    Expired,
    /// It failed.
    Failed(Box<(Action, RequestError)>),
}

/// Lists and follows `K` until the feed is closed.
pub(super) async fn follow<K: Watched>(connection: Connection, feed: Sender<FeedEvent>) {
    let mut follower = Follower {
        pulse: connection.pulse(),
        connection,
        feed,
        backoff: Backoff::default(),
        down: None,
        unseen: None,
    };
    // It only ends when nobody listens.
    let _: Result<std::convert::Infallible, Closed> = follower.run::<K>().await;
}

struct Follower {
    connection: Connection,
    feed: Sender<FeedEvent>,
    pulse: Receiver<Pulse>,
    backoff: Backoff,
    /// Since when the watch is down.
    down: Option<Timestamp>,
    /// Why the kind is not seen, where that was said.
    unseen: Option<Arc<str>>,
}

impl Follower {
    async fn run<K: Watched>(&mut self) -> Result<std::convert::Infallible, Closed> {
        self.status::<K>(WatchStatus::Connecting).await?;
        loop {
            let mut version = match self.list::<K>().await? {
                Ok(version) => version,
                Err(error) => {
                    self.fail::<K>(&K::KIND.listing(), error).await?;
                    continue;
                }
            };
            loop {
                let begun = Instant::now();
                let end = self.watch::<K>(&mut version).await?;
                match end {
                    End::Renew if begun.elapsed() >= SHORT => self.backoff.reset(),
                    End::Renew => self.pause().await,
                    End::Expired => break self.pause().await,
                    End::Failed(failure) => {
                        let (action, error) = *failure;
                        // The server may be asked again from where we are, unless it is the question it dislikes.
                        let refused = error.code().filter(|code| (400..500).contains(code));
                        let relist =
                            refused.is_some_and(|code| code != 429) || Absence::of(K::KIND, &error).is_some();
                        self.fail::<K>(&action, error).await?;
                        if relist {
                            break;
                        }
                    }
                }
            }
        }
    }

    /// Reads the list. The outer error: nobody listens; the inner one: no list.
    async fn list<K: Watched>(&mut self) -> Result<Result<String, RequestError>, Closed> {
        let mut list = match List::open(&self.connection, &K::KIND.path()).await {
            Ok(list) => list,
            Err(error) => return Ok(Err(error)),
        };
        self.changes(vec![K::change(WatchEvent::Restarted)]).await?;
        let mut objects = 0;
        loop {
            let batch = match list.batch::<K>().await {
                Ok(batch) => batch,
                Err(error) => return Ok(Err(error)),
            };
            if batch.is_empty() {
                break;
            }
            objects += batch.len();
            let listed = batch
                .into_iter()
                .map(|object| K::change(WatchEvent::Listed(Box::new(object))));
            self.changes(listed.collect()).await?;
            self.status::<K>(WatchStatus::Listing { objects }).await?;
        }
        self.changes(vec![K::change(WatchEvent::Synced)]).await?;
        Ok(Ok(list.finish()))
    }

    /// Follows from `version`, which moves on with what comes.
    async fn watch<K: Watched>(&mut self, version: &mut String) -> Result<End, Closed> {
        let lifetime = fastrand::u64(LIFETIME);
        let path = format!(
            "{}&watch=1&allowWatchBookmarks=true&resourceVersion={version}&timeoutSeconds={lifetime}",
            K::KIND.path()
        );
        let mut body = match self.connection.open(&path, false).await {
            Ok(body) => body,
            Err(error) if error.code() == Some(410) => return Ok(End::Expired),
            Err(error) => return Ok(failed::<K>(error)),
        };
        self.live::<K>().await?;
        // The server ends it by itself; where nothing is heard even of that, the connection is dead.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(lifetime + 15);
        let mut pulse = self.pulse.clone();
        pulse.mark_unchanged();
        let mut silent_since = None;
        let mut line = Vec::new();
        loop {
            let frame = tokio::select! {
                biased;
                frame = next_frame(&mut body, Duration::from_secs(2 * lifetime)) => frame,
                Ok(()) = pulse.changed() => {
                    let seen = pulse.borrow_and_update().clone();
                    match (seen, silent_since) {
                        (Pulse::Silent { since, error }, None) => {
                            silent_since = Some(Instant::now());
                            self.down = Some(since);
                            self.status::<K>(WatchStatus::Down { since, error }).await?;
                        }
                        (Pulse::Answers { .. }, Some(at)) => {
                            silent_since = None;
                            if at.elapsed() > DEAD {
                                return Ok(End::Renew);
                            }
                            self.live::<K>().await?;
                        }
                        _ => {}
                    }
                    continue;
                }
                () = tokio::time::sleep_until(deadline) => return Ok(End::Renew),
            };
            let frame = match frame {
                Ok(Some(frame)) => frame,
                Ok(None) => return Ok(End::Renew),
                Err(error) => return Ok(failed::<K>(error)),
            };
            let mut changes = Vec::new();
            let mut end = None;
            let mut rest = &frame[..];
            while let Some(length) = rest.iter().position(|&byte| byte == b'\n') {
                let (head, tail) = rest.split_at(length);
                rest = tail.get(1..).unwrap_or_default();
                let whole = if line.is_empty() {
                    Cow::Borrowed(head)
                } else {
                    line.extend_from_slice(head);
                    Cow::Owned(std::mem::take(&mut line))
                };
                match read::<K>(&whole, version) {
                    Ok(Some(change)) => changes.push(change),
                    Ok(None) => {}
                    Err(ended) => {
                        end = Some(ended);
                        break;
                    }
                }
                if changes.len() >= BATCH {
                    self.changes(std::mem::take(&mut changes)).await?;
                }
            }
            self.changes(changes).await?;
            if let Some(end) = end {
                return Ok(end);
            }
            line.extend_from_slice(rest);
        }
    }

    /// Says what went wrong, and waits.
    async fn fail<K: Watched>(&mut self, action: &Action, error: RequestError) -> Result<(), Closed> {
        let left_alone = matches!(error, RequestError::Status(_));
        match Absence::of(K::KIND, &error) {
            None => {}
            Some(Absence::NotServed) => {
                tracing::info!(kind = %K::KIND, "the server has no such kind");
                self.changes(vec![
                    K::change(WatchEvent::Restarted),
                    K::change(WatchEvent::Synced),
                ])
                .await?;
                self.seen::<K>(None).await?;
                self.status::<K>(WatchStatus::NotServed).await?;
                self.leave_alone().await;
                return Ok(());
            }
            Some(Absence::Unseen(why)) => {
                let error = ClusterError::new(action, self.connection.server(), error).to_string();
                tracing::warn!(kind = %K::KIND, %error, "not seen");
                self.seen::<K>(Some(why.into())).await?;
                self.status::<K>(WatchStatus::Unseen { error }).await?;
                if left_alone {
                    self.leave_alone().await;
                } else {
                    self.pause().await;
                }
                return Ok(());
            }
        }
        let error = ClusterError::new(action, self.connection.server(), error);
        tracing::warn!(kind = %K::KIND, %error, "watch is down");
        let since = *self.down.get_or_insert_with(Timestamp::now);
        let error = error.to_string();
        self.status::<K>(WatchStatus::Down { since, error }).await?;
        self.pause().await;
        Ok(())
    }

    /// Tells, where that is new, why the kind is not seen, or that it is seen.
    async fn seen<K: Watched>(&mut self, unseen: Option<Arc<str>>) -> Result<(), Closed> {
        if let WatchKind::Other(kind) = K::KIND
            && self.unseen != unseen
        {
            self.unseen.clone_from(&unseen);
            self.changes(vec![Change::Unseen(kind, unseen)]).await?;
        }
        Ok(())
    }

    async fn pause(&mut self) {
        let wait = self.backoff.next();
        self.wait(wait).await;
    }

    async fn leave_alone(&mut self) {
        self.down = None;
        self.wait(Duration::from_secs(fastrand::u64(LEFT_ALONE))).await;
    }

    /// Waits, but no longer than until the server is seen to answer again.
    async fn wait(&mut self, wait: Duration) {
        let was_silent = self.pulse.borrow_and_update().is_silent();
        let back = async {
            let mut silent = was_silent;
            loop {
                if self.pulse.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                let now = self.pulse.borrow_and_update().is_silent();
                if silent && !now {
                    return;
                }
                silent = now;
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = back => {}
        }
    }

    async fn live<K: Watched>(&mut self) -> Result<(), Closed> {
        self.down = None;
        self.seen::<K>(None).await?;
        self.status::<K>(WatchStatus::Live).await
    }

    async fn status<K: Watched>(&self, status: WatchStatus) -> Result<(), Closed> {
        let event = FeedEvent::Status(K::KIND, status);
        self.feed.send(event).await.map_err(|_| Closed)
    }

    async fn changes(&self, changes: Vec<Change>) -> Result<(), Closed> {
        if changes.is_empty() {
            return Ok(());
        }
        self.feed
            .send(FeedEvent::Changes(changes))
            .await
            .map_err(|_| Closed)
    }
}

fn failed<K: Watched>(error: RequestError) -> End {
    End::Failed(Box::new((K::KIND.watching(), error)))
}

/// Reads one line of a watch; `version` moves on with it. A bookmark is no change.
fn read<K: Watched>(line: &[u8], version: &mut String) -> Result<Option<Change>, End> {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        r#type: Cow<'a, str>,
        #[serde(borrow)]
        object: &'a RawValue,
    }
    #[derive(Deserialize)]
    struct Bookmark {
        metadata: crate::model::from_api::Meta,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Status {
        code: u16,
        reason: String,
        message: String,
    }
    let unreadable = |why: String| failed::<K>(RequestError::Unreadable(why));
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let line: Line<'_> = serde_json::from_slice(line).map_err(|error| unreadable(error.to_string()))?;
    let json = line.object.get().as_bytes();
    let event: fn(Box<K>) -> WatchEvent<K> = match &*line.r#type {
        "ADDED" | "MODIFIED" => WatchEvent::Applied,
        "DELETED" => WatchEvent::Deleted,
        "BOOKMARK" => {
            let bookmark: Bookmark =
                serde_json::from_slice(json).map_err(|error| unreadable(error.to_string()))?;
            *version = bookmark.metadata.resource_version;
            return Ok(None);
        }
        "ERROR" => {
            let status: Status = serde_json::from_slice(json).unwrap_or_default();
            // A server that was restored from a backup does not know our version yet.
            if status.code == 410
                || status.reason == "Expired"
                || status.message.contains("Too large resource version")
            {
                return Err(End::Expired);
            }
            let refused = Refused {
                code: status.code,
                message: crate::model::text::inert(&status.message).into_owned(),
                retry_after: None,
            };
            return Err(failed::<K>(RequestError::Status(refused)));
        }
        other => return Err(unreadable(format!("an event of type '{other}'"))),
    };
    let object: K = parse(json).map_err(failed::<K>)?;
    version.clone_from(&object.meta().resource_version);
    Ok(Some(K::change(event(Box::new(object)))))
}
