//! The dialog that exports.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::super::paint::{highlight, put};
use super::super::theme::Theme;
use super::{open, underline};
use crate::app::export::{Export, Format};
use crate::app::layout::Layout;
use crate::app::measure::skip;

const COLUMNS: usize = 70;
const LABEL: usize = 6;

/// Draws the formats, the file and what is wrong with it.
pub(super) fn draw(buffer: &mut Buffer, theme: &Theme, layout: &Layout, export: &Export) -> Position {
    let columns = COLUMNS.min((layout.screen.width as usize).saturating_sub(6));
    let inside = open(buffer, theme, layout, "Export", (columns, Format::ALL.len() + 3));
    for (row, format) in Format::ALL.into_iter().enumerate() {
        put(buffer, inside, (2, row), usize::MAX, format.as_str(), theme.text);
        put(buffer, inside, (13, row), usize::MAX, format.says(), theme.dim);
        if format == export.format {
            put(buffer, inside, (0, row), 1, "▸", theme.accent);
            highlight(buffer, inside, row, true, theme);
        }
    }
    let row = Format::ALL.len() + 1;
    let room = (inside.width as usize).saturating_sub(LABEL);
    put(buffer, inside, (0, row), LABEL, "File", theme.dim);
    let scroll = export.input.visual_scroll(room.saturating_sub(1));
    put(
        buffer,
        inside,
        (LABEL, row),
        room,
        skip(export.input.value(), scroll),
        theme.text,
    );
    underline(buffer, inside, (LABEL, row), room);
    match &export.error {
        Some(error) => put(buffer, inside, (0, row + 1), usize::MAX, error, theme.warn),
        None => put(
            buffer,
            inside,
            (0, row + 1),
            usize::MAX,
            "in the folder that berth was started in; ~/ is your own",
            theme.dim,
        ),
    }
    let cursor = LABEL + export.input.visual_cursor().saturating_sub(scroll);
    let x = inside.x + (cursor as u16).min(inside.width.saturating_sub(1));
    let y = (inside.y + row as u16).min(inside.y + inside.height.saturating_sub(1));
    Position::new(x, y)
}
