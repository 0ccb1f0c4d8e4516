//! A list to choose from.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::super::paint::{highlight, put, put_right};
use super::super::theme::Theme;
use super::open;
use crate::app::chooser::{Chooser, Item};
use crate::app::layout::Layout;
use crate::app::measure::width;

/// The widest list, and the narrowest.
const COLUMNS: (usize, usize) = (36, 88);
const ROWS: usize = 16;

/// Draws the list and what is typed above it.
pub(super) fn draw(buffer: &mut Buffer, theme: &Theme, layout: &Layout, chooser: &Chooser) -> Position {
    let most = (layout.screen.height as usize).saturating_sub(10).max(3);
    let rows = chooser.len().clamp(3, most.min(ROWS));
    let wide = |item: &Item| width(&item.label) + width(&item.aside) + 6;
    let columns = chooser.widest(wide).clamp(COLUMNS.0, COLUMNS.1);
    let inside = open(buffer, theme, layout, chooser.title, (columns, rows + 2));
    put(buffer, inside, (0, 0), usize::MAX, "/ ", theme.accent);
    put(
        buffer,
        inside,
        (2, 0),
        usize::MAX,
        chooser.input.value(),
        theme.text,
    );
    let list = inside.below(2);
    let height = list.height as usize;
    let first = (chooser.cursor + 1).saturating_sub(height);
    for (row, item) in chooser.matches().skip(first).take(height).enumerate() {
        let sign = if item.current { "✓" } else { " " };
        put(buffer, list, (1, row), 1, sign, theme.good);
        let keys = width(&item.aside);
        let room = (list.width as usize).saturating_sub(3 + keys + usize::from(keys > 0) * 2);
        put(buffer, list, (3, row), room, &item.label, theme.text);
        let at = (list.width as usize).saturating_sub(keys);
        put_right(buffer, list, (at, row), keys, &item.aside, theme.accent);
        if first + row == chooser.cursor {
            put(buffer, list, (0, row), 1, "▸", theme.accent);
            highlight(buffer, list, row, true, theme);
        }
    }
    if chooser.chosen().is_none() {
        put(buffer, list, (1, 0), usize::MAX, chooser.empty, theme.dim);
    }
    let x = inside.x + 2 + (chooser.input.visual_cursor() as u16).min(inside.width.saturating_sub(3));
    Position::new(x, inside.y)
}
