//! What the What-if screen says, made to measure.

use std::sync::Arc;

use super::WhatIf;
use crate::app::figures::count;
use crate::app::measure::{cut_end, cut_middle, padded, width};
use crate::app::prose::{Line, Tone, wrap};
use crate::engine::study::Finding;
use crate::scheduling::what_if::{Difference, FORMS, NodeDifference, Standing, Turn, Upshot, Way};

/// What an empty list says: what can be supposed.
pub fn teaching() -> Vec<Line> {
    let mut lines = vec![
        Line::new().strong("Nothing is supposed yet"),
        Line::new().dim("Press a and type a line; kubectl's own commands are understood"),
        Line::new(),
    ];
    for form in FORMS {
        lines.push(
            Line::hanging(4)
                .accent(form.pattern)
                .dim(format!("  {}", form.means)),
        );
    }
    lines
}

/// A row for each supposition.
pub(in crate::app) fn rows(what_if: &WhatIf, columns: usize) -> Vec<Line> {
    let refused = what_if
        .answer()
        .filter(|_| !what_if.is_behind())
        .and_then(|answer| answer.outcome.as_ref().err().map(|(at, _)| *at));
    let rows = what_if.suppositions.iter().enumerate().map(|(at, supposition)| {
        let line = Line::new().dim(format!("  {} ", at + 1));
        let line = match refused {
            Some(refused) if refused == at => line.bad("✗ "),
            Some(refused) if refused < at => line.dim("· "),
            _ => line.plain("  "),
        };
        let room = columns.saturating_sub(line.width());
        line.plain(cut_middle(&supposition.to_string(), room))
    });
    rows.collect()
}

/// What is said of the supposition under the cursor: what is wrong with it, or how to make it so.
pub(in crate::app) fn detail(what_if: &WhatIf, columns: usize) -> Vec<Line> {
    let (Some(answer), false) = (what_if.answer(), what_if.is_behind()) else {
        return Vec::new();
    };
    let at = what_if.list.cursor;
    let mut lines = Vec::new();
    if let Err((refused, error)) = &answer.outcome
        && *refused == at
    {
        lines.push(Line::hanging(2).bad("✗ ").plain(&error.message));
        lines.push(Line::hanging(2).dim(format!("  {}", error.hint)));
        return wrap(lines, columns);
    }
    if let Some(way) = answer.ways.get(at) {
        lines.push(Line::new().dim("To make it so on the cluster; y copies it"));
        lines.extend(said_of(way));
    }
    wrap(lines, columns)
}

/// The commands, and what is to be known about them.
pub(in crate::app) fn said_of(way: &Way) -> Vec<Line> {
    let commands = way
        .commands
        .iter()
        .map(|command| Line::hanging(4).dim("  $ ").accent(command));
    let mut lines: Vec<Line> = commands.collect();
    lines.extend(
        way.note
            .iter()
            .map(|note| Line::hanging(4).dim(format!("  · {note}"))),
    );
    lines
}

/// Both decisions side by side.
pub(in crate::app) fn result(what_if: &WhatIf, columns: usize) -> Vec<Line> {
    let answer = match what_if.found.as_deref() {
        Some(Finding::Gone(pod)) => {
            return wrap(
                vec![
                    Line::hanging(2).warn("▲ ").strong(format!("{pod} is gone")),
                    Line::new().dim("It was deleted, or is over. Esc goes back to the pods that wait"),
                ],
                columns,
            );
        }
        _ => what_if.answer(),
    };
    let Some(answer) = answer else {
        return vec![Line::new().dim(if what_if.called_off {
            "Called off; it is judged when something else is supposed"
        } else {
            "Judging …"
        })];
    };
    let mut lines = Vec::new();
    if what_if.called_off && what_if.is_behind() {
        lines.push(
            Line::hanging(2)
                .warn("▲ ")
                .plain("Called off: this is what was supposed before"),
        );
        lines.push(Line::new());
    }
    match &answer.outcome {
        Err((at, error)) => {
            lines.push(
                Line::hanging(2)
                    .bad("✗ ")
                    .strong(format!("Number {} makes no sense here", at + 1)),
            );
            lines.push(Line::new().plain(&error.message));
            lines.push(Line::new().dim(&error.hint));
        }
        Ok(difference) => {
            lines.extend(upshots(difference, columns));
            lines.push(Line::new());
            lines.extend(turns(difference, answer.suppositions.is_empty()));
            let widths = Widths::of(&difference.nodes, columns);
            lines.extend(difference.nodes.iter().map(|node| row(node, widths)));
            lines.extend(says(difference));
        }
    }
    wrap(lines, columns)
}

