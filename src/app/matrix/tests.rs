use std::sync::Arc;

use super::fixture::{cluster, trace};
use super::*;
use crate::app::matrix::heat::{LEVELS, glyph, level};
use crate::model::Cluster;
use crate::scheduling::Code;

fn summaries(cluster: &Cluster) -> Vec<NodeSummary> {
    let mut all: Vec<NodeSummary> = cluster
        .nodes
        .iter()
        .map(|(id, node)| NodeSummary {
            id,
            name: Arc::clone(&node.name),
            zone: node
                .labels
                .get("topology.kubernetes.io/zone")
                .unwrap_or("")
                .into(),
            ready: true,
            unschedulable: node.unschedulable,
            pods: (0, 0),
            cpu: (0, 0),
            memory: (0, 0),
            taints: [].into(),
            extended: [].into(),
        })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn matrix(pod: &str, sort: Sort, filter: &str) -> Matrix {
    let cluster = cluster();
    let mut matrix = Matrix::default();
    assert!(matrix.refresh(Some(&trace(&cluster, pod)), &summaries(&cluster), sort, filter));
    matrix
}

fn names(matrix: &Matrix) -> Vec<String> {
    (0..matrix.len())
        .map(|row| matrix.name(row).expect("a name").to_string())
        .collect()
}

fn by(by: SortBy, reversed: bool) -> Sort {
    Sort { by, reversed }
}

fn column(matrix: &Matrix, plugin: &str) -> usize {
    matrix
        .columns
        .iter()
        .position(|column| column.plugin == plugin)
        .expect("a column")
}

fn cell(matrix: &Matrix, node: &str, plugin: &str) -> Cell {
    matrix
        .cell(matrix.row(node).expect("a row"), column(matrix, plugin))
        .expect("a cell")
}

#[test]
fn columns_are_filters_then_scores_then_those_with_nothing_to_say() {
    let matrix = matrix("web", Sort::default(), "");
    let trace = matrix.trace().expect("a trace");
    let kinds: Vec<u8> = matrix
        .columns
        .iter()
        .map(|column| match column.score {
            _ if !column.speaks(trace) => 2,
            Some(_) => 1,
            None => 0,
        })
        .collect();
    assert!(kinds.is_sorted(), "{kinds:?}");
    assert_eq!(
        kinds.iter().map(|&kind| usize::from(kind == 1)).sum::<usize>(),
        trace.scores.len()
    );
    // A plugin that filters and scores is one column.
    let fit = &matrix.columns[column(&matrix, "NodeResourcesFit")];
    assert!(fit.filter.is_some() && fit.score.is_some());
    assert_eq!(fit.rejected, 1);
    assert!(!matrix.columns[column(&matrix, "NodePorts")].speaks(trace));
}

#[test]
fn cells_say_what_the_trace_says() {
    let matrix = matrix("web", Sort::default(), "");
    assert_eq!(
        cell(&matrix, "gpu", "TaintToleration"),
        Cell::Rejects(Code::UnschedulableAndUnresolvable)
    );
    assert_eq!(
        cell(&matrix, "full", "NodeResourcesFit"),
        Cell::Rejects(Code::Unschedulable)
    );
    assert_eq!(cell(&matrix, "big", "NodeUnschedulable"), Cell::Passes);
    assert_eq!(cell(&matrix, "full", "NodeUnschedulable"), Cell::Passes);
    assert_eq!(cell(&matrix, "big", "NodePorts"), Cell::Silent);
    // Nodes that do not fit are not scored.
    assert_eq!(cell(&matrix, "gpu", "ImageLocality"), Cell::Silent);
    let trace = matrix.trace().expect("a trace");
    let row = matrix.row("busy").expect("a row");
    let sum: i64 = (0..matrix.columns.len())
        .filter_map(|at| matrix.cell(row, at)?.weighted())
        .sum();
    assert_eq!(Some(sum), matrix.total(row));
    assert_eq!(trace.totals.iter().copied().max(), Some(matrix.best()));
    let marks = [
        Cell::Passes,
        Cell::Rejects(Code::Unschedulable),
        Cell::Rejects(Code::UnschedulableAndUnresolvable),
        Cell::Rejects(Code::Error),
        Cell::Excludes,
        Cell::Silent,
    ]
    .map(Cell::mark);
    let different: std::collections::BTreeSet<&str> = marks.into_iter().collect();
    assert_eq!(different.len(), marks.len(), "{marks:?}");
}

#[test]
fn nodes_outside_those_that_a_prefilter_leaves_are_shown_as_such() {
    let matrix = matrix("pinned", Sort::default(), "");
    assert_eq!(cell(&matrix, "busy", "NodeAffinity"), Cell::Excludes);
    assert!(!cell(&matrix, "big", "NodeAffinity").is_against());
    assert_eq!(names(&matrix)[0], "big");
}

#[test]
fn rows_are_sorted_by_any_column_and_nodes_that_do_not_fit_stay_below() {
    assert_eq!(
        names(&matrix("web", Sort::default(), "")),
        ["big", "busy", "cordoned", "full", "gpu"]
    );
    assert_eq!(
        names(&matrix("web", by(SortBy::Total, true), "")),
        ["busy", "big", "cordoned", "full", "gpu"]
    );
    assert_eq!(
        names(&matrix("web", by(SortBy::Name, true), "")),
        ["gpu", "full", "cordoned", "busy", "big"]
    );
    // A node without a zone comes last, either way.
    assert_eq!(
        names(&matrix("web", by(SortBy::Zone, false), "")),
        ["big", "gpu", "busy", "full", "cordoned"]
    );
    assert_eq!(
        names(&matrix("web", by(SortBy::Zone, true), "")),
        ["busy", "full", "big", "gpu", "cordoned"]
    );
    let fit = SortBy::Plugin("NodeResourcesFit");
    assert_eq!(names(&matrix("web", by(fit, false), ""))[..2], ["big", "busy"]);
    assert_eq!(names(&matrix("web", by(fit, true), ""))[..2], ["busy", "big"]);
    assert_eq!(
        names(&matrix("web", by(fit, true), ""))
            .last()
            .map(String::as_str),
        Some("full")
    );
    // Where there are verdicts alone, the other way round brings those against to the top.
    let cordon = SortBy::Plugin("NodeUnschedulable");
    assert_eq!(
        names(&matrix("web", by(cordon, false), ""))
            .last()
            .map(String::as_str),
        Some("cordoned")
    );
    assert_eq!(names(&matrix("web", by(cordon, true), ""))[0], "cordoned");
    let sort = Sort::default().chosen(fit);
    assert_eq!((sort, sort.chosen(fit)), (by(fit, false), by(fit, true)));
}

#[test]
fn a_filter_leaves_names_zones_what_fits_and_what_a_plugin_rejects() {
    let left = |filter: &str| names(&matrix("web", Sort::default(), filter));
    assert_eq!(left("bu"), ["busy"]);
    assert_eq!(left("BU"), ["busy"]);
    assert_eq!(left("=fits"), ["big", "busy"]);
    assert_eq!(left("=fits b"), ["big", "busy"]);
    assert_eq!(left("=f"), ["big", "busy", "cordoned", "full", "gpu"]);
    assert_eq!(left("!taint"), ["gpu"]);
    assert_eq!(left("!"), ["cordoned", "full", "gpu"]);
    assert_eq!(left("!nosuchplugin"), Vec::<String>::new());
    assert_eq!(left("nowhere"), Vec::<String>::new());
}

#[test]
fn nothing_is_worked_out_twice() {
    let cluster = cluster();
    let (trace, summaries) = (trace(&cluster, "web"), summaries(&cluster));
    let mut matrix = Matrix::default();
    assert!(matrix.refresh(Some(&trace), &summaries, Sort::default(), ""));
    assert!(!matrix.refresh(Some(&trace), &summaries, Sort::default(), ""));
    assert!(matrix.refresh(Some(&trace), &summaries, Sort::default(), "b"));
    assert!(matrix.refresh(None, &summaries, Sort::default(), "b"));
    assert!(matrix.is_empty() && !matrix.refresh(None, &summaries, Sort::default(), "b"));
}

#[test]
fn heat_grows_with_the_value() {
    let levels: Vec<usize> = (0..=100).map(|value| level(value, 100)).collect();
    assert!(levels.is_sorted());
    assert_eq!((levels[0], levels[100]), (0, LEVELS - 1));
    assert_eq!(level(i64::MAX, i64::MAX), LEVELS - 1);
    assert_eq!(level(5, 0), 0);
    let glyphs: std::collections::BTreeSet<&str> = (0..LEVELS).map(glyph).collect();
    assert_eq!(glyphs.len(), LEVELS);
}
