//! The dialog that adopts the pods of another scheduler.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;

use super::super::paint::put;
use super::super::theme::Theme;
use super::{buttons, told, underline};
use crate::app::State;
use crate::app::adopt::{Adopt, TIMES};
use crate::app::layout::{Area, Layout};
use crate::app::link::called;
use crate::app::measure::{skip, width};
use crate::app::update::dialog_size;

/// Rows below what is asked: blank, time, reason, name, error, buttons.
const BELOW: usize = 6;
const LABEL: usize = 8;

/// Draws the dialog and says where the cursor stands.
pub(super) fn draw(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    layout: &Layout,
    dialog: &Adopt,
) -> Position {
    let verb = if dialog.renews.is_some() {
        "Adopted:"
    } else {
        "Adopt"
    };
    let title = format!("{verb} the pods of {}", called(&dialog.scheduler));
    let lines = dialog.question(&state.view, &state.link, state.now);
    let size = dialog_size(state.size);
    let (inside, above) = told(buffer, theme, layout, &title, size, (lines, 0, BELOW));
    times(buffer, theme, inside, above + 1, dialog);
    form(buffer, state, theme, inside, above + 2, dialog)
}

fn times(buffer: &mut Buffer, theme: &Theme, inside: Area, row: usize, dialog: &Adopt) {
    put(buffer, inside, (0, row), LABEL, "For", theme.dim);
    let mut x = LABEL;
    for (at, minutes) in TIMES.iter().enumerate() {
        let text = match minutes {
            0 if dialog.renews.is_none() => continue,
            0 => "end it".to_owned(),
            60.. => format!("{}h", minutes / 60),
            minutes => format!("{minutes}m"),
        };
        let chosen = at == dialog.time;
        let (text, style) = if chosen {
            (format!("[{text}]"), theme.accent.patch(theme.strong))
        } else {
            (format!(" {text} "), theme.dim)
        };
        put(buffer, inside, (x, row), usize::MAX, &text, style);
        x += width(&text);
    }
    put(buffer, inside, (x + 1, row), usize::MAX, "(↑ ↓)", theme.dim);
}

/// What is typed, what is wrong with it, and the buttons, from row `row` on.
fn form(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    inside: Area,
    row: usize,
    dialog: &Adopt,
) -> Position {
    let columns = (inside.width as usize).saturating_sub(LABEL);
    let races = dialog.races(&state.link);
    let mut field = |row: usize, label: &str, hint: &str, input: &tui_input::Input, style: Style| -> usize {
        put(buffer, inside, (0, row), LABEL, label, style);
        let scroll = input.visual_scroll(columns.saturating_sub(1));
        if input.value().is_empty() {
            put(buffer, inside, (LABEL, row), columns, hint, theme.dim);
        } else {
            let shown = skip(input.value(), scroll);
            put(buffer, inside, (LABEL, row), columns, shown, theme.text);
        }
        underline(buffer, inside, (LABEL, row), columns);
        LABEL + input.visual_cursor().saturating_sub(scroll)
    };
    let why = "why they are placed by hand (must be given)";
    let mut cursor = (field(row, "Reason", why, &dialog.reason, theme.strong), row);
    if races {
        let hint = format!("type {} to race it", dialog.scheduler);
        let at = field(row + 1, "Name", &hint, &dialog.name, theme.bad);
        if dialog.naming {
            cursor = (at, row + 1);
        }
    }
    let (told, style) = match &dialog.error {
        Some(error) => (error.as_str(), theme.bad),
        None => ("A binding cannot be undone; pods can only be deleted", theme.warn),
    };
    put(buffer, inside, (0, row + 2), usize::MAX, told, style);
    let does = if dialog.ends() {
        "⏎ end it"
    } else if races && !dialog.naming {
        "⏎ go on"
    } else if dialog.renews.is_some() {
        "⏎ renew"
    } else {
        "⏎ adopt them"
    };
    let held = dialog.guard.held(state.now);
    buttons(buffer, theme, inside, row + 3, does, held);
    Position::new(
        inside.x + (cursor.0 as u16).min(inside.width.saturating_sub(1)),
        (inside.y + cursor.1 as u16).min(inside.y + inside.height.saturating_sub(1)),
    )
}
