//! Why a node is judged as it is: the explanation as running text.

pub(in crate::app) mod detail;

use detail::Kind;

use super::measure::{padded, right, width};
use super::prose::Line;
use crate::engine::view::Selected;
use crate::model::NodeId;
use crate::placing::Verdict;
use crate::scheduling::explanation::Explanation;
use crate::scheduling::trace::Decision;
use crate::scheduling::{Code, Trace, unseen};

/// What is said of `node` for the pod of `selected`, for a pane of `columns`.
pub fn explain(selected: &Selected, node: NodeId, columns: usize) -> Vec<Line> {
    let trace = &*selected.trace;
    let explanation = selected.explanation(node).map(|explanation| &**explanation);
    let verdict = Verdict::of(trace, node);
    let mut lines = vec![finding(trace, &verdict)];
    let prepared = verdict.prepared.iter();
    lines.extend(prepared.map(|prepared| Line::hanging(2).accent("▸ ").plain(prepared.to_string())));
    let left = verdict.unprepared.iter();
    lines.extend(left.map(|left| Line::hanging(2).warn("▲ ").warn(left.to_string())));
    lines.extend(caveats(selected));
    lines.extend(room(trace, node));
    for rule in &verdict.broken {
        lines.push(Line::new());
        lines.push(
            Line::hanging(2)
                .bad("✗ ")
                .strong(rule.plugin)
                .plain("  ")
                .plain(rule.reasons.join(", ")),
        );
        let explained = explanation.and_then(|e| e.filters.iter().find(|(name, _)| *name == rule.plugin));
        if let Some((_, explanation)) = explained {
            detail::tell(&mut lines, explanation, Kind::Verdict, columns);
        }
    }
    if let Some(at) = trace.feasible_index(node) {
        scores(
            &mut lines,
            trace,
            at,
            explanation.map_or(&[], |e| &e.scores),
            columns,
        );
    }
    passed(
        &mut lines,
        trace,
        node,
        explanation.map_or(&[], |e| &e.filters),
        columns,
    );
    lines
}

/// What the decision leaves out, where the pod calls for it.
pub fn caveats(selected: &Selected) -> Vec<Line> {
    let all = unseen::lines(&selected.trace.unseen);
    all.map(|text| Line::hanging(2).warn("▲ ").warn(text)).collect()
}

/// Who would have to go to make room on `node`, where that is possible.
fn room(trace: &Trace, node: NodeId) -> Option<Line> {
    let found = trace.post_filter.as_ref()?;
    let candidate = found.candidates.iter().find(|candidate| candidate.node == node)?;
    let victims: Vec<String> = candidate.victims.iter().map(|v| v.key.to_string()).collect();
    let text = match victims.as_slice() {
        [one] => format!("there would be room without {one}, which has a lower priority"),
        all => format!(
            "there would be room without {} pods of lower priority: {}",
            all.len(),
            all.join(", ")
        ),
    };
    let against = match candidate.pdb_violations {
        0 => String::new(),
        1 => "; a budget protects one of them".to_owned(),
        against => format!("; budgets protect {against} of them"),
    };
    Some(Line::hanging(2).dim("· ").plain(text).plain(against))
}

/// Each score with its arithmetic, and their sum.
fn scores(
    lines: &mut Vec<Line>,
    trace: &Trace,
    at: usize,
    explained: &[(&'static str, Explanation)],
    columns: usize,
) {
    let mut parts = Vec::new();
    let mut gap = true;
    for score in &trace.scores {
        let (Some(&raw), Some(&normalized)) = (score.raw.get(at), score.normalized.get(at)) else {
            continue;
        };
        let weighted = normalized.saturating_mul(score.weight);
        parts.push(weighted.to_string());
        let sum = format!(
            "{normalized} × {} = {}",
            score.weight,
            right(&weighted.to_string(), 4)
        );
        let name = columns
            .saturating_sub(width(&sum))
            .max(width(score.plugin).min(12));
        let explanation = explained.iter().find(|(plugin, _)| *plugin == score.plugin);
        let before = lines.len();
        if let Some((_, explanation)) = explanation {
            detail::tell(lines, explanation, Kind::Score, columns);
        }
        if raw != normalized {
            let text = format!("  raw {raw}, brought into 0 to 100: {normalized}");
            lines.push(Line::hanging(2).dim(text));
        }
        let detailed = lines.len() > before;
        lines.insert(
            before,
            Line::hanging(2).strong(padded(score.plugin, name)).accent(sum),
        );
        if gap || detailed {
            lines.insert(before, Line::new());
        }
        gap = detailed;
    }
    if parts.len() > 1 {
        let total = trace.totals.get(at).copied().unwrap_or(0).to_string();
        let sum = format!("{} = {}", parts.join(" + "), right(&total, 4));
        let name = columns.saturating_sub(width(&sum));
        lines.push(Line::new());
        lines.push(Line::hanging(2).strong(padded("Total", name.max(7))).accent(sum));
    }
}

/// What comes of it for one node, in a line.
pub(super) fn finding(trace: &Trace, verdict: &Verdict) -> Line {
    let line = Line::hanging(2);
    if !verdict.is_feasible() {
        let rules = if verdict.broken.len() == 1 {
            "1 rule"
        } else {
            &format!("{} rules", verdict.broken.len())
        };
        return line.bad("✗ ").plain(format!("rejected by {rules}"));
    }
    let total = verdict.total.unwrap_or(0);
    match (&trace.decision, verdict.best) {
        (Decision::Single(_), true) => line.accent("★ ").plain(format!(
            "the only node that fits: taken without scoring; its total would be {total}"
        )),
        (Decision::Nominated(_), true) => line
            .accent("★ ")
            .plain(format!("nominated for this pod, and it fits; total {total}")),
        (Decision::Scored(best), true) if best.len() > 1 => line.accent("★ ").plain(format!(
            "total {total}, the best, tied with {} more: one of them is taken at random",
            best.len() - 1
        )),
        (_, true) => line
            .accent("★ ")
            .plain(format!("total {total}, the best: what the profile would choose")),
        (_, false) => {
            let best = trace
                .decision
                .chosen()
                .first()
                .and_then(|&best| Some((best, trace.total(best)?)));
            let line = line.good("✓ ").plain(format!("fits; total {total}"));
            match best {
                Some((best, most)) if most > total => {
                    line.plain(format!(", {} less than {}", most - total, trace.nodes.name(best)))
                }
                _ => line,
            }
        }
    }
}

/// Filters that have no objection.
fn passed(
    lines: &mut Vec<Line>,
    trace: &Trace,
    node: NodeId,
    explained: &[(&'static str, Explanation)],
    columns: usize,
) {
    let passing: Vec<&str> = trace
        .filters
        .iter()
        .filter(|column| !column.rejects(node))
        .map(|column| column.plugin)
        .collect();
    let skipped: Vec<&str> = trace
        .pre_filter
        .iter()
        .filter(|result| result.status.code == Code::Skip)
        .map(|result| result.plugin)
        .collect();
    if !passing.is_empty() {
        lines.push(Line::new());
        lines.push(Line::new().dim("No objection"));
    }
    for plugin in passing {
        let summary = explained
            .iter()
            .find(|(name, _)| *name == plugin)
            .map_or("", |(_, explanation)| &explanation.summary);
        let name = padded(plugin, 18.min(columns / 2).max(width(plugin)) + 2);
        lines.push(Line::hanging(2).good("✓ ").plain(name).dim(summary));
    }
    if !skipped.is_empty() {
        lines.push(Line::hanging(2).dim(format!("· nothing to say: {}", skipped.join(", "))));
    }
}
