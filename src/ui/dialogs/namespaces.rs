//! Chooses a namespace.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::super::paint::{highlight, put};
use super::super::theme::Theme;
use super::open;
use crate::app::State;
use crate::app::layout::Layout;
use crate::app::overlay::Picker;

/// Draws the list and what is typed above it.
pub(super) fn draw(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    layout: &Layout,
    picker: &Picker,
) -> Position {
    let choices = picker.choices(&state.view.summary.namespaces);
    let most = (layout.screen.height as usize).saturating_sub(10).max(3);
    let rows = (state.view.summary.namespaces.len() + 1).clamp(3, most.min(16));
    let inside = open(buffer, theme, layout, "Namespace", (36, rows + 2));
    put(buffer, inside, (0, 0), usize::MAX, "/ ", theme.accent);
    put(
        buffer,
        inside,
        (2, 0),
        usize::MAX,
        picker.input.value(),
        theme.text,
    );
    let list = inside.below(2);
    let height = list.height as usize;
    let first = (picker.cursor + 1).saturating_sub(height);
    for (row, choice) in choices.iter().skip(first).take(height).enumerate() {
        let text = choice.as_deref().unwrap_or("all namespaces");
        let sign = if *choice == state.namespace { "✓" } else { " " };
        put(buffer, list, (1, row), 1, sign, theme.good);
        put(buffer, list, (3, row), usize::MAX, text, theme.text);
        if first + row == picker.cursor {
            put(buffer, list, (0, row), 1, "▸", theme.accent);
            highlight(buffer, list, row, true, theme);
        }
    }
    if choices.is_empty() {
        put(
            buffer,
            list,
            (1, 0),
            usize::MAX,
            "No namespace has this in its name",
            theme.dim,
        );
    }
    let x = inside.x + 2 + (picker.input.visual_cursor() as u16).min(inside.width.saturating_sub(3));
    Position::new(x, inside.y)
}
