//! The columns: a plugin each, those that only filter first, then those that score, then those with nothing to say.

use crate::scheduling::{Code, Trace};

/// A plugin's column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The plugin.
    pub plugin: &'static str,
    /// Its place in [`Trace::pre_filter`].
    pub pre_filter: Option<usize>,
    /// Its place in [`Trace::filters`].
    pub filter: Option<usize>,
    /// Its place in [`Trace::scores`].
    pub score: Option<usize>,
    /// Its weight; 0 where it does not score.
    pub weight: i64,
    /// Nodes that it keeps the pod off.
    pub rejected: usize,
}

impl Column {
    fn new(plugin: &'static str) -> Self {
        Self {
            plugin,
            pre_filter: None,
            filter: None,
            score: None,
            weight: 0,
            rejected: 0,
        }
    }

    /// Whether it says something of some node.
    pub fn speaks(&self, trace: &Trace) -> bool {
        let result = self.pre_filter.and_then(|at| trace.pre_filter.get(at));
        let narrows =
            result.is_some_and(|result| result.nodes.is_some() || result.status.code.is_rejection());
        self.filter.is_some() || self.score.is_some() || narrows
    }
}

/// The columns of `trace`.
pub(in crate::app) fn columns(trace: &Trace) -> Vec<Column> {
    let mut all: Vec<Column> = Vec::new();
    for (at, result) in trace.pre_filter.iter().enumerate() {
        of(&mut all, result.plugin).pre_filter = Some(at);
    }
    for (at, filter) in trace.filters.iter().enumerate() {
        of(&mut all, filter.plugin).filter = Some(at);
    }
    for (plugin, status) in &trace.pre_score {
        if status.code == Code::Skip {
            of(&mut all, plugin);
        }
    }
    for (at, score) in trace.scores.iter().enumerate() {
        let column = of(&mut all, score.plugin);
        (column.score, column.weight) = (Some(at), score.weight);
    }
    for column in &mut all {
        column.rejected = rejected(trace, column);
    }
    let rank = |column: &Column| match (column.score, column.filter) {
        _ if !column.speaks(trace) => (3, 0),
        (None, Some(at)) => (1, at),
        (None, None) => (0, 0),
        (Some(at), _) => (2, at),
    };
    all.sort_by_key(rank);
    all
}

fn of<'a>(all: &'a mut Vec<Column>, plugin: &'static str) -> &'a mut Column {
    let at = all
        .iter()
        .position(|column| column.plugin == plugin)
        .unwrap_or(all.len());
    if at == all.len() {
        all.push(Column::new(plugin));
    }
    &mut all[at]
}

fn rejected(trace: &Trace, column: &Column) -> usize {
    let nodes = trace.nodes.ids.iter();
    nodes
        .filter(|&&node| super::cell::at(trace, column, node, None).is_against())
        .count()
}
