//! The nodes for the selected pod: those that fit by total, the reasons, those that do not fit.

use ratatui::buffer::Buffer;

use super::super::paint::{bar, highlight, put, put_right};
use super::super::theme::Theme;
use super::{empty, first_lists, kept_out};
use crate::app::State;
use crate::app::figures::count;
use crate::app::layout::{Area, Pane};
use crate::app::link::Trust;
use crate::app::measure::{cut_middle, width};
use crate::app::names::short;
use crate::app::node_rows::Row;
use crate::app::prose::Line;
use crate::app::settings::NodeColumn;
use crate::app::short_reasons::short_reasons;
use crate::engine::view::Waiting;
use crate::model::NodeId;
use crate::placing::Verdict;
use crate::scheduling::{Code, Trace};

/// Cursor, star and tie before the node.
const MARKS: usize = 4;
/// The least that a name gets.
const NAME: usize = 13;
const ZONE: usize = 9;
/// A zone as clouds name them, such as `eu-central-1a`.
const WIDE_ZONE: usize = 14;
/// The least that is worth drawing of a bar, with the space after it.
const SHORT_BAR: usize = 6;
const TOTAL: usize = 5;

/// Where the columns are. A width of 0 means that one is not wanted, or has no room.
struct Columns {
    name: usize,
    zone: usize,
    zone_at: usize,
    bar: usize,
    bar_at: usize,
    total: usize,
    total_at: usize,
    /// Place, first column and width of each score that has room.
    scores: Vec<(usize, usize, usize)>,
    /// Where it is said why a node does not fit: after the name, and the zone where that comes next.
    why_at: usize,
}

impl Columns {
    /// Lays them out for names of up to `longest` columns. No column for zones is needed where no node has one.
    fn of(area: Area, trace: &Trace, longest: usize, zoned: bool, wanted: &[NodeColumn]) -> Self {
        let all = area.width as usize;
        let wants = |column| wanted.contains(&column);
        let total = if wants(NodeColumn::Total) { TOTAL } else { 0 };
        let zoned = zoned && wants(NodeColumn::Zone);
        let shown = if wants(NodeColumn::Scores) {
            trace.scores.len()
        } else {
            0
        };
        let widths: Vec<usize> = trace
            .scores
            .iter()
            .map(|score| {
                let most = score.weight.unsigned_abs().max(1).saturating_mul(100);
                width(&short(score.plugin)).max(most.ilog10() as usize + 1)
            })
            .take(shown)
            .collect();
        let mut widths: Vec<(usize, usize)> = widths.into_iter().enumerate().collect();
        let least = |widths: &[(usize, usize)]| {
            let scores: usize = widths.iter().map(|(_, width)| width + 1).sum();
            MARKS + NAME + 1 + total + usize::from(total > 0) + scores
        };
        if least(&widths) > all {
            // What is 0 everywhere says the least.
            let counts = |place: usize| {
                let score = trace.scores.get(place);
                score.is_some_and(|score| score.normalized.iter().any(|&given| given != 0))
            };
            widths.retain(|&(place, _)| counts(place));
        }
        let least = least(&widths);
        let zone = match all {
            _ if !zoned => 0,
            _ if all > least + WIDE_ZONE + SHORT_BAR => WIDE_ZONE,
            _ if all > least + ZONE => ZONE,
            _ => 0,
        };
        let spare = all.saturating_sub(least + if zone > 0 { zone + 1 } else { 0 });
        let name = NAME
            + longest
                .min(all / 2)
                .clamp(NAME, 44)
                .saturating_sub(NAME)
                .min(spare);
        let left = spare - (name - NAME);
        let bar = if left > 5 && wants(NodeColumn::Bar) {
            (left - 1).min(24)
        } else {
            0
        };
        let mut columns = Self {
            name,
            zone,
            zone_at: 0,
            bar,
            bar_at: 0,
            total,
            total_at: 0,
            scores: Vec::new(),
            why_at: 0,
        };
        columns.arrange(all, wanted, &widths);
        columns
    }

    /// Puts one after the other as they are `wanted`.
    fn arrange(&mut self, all: usize, wanted: &[NodeColumn], scores: &[(usize, usize)]) {
        let mut at = MARKS + self.name + 1;
        self.why_at = at;
        for (nth, column) in wanted.iter().enumerate() {
            let (place, width) = match column {
                NodeColumn::Zone => (&mut self.zone_at, self.zone),
                NodeColumn::Bar => (&mut self.bar_at, self.bar),
                NodeColumn::Total => (&mut self.total_at, self.total),
                NodeColumn::Scores => {
                    let placed = scores.iter().map_while(|&(score, width)| {
                        let here = at;
                        at += width + 1;
                        (here + width <= all).then_some((score, here, width))
                    });
                    self.scores = placed.collect();
                    continue;
                }
            };
            *place = at;
            at += if width > 0 { width + 1 } else { 0 };
            if nth == 0 && *column == NodeColumn::Zone {
                self.why_at = at;
            }
        }
    }

    /// Whether a node that does not fit has its zone shown.
    fn zone_before_why(&self) -> bool {
        self.zone > 0 && self.zone_at < self.why_at
    }
}

