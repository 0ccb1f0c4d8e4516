//! A list to choose from.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::super::paint::{highlight, put};
use super::super::theme::Theme;
use super::open;
use crate::app::State;
use crate::app::layout::Layout;
use crate::app::measure::{cut_end, width};
use crate::app::menu::{Choice, Menu};

/// Draws the list and what is typed above it.
pub(super) fn draw(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    layout: &Layout,
    menu: &Menu,
) -> Position {
    let items = menu.matching();
    let most = (layout.screen.height as usize).saturating_sub(10).max(3);
    let rows = menu.items.len().clamp(3, most.min(20));
    let labels = menu
        .items
        .iter()
        .map(|item| width(&item.label))
        .max()
        .unwrap_or(0);
    let abouts = menu
        .items
        .iter()
        .map(|item| width(&item.about))
        .max()
        .unwrap_or(0);
    let room = (layout.screen.width as usize).saturating_sub(6);
    let columns = (labels + abouts + 5).clamp(36, 92).min(room);
    let inside = open(buffer, theme, layout, menu.title, (columns, rows + 2));
    put(buffer, inside, (0, 0), usize::MAX, "/ ", theme.accent);
    put(
        buffer,
        inside,
        (2, 0),
        usize::MAX,
        menu.picker.input.value(),
        theme.text,
    );
    let list = inside.below(2);
    let height = list.height as usize;
    let first = (menu.picker.cursor + 1).saturating_sub(height);
    for (row, item) in items.iter().skip(first).take(height).enumerate() {
        let is_shown = matches!(&item.choice, Choice::Theme(name) if *name == state.theme);
        let sign = if is_shown { "✓" } else { " " };
        put(buffer, list, (1, row), 1, sign, theme.good);
        put(buffer, list, (3, row), labels, &item.label, theme.text);
        let left = (list.width as usize).saturating_sub(labels + 5);
        put(
            buffer,
            list,
            (labels + 5, row),
            left,
            &cut_end(&item.about, left),
            theme.dim,
        );
        if first + row == menu.picker.cursor {
            put(buffer, list, (0, row), 1, "▸", theme.accent);
            highlight(buffer, list, row, true, theme);
        }
    }
    if items.is_empty() {
        put(buffer, list, (1, 0), usize::MAX, "Nothing matches", theme.dim);
    }
    let x = inside.x + 2 + (menu.picker.input.visual_cursor() as u16).min(inside.width.saturating_sub(3));
    Position::new(x, inside.y)
}
