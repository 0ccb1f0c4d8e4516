//! What the matrix screen remembers: the order, the filter, the cell under the cursor, what is explained.

use std::sync::Arc;

use super::{Column, Matrix, Sort, SortBy};
use crate::app::names::short;
use crate::app::prose::Line;
use crate::app::scroll::Scroll;
use crate::model::NodeId;
use crate::scheduling::Trace;
use crate::scheduling::cycle::NodeExplanation;

/// The matrix screen.
#[derive(Clone, Debug, Default)]
pub struct MatrixScreen {
    /// Rows and columns.
    pub matrix: Matrix,
    /// How the rows are sorted.
    pub sort: Sort,
    /// Which rows are shown.
    pub filter: String,
    /// The row under the cursor, and the first row shown.
    pub scroll: Scroll,
    /// The node under the cursor, which the cursor stays on.
    pub chosen: Option<Arc<str>>,
    /// The head under the cursor: its place in [`MatrixScreen::heads`].
    pub head: usize,
    /// The first head shown beside that of the names.
    pub first: usize,
    /// Whether the cell under the cursor is explained.
    pub open: bool,
    /// Whether keys scroll the explanation.
    pub reading: bool,
    /// The explanation, wrapped.
    pub lines: Vec<Line>,
    /// Its first line shown.
    pub offset: usize,
    pub(in crate::app) of: Option<ExplainedOf>,
}

/// What an explanation was made from.
#[derive(Clone, Debug)]
pub(in crate::app) struct ExplainedOf {
    pub(in crate::app) trace: Arc<Trace>,
    pub(in crate::app) node: NodeId,
    pub(in crate::app) head: Head,
    pub(in crate::app) explanation: Option<Arc<NodeExplanation>>,
    pub(in crate::app) manifests: u64,
    pub(in crate::app) columns: usize,
}

impl ExplainedOf {
    pub(in crate::app) fn same_as(&self, other: &Self) -> bool {
        let same_explanation = match (&self.explanation, &other.explanation) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        same_explanation
            && self.is_of_same_cell(other)
            && Arc::ptr_eq(&self.trace, &other.trace)
            && self.manifests == other.manifests
            && self.columns == other.columns
    }

    pub(in crate::app) fn is_of_same_cell(&self, other: &Self) -> bool {
        self.node == other.node && self.head == other.head && self.trace.pod == other.trace.pod
    }
}

/// The head of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// The nodes' names; always shown.
    Name,
    /// Their zones.
    Zone,
    /// Their totals.
    Total,
    /// The plugin of that place in [`Matrix::columns`].
    Plugin(usize),
}

/// The least that a name gets.
const NAME: usize = 12;
/// The most that a zone gets.
const ZONE: usize = 14;
/// A total, with its heat.
const TOTAL: usize = 6;
/// A mark, a score and its heat.
const SCORE: usize = 6;

impl MatrixScreen {
    /// The heads, in order.
    pub fn heads(&self) -> Vec<Head> {
        let mut heads = vec![Head::Name];
        if self.matrix.longest().1 > 0 {
            heads.push(Head::Zone);
        }
        if self.matrix.is_scored() {
            heads.push(Head::Total);
        }
        heads.extend((0..self.matrix.columns.len()).map(Head::Plugin));
        heads
    }

    /// The head under the cursor.
    pub fn at_head(&self) -> Head {
        self.heads().get(self.head).copied().unwrap_or(Head::Name)
    }

    /// The plugin's column of `head`.
    pub fn column(&self, head: Head) -> Option<&Column> {
        match head {
            Head::Plugin(at) => self.matrix.columns.get(at),
            Head::Name | Head::Zone | Head::Total => None,
        }
    }

    /// What sorting by `head` means.
    pub fn sort_of(&self, head: Head) -> SortBy {
        match head {
            Head::Name => SortBy::Name,
            Head::Zone => SortBy::Zone,
            Head::Total => SortBy::Total,
            Head::Plugin(_) => self
                .column(head)
                .map_or(SortBy::Total, |column| SortBy::Plugin(column.plugin)),
        }
    }

    /// What stands over the column of `head`.
    pub fn title(&self, head: Head) -> String {
        let title = match head {
            Head::Name => "node".into(),
            Head::Zone => "zone".into(),
            Head::Total => "total".into(),
            Head::Plugin(_) => self.column(head).map_or("".into(), |column| short(column.plugin)),
        };
        if self.sort.by == self.sort_of(head) {
            format!("{title}{}", if self.sort.reversed { "▴" } else { "▾" })
        } else {
            title.into_owned()
        }
    }

    /// How many columns that of `head` takes.
    pub(super) fn width(&self, head: Head, all: usize) -> usize {
        let (name, zone) = self.matrix.longest();
        match head {
            Head::Name => (name + 3).clamp(NAME, (all * 2 / 5).max(NAME)),
            Head::Zone => zone.clamp(5, ZONE),
            Head::Total => TOTAL,
            Head::Plugin(_) => match self.column(head) {
                Some(column) if column.score.is_some() => SCORE + 1,
                // Room for the arrow of the order, so that no column moves when the order is another.
                Some(column) => crate::app::measure::width(&short(column.plugin)).max(3) + 1,
                None => 0,
            },
        }
    }
}