/// Draws the pane's inside.
pub(crate) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let rows = &state.nodes.rows;
    let Some(trace) = rows.trace().filter(|_| !rows.is_empty()) else {
        empty(buffer, area, nothing(state, &state.nodes.filter), theme);
        return;
    };
    let zoned = state.view.nodes.iter().any(|node| !node.zone.is_empty());
    let columns = Columns::of(area, trace, rows.longest, zoned, &state.options.settings.nodes);
    heads(buffer, theme, area, trace, &columns);
    let area = area.below(1);
    let most: i64 = trace
        .scores
        .iter()
        .map(|score| score.weight.saturating_mul(100))
        .sum();
    let cursor = rows.row_of(state.nodes.scroll.cursor);
    for at in 0..area.height as usize {
        let row_at = state.nodes.scroll.offset + at;
        let Some(row) = rows.row(row_at) else {
            break;
        };
        let line = Drawn {
            buffer,
            state,
            theme,
            area,
            at,
            trace,
            columns: &columns,
        };
        match row {
            Row::Feasible(place) => line.feasible(place, most),
            Row::Reasons => line.rule(&format!("{} do not fit", count(rows.unfit))),
            Row::Reason(reason) => line.reason(reason),
            Row::Unfit => line.rule("fewest reasons first"),
            Row::Rejected(node) => line.rejected(node),
        }
        if row_at == cursor {
            put(buffer, area, (0, at), 1, "▸", theme.accent);
            highlight(buffer, area, at, state.focus == Pane::Nodes, theme);
        }
    }
}

fn heads(buffer: &mut Buffer, theme: &Theme, area: Area, trace: &Trace, columns: &Columns) {
    put(buffer, area, (MARKS, 0), columns.name, "node", theme.dim);
    if columns.zone > 0 && (columns.zone_before_why() || !trace.feasible.is_empty()) {
        put(
            buffer,
            area,
            (columns.zone_at, 0),
            columns.zone,
            "zone",
            theme.dim,
        );
    }
    if trace.feasible.is_empty() {
        put(
            buffer,
            area,
            (columns.why_at, 0),
            usize::MAX,
            "why not",
            theme.dim,
        );
        return;
    }
    put_right(
        buffer,
        area,
        (columns.total_at, 0),
        columns.total,
        "total",
        theme.dim,
    );
    for &(score, x, columns) in &columns.scores {
        let Some(score) = trace.scores.get(score) else {
            continue;
        };
        put_right(buffer, area, (x, 0), columns, &short(score.plugin), theme.dim);
    }
}

/// A row being drawn.
struct Drawn<'a> {
    buffer: &'a mut Buffer,
    state: &'a State,
    theme: &'a Theme,
    area: Area,
    at: usize,
    trace: &'a Trace,
    columns: &'a Columns,
}

impl Drawn<'_> {
    fn feasible(self, place: usize, most: i64) {
        let Self {
            buffer,
            theme,
            area,
            at,
            trace,
            columns,
            ..
        } = self;
        let Some(&node) = trace.feasible.get(place) else {
            return;
        };
        let chosen = trace.decision.chosen();
        let best = chosen.contains(&node);
        if best {
            put(buffer, area, (1, at), 1, "★", theme.accent);
            if chosen.len() > 1 {
                put(buffer, area, (2, at), 1, "=", theme.accent);
            }
        } else {
            put(buffer, area, (1, at), 1, "✓", theme.good);
        }
        let style = if best { theme.strong } else { theme.text };
        name(buffer, self.state, theme, (area, at), trace, node, columns, style);
        let total = trace.totals.get(place).copied().unwrap_or(0);
        if columns.bar > 0 {
            let filled = bar(total, most, columns.bar);
            let x = columns.bar_at;
            put(
                buffer,
                area,
                (x, at),
                columns.bar,
                &"─".repeat(columns.bar),
                theme.track,
            );
            put(buffer, area, (x, at), columns.bar, &filled, theme.accent);
        }
        put_right(
            buffer,
            area,
            (columns.total_at, at),
            columns.total,
            &total.to_string(),
            style,
        );
        for &(score, x, columns) in &columns.scores {
            let Some(score) = trace.scores.get(score) else {
                continue;
            };
            let normalized = score.normalized.get(place).copied().unwrap_or(0);
            let weighted = normalized.saturating_mul(score.weight).to_string();
            let style = if normalized == 0 { theme.dim } else { theme.text };
            put_right(buffer, area, (x, at), columns, &weighted, style);
        }
    }

    /// A line across, with a text in it.
    fn rule(self, text: &str) {
        let Self {
            buffer,
            theme,
            area,
            at,
            ..
        } = self;
        let columns = (area.width as usize).saturating_sub(2);
        let text = format!("── {text} ");
        let line = format!("{text}{}", "─".repeat(columns.saturating_sub(width(&text))));
        put(buffer, area, (1, at), columns, &line, theme.dim);
    }

    fn reason(self, reason: usize) {
        let Self {
            buffer,
            state,
            theme,
            area,
            at,
            ..
        } = self;
        let Some(reason) = state.nodes.rows.reasons.get(reason) else {
            return;
        };
        put(buffer, area, (1, at), 1, "✗", theme.bad);
        let counts = (state.nodes.rows.unfit.max(100).ilog10() as usize) + 1;
        put_right(
            buffer,
            area,
            (3, at),
            counts,
            &reason.count.to_string(),
            theme.strong,
        );
        let x = 3 + counts + 2;
        put(buffer, area, (x, at), usize::MAX, &reason.text, theme.text);
        let mut notes = Vec::new();
        if reason.alone == reason.count {
            notes.push(if reason.count == 1 {
                "by this alone".to_owned()
            } else {
                "all by this alone".to_owned()
            });
        } else if reason.alone > 0 {
            notes.push(format!("{} by this alone", reason.alone));
        }
        notes.extend(
            reason
                .also
                .iter()
                .take(3)
                .map(|(name, nodes)| format!("{nodes} also {name}")),
        );
        let room = (area.width as usize).saturating_sub(x + width(&reason.text) + 3);
        while width(&notes.join(" · ")) > room && !notes.is_empty() {
            notes.pop();
        }
        let text = notes.join(" · ");
        let x = (area.width as usize).saturating_sub(width(&text) + 1);
        put(buffer, area, (x, at), usize::MAX, &text, theme.dim);
    }

    fn rejected(self, node: NodeId) {
        let Self {
            buffer,
            state,
            theme,
            area,
            at,
            trace,
            columns,
        } = self;
        put(buffer, area, (1, at), 1, "✗", theme.bad);
        name(buffer, state, theme, (area, at), trace, node, columns, theme.text);
        let verdict = Verdict::of(trace, node);
        let pod = state.pod().map(|row| &*row.pod);
        let summary = state.summary_of(trace.nodes.name(node));
        let reasons: Vec<String> = verdict
            .broken
            .iter()
            .flat_map(|rule| short_reasons(rule, pod, summary))
            .collect();
        let x = columns.why_at;
        let room = (area.width as usize).saturating_sub(x + 1);
        put(buffer, area, (x, at), room, &reasons.join(" · "), theme.dim);
    }
}

