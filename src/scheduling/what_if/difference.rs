//! Two decisions on one pod, side by side.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use crate::model::NodeId;
use crate::scheduling::message;
use crate::scheduling::status::Code;
use crate::scheduling::trace::{Decision, Trace};

/// What a decision comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Upshot {
    /// How many nodes fit.
    pub feasible: usize,
    /// How many nodes there are.
    pub nodes: usize,
    /// The nodes that kube-scheduler may pick, in name order.
    pub chosen: Vec<Arc<str>>,
    /// Their total, where they were scored.
    pub total: Option<i64>,
    /// What holds the pod back or keeps it off every node, in kube-scheduler's words; empty where it would be placed.
    pub says: String,
}

/// How one node stands in one decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is not there.
    Absent,
    /// Something keeps the pod off it.
    Out {
        /// The plugin that objects first.
        plugin: &'static str,
        /// Its reasons.
        says: String,
    },
    /// It fits.
    Fits {
        /// Its total, where it was scored.
        total: Option<i64>,
        /// Whether kube-scheduler may pick it.
        chosen: bool,
    },
}

/// A node that stands otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeDifference {
    /// The node.
    pub node: Arc<str>,
    /// As it is.
    pub before: Standing,
    /// As supposed.
    pub after: Standing,
}

/// In which way a node stands otherwise; the more telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// The pod fits now.
    Opens,
    /// It does not any more.
    Closes,
    /// The node is new, and the pod does not fit it.
    Comes,
    /// The node is gone, and the pod did not fit it.
    Goes,
    /// Another total, or chosen or not.
    Scores,
    /// Still out, for other reasons.
    Otherwise,
}

impl NodeDifference {
    /// In which way it stands otherwise.
    pub fn turn(&self) -> Turn {
        match (&self.before, &self.after) {
            (Standing::Fits { .. }, Standing::Fits { .. }) => Turn::Scores,
            (_, Standing::Fits { .. }) => Turn::Opens,
            (Standing::Fits { .. }, _) => Turn::Closes,
            (Standing::Absent, _) => Turn::Comes,
            (_, Standing::Absent) => Turn::Goes,
            _ => Turn::Otherwise,
        }
    }

    /// By how much its total is greater; 0 where it has none before or after.
    pub fn gain(&self) -> i64 {
        let total = |standing: &Standing| match standing {
            Standing::Fits { total, .. } => *total,
            _ => None,
        };
        let both = total(&self.after).zip(total(&self.before));
        both.map_or(0, |(after, before)| after.saturating_sub(before))
    }
}

/// What is otherwise between two decisions on one pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// As it is.
    pub before: Upshot,
    /// As supposed.
    pub after: Upshot,
    /// The nodes that stand otherwise: the more telling turn first, then the greater change of the total.
    pub nodes: Vec<NodeDifference>,
}

impl Difference {
    /// What is otherwise in `after`.
    pub fn between(before: &Trace, after: &Trace) -> Self {
        let mut nodes: Vec<NodeDifference> = joined(before, after)
            .map(|(node, was, is)| NodeDifference {
                node,
                before: was.map_or(Standing::Absent, |id| Standing::of(before, id)),
                after: is.map_or(Standing::Absent, |id| Standing::of(after, id)),
            })
            .filter(|difference| difference.before != difference.after)
            .collect();
        // Stable: nodes are in name order.
        nodes.sort_by_key(|node| (node.turn(), Reverse(node.gain().unsigned_abs())));
        Self {
            before: Upshot::of(before),
            after: Upshot::of(after),
            nodes,
        }
    }

    /// How many nodes take `turn`.
    pub fn count(&self, turn: Turn) -> usize {
        self.nodes.iter().filter(|node| node.turn() == turn).count()
    }
}

/// The nodes of both, in name order, each with its slots.
fn joined<'a>(
    before: &'a Trace,
    after: &'a Trace,
) -> impl Iterator<Item = (Arc<str>, Option<NodeId>, Option<NodeId>)> + 'a {
    let named = |trace: &'a Trace, id: NodeId| trace.nodes.names.get(id.index()).cloned();
    let mut left = before.nodes.ids.iter().copied().peekable();
    let mut right = after.nodes.ids.iter().copied().peekable();
    std::iter::from_fn(move || {
        let was = left.peek().and_then(|&id| Some((named(before, id)?, id)));
        let is = right.peek().and_then(|&id| Some((named(after, id)?, id)));
        let order = match (&was, &is) {
            (Some((was, _)), Some((is, _))) => was.cmp(is),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return None,
        };
        let was = was.filter(|_| order.is_le());
        let is = is.filter(|_| order.is_ge());
        if was.is_some() {
            left.next();
        }
        if is.is_some() {
            right.next();
        }
        let name = was.as_ref().or(is.as_ref()).map(|(name, _)| Arc::clone(name))?;
        Some((name, was.map(|(_, id)| id), is.map(|(_, id)| id)))
    })
}

impl Standing {
    fn of(trace: &Trace, node: NodeId) -> Self {
        if trace.feasible_index(node).is_some() {
            return Self::Fits {
                total: trace.total(node),
                chosen: trace.decision.chosen().contains(&node),
            };
        }
        let failure = trace.pre_filter_failure().or_else(|| trace.first_failure(node));
        match failure {
            Some((plugin, status)) => Self::Out {
                plugin,
                says: status.message(),
            },
            None => Self::Out {
                plugin: trace.narrowing().next().unwrap_or_default(),
                says: "not among the nodes that it leaves".to_owned(),
            },
        }
    }
}

impl Upshot {
    fn of(trace: &Trace) -> Self {
        let chosen = trace.decision.chosen();
        let names = chosen.iter().filter_map(|id| trace.nodes.names.get(id.index()));
        let held = trace
            .pre_enqueue
            .iter()
            .find(|(_, status)| status.code != Code::Success);
        let says = match (&trace.decision, held) {
            (_, Some((_, status))) => status.message(),
            (Decision::Error(text), None) => text.clone(),
            (_, None) => message::unschedulable(trace),
        };
        Self {
            feasible: trace.feasible.len(),
            nodes: trace.nodes.ids.len(),
            chosen: names.cloned().collect(),
            total: chosen.first().and_then(|&node| trace.total(node)),
            says,
        }
    }
}
