//! What the compare screen remembers, and what it says.

use std::sync::Arc;

use super::{Comparison, Fact, Row, compare, facts, signed};
use crate::app::beside::beside;
use crate::app::matrix::Cell;
use crate::app::measure::{cut_middle, right};
use crate::app::prose::Line;
use crate::app::state::State;
use crate::engine::view::Selected;
use crate::model::NodeId;
use crate::scheduling::Trace;
use crate::scheduling::cycle::NodeExplanation;
use crate::scheduling::explanation::Explanation;

/// The compare screen.
#[derive(Clone, Debug, Default)]
pub struct CompareScreen {
    /// The two nodes.
    pub nodes: Option<[Arc<str>; 2]>,
    /// Whether what is equal is shown too.
    pub unfolded: bool,
    /// What stands above: the nodes, and the sentence.
    pub head: Vec<Line>,
    /// The rest, wrapped.
    pub lines: Vec<Line>,
    /// Its first line shown.
    pub offset: usize,
    pub(in crate::app) of: Option<ComparedOf>,
}

/// What a comparison was made from.
#[derive(Clone, Debug)]
pub(in crate::app) struct ComparedOf {
    pub(in crate::app) trace: Arc<Trace>,
    pub(in crate::app) nodes: [Arc<str>; 2],
    pub(in crate::app) explanations: [Option<Arc<NodeExplanation>>; 2],
    pub(in crate::app) manifests: u64,
    pub(in crate::app) unfolded: bool,
    pub(in crate::app) columns: usize,
}

impl ComparedOf {
    pub(in crate::app) fn same_as(&self, other: &Self) -> bool {
        let same = |at: usize| match (&self.explanations[at], &other.explanations[at]) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        Arc::ptr_eq(&self.trace, &other.trace)
            && self.nodes == other.nodes
            && same(0)
            && same(1)
            && self.manifests == other.manifests
            && self.unfolded == other.unfolded
            && self.columns == other.columns
    }
}

/// The columns of the table: plugin, each node, the difference.
struct Table {
    name: usize,
    side: usize,
}

/// A difference, such as `+100`.
const DIFFERENCE: usize = 6;
const BETWEEN: &str = "  ";

impl Table {
    fn of(columns: usize) -> Self {
        let name = if columns >= 100 { 38 } else { (columns / 3).max(8) };
        let left = columns.saturating_sub(name + DIFFERENCE + 3 * BETWEEN.len());
        Self { name, side: left / 2 }
    }

    fn row(&self, name: Line, sides: [Line; 2], difference: Line) -> Vec<Line> {
        let [a, b] = sides;
        let blocks = vec![
            (vec![name], self.name),
            (vec![a], self.side),
            (vec![b], self.side),
            (vec![difference], DIFFERENCE),
        ];
        beside(blocks, BETWEEN)
    }
}

/// What is said of two nodes, in `columns`: what stands above, and the rest.
pub(in crate::app) fn told(
    state: &State,
    selected: &Selected,
    nodes: [NodeId; 2],
    manifests: [Option<&serde_json::Value>; 2],
    columns: usize,
) -> (Vec<Line>, Vec<Line>) {
    let trace = &*selected.trace;
    let comparison = compare(trace, nodes);
    let table = Table::of(columns);
    let explanations = nodes.map(|node| selected.explanation(node).map(|explanation| &**explanation));
    let head = above(trace, &comparison, &table);
    let mut lines = Vec::new();
    for row in comparison.rows.iter().take(comparison.differing) {
        lines.extend(of_row(row, &table, explanations, true));
    }
    if comparison.differing == 0 {
        lines.push(Line::new().dim("No plugin tells them apart"));
    }
    let equal = comparison.rows.len() - comparison.differing;
    if equal > 0 {
        lines.push(Line::new());
        let what = if equal == 1 {
            "1 plugin makes"
        } else {
            &format!("{equal} plugins make")
        };
        lines.push(Line::new().dim(format!(
            "{} {what} no difference",
            if state.compare.unfolded { "▾" } else { "▸" }
        )));
        if state.compare.unfolded {
            for row in comparison.rows.iter().skip(comparison.differing) {
                lines.extend(of_row(row, &table, explanations, false));
            }
        }
    }
    lines.extend(of_nodes(state, trace, nodes, manifests, &table));
    (head, lines)
}

