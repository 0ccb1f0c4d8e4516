//! A cell explained: the finding, the formula with its numbers, the lines of the manifests, the rule.

use std::sync::Arc;

use super::{Cell, Column, cell};
use crate::app::beside::beside;
use crate::app::manifest::{Excerpt, ExcerptRow, Manifest, Reading};
use crate::app::measure::{cut_end, cut_middle, right};
use crate::app::prose::Line;
use crate::app::rule;
use crate::app::why::detail::{self, Kind};
use crate::model::NodeId;
use crate::scheduling::cycle::NodeExplanation;
use crate::scheduling::explanation::{Explanation, Input, Side};
use crate::scheduling::plugins;
use crate::scheduling::{Code, Status, Trace};

/// Columns that a manifest needs to be read beside another.
const HALF: usize = 30;
/// Columns from which on lines of a manifest have their numbers.
const NUMBERED: usize = 44;
/// Lines of a manifest around each that is marked.
const CONTEXT: usize = 1;

/// A cell, and what is known about it.
pub(in crate::app) struct Explained<'a> {
    /// The decision.
    pub(in crate::app) trace: &'a Trace,
    /// The node.
    pub(in crate::app) node: NodeId,
    /// The plugin's column.
    pub(in crate::app) column: &'a Column,
    /// The numbers; nothing until they have come.
    pub(in crate::app) explanation: Option<&'a Arc<NodeExplanation>>,
    /// The pod's manifest and the node's.
    pub(in crate::app) manifests: [Option<&'a Reading>; 2],
    /// Columns there are.
    pub(in crate::app) columns: usize,
}

impl Explained<'_> {
    /// What is said, each line at most as wide as there is room once it is wrapped.
    pub(in crate::app) fn lines(&self) -> Vec<Line> {
        let mut lines = self.finding();
        match self.explanation {
            Some(explanation) => self.numbers(explanation, &mut lines),
            None => {
                lines.push(Line::new());
                lines.push(Line::new().dim("Working the numbers out …"));
            }
        }
        self.rule(&mut lines);
        lines
    }

    fn cell(&self) -> Cell {
        let feasible = self.trace.feasible_index(self.node).map(|at| at as u32);
        cell::at(self.trace, self.column, self.node, feasible)
    }

    /// What the plugin says, in a sentence, and its words.
    fn finding(&self) -> Vec<Line> {
        let (trace, plugin) = (self.trace, self.column.plugin);
        let (pod, node) = (trace.pod.to_string(), trace.nodes.name(self.node));
        let cell = self.cell();
        let line = Line::hanging(2);
        let (line, text) = match cell {
            Cell::Passes => (line.good("✓ "), format!(" has no objection to {node}")),
            Cell::Scores {
                normalized, weighted, ..
            } => (
                line.good("✓ "),
                format!(" gives {node} {normalized} × {} = {weighted}", self.column.weight),
            ),
            Cell::Rejects(_) => (
                line.bad(format!("{} ", cell.mark())),
                format!(" keeps {pod} off {node}"),
            ),
            Cell::RejectsPod(_) => (
                line.bad(format!("{} ", cell.mark())),
                format!(" keeps {pod} off every node, before any is looked at"),
            ),
            Cell::Excludes => (line.bad("⊝ "), format!(" leaves other nodes only for {pod}")),
            Cell::Silent => (line.dim("· "), self.silence(node)),
        };
        let mut lines = vec![line.strong(plugin).plain(text)];
        if let Some(status) = cell::status(trace, self.column, self.node) {
            lines.push(words(status));
        }
        if cell == Cell::Excludes {
            lines.extend(self.left());
        }
        if let (Some(weighted), Some(total)) = (cell.weighted(), trace.total(self.node)) {
            lines.push(Line::hanging(2).dim(format!("  {weighted} of the node's total of {total}")));
        }
        lines
    }

    /// Why a plugin says nothing of the node.
    fn silence(&self, node: &str) -> String {
        let skipped =
            cell::pre_filter(self.trace, self.column).is_some_and(|result| result.status.code == Code::Skip);
        let pre_score = self
            .trace
            .pre_score
            .iter()
            .find(|(plugin, _)| *plugin == self.column.plugin);
        let scores = self.column.score.is_some();
        if skipped && !scores {
            " has nothing to say about this pod: its PreFilter skips it".to_owned()
        } else if scores {
            format!(" does not score {node}, which does not fit")
        } else if pre_score.is_some_and(|(_, status)| status.code == Code::Skip) {
            " has nothing to say about this pod: its PreScore skips it".to_owned()
        } else {
            format!(" says nothing of {node}")
        }
    }

    /// The nodes that the plugin's PreFilter leaves.
    fn left(&self) -> Option<Line> {
        const NAMED: usize = 5;
        let result = cell::pre_filter(self.trace, self.column)?;
        let names: Vec<&str> = result.names.iter().take(NAMED).map(|name| &**name).collect();
        let more = result.names.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let names = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        Some(Line::hanging(2).plain(format!("  its PreFilter leaves {names}{more}")))
    }

    /// The arithmetic of filter and score, and the lines of the manifests that it comes from.
    fn numbers(&self, explanation: &NodeExplanation, lines: &mut Vec<Line>) {
        let of = |all: &'_ [(&'static str, Explanation)]| {
            let found = all.iter().find(|(plugin, _)| *plugin == self.column.plugin);
            found.map(|(_, explanation)| explanation.clone())
        };
        let (filter, score) = (of(&explanation.filters), of(&explanation.scores));
        for (title, kind, explanation) in [("Filter", Kind::Verdict, &filter), ("Score", Kind::Score, &score)]
        {
            if let Some(explanation) = explanation {
                head(lines, title);
                detail::tell_steps(lines, explanation, kind, self.columns);
            }
        }
        // A plugin that filters and scores looks at most things twice.
        let mut inputs: Vec<Input> = Vec::new();
        for input in [filter, score].into_iter().flatten().flat_map(|why| why.inputs) {
            if !inputs.contains(&input) {
                inputs.push(input);
            }
        }
        if !inputs.is_empty() {
            head(lines, "What went in");
            detail::inputs(lines, &inputs, self.columns);
        }
        self.manifests(&inputs, lines);
    }

    fn manifests(&self, inputs: &[Input], lines: &mut Vec<Line>) {
        let names = [
            format!("pod {}", self.trace.pod),
            format!("node {}", self.trace.nodes.name(self.node)),
        ];
        let columns = self.columns;
        let half = columns.saturating_sub(3) / 2;
        let side_by_side = half >= HALF;
        let each = if side_by_side { half } else { columns };
        let blocks: Vec<Vec<Line>> = [Side::Pod, Side::Node]
            .into_iter()
            .zip(&names)
            .zip(self.manifests)
            .map(|((side, name), reading)| {
                let fields = inputs.iter().filter(|input| input.side == side);
                let fields: Vec<&str> = fields.filter_map(Input::in_manifest).collect();
                let mut block = vec![Line::new().strong(cut_middle(name, each))];
                block.extend(manifest(reading, &fields, each));
                block
            })
            .collect();
        head(lines, "Where it comes from");
        if side_by_side {
            lines.extend(beside(
                blocks.into_iter().map(|block| (block, half)).collect(),
                " │ ",
            ));
        } else {
            for (at, block) in blocks.into_iter().enumerate() {
                if at > 0 {
                    lines.push(Line::new());
                }
                lines.extend(block);
            }
        }
    }

    fn rule(&self, lines: &mut Vec<Line>) {
        let Some(row) = plugins::row(self.column.plugin) else {
            return;
        };
        head(lines, "The rule");
        lines.extend(rule::lines(row));
        lines.push(Line::new());
        lines.push(
            Line::new()
                .dim("All of it: ")
                .accent(format!("berth plugins {}", row.name)),
        );
    }
}

