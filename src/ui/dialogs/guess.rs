//! The dialog that asks for a prediction.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::super::paint::{line, put};
use super::super::theme::Theme;
use super::{open, underline};
use crate::app::State;
use crate::app::layout::Layout;
use crate::app::lesson::Guessing;
use crate::app::measure::skip;
use crate::app::prose::{Line, wrap};

const COLUMNS: usize = 76;

/// Draws the question, what is typed, and what can be typed.
pub(super) fn draw(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    layout: &Layout,
    guessing: &Guessing,
) -> Position {
    let columns = COLUMNS.min((layout.screen.width as usize).saturating_sub(6));
    let (question, help) = match &state.class {
        Some(class) => class.guessing(guessing),
        None => Default::default(),
    };
    let help = if guessing.error.is_some() {
        Line::new().warn(help)
    } else {
        Line::new().dim(help)
    };
    let (question, help) = (
        wrap(vec![Line::new().plain(question)], columns),
        wrap(vec![help], columns),
    );
    let rows = question.len() + help.len() + 3;
    let inside = open(buffer, theme, layout, "What do you expect?", (columns, rows));
    for (row, text) in question.iter().enumerate() {
        line(buffer, inside, row, text, theme);
    }
    let row = question.len() + 1;
    let room = inside.width as usize;
    let scroll = guessing.input.visual_scroll(room.saturating_sub(1));
    let typed = skip(guessing.input.value(), scroll);
    put(buffer, inside, (0, row), room, typed, theme.text);
    underline(buffer, inside, (0, row), room);
    for (at, text) in help.iter().enumerate() {
        line(buffer, inside, row + 2 + at, text, theme);
    }
    let x = inside.x
        + (guessing.input.visual_cursor().saturating_sub(scroll) as u16).min(inside.width.saturating_sub(1));
    let y = (inside.y + row as u16).min(inside.y + inside.height.saturating_sub(1));
    Position::new(x, y)
}
