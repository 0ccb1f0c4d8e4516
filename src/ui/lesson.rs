//! The panel of a lesson, and what lies over the nodes until a prediction is made.

use ratatui::buffer::Buffer;

use super::frame;
use super::paint::{self, clear, put};
use super::theme::Theme;
use crate::app::State;
use crate::app::layout::Area;
use crate::app::lesson::{KeptBack, footer, title};
use crate::app::measure::width;
use crate::app::prose::{Line, wrap};

/// Draws the panel into `area`; nothing where it has no room.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let Some(class) = state.class.as_ref().filter(|_| area.height > 3) else {
        return;
    };
    clear(buffer, area, theme);
    let inside = area.inner();
    let keymap = &state.options.keymap;
    let rows = class.text_rows(inside.height as usize);
    // Borders, and what the frame puts between and around the two.
    let (name, aside) = title(class, rows, (area.width as usize).saturating_sub(10));
    frame::draw(buffer, theme, area, &name, &aside, false);
    let text = Area {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    for (row, line) in class.lines.iter().skip(class.offset).take(rows).enumerate() {
        paint::line(buffer, text, row, line, theme);
    }
    let below = text.height as usize - class.foot.len().min(text.height as usize / 2);
    if below > rows {
        let rule = "┄".repeat(text.width as usize);
        put(buffer, text, (0, rows), usize::MAX, &rule, theme.dim);
    }
    for (row, line) in class.foot.iter().enumerate() {
        if below + row < text.height as usize {
            paint::line(buffer, text, below + row, line, theme);
        }
    }
    if state.overlay.is_some() {
        // Keys are the dialog's.
        return;
    }
    let mut x = 2;
    for (key, says) in footer(class, rows, keymap) {
        let (text, columns) = (format!(" {key} "), width(&key) + width(says) + 3);
        if x + columns + 2 > area.width as usize {
            break;
        }
        let row = area.height as usize - 1;
        put(buffer, area, (x, row), usize::MAX, &text, theme.accent);
        put(
            buffer,
            area,
            (x + width(&text), row),
            usize::MAX,
            &format!("{says} "),
            theme.dim,
        );
        x += columns + 1;
    }
}

/// Says that what would be in `area` is not to be seen yet, and why.
pub(super) fn cover(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let kept_back = state.class.as_ref().and_then(|class| class.kept_back());
    let line = Line::new().dim(match kept_back {
        Some(KeptBack::Next(_)) => "Covered: the next step asks what you expect",
        _ => "Covered until you have said what you expect",
    });
    for (row, line) in wrap(vec![line], (area.width as usize).saturating_sub(2))
        .iter()
        .enumerate()
    {
        let area = Area {
            x: area.x + 1,
            ..area
        };
        paint::line(buffer, area, row, line, theme);
    }
}
