//! What goes over the wire, for the screen: the latest requests and their answers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::PodKey;

/// A request and how it was answered, as far as that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// A greater number was sent later.
    pub id: u64,
    /// When it was sent.
    pub started: Timestamp,
    /// RBAC's verb for it.
    pub verb: &'static str,
    /// The HTTP method.
    pub method: String,
    /// Path and query, without secrets.
    pub path: String,
    /// How it was answered.
    pub answer: Answer,
    /// From sending it to the head of the answer.
    pub latency: Duration,
    /// What was sent with it.
    pub sent: Option<Body>,
    /// What the answer held.
    pub received: Option<Body>,
}

/// How a request was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Not yet.
    Open,
    /// With this HTTP status.
    Status(u16),
    /// With this HTTP status, and then the answer broke off.
    Broken(u16, Arc<str>),
    /// Not at all.
    Lost(Arc<str>),
}

/// A body, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Its text, and how many bytes it had.
    Text(Arc<str>, usize),
    /// It is not kept: why, and how many bytes it had where they were counted.
    LeftOut(&'static str, Option<usize>),
}

/// Which step of a placement a request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Pod or node are read.
    Read,
    /// The Binding is rehearsed.
    DryRun,
    /// The Binding.
    Binding,
    /// The Event.
    Event,
}

impl Exchange {
    /// Whether all went well so far.
    pub const fn is_good(&self) -> bool {
        matches!(self.answer, Answer::Open | Answer::Status(..400))
    }

    /// Which step of placing `pod` on `node` it belongs to, if any.
    pub fn part(&self, pod: &PodKey, node: &str) -> Option<Part> {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (self.verb, segments.as_slice()) {
            ("get", ["api", "v1", "namespaces", namespace, "pods", name])
                if *namespace == &*pod.namespace && *name == &*pod.name =>
            {
                Some(Part::Read)
            }
            ("get", ["api", "v1", "nodes", name]) if *name == node => Some(Part::Read),
            ("create", ["api", "v1", "namespaces", namespace, "pods", name, "binding"])
                if *namespace == &*pod.namespace && *name == &*pod.name =>
            {
                Some(if query.contains("dryRun=All") { Part::DryRun } else { Part::Binding })
            }
            ("create", ["apis", "events.k8s.io", _, "namespaces", namespace, "events"])
                if *namespace == &*pod.namespace =>
            {
                Some(Part::Event)
            }
            _ => None,
        }
    }
}

/// The latest exchanges, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Log {
    exchanges: VecDeque<Arc<Exchange>>,
}

impl Log {
    /// How many are kept.
    pub const KEPT: usize = 500;

    /// Takes `exchange` down, in the place of what was known of it before.
    pub fn put(&mut self, exchange: Exchange) {
        let at = self.exchanges.partition_point(|known| known.id < exchange.id);
        match self.exchanges.get_mut(at) {
            Some(known) if known.id == exchange.id => *known = Arc::new(exchange),
            _ => self.exchanges.insert(at, Arc::new(exchange)),
        }
        if self.exchanges.len() > Self::KEPT {
            self.exchanges.pop_front();
        }
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Exchange>> + ExactSizeIterator {
        self.exchanges.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty()
    }

    /// The one with this number.
    pub fn get(&self, id: u64) -> Option<&Arc<Exchange>> {
        let at = self.exchanges.binary_search_by_key(&id, |exchange| exchange.id).ok()?;
        self.exchanges.get(at)
    }
}
