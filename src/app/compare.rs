//! Why one node and not another: plugin by plugin, and what differs between the nodes themselves.

mod facts;
mod screen;

pub use facts::{Fact, facts};
pub use screen::CompareScreen;
pub(in crate::app) use screen::{ComparedOf, told};

use super::matrix::{Cell, Column, cell, column};
use crate::model::NodeId;
use crate::scheduling::Trace;

/// Two nodes for one pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The nodes.
    pub nodes: [NodeId; 2],
    /// Their totals, where they fit and were scored.
    pub totals: [Option<i64>; 2],
    /// What each plugin says of both: what differs first, the more the higher.
    pub rows: Vec<Row>,
    /// How many of the rows differ.
    pub differing: usize,
    /// Why the first and not the second, or the other way round, in a sentence.
    pub sentence: String,
}

/// What a plugin says of two nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The plugin's column.
    pub column: Column,
    /// What it says.
    pub cells: [Cell; 2],
    /// Its words against them; empty where it has no objection.
    pub words: [String; 2],
}

impl Row {
    /// How much more it adds to the total of the first node than to that of the second.
    pub fn difference(&self) -> Option<i64> {
        let [a, b] = self.cells.map(Cell::weighted);
        Some(a?.saturating_sub(b?))
    }

    /// Whether it makes no difference: it says the same of both, or objects to neither and scores only the one that fits.
    pub fn is_equal(&self) -> bool {
        let objects = self.cells.iter().any(|cell| cell.is_against());
        let scored = self.cells.iter().filter(|cell| cell.score().is_some()).count();
        (self.cells[0] == self.cells[1] && self.words[0] == self.words[1]) || (!objects && scored < 2)
    }

    /// How much it differs, for sorting: objections before scores.
    fn weight(&self) -> (u8, u64) {
        let against = self.cells.map(Cell::is_against);
        let rank = match (against[0] != against[1], self.is_equal()) {
            (true, _) => 3,
            (false, false) if against[0] => 2,
            (false, false) => 1,
            (false, true) => 0,
        };
        (rank, self.difference().unwrap_or(0).unsigned_abs())
    }
}

/// Compares `nodes` as `trace` has them.
pub fn compare(trace: &Trace, nodes: [NodeId; 2]) -> Comparison {
    let feasible = nodes.map(|node| trace.feasible_index(node).map(|at| at as u32));
    let mut rows: Vec<Row> = column::columns(trace)
        .into_iter()
        .filter(|column| column.speaks(trace))
        .map(|column| Row {
            cells: [0, 1].map(|side: usize| cell::at(trace, &column, nodes[side], feasible[side])),
            words: nodes.map(|node| {
                cell::status(trace, &column, node)
                    .map_or_else(String::new, crate::scheduling::Status::message)
            }),
            column,
        })
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.weight()));
    let differing = rows.iter().filter(|row| !row.is_equal()).count();
    let totals = nodes.map(|node| trace.total(node));
    Comparison {
        sentence: sentence(trace, nodes, totals, &rows),
        nodes,
        totals,
        rows,
        differing,
    }
}

/// Plugins named in the sentence.
const NAMED: usize = 3;

fn sentence(trace: &Trace, nodes: [NodeId; 2], totals: [Option<i64>; 2], rows: &[Row]) -> String {
    let names = nodes.map(|node| trace.nodes.name(node));
    if nodes[0] == nodes[1] {
        return format!("Both sides are {}", names[0]);
    }
    let out = |side: usize| {
        let against: Vec<&Row> = rows.iter().filter(|row| row.cells[side].is_against()).collect();
        let first = against.first().map_or_else(String::new, |row| {
            let words = &row.words[side];
            let words = if words.is_empty() {
                "its PreFilter leaves other nodes"
            } else {
                words
            };
            format!(": {} says {words}", row.column.plugin)
        });
        let more = match against.len().saturating_sub(1) {
            0 => String::new(),
            1 => ", and 1 rule more".to_owned(),
            more => format!(", and {more} rules more"),
        };
        format!("{} is out{first}{more}", names[side])
    };
    let fits = |side: usize| trace.feasible_index(nodes[side]).is_some();
    let total = |side: usize| totals[side].map_or_else(String::new, |total| format!(" with {total}"));
    match (fits(0), fits(1)) {
        (true, false) => format!("{} fits{}; {}", names[0], total(0), out(1)),
        (false, true) => format!("{} fits{}; {}", names[1], total(1), out(0)),
        (false, false) => format!("Neither fits; {}; {}", out(0), out(1)),
        (true, true) => of_totals(names, totals, rows),
    }
}

