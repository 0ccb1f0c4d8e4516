//! Why the node under the cursor is judged as it is.

use ratatui::buffer::Buffer;

use super::super::paint;
use super::super::theme::Theme;
use super::empty;
use crate::app::State;
use crate::app::layout::Area;
use crate::app::prose::Line;

/// Draws the pane's inside.
pub(crate) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    if state.why.lines.is_empty() {
        let lines =
            vec![Line::new().dim("What each rule says of the node under the cursor, with its numbers")];
        empty(buffer, area, lines, theme);
        return;
    }
    let inside = Area {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    };
    let lines = state.why.lines.iter().skip(state.why.offset);
    for (row, line) in lines.take(area.height as usize).enumerate() {
        paint::line(buffer, inside, row, line, theme);
    }
}
