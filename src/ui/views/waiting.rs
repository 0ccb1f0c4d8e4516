//! The pods that wait, in queue order.

use ratatui::buffer::Buffer;
use ratatui::style::Modifier;

use super::super::paint::{highlight, put, put_right};
use super::super::theme::Theme;
use super::{empty, first_lists, kept_out};
use crate::app::State;
use crate::app::figures::age;
use crate::app::layout::{Area, Pane};
use crate::app::link::Trust;
use crate::app::measure::{cut_middle, width};
use crate::app::prose::Line;
use crate::engine::view::Waiting;

/// Cursor, urgency, owner and a blank before the pod.
const MARKS: usize = 4;
const PRIORITY: usize = 8;
const AGE: usize = 4;

/// Where the columns are.
struct Columns {
    pod: usize,
    scheduler: usize,
    priority: usize,
    age: usize,
    fit: usize,
    fit_width: usize,
}

impl Columns {
    fn of(area: Area, nodes: usize) -> Self {
        let all = area.width as usize;
        let fit_width = (nodes.max(1).ilog10() as usize + 1) * 2 + 1;
        let fit_width = fit_width.max(5);
        let fit = all.saturating_sub(fit_width + 1);
        let age = fit.saturating_sub(AGE + 1);
        let priority = age.saturating_sub(PRIORITY + 1);
        let scheduler = if all >= 74 { 18 } else { 0 };
        Self {
            pod: priority.saturating_sub(MARKS + 1 + scheduler),
            scheduler,
            priority,
            age,
            fit,
            fit_width,
        }
    }
}

/// Draws the pane's inside.
pub(crate) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    if state.waiting.rows.is_empty() {
        empty(buffer, area, nothing(state), theme);
        return;
    }
    let columns = Columns::of(area, state.view.summary.nodes);
    put(buffer, area, (MARKS, 0), columns.pod, "pod", theme.dim);
    if columns.scheduler > 0 {
        put(
            buffer,
            area,
            (MARKS + columns.pod + 1, 0),
            columns.scheduler,
            "scheduler",
            theme.dim,
        );
    }
    put_right(
        buffer,
        area,
        (columns.priority, 0),
        PRIORITY,
        "priority",
        theme.dim,
    );
    put_right(buffer, area, (columns.age, 0), AGE, "age", theme.dim);
    put_right(
        buffer,
        area,
        (columns.fit, 0),
        columns.fit_width,
        "fit",
        theme.dim,
    );

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
    if state.marks.contains_key(&pod.uid) {
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
    if columns.scheduler > 0 {
        put(
            buffer,
            rows,
            (MARKS + columns.pod + 1, at),
            columns.scheduler - 1,
            &pod.spec.scheduler_name,
            theme.dim,
        );
    } else if !row.ours {
        let left = columns.pod.saturating_sub(width(&name) + 1);
        if left >= 6 {
            put(
                buffer,
                rows,
                (MARKS + width(&name) + 1, at),
                left,
                &pod.spec.scheduler_name,
                theme.dim,
            );
        }
    }
    put_right(
        buffer,
        rows,
        (columns.priority, at),
        PRIORITY,
        &priority(pod.spec.priority),
        base,
    );
    put_right(
        buffer,
        rows,
        (columns.age, at),
        AGE,
        &age(pod.created, state.now),
        base,
    );
    let (fit, style) = match &row.fit {
        _ if row.is_gated() => ("gated".to_owned(), theme.dim),
        None => ("…".to_owned(), theme.dim),
        Some(fit) => {
            let style = match fit.feasible {
                _ if !row.ours => theme.dim,
                0 => theme.bad,
                _ => theme.good,
            };
            (format!("{}/{}", fit.feasible, fit.nodes), style)
        }
    };
    put_right(buffer, rows, (columns.fit, at), columns.fit_width, &fit, style);
    if under_cursor {
        let style = if state.focus == Pane::Waiting {
            theme.cursor
        } else {
            theme.resting
        };
        highlight(buffer, rows, at, style, theme);
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
                state.options.scheduler_name
            )),
            Line::hanging(4).accent(format!(
                "kubectl run web --image=nginx --overrides='{{\"spec\":{{\"schedulerName\":\"{}\"}}}}'",
                state.options.scheduler_name
            )),
        ],
    }
}
