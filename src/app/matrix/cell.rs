//! What a plugin says of a node.

use super::Column;
use crate::model::NodeId;
use crate::scheduling::trace::{FilterColumn, PreFilterResult, ScoreColumn};
use crate::scheduling::{Code, Status, Trace};

/// A plugin's word on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing: it does not look at nodes for this pod, or not at this one.
    Silent,
    /// No objection.
    Passes,
    /// It keeps the pod off, with this code.
    Rejects(Code),
    /// Its PreFilter leaves other nodes only.
    Excludes,
    /// Its PreFilter rejects the pod, on whatever node, with this code.
    RejectsPod(Code),
    /// A score.
    Scores {
        /// From 0 to 100.
        normalized: i64,
        /// Times the weight: what it adds to the total.
        weighted: i64,
        /// Whether it filters too, and has no objection.
        passes: bool,
    },
}

impl Cell {
    /// Whether it keeps the pod off.
    pub const fn is_against(self) -> bool {
        matches!(self, Self::Rejects(_) | Self::Excludes | Self::RejectsPod(_))
    }

    /// The score, where there is one.
    pub const fn score(self) -> Option<i64> {
        match self {
            Self::Scores { normalized, .. } => Some(normalized),
            _ => None,
        }
    }

    /// What it adds to the total.
    pub const fn weighted(self) -> Option<i64> {
        match self {
            Self::Scores { weighted, .. } => Some(weighted),
            _ => None,
        }
    }

    /// The mark for it, in one column, so that it can be read without colours.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Silent | Self::Scores { passes: false, .. } => "·",
            Self::Passes | Self::Scores { passes: true, .. } => "✓",
            Self::Rejects(code) | Self::RejectsPod(code) => match code {
                Code::UnschedulableAndUnresolvable => "⊘",
                Code::Error | Code::Fault => "!",
                _ => "✗",
            },
            Self::Excludes => "⊝",
        }
    }
}

/// What the plugin of `column` says of `node`, which is at `feasible` in [`Trace::feasible`].
pub(in crate::app) fn at(trace: &Trace, column: &Column, node: NodeId, feasible: Option<u32>) -> Cell {
    if let Some(result) = pre_filter(trace, column) {
        if result.status.code.is_rejection() {
            return Cell::RejectsPod(result.status.code);
        }
        let left = result.nodes.as_ref();
        if left.is_some_and(|left| !left.contains(node.index())) {
            return Cell::Excludes;
        }
    }
    let filter = filter(trace, column);
    if let Some(filter) = filter.filter(|filter| filter.rejects(node)) {
        return Cell::Rejects(filter.get(node).code);
    }
    let score = score(trace, column).zip(feasible);
    let normalized = score.and_then(|(score, at)| score.normalized.get(at as usize));
    match normalized {
        Some(&normalized) => Cell::Scores {
            normalized,
            weighted: normalized.saturating_mul(column.weight),
            passes: filter.is_some(),
        },
        None if filter.is_some() => Cell::Passes,
        None => Cell::Silent,
    }
}

/// The words with which the plugin of `column` keeps the pod off `node`; `None` where it does not.
pub fn status<'t>(trace: &'t Trace, column: &Column, node: NodeId) -> Option<&'t Status> {
    let result = pre_filter(trace, column).map(|result| &result.status);
    let outright = result.filter(|status| status.code.is_rejection());
    let filter = || filter(trace, column).filter(|filter| filter.rejects(node));
    outright.or_else(|| filter().map(|filter| filter.get(node)))
}

/// What PreFilter of the plugin said.
pub fn pre_filter<'t>(trace: &'t Trace, column: &Column) -> Option<&'t PreFilterResult> {
    trace.pre_filter.get(column.pre_filter?)
}

/// The plugin's verdicts.
pub fn filter<'t>(trace: &'t Trace, column: &Column) -> Option<&'t FilterColumn> {
    trace.filters.get(column.filter?)
}

/// The plugin's scores.
pub fn score<'t>(trace: &'t Trace, column: &Column) -> Option<&'t ScoreColumn> {
    trace.scores.get(column.score?)
}
