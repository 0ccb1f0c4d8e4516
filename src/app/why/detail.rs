//! One plugin's explanation as running text: finding, arithmetic, what went in.

use crate::app::measure::{cut_middle, padded, width};
use crate::app::prose::Line;
use crate::scheduling::explanation::{Explanation, HOLDS, Input, Side, Step};

/// What the results of steps are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) enum Kind {
    /// Each holds, or is a reason against the node.
    Verdict,
    /// Each is a figure.
    Score,
}

const SIDE: usize = 6;

/// Adds `explanation` to `lines`, for a pane of `columns`.
pub(in crate::app) fn tell(lines: &mut Vec<Line>, explanation: &Explanation, kind: Kind, columns: usize) {
    finding(lines, explanation);
    steps(lines, &explanation.steps, kind, columns);
    inputs(lines, &explanation.inputs, columns);
}

/// Adds the finding of `explanation` and its arithmetic alone.
pub(in crate::app) fn tell_steps(
    lines: &mut Vec<Line>,
    explanation: &Explanation,
    kind: Kind,
    columns: usize,
) {
    finding(lines, explanation);
    steps(lines, &explanation.steps, kind, columns);
}

fn finding(lines: &mut Vec<Line>, explanation: &Explanation) {
    if !explanation.summary.is_empty() {
        lines.push(Line::hanging(2).plain("  ").plain(&explanation.summary));
    }
}

fn steps(lines: &mut Vec<Line>, steps: &[Step], kind: Kind, columns: usize) {
    let widest = |of: fn(&Step) -> &str| steps.iter().map(|step| width(of(step))).max().unwrap_or(0);
    let names = widest(|step| &step.name).min(columns / 3);
    let results = widest(|step| &step.result).min(columns / 4) + 3;
    let formulas = widest(|step| &step.formula).min(columns.saturating_sub(names + 4 + results));
    for step in steps {
        let line = Line::hanging(names + 4).plain("  ");
        let line = if step.formula.is_empty() {
            line.dim(fill(&step.name, names + 2 + formulas))
        } else if width(&step.name) > names {
            line.dim(&step.name).plain("  ").plain(&step.formula)
        } else {
            line.dim(padded(&step.name, names))
                .plain("  ")
                .plain(fill(&step.formula, formulas))
        };
        // A blank that does not break keeps a sign with its figure.
        lines.push(match kind {
            Kind::Score => line.accent(format!(" =\u{a0}{}", step.result)),
            Kind::Verdict if step.result == HOLDS => line.good(" ✓"),
            Kind::Verdict if line.width() + 3 + width(&step.result) > columns => line.bad(" ✗"),
            Kind::Verdict => line.bad(format!(" ✗ {}", step.result)),
        });
    }
}

/// Adds what went in.
pub(in crate::app) fn inputs(lines: &mut Vec<Line>, inputs: &[Input], columns: usize) {
    let widest = |of: fn(&Input) -> &str| inputs.iter().map(|input| width(of(input))).max().unwrap_or(0);
    let names = widest(|input| &input.name).min(columns * 2 / 5);
    let values = widest(|input| &input.value).min(columns / 4);
    for input in inputs {
        let side = match input.side {
            Side::Pod => "pod",
            Side::Node => "node",
            Side::Profile => "rule",
        };
        let line = Line::hanging(2 + SIDE)
            .dim(format!("  {}", padded(side, SIDE)))
            .plain(fill(&cut_middle(&input.name, names), names))
            .plain("  ")
            .plain(fill(&input.value, values));
        let room = columns.saturating_sub(line.width() + 2);
        lines.push(if input.field.is_empty() || room < 10 {
            line
        } else {
            line.dim("  ").dim(cut_middle(&input.field, room))
        });
    }
}

/// `text` filled up to `columns`, never cut.
fn fill(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}