/// Columns of the labels before the two upshots.
const LABEL: usize = 10;

/// The columns that both sides have beside labels of `label` columns.
fn sides(columns: usize, label: usize) -> usize {
    columns.saturating_sub(label + 3) / 2
}

/// Nodes that fit, best, total: before and after.
fn upshots(difference: &Difference, columns: usize) -> Vec<Line> {
    let side = sides(columns, LABEL);
    let line = |label: &str, before: (Tone, String), after: (Tone, String)| {
        let changed = before.1 != after.1;
        let cell = |text: &str| padded(&cut_middle(text, side), side);
        Line::new()
            .dim(padded(label, LABEL))
            .with(before.0, cell(&before.1))
            .with(
                if changed { Tone::Accent } else { Tone::Dim },
                if changed { " → " } else { "   " },
            )
            .with(after.0, cut_middle(&after.1, side))
    };
    let fit = |upshot: &Upshot| {
        let tone = if upshot.feasible == 0 {
            Tone::Bad
        } else {
            Tone::Good
        };
        (
            tone,
            format!("{} of {}", count(upshot.feasible), count(upshot.nodes)),
        )
    };
    let best = |upshot: &Upshot| match upshot.chosen.as_slice() {
        [] => (Tone::Dim, "none".to_owned()),
        [node] => (Tone::Strong, format!("★ {node}")),
        [node, rest @ ..] => (Tone::Strong, format!("★ {node} and {} more tie", rest.len())),
    };
    let total = |upshot: &Upshot| match (upshot.total, upshot.chosen.is_empty()) {
        (Some(total), _) => (Tone::Plain, total.to_string()),
        (None, false) => (Tone::Dim, "not scored".to_owned()),
        (None, true) => (Tone::Dim, "–".to_owned()),
    };
    let (before, after) = (&difference.before, &difference.after);
    vec![
        Line::new()
            .plain(padded("", LABEL))
            .strong(padded("as it is", side + 3))
            .strong("as supposed"),
        line("nodes fit", fit(before), fit(after)),
        line("best", best(before), best(after)),
        line("total", total(before), total(after)),
    ]
}

/// What the nodes below have in common.
fn turns(difference: &Difference, nothing_supposed: bool) -> Vec<Line> {
    if difference.nodes.is_empty() {
        let text = if nothing_supposed {
            "Both sides are the same: nothing is supposed yet"
        } else {
            "No node stands otherwise"
        };
        return vec![Line::new().dim(text)];
    }
    let all = [
        (Turn::Opens, "open", Tone::Good),
        (Turn::Closes, "close", Tone::Bad),
        (Turn::Comes, "come", Tone::Plain),
        (Turn::Goes, "go", Tone::Plain),
        (Turn::Scores, "score otherwise", Tone::Plain),
        (Turn::Otherwise, "out for other reasons", Tone::Dim),
    ];
    let mut line = Line::new();
    for (turn, says, tone) in all {
        let nodes = difference.count(turn);
        if nodes > 0 {
            let comma = if line.spans.is_empty() { "" } else { ", " };
            line = line.dim(comma).with(tone, format!("{} {says}", count(nodes)));
        }
    }
    vec![line]
}