#[expect(clippy::too_many_arguments, reason = "the two columns that all rows have")]
fn name(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    (area, at): (Area, usize),
    trace: &Trace,
    node: NodeId,
    columns: &Columns,
    style: ratatui::style::Style,
) {
    let text = trace.nodes.name(node);
    put(
        buffer,
        area,
        (MARKS, at),
        columns.name,
        &cut_middle(text, columns.name),
        style,
    );
    let has_room = columns.zone_before_why() || trace.feasible_index(node).is_some();
    if columns.zone > 0
        && has_room
        && let Some(summary) = state.summary_of(text)
    {
        put(
            buffer,
            area,
            (columns.zone_at, at),
            columns.zone,
            &cut_middle(&summary.zone, columns.zone),
            theme.dim,
        );
    }
}

/// What holds the pod back, so that no node is looked at for it. kube-scheduler tells nobody.
fn gated(row: &Waiting, trace: &Trace) -> Vec<Line> {
    let mut lines = Vec::new();
    let holding = trace.pre_enqueue.iter();
    for (plugin, status) in holding.filter(|(_, status)| status.code != Code::Success) {
        lines.push(Line::hanging(2).plain("‖ ").strong(format!("Gated by {plugin}")));
        lines.push(Line::new());
        lines.push(Line::hanging(2).plain("  ").accent(status.message()));
        lines.push(Line::new());
    }
    if let Some(queued) = &row.queued {
        lines.push(Line::hanging(2).dim(format!("It waits for {}", queued.waits_for)));
    }
    lines.push(Line::new().dim("No scheduler looks at nodes before that, and none says so"));
    lines
}

/// What is said where no node is shown of those that `filter` leaves.
pub(crate) fn nothing(state: &State, filter: &str) -> Vec<Line> {
    let Some(row) = state.pod() else {
        return vec![Line::new().dim(
            "Select a waiting pod to see its nodes: which fit and how well, and why the others do not",
        )];
    };
    let Some(selected) = state.decision() else {
        if let (Trust::Stale { error, .. }, false) = (state.link.trust(), state.view.synced) {
            return kept_out(
                "No node can be judged yet",
                error,
                "the nodes appear here as soon as it works",
            );
        }
        if !state.view.synced {
            return first_lists(state);
        }
        return vec![Line::new().dim(format!("Judging {} on every node …", row.pod.key))];
    };
    if selected.trace.gated() {
        return gated(row, &selected.trace);
    }
    if !filter.is_empty() {
        return vec![
            Line::new().strong(format!("No node matches '{filter}'")),
            Line::new(),
            Line::new().dim("Esc clears the filter"),
        ];
    }
    vec![
        Line::new().strong("The cluster has no nodes"),
        Line::new(),
        Line::new().plain("Nodes appear here as soon as they register with the API server."),
        Line::new(),
        Line::new().dim("Look for them:"),
        Line::new().accent("kubectl get nodes"),
    ]
}
