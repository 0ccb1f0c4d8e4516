//! Why a node is judged as it is: the explanation as running text.

use super::measure::{cut_middle, padded, right, width};
use super::prose::{Line, Tone};
use crate::engine::view::Selected;
use crate::model::NodeId;
use crate::placing::Verdict;
use crate::scheduling::explanation::{Explanation, Side};
use crate::scheduling::trace::Decision;
use crate::scheduling::{Code, Trace};

/// What is said of `node` for the pod of `selected`, for a pane of `columns`.
pub fn explain(selected: &Selected, node: NodeId, columns: usize) -> Vec<Line> {
    let trace = &*selected.trace;
    let explanation = selected
        .focus
        .as_ref()
        .filter(|(of, _)| *of == node)
        .map(|(_, explanation)| &**explanation);
    let find = |list: &[(&'static str, Explanation)], plugin: &str| {
        list.iter()
            .find(|(name, _)| *name == plugin)
            .map(|(_, explanation)| explanation.clone())
    };
    let verdict = Verdict::of(trace, node);
    let mut lines = vec![finding(trace, &verdict)];
    for rule in &verdict.broken {
        lines.push(Line::new());
        lines.push(
            Line::hanging(2)
                .bad("✗ ")
                .strong(rule.plugin)
                .plain("  ")
                .plain(rule.reasons.join(", ")),
        );
        if let Some(explanation) = explanation.and_then(|e| find(&e.filters, rule.plugin)) {
            detail(&mut lines, &explanation, columns);
        }
    }
    if let Some(at) = trace.feasible_index(node) {
        for score in &trace.scores {
            let (Some(&raw), Some(&normalized)) = (score.raw.get(at), score.normalized.get(at)) else {
                continue;
            };
            let sum = format!(
                "{normalized} × {} = {}",
                score.weight,
                right(&(normalized * score.weight).to_string(), 4)
            );
            let head = padded(
                score.plugin,
                columns
                    .saturating_sub(width(&sum))
                    .max(width(score.plugin).min(12)),
            );
            lines.push(Line::new());
            lines.push(Line::hanging(2).strong(head).accent(sum));
            if let Some(explanation) = explanation.and_then(|e| find(&e.scores, score.plugin)) {
                detail(&mut lines, &explanation, columns);
            }
            if raw != normalized {
                lines.push(Line::hanging(2).dim(format!("  raw {raw}, brought into 0 to 100: {normalized}")));
            }
        }
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

fn finding(trace: &Trace, verdict: &Verdict) -> Line {
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

fn detail(lines: &mut Vec<Line>, explanation: &Explanation, columns: usize) {
    if !explanation.summary.is_empty() {
        lines.push(Line::hanging(2).plain("  ").plain(&explanation.summary));
    }
    let names = explanation
        .steps
        .iter()
        .map(|step| width(&step.name))
        .max()
        .unwrap_or(0)
        .min(16);
    let formulas = explanation
        .steps
        .iter()
        .map(|step| width(&step.formula))
        .max()
        .unwrap_or(0)
        .min(columns.saturating_sub(names + 12));
    for step in &explanation.steps {
        lines.push(
            Line::hanging(names + 4)
                .plain("  ")
                .dim(padded(&step.name, names))
                .plain("  ")
                .plain(fill(&step.formula, formulas))
                .dim(" = ")
                .accent(&step.result),
        );
    }
    let names = explanation
        .inputs
        .iter()
        .map(|input| width(&input.name))
        .max()
        .unwrap_or(0)
        .min(24);
    let values = explanation
        .inputs
        .iter()
        .map(|input| width(&input.value))
        .max()
        .unwrap_or(0)
        .min(24);
    for input in &explanation.inputs {
        let side = match input.side {
            Side::Pod => "pod",
            Side::Node => "node",
            Side::Profile => "profile",
        };
        let room = columns.saturating_sub(2 + 8 + names + 2 + values + 2);
        let mut line = Line::hanging(names + 12)
            .with(Tone::Dim, format!("  {}", padded(side, 8)))
            .plain(padded(&input.name, names))
            .plain("  ")
            .plain(fill(&input.value, values));
        if !input.field.is_empty() {
            line = line.dim("  ").dim(if room >= 12 {
                cut_middle(&input.field, room)
            } else {
                (&*input.field).into()
            });
        }
        lines.push(line);
    }
}

/// `text` filled up to `columns`, never cut.
fn fill(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}
