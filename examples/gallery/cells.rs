//! What a terminal shows, as the cells that the program itself draws with.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// The picture of `screen`.
pub(crate) fn render(screen: &vt100::Screen, title: &str) -> String {
    berth::ui::svg::render(&cells(screen), title)
}

fn cells(screen: &vt100::Screen) -> Buffer {
    let (rows, columns) = screen.size();
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns.get(), rows.get()));
    for row in 0..rows.get() {
        for column in 0..columns.get() {
            let (Some(from), Some(to)) = (screen.cell(row, column), buffer.cell_mut((column, row))) else {
                continue;
            };
            if !from.contents().is_empty() {
                to.set_symbol(from.contents());
            }
            let mut style = Style::new().fg(color(from.fgcolor())).bg(color(from.bgcolor()));
            for (is, modifier) in [
                (from.bold(), Modifier::BOLD),
                (from.dim(), Modifier::DIM),
                (from.italic(), Modifier::ITALIC),
                (from.underline(), Modifier::UNDERLINED),
                (from.inverse(), Modifier::REVERSED),
            ] {
                if is {
                    style = style.add_modifier(modifier);
                }
            }
            to.set_style(style);
        }
    }
    buffer
}

const fn color(color: vt100::Color) -> Color {
    match color {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(index) => Color::Indexed(index),
        vt100::Color::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}
