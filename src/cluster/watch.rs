//! Watching pods, nodes, namespaces and what else decisions depend on: list, then follow, for ever.
//!
//! Written out here and not taken from `kube::runtime`, for three reasons: a list is turned into slim objects while
//! it arrives instead of being held page by page; the status says `Live` as soon as a watch is open again, also
//! where nothing happens; and what a watch brings is handed on in batches.

mod absence;
mod backoff;
mod follow;
mod kind;

use jiff::Timestamp;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

pub(crate) use absence::Absence;
pub use kind::WatchKind;
pub(crate) use kind::{Each, Watched};

use super::connect::Connection;
use crate::model::Change;

/// What the watches say.
#[derive(Clone, Debug)]
pub enum FeedEvent {
    /// Changes to the cluster, in the order in which they came.
    Changes(Vec<Change>),
    /// How one of the watches fares.
    Status(WatchKind, WatchStatus),
}

/// How a watch fares.
#[derive(Clone, Debug, PartialEq)]
pub enum WatchStatus {
    /// Nothing came yet.
    Connecting,
    /// A list is being read.
    Listing {
        /// Objects read so far.
        objects: usize,
    },
    /// Every change is seen as it happens.
    Live,
    /// The server has no such kind, so that there are no objects of it. It is looked at again every few minutes.
    NotServed,
    /// Objects of the kind are not seen, or not as they change, and decisions are made without them. It is tried again
    /// every few minutes. Pods, nodes and namespaces are [`Down`](Self::Down) instead.
    Unseen {
        /// Why, and what to try.
        error: String,
    },
    /// What is known is what was known then; it is tried again, more and more seldom, at least every 30 s.
    Down {
        /// Since when.
        since: Timestamp,
        /// Why, and what to try.
        error: String,
    },
}

/// The watches; they end when this is dropped, or when nobody takes what they bring.
#[derive(Debug)]
pub struct Watches(Vec<JoinHandle<()>>);

impl Drop for Watches {
    fn drop(&mut self) {
        for watch in &self.0 {
            watch.abort();
        }
    }
}

/// Starts watching `kinds`. For each the feed brings `Restarted`, the objects there are, `Synced`, then every change.
pub fn start(
    connection: &Connection,
    kinds: impl IntoIterator<Item = WatchKind>,
    feed: &Sender<FeedEvent>,
) -> Watches {
    let follow = |kind: WatchKind| kind.with(Follow(connection.clone(), feed.clone()));
    Watches(kinds.into_iter().map(follow).collect())
}

struct Follow(Connection, Sender<FeedEvent>);

impl Each for Follow {
    type Output = JoinHandle<()>;

    fn work<K: Watched>(self) -> JoinHandle<()> {
        tokio::spawn(follow::follow::<K>(self.0, self.1))
    }
}
