//! Watching pods, nodes and namespaces: list, then follow, for ever.
//!
//! Written out here and not taken from `kube::runtime`, for three reasons: a list is turned into slim objects while
//! it arrives instead of being held page by page; the status says `Live` as soon as a watch is open again, also
//! where nothing happens; and what a watch brings is handed on in batches.

mod backoff;
mod follow;
mod kind;

use jiff::Timestamp;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

pub use kind::WatchKind;
pub(crate) use kind::Watched;

use super::connect::Connection;
use crate::model::Change;
use crate::model::from_api::{NamespaceObject, NodeObject, PodObject};

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

/// Starts watching. For each kind the feed brings `Restarted`, the objects there are, `Synced`, then every change.
pub fn start(connection: &Connection, feed: Sender<FeedEvent>) -> Watches {
    Watches(vec![
        tokio::spawn(follow::follow::<NamespaceObject>(
            connection.clone(),
            feed.clone(),
        )),
        tokio::spawn(follow::follow::<NodeObject>(connection.clone(), feed.clone())),
        tokio::spawn(follow::follow::<PodObject>(connection.clone(), feed)),
    ])
}
