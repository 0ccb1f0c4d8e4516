//! Dialogs that are only read.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::super::paint::{line, put_right};
use super::super::theme::Theme;
use super::open;
use crate::app::State;
use crate::app::layout::Layout;
use crate::app::update::{dialog_size, read_lines};

/// Draws what the dialog says from line `offset` on, under `title`.
pub(super) fn draw(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    layout: &Layout,
    title: &str,
    offset: usize,
) -> Option<Position> {
    let (columns, rows) = dialog_size(state.size);
    let lines = read_lines(state, columns);
    let inside = open(buffer, theme, layout, title, (columns, lines.len().min(rows)));
    let height = inside.height as usize;
    let offset = offset.min(lines.len().saturating_sub(height));
    for (row, text) in lines.iter().skip(offset).take(height).enumerate() {
        line(buffer, inside, row, text, theme);
    }
    if lines.len() > height {
        let text = format!(" {}–{} of {} ", offset + 1, offset + height, lines.len());
        let border = crate::app::layout::Area {
            height: inside.height + 1,
            ..inside
        };
        put_right(
            buffer,
            border,
            (0, height),
            inside.width as usize,
            &text,
            theme.dim,
        );
    }
    None
}
