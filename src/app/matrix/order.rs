//! The order of the rows.

use super::{Cell, Matrix};
use crate::scheduling::Trace;

/// By what rows are sorted, and which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// The other way round: names from Z, the smallest figures first.
    pub reversed: bool,
}

/// By what rows are sorted. Nodes that fit come before those that do not, but for names and zones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// The greatest total, then the fewest rules against.
    #[default]
    Total,
    /// The node's name.
    Name,
    /// The node's zone.
    Zone,
    /// What this plugin says: the highest score, no objection, then rejections by code.
    Plugin(&'static str),
}

impl Sort {
    /// What choosing `by` makes of it: sorted by that, and the other way round where it is so already.
    #[must_use]
    pub fn chosen(self, by: SortBy) -> Self {
        Self {
            by,
            reversed: self.by == by && !self.reversed,
        }
    }
}

/// Sorts places of nodes, which are in name order.
pub(super) fn sort(matrix: &Matrix, trace: &Trace, order: &mut [u32]) {
    let Sort { by, reversed } = matrix.sort;
    match by {
        SortBy::Name => {
            if reversed {
                order.reverse();
            }
        }
        SortBy::Zone => {
            let zone = |at: u32| matrix.nodes.zones.get(at as usize).map_or("", |zone| zone);
            // Without a zone is no zone before all others.
            order.sort_by(|&a, &b| {
                let (a, b) = (zone(a), zone(b));
                let way = if reversed { b.cmp(a) } else { a.cmp(b) };
                a.is_empty().cmp(&b.is_empty()).then(way)
            });
        }
        SortBy::Total => {
            let chosen = trace.decision.chosen();
            order.sort_by_cached_key(|&at| match matrix.total_at(at) {
                Some(total) => {
                    let node = trace.nodes.ids.get(at as usize);
                    let chosen = node.is_some_and(|node| chosen.contains(node));
                    (0, one_way(total, reversed), chosen == reversed)
                }
                None => (1, rules_against(matrix, trace, at), false),
            });
        }
        SortBy::Plugin(plugin) => {
            let Some(column) = matrix.columns.iter().find(|column| column.plugin == plugin) else {
                return;
            };
            let scores = column.score.is_some();
            order.sort_by_cached_key(|&at| {
                let cell = matrix.cell_at(trace, at, column);
                match cell {
                    Cell::Scores { normalized, .. } => (0, one_way(normalized, reversed), 0),
                    // Where there is nothing but verdicts, those against can come first.
                    _ if reversed && !scores => (1, -against(cell), 0),
                    _ => (1, against(cell), rules_against(matrix, trace, at)),
                }
            });
        }
    }
}

fn one_way(value: i64, reversed: bool) -> i64 {
    if reversed { value } else { value.saturating_neg() }
}

/// How much a cell is against the node.
const fn against(cell: Cell) -> i64 {
    use crate::scheduling::Code;
    match cell {
        Cell::Scores { .. } | Cell::Passes => 0,
        Cell::Silent => 1,
        Cell::Rejects(Code::Unschedulable) => 2,
        Cell::Rejects(Code::UnschedulableAndUnresolvable) => 3,
        Cell::Rejects(_) => 4,
        Cell::Excludes => 5,
        Cell::RejectsPod(_) => 6,
    }
}

/// How many plugins keep the pod off the node.
fn rules_against(matrix: &Matrix, trace: &Trace, at: u32) -> i64 {
    let columns = matrix.columns.iter().filter(|column| column.rejected > 0);
    columns
        .filter(|column| matrix.cell_at(trace, at, column).is_against())
        .count() as i64
}
