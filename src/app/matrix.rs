//! The matrix: nodes against plugins, worked out once for each trace.
//!
//! A row is a node, a column a plugin, a cell what the plugin says of the node: whether it objects and, where the node
//! fits, its score. Cells are read from the trace as they are drawn; what is sorted and filtered is an order of rows.

pub mod cell;
pub mod column;
pub(in crate::app) mod explained;
pub mod grid;
pub mod heat;
mod order;
mod query;
mod screen;
pub mod status;

use std::sync::Arc;

pub use cell::Cell;
pub use column::Column;
pub use grid::Grid;
pub use order::{Sort, SortBy};
pub(in crate::app) use screen::ExplainedOf;
pub use screen::{Head, MatrixScreen};

use super::measure::width;
use crate::engine::view::NodeSummary;
use crate::model::NodeId;
use crate::scheduling::Trace;
use query::Query;

/// Rows and columns.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    trace: Option<Arc<Trace>>,
    sort: Sort,
    filter: String,
    /// The plugins, in order.
    pub columns: Vec<Column>,
    nodes: Nodes,
    order: Vec<u32>,
}

/// What is known of the nodes of a trace, by place in [`NodeIndex::ids`](crate::scheduling::trace::NodeIndex::ids).
#[derive(Clone, Debug, Default)]
struct Nodes {
    /// The place in [`Trace::feasible`].
    feasible: Vec<Option<u32>>,
    /// `topology.kubernetes.io/zone`; empty without one.
    zones: Vec<Arc<str>>,
    /// Columns of the longest name and of the longest zone.
    longest: (usize, usize),
    /// The greatest total.
    best: i64,
}

impl Nodes {
    fn of(trace: &Trace, summaries: &[NodeSummary]) -> Self {
        let mut fits = trace.feasible.iter().enumerate().peekable();
        let feasible = trace.nodes.ids.iter().map(|id| {
            let found = fits.next_if(|(_, fit)| *fit == id);
            found.map(|(at, _)| at as u32)
        });
        let feasible = feasible.collect();
        let mut summaries = summaries.iter().peekable();
        let zones: Vec<Arc<str>> = trace
            .nodes
            .ids
            .iter()
            .map(|&id| {
                // Both are in name order, but they may be of different moments.
                let name = trace.nodes.name(id);
                while summaries.next_if(|node| *node.name < *name).is_some() {}
                let found = summaries.peek().filter(|node| *node.name == *name);
                found.map_or_else(|| Arc::from(""), |node| Arc::clone(&node.zone))
            })
            .collect();
        let names = trace.nodes.ids.iter().map(|&id| width(trace.nodes.name(id)));
        Self {
            feasible,
            longest: (
                names.max().unwrap_or(0),
                zones.iter().map(|zone| width(zone)).max().unwrap_or(0),
            ),
            zones,
            best: trace.totals.iter().copied().max().unwrap_or(0),
        }
    }
}

impl Matrix {
    /// Works it out for `trace`, in the order of `sort`, with the rows that `filter` leaves, unless it is that already.
    /// Says whether anything changed.
    pub fn refresh(
        &mut self,
        trace: Option<&Arc<Trace>>,
        summaries: &[NodeSummary],
        sort: Sort,
        filter: &str,
    ) -> bool {
        let same = match (&self.trace, trace) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (None, None) => true,
            _ => false,
        };
        if same && self.sort == sort && self.filter == filter {
            return false;
        }
        self.sort = sort;
        filter.clone_into(&mut self.filter);
        let Some(trace) = trace else {
            *self = Self {
                sort,
                filter: filter.to_owned(),
                ..Self::default()
            };
            return true;
        };
        if !same {
            self.columns = column::columns(trace);
            self.nodes = Nodes::of(trace, summaries);
            self.trace = Some(Arc::clone(trace));
        }
        let query = Query::parse(filter, &self.columns);
        let places = 0..trace.nodes.ids.len() as u32;
        let shown = places.filter(|&at| query.matches(self, trace, at));
        self.order = shown.collect();
        let mut order = std::mem::take(&mut self.order);
        order::sort(self, trace, &mut order);
        self.order = order;
        true
    }

    /// The trace that it is of.
    pub fn trace(&self) -> Option<&Arc<Trace>> {
        self.trace.as_ref()
    }

    /// The order of the rows.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// Rows there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The node of a row.
    pub fn node(&self, row: usize) -> Option<NodeId> {
        let at = *self.order.get(row)?;
        self.trace.as_ref()?.nodes.ids.get(at as usize).copied()
    }

    /// The name of the node of a row.
    pub fn name(&self, row: usize) -> Option<&Arc<str>> {
        let node = self.node(row)?;
        self.trace.as_ref()?.nodes.names.get(node.index())
    }

    /// The zone of the node of a row; empty without one.
    pub fn zone(&self, row: usize) -> &str {
        let at = self.order.get(row).copied().unwrap_or(u32::MAX);
        self.nodes.zones.get(at as usize).map_or("", |zone| zone)
    }

    /// The row of the node called `name`.
    pub fn row(&self, name: &str) -> Option<usize> {
        let nodes = &self.trace.as_ref()?.nodes;
        let at = nodes.ids.binary_search_by(|&id| nodes.name(id).cmp(name)).ok()?;
        self.order.iter().position(|&have| have as usize == at)
    }

    /// The total of the node of a row, where it fits and was scored.
    pub fn total(&self, row: usize) -> Option<i64> {
        let at = *self.order.get(row)?;
        self.total_at(at)
    }

    /// Whether the node of a row fits.
    pub fn fits(&self, row: usize) -> bool {
        let at = self.order.get(row).copied().unwrap_or(u32::MAX);
        self.nodes.feasible.get(at as usize).copied().flatten().is_some()
    }

    /// Whether there are totals.
    pub fn is_scored(&self) -> bool {
        self.trace.as_ref().is_some_and(|trace| !trace.totals.is_empty())
    }

    /// The greatest total of all nodes.
    pub fn best(&self) -> i64 {
        self.nodes.best
    }

    /// Columns of the longest node's name and of the longest zone.
    pub fn longest(&self) -> (usize, usize) {
        self.nodes.longest
    }

    /// What the plugin of `column` says of the node of `row`.
    pub fn cell(&self, row: usize, column: usize) -> Option<Cell> {
        let at = *self.order.get(row)?;
        Some(self.cell_at(self.trace.as_ref()?, at, self.columns.get(column)?))
    }

    fn total_at(&self, at: u32) -> Option<i64> {
        let feasible = self.nodes.feasible.get(at as usize).copied().flatten()?;
        self.trace.as_ref()?.totals.get(feasible as usize).copied()
    }

    fn cell_at(&self, trace: &Trace, at: u32, column: &Column) -> Cell {
        let feasible = self.nodes.feasible.get(at as usize).copied().flatten();
        match trace.nodes.ids.get(at as usize) {
            Some(&node) => cell::at(trace, column, node, feasible),
            None => Cell::Silent,
        }
    }
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
