//! Where a pod is in the queue.

use std::sync::Arc;

use jiff::Timestamp;

use super::Entry;

/// A place in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// It will be tried, in its turn.
    Active,
    /// It waits for its time, then it is active.
    Backoff {
        /// Until the end of this second.
        until: Timestamp,
        /// Whether its last attempt ended with an error: then it is not tried before.
        error: bool,
    },
    /// It waits for something to happen.
    Unschedulable,
    /// A PreEnqueue plugin holds it back; it is not tried at all.
    Gated {
        /// The plugin.
        plugin: &'static str,
        /// Why.
        reason: Arc<str>,
    },
    /// It is being tried.
    Trying {
        /// How many events there had been when that began.
        since_event: u64,
    },
    /// It fits, and waits for whoever decides.
    Held,
}

impl Place {
    pub(super) const fn gate(&self) -> Option<&'static str> {
        match self {
            Self::Gated { plugin, .. } => Some(plugin),
            _ => None,
        }
    }
}

/// What the queue knows of a pod.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// Where it is.
    pub place: &'a Place,
    /// When it came, or was tried last.
    pub since: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// The plugins that rejected it, by name; of a pod that was not tried, the one that holds it back.
    pub rejectors: &'a Arc<[&'static str]>,
    /// The cluster's generation when it came to its place.
    pub generation: u64,
}

impl<'a> Standing<'a> {
    pub(super) const fn of(entry: &'a Entry) -> Self {
        Self {
            place: &entry.place,
            since: entry.since,
            attempts: entry.attempts,
            rejectors: &entry.rejectors,
            generation: entry.generation,
        }
    }
}