fn above(trace: &Trace, comparison: &Comparison, table: &Table) -> Vec<Line> {
    let names = comparison.nodes.map(|node| trace.nodes.name(node));
    let side = |at: usize, letter: &str| {
        Line::new()
            .accent(format!("{letter} "))
            .strong(cut_middle(names[at], table.side.saturating_sub(2)))
    };
    let mut lines = table.row(
        Line::new(),
        [side(0, "A"), side(1, "B")],
        Line::new().dim(right("A − B", DIFFERENCE)),
    );
    let chosen = trace.decision.chosen();
    let verdict = |at: usize| {
        let node = comparison.nodes[at];
        let line = Line::new();
        match comparison.totals[at] {
            Some(total) if chosen.contains(&node) => line.accent("★ ").strong(total.to_string()),
            Some(total) => line.good("✓ ").plain(total.to_string()),
            None if trace.feasible_index(node).is_some() => line.good("✓ ").plain("fits"),
            None => line.bad("✗ ").plain("does not fit"),
        }
    };
    let difference = match comparison.totals {
        [Some(a), Some(b)] => difference(a.saturating_sub(b)),
        _ => Line::new(),
    };
    lines.extend(table.row(Line::new().dim("total"), [verdict(0), verdict(1)], difference));
    lines.push(Line::new().strong(&comparison.sentence));
    lines.push(Line::new());
    lines
}

fn difference(by: i64) -> Line {
    let text = right(&signed(by), DIFFERENCE);
    match by {
        0 => Line::new().dim(text),
        1.. => Line::new().good(text),
        _ => Line::new().bad(text),
    }
}

fn of_row(
    row: &Row,
    table: &Table,
    explanations: [Option<&NodeExplanation>; 2],
    detailed: bool,
) -> Vec<Line> {
    let name = cut_middle(row.column.plugin, table.name);
    let name = if detailed {
        Line::new().strong(name)
    } else {
        Line::new().dim(name)
    };
    let sides = [0, 1].map(|at: usize| said(row.cells[at], &row.words[at], row.column.weight));
    let by = row.difference().map_or_else(Line::new, difference);
    let mut lines = table.row(name, sides, by);
    if detailed {
        let summaries = explanations.map(|explanation| summary(row, explanation));
        if summaries[0] != summaries[1] {
            let [a, b] = summaries.map(|text| Line::new().dim(text));
            lines.extend(table.row(Line::new(), [a, b], Line::new()));
        }
    }
    lines
}

/// A cell in a few words.
fn said(cell: Cell, words: &str, weight: i64) -> Line {
    let line = Line::hanging(2);
    let mark = format!("{} ", cell.mark());
    match cell {
        Cell::Silent => line.dim(mark).dim("not scored"),
        Cell::Passes => line.good(mark).plain("no objection"),
        Cell::Scores {
            normalized, weighted, ..
        } => line
            .good(mark)
            .plain(format!("{normalized} × {weight} = "))
            .strong(weighted.to_string()),
        Cell::Excludes => line.bad(mark).plain("left out by its PreFilter"),
        Cell::Rejects(_) | Cell::RejectsPod(_) => line.bad(mark).plain(words),
    }
}

/// What the plugin found out about a node: of its filter where that objects, else of its score.
fn summary(row: &Row, explanation: Option<&NodeExplanation>) -> String {
    let Some(explanation) = explanation else {
        return String::new();
    };
    let of = |all: &[(&'static str, Explanation)]| {
        let found = all.iter().find(|(plugin, _)| *plugin == row.column.plugin);
        found
            .map(|(_, why)| why.summary.clone())
            .filter(|text| !text.is_empty())
    };
    let scores = row.cells.iter().all(|cell| cell.score().is_some());
    let (filter, score) = (of(&explanation.filters), of(&explanation.scores));
    let found = if scores { score.or(filter) } else { filter };
    found.unwrap_or_default()
}

fn of_nodes(
    state: &State,
    trace: &Trace,
    nodes: [NodeId; 2],
    manifests: [Option<&serde_json::Value>; 2],
    table: &Table,
) -> Vec<Line> {
    let summaries = nodes.map(|node| state.summary_of(trace.nodes.name(node)));
    let [Some(a), Some(b)] = summaries else {
        return Vec::new();
    };
    let mut lines = vec![
        Line::new(),
        Line::new().dim("What differs between the nodes themselves"),
    ];
    let all = facts([a, b], manifests);
    if all.is_empty() {
        lines.push(Line::new().dim("nothing that berth looks at"));
    }
    for Fact { name, values } in all {
        let sides = values.map(|value| match value.as_str() {
            "" => Line::new().dim("–"),
            value => Line::new().plain(value),
        });
        lines.extend(table.row(Line::new().plain(name), sides, Line::new()));
    }
    if manifests.iter().any(Option::is_none) {
        lines.push(Line::new().dim("labels: reading the nodes …"));
    }
    lines
}
