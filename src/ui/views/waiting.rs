//! The pods that wait, in queue order.

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};

use super::super::paint::{highlight, mark, put, put_right};
use super::super::theme::Theme;
use super::{empty, first_lists, kept_out};
use crate::app::State;
use crate::app::figures::age;
use crate::app::layout::{Area, Pane};
use crate::app::link::Trust;
use crate::app::measure::{cut_middle, width};
use crate::app::prose::Line;
use crate::app::settings::WaitingColumn;
use crate::engine::view::Waiting;

/// Cursor, urgency, owner and mark before the pod.
const MARKS: usize = 4;
const SCHEDULER: usize = 17;
const PRIORITY: usize = 8;
const AGE: usize = 4;
/// The columns from which there is room for the schedulerName.
const ROOM_FOR_SCHEDULER: usize = 74;

/// Where the columns are.
struct Columns {
    /// How wide the pod's name may be.
    pod: usize,
    /// What stands after it: what, first column, width.
    rest: Vec<(WaitingColumn, usize, usize)>,
}

impl Columns {
    fn of(area: Area, nodes: usize, wanted: &[WaitingColumn]) -> Self {
        let all = area.width as usize;
        let width = |column| match column {
            WaitingColumn::Scheduler => SCHEDULER,
            WaitingColumn::Priority => PRIORITY,
            WaitingColumn::Age => AGE,
            WaitingColumn::Fit => ((nodes.max(1).ilog10() as usize + 1) * 2 + 1).max(5),
        };
        let fits =
            |column: &&WaitingColumn| **column != WaitingColumn::Scheduler || all >= ROOM_FOR_SCHEDULER;
        let mut at = all;
        let mut rest: Vec<_> = wanted
            .iter()
            .rev()
            .filter(fits)
            .map(|&column| {
                at = at.saturating_sub(width(column) + 1);
                (column, at, width(column))
            })
            .collect();
        rest.reverse();
        Self {
            pod: at.saturating_sub(MARKS + 1),
            rest,
        }
    }

    fn has(&self, column: WaitingColumn) -> bool {
        self.rest.iter().any(|&(have, ..)| have == column)
    }
}

/// Draws the pane's inside.
pub(crate) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    if state.waiting.rows.is_empty() {
        empty(buffer, area, nothing(state), theme);
        return;
    }
    let columns = Columns::of(area, state.view.summary.nodes, &state.options.settings.waiting);
    put(buffer, area, (MARKS, 0), columns.pod, "pod", theme.dim);
    for &(column, x, columns) in &columns.rest {
        let head = column.as_str();
        if column == WaitingColumn::Scheduler {
            put(buffer, area, (x, 0), columns, head, theme.dim);
        } else {
            put_right(buffer, area, (x, 0), columns, head, theme.dim);
        }
    }

    let rows = area.below(1);
    let scroll = state.waiting.scroll;
    for at in 0..rows.height as usize {
        let Some(row) = state.waiting.rows.get(scroll.offset + at) else {
            break;
        };
        let under_cursor = scroll.offset + at == scroll.cursor;
        draw_row(buffer, state, theme, rows, at, &columns, row, under_cursor);
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "one row of one table, drawn in one place"
)]
fn draw_row(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    rows: Area,
    at: usize,
    columns: &Columns,
    row: &Waiting,
    under_cursor: bool,
) {
    let pod = &row.pod;
    let base = if row.ours && !row.is_gated() {
        theme.text
    } else {
        theme.dim
    };
    if pod.is_critical() {
        put(
            buffer,
            rows,
            (1, at),
            1,
            "!",
            theme.bad.add_modifier(Modifier::BOLD),
        );
    }
    let sign = match (row.ours, row.is_gated()) {
        (_, true) => "‖",
        (false, false) => "◦",
        (true, false) => " ",
    };
    let marked = state.marks.contains_key(&pod.uid);
    if state.link.has_open(&pod.key).next().is_some() {
        put(buffer, rows, (2, at), 1, "◇", theme.warn);
    } else if marked {
        put(buffer, rows, (2, at), 1, "●", theme.accent);
    } else {
        put(buffer, rows, (2, at), 1, sign, theme.dim);
    }
    let name_style = if pod.is_critical() { theme.bad } else { base };
    if under_cursor {
        put(buffer, rows, (0, at), 1, "▸", theme.accent);
    }
    let name = pod.key.to_string();
    let name = cut_middle(&name, columns.pod);
    put(buffer, rows, (MARKS, at), columns.pod, &name, name_style);
    let scheduler = &pod.spec.scheduler_name;
    if !row.ours && !columns.has(WaitingColumn::Scheduler) {
        let left = columns.pod.saturating_sub(width(&name) + 1);
        if left >= 6 {
            let x = MARKS + width(&name) + 1;
            put(buffer, rows, (x, at), left, scheduler, theme.dim);
        }
    }
    for &(column, x, columns) in &columns.rest {
        let place = (x, at);
        match column {
            WaitingColumn::Scheduler => put(buffer, rows, place, columns, scheduler, theme.dim),
            WaitingColumn::Priority => {
                put_right(buffer, rows, place, columns, &priority(pod.spec.priority), base);
            }
            WaitingColumn::Age => put_right(buffer, rows, place, columns, &age(pod.created, state.now), base),
            WaitingColumn::Fit => {
                let (text, style) = fit(row, state.covered(), theme);
                put_right(buffer, rows, place, columns, &text, style);
            }
        }
    }
    if marked {
        mark(buffer, rows, at, theme);
    }
    if under_cursor {
        highlight(buffer, rows, at, state.focus == Pane::Waiting, theme);
    }
}

