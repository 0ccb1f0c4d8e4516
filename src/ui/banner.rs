//! The line below the first, where a scheduler does not work or its pods are adopted.

use ratatui::buffer::Buffer;

use super::paint;
use super::theme::Theme;
use crate::app::State;
use crate::app::layout::Area;

/// Draws it.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    if let Some(line) = &state.banner {
        let inside = Area {
            x: area.x + 1,
            width: area.width.saturating_sub(2),
            ..area
        };
        paint::line(buffer, inside, 0, line, theme);
    }
}
