//! The cluster before and after, a line for all, for each zone, for nodes.

use ratatui::buffer::Buffer;

use crate::app::State;
use crate::app::layout::Area;
use crate::app::measure::{cut_middle, width};
use crate::app::plan::usage::{Bar, Level, change};
use crate::app::prose::Line;
use crate::ui::paint::{line, put, put_right};
use crate::ui::theme::Theme;

/// The least that is worth drawing of a bar.
const SHORT: usize = 4;

/// Where the columns are, as wide as what stands in them.
struct Columns {
    name: usize,
    bar: usize,
    percent: usize,
    pods: usize,
}

impl Columns {
    fn of(area: Area, bars: &[Bar]) -> Self {
        let all = area.width as usize;
        let shares = bars.iter().flat_map(|bar| [cpu(bar), memory(bar)]);
        let percent = shares
            .map(|(before, after, all)| width(&change(before, after, all)))
            .max();
        let percent = percent.unwrap_or(0).max(6);
        let pods = bars.iter().map(|bar| width(&pods(bar))).max().unwrap_or(0).max(4);
        let fixed = 1 + 2 * (percent + 1) + pods + 1;
        let longest = bars.iter().map(|bar| width(&bar.name) + 4).max().unwrap_or(0);
        let name = longest.clamp(9, 30).min(all.saturating_sub(fixed).max(9));
        let bar = all.saturating_sub(fixed + name) / 2;
        Self {
            name,
            bar: if bar > SHORT { (bar - 1).min(24) } else { 0 },
            percent,
            pods,
        }
    }

    fn field(&self) -> usize {
        self.percent + 1 + if self.bar > 0 { self.bar + 1 } else { 0 }
    }
}

/// Draws heads and lines.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let planning = &state.plan;
    if planning.usage.is_empty() {
        let text = Line::new().dim("What each node has of it shows here once there is a plan");
        line(buffer, area.inner(), 0, &text, theme);
        return;
    }
    let columns = Columns::of(area, &planning.usage);
    let first = 1 + columns.name;
    for (at, head) in ["cpu", "memory"].into_iter().enumerate() {
        let x = first + at * columns.field();
        put_right(buffer, area, (x, 0), columns.field() - 1, head, theme.dim);
    }
    put_right(
        buffer,
        area,
        (first + 2 * columns.field(), 0),
        columns.pods,
        "pods",
        theme.dim,
    );
    let lines = area.below(1);
    let shown = planning.usage.iter().skip(planning.usage_offset);
    for (at, bar) in shown.take(lines.height as usize).enumerate() {
        let changed = bar.before != bar.after;
        let style = match (bar.level, changed) {
            (Level::All | Level::Zone, _) => theme.strong,
            (Level::Node, true) => theme.text,
            (Level::Node, false) => theme.dim,
        };
        let indent = if bar.level == Level::Node { 3 } else { 1 };
        let name = cut_middle(&bar.name, columns.name.saturating_sub(indent));
        put(buffer, lines, (indent, at), columns.name, &name, style);
        for (nth, (before, after, all)) in [cpu(bar), memory(bar)].into_iter().enumerate() {
            let x = first + nth * columns.field();
            gauge(buffer, theme, lines, (x, at), columns.bar, (before, after, all));
            let text = change(before, after, all);
            let x = x + columns.field() - 1 - columns.percent;
            put_right(buffer, lines, (x, at), columns.percent, &text, style);
        }
        put_right(
            buffer,
            lines,
            (first + 2 * columns.field(), at),
            columns.pods,
            &pods(bar),
            style,
        );
    }
    let (height, all) = (lines.height as usize, planning.usage.len());
    if all > planning.usage_offset + height && height > 0 {
        let more = format!(" … {} more ", all - planning.usage_offset - height);
        put_right(
            buffer,
            lines,
            (0, height - 1),
            width(&more).min(area.width as usize),
            &more,
            theme.warn,
        );
    }
}

/// Asked for before, and after, of what there is.
const fn cpu(bar: &Bar) -> (i64, i64, i64) {
    (bar.before.cpu, bar.after.cpu, bar.allocatable.cpu)
}

const fn memory(bar: &Bar) -> (i64, i64, i64) {
    (bar.before.memory, bar.after.memory, bar.allocatable.memory)
}

fn pods(bar: &Bar) -> String {
    let (before, after) = (bar.before.pods, bar.after.pods);
    if before == after {
        after.to_string()
    } else {
        format!("{before}→{after}")
    }
}

/// What was asked for before, what the plan adds, what is free.
fn gauge(
    buffer: &mut Buffer,
    theme: &Theme,
    area: Area,
    (x, row): (usize, usize),
    columns: usize,
    (before, after, all): (i64, i64, i64),
) {
    if columns == 0 || all <= 0 {
        return;
    }
    let cells = |part: i64| (i128::from(part.clamp(0, all)) * columns as i128 / i128::from(all)) as usize;
    let (before, after) = (cells(before), cells(after));
    let (kept, added) = (before.min(after), after.saturating_sub(before));
    put(buffer, area, (x, row), columns, &"─".repeat(columns), theme.track);
    put(buffer, area, (x, row), kept, &"━".repeat(kept), theme.dim);
    put(
        buffer,
        area,
        (x + kept, row),
        added,
        &"▪".repeat(added),
        theme.accent,
    );
}
