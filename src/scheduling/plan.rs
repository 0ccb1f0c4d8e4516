//! Plans: a node for every pod of many, each judged after those before it.
//!
//! ```text
//! (Cluster, Request) ──one_by_one──▶ Plan ──▶ table, file, run
//!                    ──optimize────▶ Plan ──difference──▶ what it does otherwise
//! ```
//! Every pod is judged by the very cycle that places single ones, on a copy of the cluster in which the pods before it are
//! bound, and have what is prepared for them by then ([`Assumed`](super::Assumed)). What nobody prepares is marked
//! ([`Placement::unprepared`]), and takes nothing there.

mod candidates;
mod choice;
mod difference;
pub mod document;
mod judging;
mod objective;
mod one_by_one;
mod optimize;
mod request;
mod usage;

pub use candidates::{Candidate, candidates};
pub use difference::{Difference, Moved, difference};
pub use objective::Objective;
pub use one_by_one::one_by_one;
pub use optimize::{Optimized, Search, optimize};
pub use request::{Request, Ties};
pub use usage::{NodeUsage, Usage, ZoneUsage, zones};

use std::fmt;
use std::sync::Arc;

use super::Unprepared;
use crate::model::{Pod, PodKey};

/// What becomes of many pods, in the order in which they are placed.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How it was found.
    pub mode: Mode,
    /// The cluster's generation when it was made.
    pub generation: u64,
    /// How many nodes there are.
    pub nodes: usize,
    /// The pods, in the order in which they are placed; those that are not placed stand where they were looked at.
    pub rows: Vec<Row>,
    /// Pods that were asked for and are not there.
    pub gone: Vec<PodKey>,
    /// What each node has of it, before and after, in name order.
    pub usage: Vec<NodeUsage>,
    /// What was not judged, as it is not to be seen.
    pub caveats: Vec<String>,
}

/// How a plan was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// As kube-scheduler goes about it: one pod after the other, each on its best node.
    #[default]
    OneByOne,
    /// By a search for the plan that places most.
    Optimized {
        /// Where the search began.
        seed: u64,
        /// How many times it had a pod judged.
        evaluations: usize,
    },
}

/// A pod of a plan.
#[derive(Clone, Debug)]
pub struct Row {
    /// The pod as it was judged.
    pub pod: Arc<Pod>,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes to a node.
    Placed(Placement),
    /// It fits nowhere by then, or not where it is pinned to.
    Unplaced(Unplaced),
    /// It is not looked at.
    LeftOut(LeftOut),
}

/// Where a pod goes, and what was known by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The node.
    pub node: Arc<str>,
    /// Why this one.
    pub why: Why,
    /// The weighted sum of the node's scores.
    pub total: Option<i64>,
    /// Whether it is one of the nodes that the profile would choose.
    pub best: bool,
    /// How many nodes fitted by then.
    pub fit: usize,
    /// What a Binding alone does not do.
    pub unprepared: Vec<Unprepared>,
}

/// Why a node was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has the highest total, or shares it.
    Scored {
        /// How many nodes have it.
        alike: usize,
    },
    /// No other node fitted.
    Single,
    /// `status.nominatedNodeName` names it.
    Nominated,
    /// A person said so.
    Pinned,
    /// It leaves room for others: found by the search.
    Search,
}

/// Why a pod is not placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplaced {
    /// kube-scheduler's message, the error that ended the cycle, or what stands against the pin.
    pub message: Arc<str>,
    /// The plugins to blame, by name; none where judging ended with an error.
    pub blamed: Vec<&'static str>,
    /// The node that it is pinned to, where a rule rejects that.
    pub pinned: Option<Arc<str>>,
    /// How many nodes fitted by then: only other ones than that of the pin.
    pub fit: usize,
}

/// Why a pod is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// A person said so.
    Skipped,
    /// A PreEnqueue plugin holds it back.
    Gated {
        /// The plugin.
        plugin: &'static str,
        /// What it says.
        message: Arc<str>,
    },
    /// Another scheduler's.
    NotOurs(Arc<str>),
    /// It has a node already.
    Bound(Arc<str>),
    /// It is being deleted.
    Deleting,
}

/// How far planning is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Pods judged so far.
    pub done: usize,
    /// Out of so many.
    pub of: usize,
    /// Pods that have a node, in the best plan so far.
    pub placed: usize,
}

impl Plan {
    /// The pods that go to a node, in order.
    pub fn placements(&self) -> impl Iterator<Item = (&Arc<Pod>, &Placement)> {
        self.rows.iter().filter_map(|row| match &row.fate {
            Fate::Placed(placement) => Some((&row.pod, placement)),
            _ => None,
        })
    }

    /// The pods that fit nowhere, in order.
    pub fn unplaced(&self) -> impl Iterator<Item = (&Arc<Pod>, &Unplaced)> {
        self.rows.iter().filter_map(|row| match &row.fate {
            Fate::Unplaced(unplaced) => Some((&row.pod, unplaced)),
            _ => None,
        })
    }

    /// The pods that were not looked at, in order.
    pub fn left_out(&self) -> impl Iterator<Item = (&Arc<Pod>, &LeftOut)> {
        self.rows.iter().filter_map(|row| match &row.fate {
            Fate::LeftOut(why) => Some((&row.pod, why)),
            _ => None,
        })
    }
}

impl Row {
    /// Where it goes.
    pub fn placement(&self) -> Option<&Placement> {
        match &self.fate {
            Fate::Placed(placement) => Some(placement),
            _ => None,
        }
    }
}

impl Why {
    /// One word for it, as files have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scored { .. } => "scored",
            Self::Single => "single",
            Self::Nominated => "nominated",
            Self::Pinned => "pinned",
            Self::Search => "search",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scored { alike: 0 | 1 } => f.write_str("best"),
            Self::Scored { alike } => write!(f, "best with {} more", alike - 1),
            Self::Single => f.write_str("only node"),
            Self::Nominated => f.write_str("nominated"),
            Self::Pinned => f.write_str("pinned"),
            Self::Search => f.write_str("leaves room"),
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skipped => f.write_str("skipped"),
            Self::Gated { plugin, message } => write!(f, "held back by {plugin}: {message}"),
            Self::NotOurs(scheduler) => write!(f, "belongs to scheduler {scheduler}"),
            Self::Bound(node) => write!(f, "is on {node} already"),
            Self::Deleting => f.write_str("is being deleted"),
        }
    }
}