fn head(lines: &mut Vec<Line>, title: &str) {
    lines.push(Line::new());
    lines.push(Line::new().dim(title));
}

/// A verdict's own words.
fn words(status: &Status) -> Line {
    let line = Line::hanging(2).plain("  ");
    let message = status.message();
    if message.is_empty() {
        return line.dim(status.code.as_str());
    }
    line.plain(message).dim(format!("  {}", status.code.as_str()))
}

/// The lines of a manifest that have `fields`, in `columns`.
fn manifest(reading: Option<&Reading>, fields: &[&str], columns: usize) -> Vec<Line> {
    if fields.is_empty() {
        return vec![Line::new().dim("nothing of it went in")];
    }
    match reading {
        None | Some(Reading::Asked) => vec![Line::new().dim("reading it …")],
        Some(Reading::Failed(why)) => vec![Line::hanging(2).warn("▲ ").plain(&**why)],
        Some(Reading::Here(manifest)) => {
            let mut unique: Vec<&str> = Vec::new();
            for field in fields {
                if !unique.contains(field) {
                    unique.push(field);
                }
            }
            excerpt(manifest, &manifest.excerpt(unique, CONTEXT), columns)
        }
    }
}

fn excerpt(manifest: &Manifest, excerpt: &Excerpt, columns: usize) -> Vec<Line> {
    let numbers = if columns >= NUMBERED { 5 } else { 0 };
    let room = columns.saturating_sub(2 + numbers);
    let mut lines: Vec<Line> = excerpt
        .rows
        .iter()
        .map(|row| match *row {
            ExcerptRow::Gap(_) => Line::new().dim(format!("{}…", " ".repeat(2 + numbers))),
            ExcerptRow::Line { at, marked } => {
                let text = manifest.lines().get(at).map_or("", |line| &line.text);
                let text = cut_end(text, room);
                let number = if numbers > 0 {
                    right(&(at + 1).to_string(), numbers - 1) + " "
                } else {
                    String::new()
                };
                if marked {
                    Line::new().accent("▸ ").dim(number).strong(text)
                } else {
                    Line::new().dim(format!("  {number}{text}"))
                }
            }
        })
        .collect();
    for missing in &excerpt.missing {
        lines.push(Line::hanging(2).dim("– ").plain(missing).dim(" is not set"));
    }
    lines
}
