//! The nodes as a field of cells.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::app::State;
use crate::app::cycle::field::Spot;
use crate::app::cycle::{Film, Parts, Scene};
use crate::app::figures::count;
use crate::app::layout::Area;
use crate::app::measure::cut_middle;
use crate::app::prose::Line;
use crate::ui::frame;
use crate::ui::paint::{self, put, put_right};
use crate::ui::theme::Theme;

/// Eighths; the last leaves room between the rows.
const BLOCKS: [&str; 9] = ["▁", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "▇"];

/// Draws field and legend.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, parts: &Parts, film: &Film) {
    let field = &state.cycle.field;
    let aside = match field.group {
        0 | 1 => String::new(),
        group => format!("{} nodes to a cell", count(group)),
    };
    frame::titled(buffer, theme, parts.field, "Nodes", &aside, false);
    let area = parts.spots();
    let mut line = 0;
    for (zone, row) in field.zones.iter().enumerate() {
        let name = if row.name.is_empty() { "no zone" } else { &row.name };
        put(
            buffer,
            area,
            (1, line),
            field.label,
            &cut_middle(name, field.label),
            theme.text,
        );
        let left = format!("{}/{}", count(row.left), count(row.nodes));
        let x = (area.width as usize).saturating_sub(field.counts + 1);
        put_right(buffer, area, (x, line), field.counts, &left, theme.dim);
        for (at, spot) in row.spots.iter().enumerate() {
            let (glyph, style) = look(spot, theme);
            let columns = field.cell.saturating_sub(1).max(1);
            let x = field.spots_at() + at % field.per_row * field.cell;
            let line = line + at / field.per_row;
            let text = if BLOCKS.contains(&glyph) {
                glyph.repeat(columns)
            } else {
                format!("{glyph}{}", " ".repeat(columns - 1))
            };
            put(buffer, area, (x, line), columns, &text, style);
            if field.marked == Some((zone, at)) {
                mark(buffer, theme, area, (x, line), field.cell > 1, style);
            }
        }
        line += field.lines(row);
    }
    let below = parts.field.inner();
    let last = (below.height as usize).saturating_sub(1);
    let legend = legend(state, film, below.width as usize);
    paint::line(buffer, below, last, &legend, theme);
}

/// Marks the spot under the cursor: before it where there is a gap, else in its place.
fn mark(buffer: &mut Buffer, theme: &Theme, area: Area, (x, line): (usize, usize), gap: bool, style: Style) {
    if gap {
        put(
            buffer,
            area,
            (x.saturating_sub(1), line),
            1,
            "▸",
            theme.accent.patch(theme.strong),
        );
    } else {
        put(buffer, area, (x, line), 1, "◉", style);
    }
}

/// Glyph and look of a node, or of a few.
fn look(spot: &Spot, theme: &Theme) -> (&'static str, Style) {
    let block = |eighths: usize| BLOCKS.get(eighths).copied().unwrap_or("▇");
    if spot.chosen {
        ("★", theme.accent)
    } else if spot.best_room {
        ("◆", theme.accent)
    } else if spot.falls > 0 && spot.left == 0 {
        ("✗", theme.bad)
    } else if spot.left > 0 {
        let share = block((spot.left * 8).div_ceil(spot.nodes.max(1)));
        match spot.level {
            Some(level) => (block(level as usize), theme.accent),
            None if spot.falls > 0 => (share, theme.bad),
            None => (share, theme.good),
        }
    } else if spot.room {
        ("◇", theme.warn)
    } else if spot.also > 0 {
        ("×", theme.dim)
    } else {
        ("·", theme.dim)
    }
}

/// What the glyphs say in this frame, with how many nodes, as far as there is room.
fn legend(state: &State, film: &Film, columns: usize) -> Line {
    let Some(frame) = state.cycle.frame() else {
        return Line::new();
    };
    let all = film.trace.nodes.ids.len();
    let out = all.saturating_sub(frame.left + frame.falls + frame.also);
    let found = film.trace.post_filter.as_ref();
    let mut parts: Vec<Line> = Vec::new();
    match frame.scene {
        Scene::Score(_) | Scene::Total => parts.push(Line::new().accent("▇").dim(" sum, of the highest")),
        Scene::PostFilter => {
            let best = found.map_or(0, |found| found.best.len());
            let room = found
                .map_or(0, |found| found.candidates.len())
                .saturating_sub(best);
            parts.push(
                Line::new()
                    .accent("◆")
                    .dim(format!(" to nominate {}", count(best))),
            );
            parts.push(Line::new().warn("◇").dim(format!(" room {}", count(room))));
        }
        Scene::Choice | Scene::Reserve | Scene::Permit | Scene::PreBind | Scene::Bind | Scene::Event => {
            let chosen = film.trace.decision.chosen().len();
            parts.push(Line::new().accent("★").dim(format!(" chosen {}", count(chosen))));
        }
        _ => parts.push(Line::new().good("▇").dim(format!(" left {}", count(frame.left)))),
    }
    if frame.falls > 0 {
        parts.push(Line::new().bad("✗").dim(format!(" now {}", count(frame.falls))));
    }
    if frame.also > 0 {
        parts.push(Line::new().dim("×").dim(format!(" too {}", count(frame.also))));
    }
    if out > 0 {
        parts.push(Line::new().dim("·").dim(format!(" out {}", count(out))));
    }
    if state.cycle.field.hidden > 0 {
        parts.push(
            Line::new()
                .dim("+")
                .dim(format!(" {} zones", state.cycle.field.hidden)),
        );
    }
    let mut line = Line::new().plain(" ");
    for part in parts {
        if line.width() + part.width() + 2 > columns {
            break;
        }
        line.spans.extend(part.spans);
        line = line.plain("  ");
    }
    line
}