/// The columns of a node's name and of either side.
#[derive(Clone, Copy, Debug)]
struct Widths {
    name: usize,
    before: usize,
    after: usize,
}

impl Widths {
    /// Those in which all of `nodes` have room in `columns` columns; where they have not, the side that wants less gets what it
    /// wants, up to half.
    fn of(nodes: &[NodeDifference], columns: usize) -> Self {
        let most = |of: &dyn Fn(&NodeDifference) -> usize| nodes.iter().map(of).max().unwrap_or(0);
        let name = most(&|node| width(&node.node)).clamp(4, (columns / 4).max(10));
        let before = most(&|node| width(&standing(&node.before).1));
        let after = most(&|node| width(&after_of(node).1));
        let room = columns.saturating_sub(name + 6);
        let before = before.min(room.saturating_sub(after.min(room / 2)));
        Self {
            name,
            before,
            after: room.saturating_sub(before),
        }
    }
}

/// How it stands as supposed, with what its total gained.
fn after_of(node: &NodeDifference) -> (Tone, String) {
    let (tone, text) = standing(&node.after);
    match node.gain() {
        0 => (tone, text),
        gain => (tone, format!("{text} ({gain:+})")),
    }
}

/// One node, before and after.
fn row(node: &NodeDifference, widths: Widths) -> Line {
    let gain = node.gain();
    let (sign, tone) = match node.turn() {
        Turn::Opens => ("+", Tone::Good),
        Turn::Closes => ("−", Tone::Bad),
        Turn::Comes => ("+", Tone::Dim),
        Turn::Goes => ("−", Tone::Dim),
        Turn::Scores if gain > 0 => ("↑", Tone::Good),
        Turn::Scores if gain < 0 => ("↓", Tone::Warn),
        Turn::Scores => ("≈", Tone::Plain),
        Turn::Otherwise => ("≠", Tone::Dim),
    };
    let (before, after) = (standing(&node.before), after_of(node));
    Line::new()
        .with(tone, format!("{sign} "))
        .plain(padded(&cut_middle(&node.node, widths.name), widths.name + 1))
        .with(before.0, padded(&before.1, widths.before))
        .dim(" → ")
        .with(after.0, cut_end(&after.1, widths.after))
}

fn standing(standing: &Standing) -> (Tone, String) {
    match standing {
        Standing::Absent => (Tone::Dim, "not there".to_owned()),
        Standing::Out { plugin, says } => (Tone::Bad, format!("✗ {plugin} {says}")),
        Standing::Fits { total, chosen } => {
            let total = total.map_or_else(|| "fits".to_owned(), |total| total.to_string());
            let star = if *chosen { " ★" } else { "" };
            (Tone::Good, format!("✓ {total}{star}"))
        }
    }
}

/// kube-scheduler's message on either side.
fn says(difference: &Difference) -> Vec<Line> {
    let (before, after) = (&difference.before, &difference.after);
    if before.says.is_empty() && after.says.is_empty() {
        return Vec::new();
    }
    let placed = |upshot: &Upshot| match upshot.chosen.as_slice() {
        [] => "nothing".to_owned(),
        [node] => format!("assigned to {node}"),
        chosen => {
            let names: Vec<&Arc<str>> = chosen.iter().take(3).collect();
            let names: Vec<&str> = names.iter().map(|name| &***name).collect();
            format!("assigned to one of {}", names.join(", "))
        }
    };
    let text = |upshot: &Upshot| {
        if upshot.says.is_empty() {
            placed(upshot)
        } else {
            upshot.says.clone()
        }
    };
    let label = "as supposed  ";
    let hang = width(label);
    vec![
        Line::new(),
        Line::new().dim("What kube-scheduler would say"),
        Line::hanging(hang)
            .dim(padded("as it is", hang))
            .plain(text(before)),
        Line::hanging(hang).dim(label).plain(text(after)),
    ]
}
