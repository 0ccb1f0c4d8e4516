//! The cluster as a picture, node by node, by zone: how much is asked for, or where the selected pod fits.

use ratatui::buffer::Buffer;

use super::super::paint::{put, put_right};
use super::super::theme::Theme;
use super::empty;
use crate::app::State;
use crate::app::layout::Area;
use crate::app::measure::cut_middle;
use crate::app::picture::Cell;
use crate::app::prose::Line;

const BLOCKS: [&str; 9] = ["▁", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Draws the pane's inside.
pub(crate) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let picture = &state.cluster.picture;
    if picture.zones.is_empty() {
        let lines = vec![Line::new().dim("A cell for each node, by zone: how much of its cpu is asked for, or whether the selected pod fits")];
        empty(buffer, area, lines, theme);
        return;
    }
    let cells_at = 1 + picture.label + 1;
    let mut row = 0;
    for (zone_at, zone) in picture.zones.iter().enumerate() {
        let name = if zone.name.is_empty() {
            "no zone"
        } else {
            &zone.name
        };
        put(
            buffer,
            area,
            (1, row),
            picture.label,
            &cut_middle(name, picture.label),
            theme.text,
        );
        let percent = format!("{}%", zone.percent);
        let x = (area.width as usize).saturating_sub(5);
        put_right(buffer, area, (x, row), 4, &percent, theme.dim);
        for (at, &cell) in zone.cells.iter().enumerate() {
            let (line, column) = (at / picture.per_row, at % picture.per_row);
            let (glyph, style) = match cell {
                Cell::Load(eighths) => (block(eighths), heat(theme, eighths)),
                Cell::Cordoned(_) | Cell::Fits(0) => ("·", theme.dim),
                Cell::NotReady => ("×", theme.bad),
                Cell::Fits(eighths) => (block(eighths), theme.good),
                Cell::Best => ("★", theme.accent),
            };
            let columns = picture.cell.saturating_sub(1).max(1);
            let text = if cell == Cell::Best {
                glyph.to_owned()
            } else {
                glyph.repeat(columns)
            };
            let marked = state.cluster.marked == Some((zone_at, at));
            let style = if marked { style.patch(theme.cursor) } else { style };
            let x = cells_at + column * picture.cell;
            put(buffer, area, (x, row + line), columns, &text, style);
        }
        row += picture.rows(zone);
    }
}

fn block(eighths: u8) -> &'static str {
    BLOCKS.get(eighths as usize).copied().unwrap_or("█")
}

fn heat(theme: &Theme, eighths: u8) -> ratatui::style::Style {
    theme.heat.get(eighths as usize).copied().unwrap_or(theme.bad)
}
