//! What the Fixes screen says, made to measure.

use super::Fixes;
use crate::app::figures::count;
use crate::app::measure::{cut_end, padded, right};
use crate::app::prose::{Line, Tone, wrap};
use crate::app::what_if::said_of;
use crate::engine::study::Finding;
use crate::scheduling::nearest::{Nearest, Remedy};
use crate::scheduling::what_if::Supposition;

/// The columns in which the number of nodes stands.
const OPENS: usize = 12;
/// The most names that are listed.
const NAMES: usize = 12;

/// A row for each remedy; or why there is none.
pub(in crate::app) fn rows(fixes: &Fixes, columns: usize) -> Vec<Line> {
    let Some(nearest) = fixes.nearest() else {
        return Vec::new();
    };
    let rows = nearest.remedies.iter().enumerate().map(|(at, remedy)| {
        let lines: Vec<String> = remedy.suppositions.iter().map(ToString::to_string).collect();
        let (mark, tone) = mark(remedy);
        let head = Line::new()
            .dim(format!("  {:>2} ", at + 1))
            .with(tone, format!("{mark} "));
        let room = columns.saturating_sub(head.width() + OPENS + 1);
        let what = padded(&cut_end(&lines.join("  +  "), room), room);
        let opens = format!("opens {}", count(remedy.opens.len()));
        head.plain(what).plain(" ").good(right(&opens, OPENS))
    });
    rows.collect()
}

/// What it touches: nothing that runs, the pod's own wishes, something that was asked for, pods that run.
fn mark(remedy: &Remedy) -> (&'static str, Tone) {
    let evicts = remedy
        .suppositions
        .iter()
        .any(|one| matches!(one, Supposition::Evict(_)));
    let cluster = remedy.suppositions.iter().any(Supposition::is_of_cluster);
    let pod = remedy.suppositions.iter().any(|one| !one.is_of_cluster());
    match (evicts, cluster, pod) {
        (true, ..) => ("evict  ", Tone::Warn),
        (false, true, false) => ("cluster", Tone::Plain),
        (false, false, _) => ("pod    ", Tone::Plain),
        (false, true, true) => ("both   ", Tone::Plain),
    }
}

/// What is said of the remedy under the cursor; or what keeps there from being any.
pub(in crate::app) fn detail(fixes: &Fixes, columns: usize) -> Vec<Line> {
    let lines = match (fixes.found.as_deref(), fixes.remedy()) {
        (Some(Finding::Gone(pod)), _) => vec![
            Line::hanging(2).warn("▲ ").strong(format!("{pod} is gone")),
            Line::new().dim("It was deleted, or is over. Esc goes back to the pods that wait"),
        ],
        (Some(Finding::Nearest(nearest)), Some(remedy)) => {
            let mut lines = of_remedy(remedy);
            lines.extend(unchanged(nearest));
            lines
        }
        (Some(Finding::Nearest(nearest)), None) => {
            let mut lines = Vec::new();
            if nearest.tried > 0 {
                lines.push(Line::new().strong("No change was found by which it would fit"));
                // The first was the pod as it is.
                let said = match nearest.tried - 1 {
                    0 => "Nothing could be proposed".to_owned(),
                    1 => "One was judged".to_owned(),
                    judged => format!("{} were judged", count(judged)),
                };
                lines.push(Line::new().dim(format!("{said}; w supposes others")));
                lines.extend(unchanged(nearest));
            }
            lines
        }
        _ => Vec::new(),
    };
    wrap(lines, columns)
}

fn of_remedy(remedy: &Remedy) -> Vec<Line> {
    let mut lines = Vec::new();
    for (supposition, way) in remedy.suppositions.iter().zip(&remedy.ways) {
        lines.push(Line::hanging(2).strong(supposition.to_string()));
        lines.extend(said_of(way));
    }
    let names: Vec<&str> = remedy.opens.iter().take(NAMES).map(|name| &**name).collect();
    let more = remedy.opens.len().saturating_sub(names.len());
    let more = if more > 0 {
        format!(" and {} more", count(more))
    } else {
        String::new()
    };
    lines.push(Line::new());
    lines.push(
        Line::hanging(2)
            .dim("Then it fits on ")
            .good(names.join(", "))
            .plain(more),
    );
    if remedy.alike > 0 {
        let nodes = if remedy.alike == 1 { "node is" } else { "nodes are" };
        let said = format!("{} other {nodes} out for the same reasons", count(remedy.alike));
        lines.push(Line::new().dim(said));
    }
    lines
}

/// The plugins in whose case nothing is proposed.
fn unchanged(nearest: &Nearest) -> Vec<Line> {
    if nearest.unchanged.is_empty() {
        return Vec::new();
    }
    let each = nearest.unchanged.iter().map(|one| {
        let nodes = if one.nodes == 1 { "node" } else { "nodes" };
        format!("{} ({} {nodes})", one.plugin, count(one.nodes))
    });
    let each: Vec<String> = each.collect();
    vec![
        Line::new(),
        Line::hanging(2).dim(format!(
            "No change is proposed to what these object to: {}",
            each.join(", ")
        )),
    ]
}
