//! Two nodes side by side.

use ratatui::buffer::Buffer;

use super::{frame, lines, paint, views};
use crate::app::State;
use crate::app::layout::Area;
use crate::ui::theme::Theme;

/// Draws the screen.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let screen = &state.compare;
    let title = match state.pod() {
        Some(row) => format!("Compare  {}", row.pod.key),
        None => "Compare".to_owned(),
    };
    let inside = frame::draw(buffer, theme, area, &title, "", true);
    if screen.head.is_empty() {
        let nothing = views::nodes::nothing(state, "");
        views::empty(buffer, inside, nothing, theme);
        return;
    }
    lines(buffer, theme, inside, screen.head.iter());
    let rest = inside.below(screen.head.len() as u16);
    lines(buffer, theme, rest, screen.lines.iter().skip(screen.offset));
    if state.judging() {
        paint::grey(buffer, inside, theme);
    }
}
