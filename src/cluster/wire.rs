//! The wire: every request that is made, with its answer.
//!
//! What is kept holds no secret: headers are not recorded, bodies and parameters are [masked](crate::model::mask). Lists, watches and
//! streams are recorded without their bodies, and no answer is held up or copied for it beyond a few KiB.

mod content;
mod tap;

pub use content::Content;
pub use tap::{Heard, Tapped};

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::broadcast;

/// A request and how it was answered, as far as that is known.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Counts the requests of a connection: a greater one was sent later.
    pub id: u64,
    /// When it was sent.
    pub started: Timestamp,
    /// RBAC's verb for it: `get`, `list`, `watch`, `create` …
    pub verb: &'static str,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The HTTP status; `None` until the answer comes, or where none did.
    pub status: Option<u16>,
    /// Why no answer came, or why it broke off.
    pub error: Option<Arc<str>>,
    /// From sending it to the head of the answer, or until it was given up; zero before.
    pub latency: Duration,
    /// What was sent with it.
    pub sent: Option<Content>,
    /// What the answer held, once it was read.
    pub answer: Option<Content>,
}

impl Exchange {
    /// Whether the answer is still to come.
    pub fn is_open(&self) -> bool {
        self.status.is_none() && self.error.is_none()
    }
}

/// A log of the latest [`Exchange`]s. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Wire(Arc<Log>);

#[derive(Debug)]
struct Log {
    kept: Mutex<Kept>,
    live: broadcast::Sender<Exchange>,
}

#[derive(Debug, Default)]
struct Kept {
    latest: VecDeque<Exchange>,
    /// How many there were.
    count: u64,
}

/// Marks a request that repeats for ever and says nothing new: it stays out of the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Routine;

impl Wire {
    /// How many exchanges are kept.
    pub const KEPT: usize = 500;

    /// The exchanges kept, oldest first.
    pub fn latest(&self) -> Vec<Exchange> {
        self.kept().latest.iter().cloned().collect()
    }

    /// Exchanges from now on, each as it stands whenever something about it is new: it is sent, it is answered, the answer is
    /// read. The same id is the same exchange.
    pub fn subscribe(&self) -> broadcast::Receiver<Exchange> {
        self.0.live.subscribe()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a new exchange down, and gives it its number.
    fn open(&self, exchange: &mut Exchange) {
        let mut kept = self.kept();
        exchange.id = kept.count;
        kept.count += 1;
        if kept.latest.len() >= Self::KEPT {
            kept.latest.pop_front();
        }
        kept.latest.push_back(exchange.clone());
        drop(kept);
        self.tell(exchange);
    }

    /// Takes down what is new of `exchange`, if it is still kept.
    fn renew(&self, exchange: &Exchange) {
        let mut kept = self.kept();
        if let Some(known) = kept.latest.iter_mut().rev().find(|known| known.id == exchange.id) {
            known.clone_from(exchange);
        }
        drop(kept);
        self.tell(exchange);
    }

    fn tell(&self, exchange: &Exchange) {
        // Nobody listening is no fault.
        let _ = self.0.live.send(exchange.clone());
    }
}

impl Default for Wire {
    fn default() -> Self {
        Self(Arc::new(Log {
            kept: Mutex::default(),
            live: broadcast::Sender::new(256),
        }))
    }
}

#[cfg(test)]
mod tests;
