//! What goes over the wire, for the screen: the latest requests and their answers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::cycle::sending;
use super::figures::clock;
use super::layout::Area;
use super::prose::Line;
use super::scroll::Scroll;
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
    /// What the pod needs is prepared, looked at, or undone: claims, volumes, device claims, the pod's status.
    Prepare,
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

    /// Whether it is there to change something. Reviews are posted, and change nothing.
    pub fn writes(&self) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        !matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS") && !path.ends_with("reviews")
    }

    /// How it was answered, in a word: a status, `…` or `✗`.
    pub fn word(&self) -> String {
        match self.answer {
            Answer::Open => "…".to_owned(),
            Answer::Status(status) => status.to_string(),
            Answer::Broken(status, _) => format!("{status} ✗"),
            Answer::Lost(_) => "✗".to_owned(),
        }
    }

    /// Whether verb, method, path or status contain `text`.
    pub fn holds(&self, text: &str) -> bool {
        text.is_empty()
            || [self.verb, &self.method, &self.path]
                .iter()
                .any(|part| part.contains(text))
            || self.word().contains(text)
    }

    /// Which step of placing `pod` on `node` it belongs to, if any, where it was sent while that was under way.
    pub fn part(&self, pod: &PodKey, node: &str) -> Option<Part> {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (namespace, rest) = match segments.as_slice() {
            ["api", "v1", "namespaces", namespace, rest @ ..]
            | ["apis", _, _, "namespaces", namespace, rest @ ..] => (Some(*namespace), rest),
            ["api", "v1", rest @ ..] => (None, rest),
            _ => return None,
        };
        if namespace.is_some_and(|namespace| *namespace != *pod.namespace) {
            return None;
        }
        let own = |name: &str| *name == *pod.name;
        match (self.verb, rest) {
            ("get", ["pods", name]) if own(name) => Some(Part::Read),
            ("get", ["nodes", name]) if *name == node => Some(Part::Read),
            ("create", ["pods", name, "binding"]) if own(name) => Some(if query.contains("dryRun=All") {
                Part::DryRun
            } else {
                Part::Binding
            }),
            ("update" | "patch", ["pods", name, "status"]) if own(name) => Some(Part::Prepare),
            ("create", ["resourceclaims"])
            | (
                "get" | "update" | "patch" | "delete",
                [
                    "persistentvolumes" | "persistentvolumeclaims" | "resourceclaims",
                    _,
                ]
                | ["resourceclaims", _, "status"],
            ) => Some(Part::Prepare),
            ("create", ["events"]) => Some(Part::Event),
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
        let at = self
            .exchanges
            .binary_search_by_key(&id, |exchange| exchange.id)
            .ok()?;
        self.exchanges.get(at)
    }
}

/// The screen of the requests.
#[derive(Clone, Debug)]
pub struct WireScreen {
    /// The requests.
    pub log: Log,
    /// What their verb, path or status must contain.
    pub filter: String,
    /// Those shown, oldest first.
    pub rows: Vec<Arc<Exchange>>,
    /// Where the cursor is.
    pub scroll: Scroll,
    /// Whether the cursor stays on the latest.
    pub follows: bool,
    /// Whether the one under the cursor is read in full.
    pub opened: bool,
    /// The request under the cursor in full, wrapped.
    pub lines: Vec<Line>,
    /// The first line shown of it.
    pub offset: usize,
    /// The number of the request under the cursor.
    pub(super) on: Option<u64>,
}

impl Default for WireScreen {
    fn default() -> Self {
        Self {
            log: Log::default(),
            filter: String::new(),
            rows: Vec::new(),
            scroll: Scroll::default(),
            follows: true,
            opened: false,
            lines: Vec::new(),
            offset: 0,
            on: None,
        }
    }
}

impl WireScreen {
    /// The areas of table and of the request in full, with their borders, in `body`; one of them may be missing.
    pub fn parts(&self, body: Area) -> (Area, Area) {
        if body.width >= 150 {
            let table = body.width * 11 / 20;
            let rest = Area {
                x: body.x + table,
                width: body.width - table,
                ..body
            };
            return (Area { width: table, ..body }, rest);
        }
        if self.opened {
            (Area::default(), body)
        } else {
            (body, Area::default())
        }
    }
}

/// `exchange` in full, as running text.
pub fn in_full(exchange: &Exchange, zone: &TimeZone) -> Vec<Line> {
    let mut lines = vec![
        Line::hanging(4)
            .strong(&exchange.method)
            .plain(" ")
            .plain(&exchange.path),
        Line::new(),
        sending::answer(exchange),
        Line::hanging(2)
            .dim("sent at ")
            .plain(clock(exchange.started, zone))
            .dim(match exchange.verb {
                "" => String::new(),
                verb => format!(", RBAC's verb for it: {verb}"),
            }),
    ];
    for (head, body) in [("Sent", &exchange.sent), ("Answered", &exchange.received)] {
        if body.is_some() {
            lines.push(Line::new());
            lines.extend(sending::body(head, body.as_ref()));
        }
    }
    lines
}