/// How many nodes fit; what is `covered` is for the learner to say.
fn fit(row: &Waiting, covered: bool, theme: &Theme) -> (String, Style) {
    match &row.fit {
        _ if row.is_gated() => ("gated".to_owned(), theme.dim),
        None if covered => ("?".to_owned(), theme.dim),
        None => ("…".to_owned(), theme.dim),
        Some(fit) => {
            let style = match fit.feasible {
                _ if !row.ours => theme.dim,
                0 => theme.bad,
                _ => theme.good,
            };
            (format!("{}/{}", fit.feasible, fit.nodes), style)
        }
    }
}

/// `value` in at most eight columns: what the `system-*` classes have as a word.
fn priority(value: i32) -> String {
    match value {
        2_000_000_000.. => "critical".to_owned(),
        100_000_000.. => format!(
            "{:.2}e{}",
            f64::from(value) / 10_f64.powi(value.ilog10() as i32),
            value.ilog10()
        ),
        _ => value.to_string(),
    }
}

/// What an empty list says.
fn nothing(state: &State) -> Vec<Line> {
    if !state.view.waiting.is_empty() {
        let key = if state.waiting.filter.is_empty() {
            "n shows another namespace"
        } else {
            "Esc clears the filter"
        };
        return vec![
            Line::new().strong("No waiting pod matches"),
            Line::new(),
            Line::new().dim(format!("{} wait in all; {key}", state.view.waiting.len())),
        ];
    }
    match state.link.trust() {
        Trust::Connecting => vec![Line::new().dim("Connecting to the API server …")],
        Trust::Stale { error, .. } if !state.view.synced => kept_out(
            "Nothing can be shown yet",
            error,
            "the pods appear here as soon as it works",
        ),
        _ if !state.view.synced => first_lists(state),
        _ => vec![
            Line::hanging(2).good("✓ ").strong("No pod waits for a node"),
            Line::new(),
            Line::new()
                .plain("Pods appear here as soon as they are Pending without a node, the most urgent first."),
            Line::new(),
            Line::new().dim(format!(
                "Make one for this screen (schedulerName {}):",
                state.options.scheduler_name()
            )),
            Line::hanging(4).accent(format!(
                "kubectl run web --image=nginx --overrides='{{\"spec\":{{\"schedulerName\":\"{}\"}}}}'",
                state.options.scheduler_name()
            )),
        ],
    }
}
