//! What lies over the home screen.

mod adopt;
mod choose;
mod confirm;
mod export;
mod guess;
mod plan;
mod read;
mod room;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use tui_input::Input;

use super::paint::{clear, line, put, put_right};
use super::theme::Theme;
use crate::app::State;
use crate::app::layout::{Area, Layout};
use crate::app::measure::{cut_end, skip, width};
use crate::app::overlay::Overlay;
use crate::app::prose::{Line, wrap};

/// Draws the dialog, if one is open, and says where the cursor stands in it.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, layout: &Layout) -> Option<Position> {
    match state.overlay.as_ref()? {
        Overlay::Confirm(dialog) => confirm::draw(buffer, state, theme, layout, dialog),
        Overlay::Room(dialog) => room::draw(buffer, state, theme, layout, dialog),
        Overlay::Plan(dialog) => Some(plan::draw(buffer, state, theme, layout, dialog)),
        Overlay::Adopt(dialog) => Some(adopt::draw(buffer, state, theme, layout, dialog)),
        Overlay::Choose(chooser) => Some(choose::draw(buffer, theme, layout, chooser)),
        Overlay::Guess(guessing) => Some(guess::draw(buffer, state, theme, layout, guessing)),
        Overlay::Export(export) => Some(export::draw(buffer, theme, layout, export)),
        Overlay::Help(offset) => read::draw(buffer, state, theme, layout, "Keys", *offset),
        Overlay::Notices(offset) => read::draw(buffer, state, theme, layout, "Messages", *offset),
        Overlay::Note(title, _, offset) => read::draw(buffer, state, theme, layout, title, *offset),
        Overlay::Details(details) => read::draw(buffer, state, theme, layout, "The pod", details.offset),
        Overlay::Leave => read::draw(buffer, state, theme, layout, "Leave?", 0),
    }
}

/// A box of `columns` by `rows` inside its border, in the middle of the screen's body, or as far up as it goes where it
/// would lie over a lesson's text; gives its inside, with a margin of one column.
fn open(
    buffer: &mut Buffer,
    theme: &Theme,
    layout: &Layout,
    title: &str,
    (columns, rows): (usize, usize),
) -> Area {
    let screen = layout.screen;
    let width = (columns as u16 + 4).min(screen.width);
    let height = (rows as u16 + 2).min(screen.height.saturating_sub(3));
    let whole = Area::new(0, 1, screen.width, screen.height.saturating_sub(3));
    let has_lesson = layout.lesson.height > 0 && width <= layout.body.width;
    let ground = if has_lesson { layout.body } else { whole };
    let x = ground.x + (ground.width - width) / 2;
    let y = match ground.height.checked_sub(height) {
        Some(rest) => ground.y + rest / 2,
        None => whole.y,
    };
    let area = Area::new(x, y, width, height);
    clear(buffer, area, theme);
    let line = "─".repeat((width as usize).saturating_sub(2));
    let last = (height as usize).saturating_sub(1);
    put(
        buffer,
        area,
        (0, 0),
        usize::MAX,
        &format!("╭{line}╮"),
        theme.focus,
    );
    for row in 1..last {
        put(buffer, area, (0, row), 1, "│", theme.focus);
        put(
            buffer,
            area,
            ((width as usize).saturating_sub(1), row),
            1,
            "│",
            theme.focus,
        );
    }
    put(
        buffer,
        area,
        (0, last),
        usize::MAX,
        &format!("╰{line}╯"),
        theme.focus,
    );
    let title = cut_end(title, (width as usize).saturating_sub(6));
    put(
        buffer,
        area,
        (2, 0),
        usize::MAX,
        &format!(" {title} "),
        theme.accent.patch(theme.strong),
    );
    Area {
        x: area.x + 2,
        y: area.y + 1,
        width: width.saturating_sub(4),
        height: height.saturating_sub(2),
    }
}

/// Opens a box of at most `columns` by `rows` with `lines` in it, from the one at `offset` on, above `below` rows that are
/// left free. Blank lines go first where it is tight. Gives its inside, and the first of the free rows.
fn told(
    buffer: &mut Buffer,
    theme: &Theme,
    layout: &Layout,
    title: &str,
    (columns, rows): (usize, usize),
    (lines, offset, below): (Vec<Line>, usize, usize),
) -> (Area, usize) {
    let mut lines = wrap(lines, columns);
    if below > 0 && lines.len() + below > rows {
        lines.retain(|line| !line.spans.is_empty());
    }
    let size = (columns, (lines.len() + below).min(rows));
    let inside = open(buffer, theme, layout, title, size);
    let height = (inside.height as usize).saturating_sub(below);
    let offset = offset.min(lines.len().saturating_sub(height));
    for (row, text) in lines.iter().skip(offset).take(height).enumerate() {
        line(buffer, inside, row, text, theme);
    }
    if lines.len() > offset + height && height > 0 && below > 0 {
        let more = "↓ more below";
        put_right(
            buffer,
            inside,
            (0, height),
            inside.width as usize,
            more,
            theme.warn,
        );
    }
    (inside, height)
}

/// A field that is typed into.
struct Field<'a> {
    label: &'a str,
    input: &'a Input,
    /// What stands in it while it is empty.
    hint: &'a str,
    /// Whether it must be filled.
    must: bool,
}

/// The columns of a field's label.
const LABEL: usize = 8;

/// Draws a field on `row`, and says where the cursor would stand in it.
fn field(buffer: &mut Buffer, theme: &Theme, inside: Area, row: usize, field: &Field<'_>) -> Position {
    let columns = (inside.width as usize).saturating_sub(LABEL);
    let label = if field.must { theme.strong } else { theme.dim };
    put(buffer, inside, (0, row), LABEL, field.label, label);
    let value = field.input.value();
    let scroll = field.input.visual_scroll(columns.saturating_sub(1));
    let (text, style) = if value.is_empty() {
        (field.hint, theme.dim)
    } else {
        (skip(value, scroll), theme.text)
    };
    put(buffer, inside, (LABEL, row), columns, text, style);
    underline(buffer, inside, (LABEL, row), columns);
    let cursor = LABEL + field.input.visual_cursor().saturating_sub(scroll);
    Position::new(
        inside.x + (cursor as u16).min(inside.width.saturating_sub(1)),
        (inside.y + row as u16).min(inside.y + inside.height.saturating_sub(1)),
    )
}

/// Draws the keys that confirm, once they do, and that cancel.
fn buttons(buffer: &mut Buffer, theme: &Theme, inside: Area, row: usize, confirms: &str, held: Option<&str>) {
    const CANCEL: &str = "Esc cancel";
    let (key, style) = match held {
        Some(why) => (format!("⏎ {why}"), theme.dim),
        None => (confirms.to_owned(), theme.accent),
    };
    put_right(buffer, inside, (0, row), inside.width as usize, &key, style);
    let before = width(confirms).max(width(&key)) + 3 + width(CANCEL);
    let x = (inside.width as usize).saturating_sub(before);
    put(buffer, inside, (x, row), width(CANCEL), CANCEL, theme.dim);
}

/// Marks a field that can be typed into.
fn underline(buffer: &mut Buffer, area: Area, (x, row): (usize, usize), columns: usize) {
    let cells = Rect::new(area.x + x as u16, area.y + row as u16, columns as u16, 1);
    for position in cells
        .intersection(Rect::from(area))
        .intersection(buffer.area)
        .positions()
    {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.modifier |= Modifier::UNDERLINED;
        }
    }
}
