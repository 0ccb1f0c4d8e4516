//! The table of the Plan screen.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::app::State;
use crate::app::layout::Area;
use crate::app::measure::cut_middle;
use crate::app::plan::rows::{Entry, Sign, Widths};
use crate::app::plan::{Row, Section, Side, say};
use crate::ui::paint::{highlight, put, put_right};
use crate::ui::theme::Theme;

/// Cursor, sign, urgency and a blank.
const MARKS: usize = 4;
/// Columns of the longest priority that has no word: ten digits and a sign would be an odd one.
const PRIORITY: usize = 8;
const TOTAL: usize = 5;
/// What names and notes are not cut below, where there is that much room.
const LEAST: Needs = Needs {
    pod: 16,
    node: 12,
    note: 10,
};

/// Where the columns are; a width of 0 means that there is no room for one.
struct Columns {
    order: usize,
    pod_at: usize,
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

/// The columns that have no width of their own.
#[derive(Clone, Copy)]
struct Needs {
    pod: usize,
    node: usize,
    note: usize,
}

impl Needs {
    /// As many columns of what they want as `free` has, what matters least cut first and names last: the longer one more.
    fn within(mut self, free: usize) -> Self {
        let over = |needs: &Self| (needs.pod + needs.node + needs.note).saturating_sub(free);
        let cut = |from: &mut usize, by: usize, least: usize| {
            *from -= by.min(from.saturating_sub(least));
        };
        let excess = over(&self);
        cut(&mut self.note, excess, LEAST.note);
        while over(&self) > 0 && (self.pod > LEAST.pod || self.node > LEAST.node) {
            if self.pod - LEAST.pod.min(self.pod) >= self.node - LEAST.node.min(self.node) {
                cut(&mut self.pod, 1, LEAST.pod);
            } else {
                cut(&mut self.node, 1, LEAST.node);
            }
        }
        let mut excess = over(&self);
        for part in [&mut self.note, &mut self.node, &mut self.pod] {
            let by = excess.min(*part);
            *part -= by;
            excess -= by;
        }
        self
    }
}

impl Columns {
    /// For what is as wide as `widths` says, of `nodes` nodes.
    fn of(width: usize, nodes: usize, widths: Widths) -> Self {
        let order = widths.order.max(2);
        let fit = (nodes.max(1).ilog10() as usize + 1).max(3);
        let priority = if width >= 70 {
            widths.priority.clamp(4, PRIORITY)
        } else {
            0
        };
        let pod_at = MARKS + order + 1;
        let fixed = pod_at + 1 + if priority > 0 { priority + 1 } else { 0 } + 2 + TOTAL + 1 + fit + 2 + 1;
        let free = width.saturating_sub(fixed);
        let Needs { pod, node, .. } = Needs {
            pod: widths.pod.max(8),
            node: widths.node.max(6),
            note: widths.note.max(4),
        }
        .within(free);
        let priority_at = pod_at + pod + 1;
        let node_at = priority_at + if priority > 0 { priority + 1 } else { 0 };
        let total_at = node_at + 2 + node;
        let fit_at = total_at + TOTAL + 1;
        let note_at = fit_at + fit + 2;
        Self {
            order,
            pod_at,
            pod,
            priority_at,
            priority,
            node_at,
            node,
            total_at,
            fit_at,
            fit,
            note_at,
            note: width.saturating_sub(note_at + 1),
        }
    }
}

/// Draws heads and lines.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let planning = &state.plan;
    let nodes = planning.planned.as_ref().map_or(0, |planned| planned.plan.nodes);
    let columns = Columns::of(area.width as usize, nodes, planning.rows.widths);
    heads(buffer, theme, area, &columns);
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
                let text = say::head(section, count);
                put(buffer, lines, (2, at), usize::MAX, &text, style);
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

fn heads(buffer: &mut Buffer, theme: &Theme, area: Area, columns: &Columns) {
    let dim = theme.dim;
    let priority = match columns.priority {
        PRIORITY.. => "priority",
        _ => "prio",
    };
    for (x, width, head) in [
        (MARKS, columns.order, "#"),
        (columns.priority_at, columns.priority, priority),
        (columns.total_at, TOTAL, "total"),
        (columns.fit_at, columns.fit, "fit"),
    ] {
        put_right(buffer, area, (x, 0), width, head, dim);
    }
    for (x, width, head) in [
        (columns.pod_at, columns.pod, "pod"),
        (columns.node_at, columns.node + 2, "→ node"),
        (columns.note_at, columns.note, "why"),
    ] {
        put(buffer, area, (x, 0), width, head, dim);
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
        let order = row.order.to_string();
        put_right(buffer, area, (MARKS, at), columns.order, &order, theme.dim);
    }
    let name = row.pod.key.to_string();
    let name = cut_middle(&name, columns.pod);
    put(buffer, area, (columns.pod_at, at), columns.pod, &name, base);
    let (x, width) = (columns.priority_at, columns.priority);
    put_right(buffer, area, (x, at), width, &row.priority(), base);
    let style = match (row.grave, row.section) {
        (true, Section::Over) => theme.bad,
        (true, _) => theme.warn,
        (false, _) => theme.dim,
    };
    let Some(node) = &row.node else {
        // Why it has no node stands where the node would, up to the end.
        put(buffer, area, (columns.node_at, at), 1, "·", theme.dim);
        let note_at = columns.node_at + 2;
        let room = (area.width as usize).saturating_sub(note_at + 1);
        put(buffer, area, (note_at, at), room, &row.note, style);
        return;
    };
    let (pin, pin_style) = if row.pinned {
        ("↧", theme.accent)
    } else {
        ("→", theme.dim)
    };
    put(buffer, area, (columns.node_at, at), 1, pin, pin_style);
    let node = cut_middle(node, columns.node);
    let x = columns.node_at + 2;
    put(buffer, area, (x, at), columns.node, &node, theme.strong);
    let total = row.total.map_or_else(String::new, |total| total.to_string());
    put_right(buffer, area, (columns.total_at, at), TOTAL, &total, base);
    if let Some(fit) = row.fit {
        let fit_style = if fit == 0 { theme.bad } else { theme.dim };
        let fit = fit.to_string();
        put_right(buffer, area, (columns.fit_at, at), columns.fit, &fit, fit_style);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(pod: usize, node: usize, note: usize) -> Widths {
        Widths {
            order: 2,
            pod,
            priority: 6,
            node,
            note,
        }
    }

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them_and_never_overlap() {
        for width in [30, 60, 78, 118, 200] {
            for (pod, node, note) in [(20, 14, 10), (90, 60, 70), (8, 6, 4), (253, 253, 253)] {
                let columns = Columns::of(width, 5000, widths(pod, node, note));
                let gaps = [
                    (columns.pod_at, columns.pod),
                    (columns.priority_at, columns.priority),
                    (columns.node_at, columns.node + 2),
                    (columns.total_at, TOTAL),
                    (columns.fit_at, columns.fit),
                    (columns.note_at, columns.note),
                ];
                assert!(
                    gaps.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0),
                    "{width}: {gaps:?}"
                );
                if width >= 60 {
                    assert!(
                        columns.pod >= pod.min(10) && columns.node >= node.min(6),
                        "{width}: {gaps:?}"
                    );
                }
            }
        }
        let roomy = Columns::of(80, 12, widths(26, 14, 10));
        assert_eq!(
            (roomy.pod, roomy.node),
            (26, 14),
            "nothing is cut where all has room"
        );
        assert!(roomy.note >= 10);
    }
}