/// Of two nodes that fit.
fn of_totals(names: [&str; 2], totals: [Option<i64>; 2], rows: &[Row]) -> String {
    let [Some(a), Some(b)] = totals else {
        return "Both fit, and nothing was scored".to_owned();
    };
    let mut differences: Vec<(&str, i64)> = rows
        .iter()
        .filter_map(|row| Some((row.column.plugin, row.difference().filter(|&by| by != 0)?)))
        .collect();
    differences.sort_by_key(|&(_, by)| std::cmp::Reverse(by.unsigned_abs()));
    let more = differences.len().saturating_sub(NAMED);
    let mut parts: Vec<String> = differences
        .iter()
        .take(NAMED)
        .map(|(plugin, by)| format!("{plugin} {}", signed(*by)))
        .collect();
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    let head = if a == b {
        format!("Both total {a}")
    } else {
        format!("{} totals {a}, {} {b}", names[0], names[1])
    };
    match parts.as_slice() {
        [] => format!("{head}; no plugin tells them apart"),
        parts => format!("{head}: {}", parts.join(", ")),
    }
}

/// `+7`, `−3`, `0`.
pub fn signed(value: i64) -> String {
    match value {
        0 => "0".to_owned(),
        1.. => format!("+{value}"),
        _ => format!("−{}", value.unsigned_abs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::matrix::fixture::{cluster, trace};

    fn compared(a: &str, b: &str) -> (Comparison, String) {
        let trace = trace(&cluster(), "web");
        let nodes = [a, b].map(|name| trace.nodes.id(name).expect("a node"));
        let compared = compare(&trace, nodes);
        let sentence = compared.sentence.clone();
        (compared, sentence)
    }

    #[test]
    fn what_differs_comes_first_and_the_differences_add_up_to_that_of_the_totals() {
        let (compared, sentence) = compared("big", "busy");
        let equal = |row: &Row| row.is_equal();
        assert!(!compared.rows[..compared.differing].iter().any(equal));
        assert!(compared.rows[compared.differing..].iter().all(equal));
        let sum: i64 = compared.rows.iter().filter_map(Row::difference).sum();
        let [a, b] = compared.totals.map(|total| total.expect("a total"));
        assert_eq!(sum, a - b);
        assert!(
            sum > 0 && sentence.starts_with(&format!("big totals {a}, busy {b}: ")),
            "{sentence}"
        );
        assert!(sentence.contains("NodeResourcesFit +"), "{sentence}");
        let (other_way, _) = self::compared("busy", "big");
        assert_eq!(
            other_way.rows.iter().filter_map(Row::difference).sum::<i64>(),
            -sum
        );
    }

    #[test]
    fn a_node_that_is_out_is_out_for_a_reason_that_is_said() {
        let (_, sentence) = compared("big", "gpu");
        assert!(sentence.starts_with("big fits with "), "{sentence}");
        assert!(
            sentence.ends_with("gpu is out: TaintToleration says node(s) had untolerated taint(s)"),
            "{sentence}"
        );
        let (compared, sentence) = compared("gpu", "full");
        assert!(sentence.starts_with("Neither fits; gpu is out: "), "{sentence}");
        assert_eq!(compared.totals, [None, None]);
        assert_eq!(self::compared("big", "big").1, "Both sides are big");
        // What is only not scored makes no difference.
        let (compared, _) = self::compared("big", "gpu");
        let differing: Vec<&str> = compared
            .rows
            .iter()
            .take(compared.differing)
            .map(|row| row.column.plugin)
            .collect();
        assert_eq!(differing, ["TaintToleration"]);
    }
}
