//! The table of the Plan screen.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::app::State;
use crate::app::layout::Area;
use crate::app::measure::cut_middle;
use crate::app::plan::rows::{Entry, Sign};
use crate::app::plan::{Row, Section, Side, say};
use crate::ui::paint::{highlight, put, put_right};
use crate::ui::theme::Theme;

/// Cursor, sign, urgency and a blank.
const MARKS: usize = 4;
const ORDER: usize = 4;
const PRIORITY: usize = 8;
const TOTAL: usize = 5;

/// Where the columns are; a width of 0 means that there is no room for one.
struct Columns {
    pod: usize,
    priority_at: usize,
    priority: usize,
    node_at: usize,
    node: usize,
    total_at: usize,
    fit_at: usize,
    fit: usize,
    note_at: usize,
    note: usize,
}

impl Columns {
    /// For names of pods and nodes of up to so many columns.
    fn of(width: usize, nodes: usize, (pods, longest): (usize, usize)) -> Self {
        let fit = (nodes.max(1).ilog10() as usize + 1).max(3);
        let priority = if width >= 70 { PRIORITY } else { 0 };
        let fixed =
            MARKS + ORDER + 1 + 1 + if priority > 0 { priority + 1 } else { 0 } + 2 + TOTAL + 1 + fit + 2;
        let free = width.saturating_sub(fixed);
        let note = (free / 4).clamp(7, 36).min(free);
        let names = free - note;
        let node = longest.clamp(6, 40).min(names / 2);
        let pod = names.saturating_sub(node).min(pods.max(8));
        let note = free.saturating_sub(pod + node);
        let priority_at = MARKS + ORDER + 1 + pod + 1;
        let node_at = priority_at + if priority > 0 { priority + 1 } else { 0 };
        let total_at = node_at + 2 + node;
        let fit_at = total_at + TOTAL + 1;
        Self {
            pod,
            priority_at,
            priority,
            node_at,
            node,
            total_at,
            fit_at,
            fit,
            note_at: fit_at + fit + 2,
            note,
        }
    }
}

/// Draws heads and lines.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let planning = &state.plan;
    let nodes = planning.planned.as_ref().map_or(0, |planned| planned.plan.nodes);
    let columns = Columns::of(
        area.width as usize,
        nodes,
        (planning.rows.pod_columns, planning.rows.node_columns),
    );
    let dim = theme.dim;
    put_right(buffer, area, (MARKS, 0), ORDER, "#", dim);
    put(buffer, area, (MARKS + ORDER + 1, 0), columns.pod, "pod", dim);
    put_right(
        buffer,
        area,
        (columns.priority_at, 0),
        columns.priority,
        "priority",
        dim,
    );
    put(
        buffer,
        area,
        (columns.node_at, 0),
        columns.node + 2,
        "→ node",
        dim,
    );
    put_right(buffer, area, (columns.total_at, 0), TOTAL, "total", dim);
    put_right(buffer, area, (columns.fit_at, 0), columns.fit, "fit", dim);
    put(buffer, area, (columns.note_at, 0), columns.note, "why", dim);
    let lines = area.below(1);
    let shown = planning.rows.entries().iter().skip(planning.scroll.offset);
    for (at, entry) in shown.take(lines.height as usize).enumerate() {
        match *entry {
            Entry::Head(section, count) => {
                let style = if section == Section::Over {
                    theme.bad.patch(theme.strong)
                } else {
                    theme.strong
                };
                put(
                    buffer,
                    lines,
                    (2, at),
                    usize::MAX,
                    &say::head(section, count),
                    style,
                );
            }
            Entry::Row(place) => {
                if let Some(row) = planning.rows.get(place) {
                    line(buffer, theme, lines, at, &columns, row);
                    if place == planning.scroll.cursor {
                        let focused = planning.side == Side::Table;
                        put(buffer, lines, (0, at), 1, "▸", theme.accent);
                        highlight(buffer, lines, at, focused, theme);
                    }
                }
            }
        }
    }
}

fn line(buffer: &mut Buffer, theme: &Theme, area: Area, at: usize, columns: &Columns, row: &Row) {
    let base = if row.section == Section::Out {
        theme.dim
    } else {
        theme.text
    };
    let (sign, style) = sign(row.sign, theme);
    put(buffer, area, (1, at), 1, sign, style);
    if row.pod.is_critical() {
        put(buffer, area, (2, at), 1, "!", theme.bad);
    }
    if row.order > 0 {
        put_right(
            buffer,
            area,
            (MARKS, at),
            ORDER,
            &row.order.to_string(),
            theme.dim,
        );
    }
    let name = row.pod.key.to_string();
    let name = cut_middle(&name, columns.pod);
    put(buffer, area, (MARKS + ORDER + 1, at), columns.pod, &name, base);
    let priority = priority(row.pod.spec.priority);
    put_right(
        buffer,
        area,
        (columns.priority_at, at),
        columns.priority,
        &priority,
        base,
    );
    if let Some(node) = &row.node {
        let pin = if row.pinned { "↧" } else { "→" };
        put(
            buffer,
            area,
            (columns.node_at, at),
            1,
            pin,
            if row.pinned { theme.accent } else { theme.dim },
        );
        let node = cut_middle(node, columns.node);
        put(
            buffer,
            area,
            (columns.node_at + 2, at),
            columns.node,
            &node,
            theme.strong,
        );
    } else {
        put(buffer, area, (columns.node_at, at), 1, "·", theme.dim);
    }
    let total = row.total.map_or_else(String::new, |total| total.to_string());
    put_right(buffer, area, (columns.total_at, at), TOTAL, &total, base);
    if let Some(fit) = row.fit {
        let style = if fit == 0 { theme.bad } else { theme.dim };
        put_right(
            buffer,
            area,
            (columns.fit_at, at),
            columns.fit,
            &fit.to_string(),
            style,
        );
    }
    let style = match (row.grave, row.section) {
        (true, Section::Over) => theme.bad,
        (true, _) => theme.warn,
        (false, _) => theme.dim,
    };
    put(
        buffer,
        area,
        (columns.note_at, at),
        columns.note,
        &row.note,
        style,
    );
}

const fn sign(sign: Sign, theme: &Theme) -> (&'static str, Style) {
    match sign {
        Sign::Planned => (" ", theme.dim),
        Sign::Flying => ("…", theme.accent),
        Sign::Done => ("✓", theme.good),
        Sign::DoneBut => ("✓", theme.warn),
        Sign::Stopped => ("✗", theme.bad),
        Sign::Not => ("·", theme.dim),
    }
}

/// `value` in at most eight columns: what the `system-*` classes have as a word.
fn priority(value: i32) -> String {
    if value >= 2_000_000_000 {
        "critical".to_owned()
    } else {
        value.to_string()
    }
}
