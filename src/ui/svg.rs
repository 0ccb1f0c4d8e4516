//! A screen as SVG: words of one style as text, blocks as rectangles, so that bars have no seams. For a ticket, a lesson,
//! the gallery.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::theme::color::Rgb;
use crate::app::measure::width;

const CELL_WIDTH: f64 = 8.4;
const CELL_HEIGHT: f64 = 18.0;
const BASELINE: f64 = 13.5;
const MARGIN: f64 = 10.0;

/// What a terminal's own colours are taken to be.
const FOREGROUND: Rgb = Rgb(0xcc, 0xcc, 0xcc);
const BACKGROUND: Rgb = Rgb(0x10, 0x12, 0x18);
const SIXTEEN: [Rgb; 16] = [
    Rgb(0x00, 0x00, 0x00),
    Rgb(0xcd, 0x31, 0x31),
    Rgb(0x0d, 0xbc, 0x79),
    Rgb(0xe5, 0xe5, 0x10),
    Rgb(0x24, 0x72, 0xc8),
    Rgb(0xbc, 0x3f, 0xbc),
    Rgb(0x11, 0xa8, 0xcd),
    Rgb(0xe5, 0xe5, 0xe5),
    Rgb(0x66, 0x66, 0x66),
    Rgb(0xf1, 0x4c, 0x4c),
    Rgb(0x23, 0xd1, 0x8b),
    Rgb(0xf5, 0xf5, 0x43),
    Rgb(0x3b, 0x8e, 0xea),
    Rgb(0xd6, 0x70, 0xd6),
    Rgb(0x29, 0xb8, 0xdb),
    Rgb(0xff, 0xff, 0xff),
];

/// The picture of `screen`, called `title`.
pub fn render(screen: &Buffer, title: &str) -> String {
    let (columns, rows) = (screen.area.width, screen.area.height);
    let width = f64::from(columns) * CELL_WIDTH + 2.0 * MARGIN;
    let height = f64::from(rows) * CELL_HEIGHT + 2.0 * MARGIN;
    // The margin goes on as the screen begins.
    let ground = screen
        .content()
        .first()
        .map_or(BACKGROUND, |cell| Look::of(cell).background);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" \
         role=\"img\"><title>{}</title><rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n",
        escaped(title),
        hex(ground)
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let run = Run::at(screen, row, column);
            run.draw(&mut out, ground);
            column += run.cells;
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Neighbouring cells of one look.
struct Run {
    row: u16,
    column: u16,
    cells: u16,
    text: String,
    look: Look,
}

#[derive(Clone, Copy, PartialEq)]
struct Look {
    foreground: Rgb,
    background: Rgb,
    modifier: Modifier,
}

impl Run {
    /// The longest from `column` of `row` on. Words stand by themselves, so that a font of another width moves nothing.
    fn at(screen: &Buffer, row: u16, column: u16) -> Self {
        let cell = |at| screen.cell((screen.area.x + at, screen.area.y + row));
        let mut run = Self {
            row,
            column,
            cells: 0,
            text: String::new(),
            look: cell(column).map_or(Look::NONE, Look::of),
        };
        while let Some(cell) =
            cell(run.column + run.cells).filter(|_| run.column + run.cells < screen.area.width)
        {
            let text = cell.symbol();
            let first = text.chars().next();
            let alone = first.is_none_or(|c| c == ' ' || is_block(c) || !c.is_ascii());
            if run.cells > 0 && (alone || Look::of(cell) != run.look) {
                break;
            }
            run.cells += u16::try_from(width(text)).unwrap_or(1).max(1);
            run.text.push_str(if text.is_empty() { " " } else { text });
            if alone {
                break;
            }
        }
        run.cells = run.cells.max(1);
        run
    }

    fn draw(&self, out: &mut String, ground: Rgb) {
        let x = MARGIN + f64::from(self.column) * CELL_WIDTH;
        let y = MARGIN + f64::from(self.row) * CELL_HEIGHT;
        let width = f64::from(self.cells) * CELL_WIDTH;
        let look = self.look;
        if look.background != ground {
            let fill = hex(look.background);
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{CELL_HEIGHT}\" fill=\"{fill}\"/>"
            );
        }
        let Some(first) = self.text.chars().next() else {
            return;
        };
        let fill = hex(look.foreground);
        if is_block(first) {
            let (left, top, wide, high) = block(first);
            let _ = writeln!(
                out,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{fill}\"/>",
                x + left * CELL_WIDTH,
                y + top * CELL_HEIGHT,
                wide * CELL_WIDTH,
                high * CELL_HEIGHT
            );
        } else if !self.text.trim().is_empty() {
            let mut extra = String::new();
            for (modifier, attribute) in [
                (Modifier::BOLD, " font-weight=\"bold\""),
                (Modifier::ITALIC, " font-style=\"italic\""),
                (Modifier::UNDERLINED, " text-decoration=\"underline\""),
                (Modifier::DIM, " opacity=\"0.6\""),
            ] {
                if look.modifier.contains(modifier) {
                    extra.push_str(attribute);
                }
            }
            let y = y + BASELINE;
            let text = escaped(&self.text);
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fill}\"{extra}>{text}</text>"
            );
        }
    }
}

impl Look {
    const NONE: Self = Self {
        foreground: FOREGROUND,
        background: BACKGROUND,
        modifier: Modifier::empty(),
    };

    fn of(cell: &Cell) -> Self {
        let (mut foreground, mut background) = (rgb(cell.fg, FOREGROUND), rgb(cell.bg, BACKGROUND));
        if cell.modifier.contains(Modifier::REVERSED) {
            std::mem::swap(&mut foreground, &mut background);
        }
        Self {
            foreground,
            background,
            modifier: cell.modifier,
        }
    }
}

fn rgb(color: Color, default: Rgb) -> Rgb {
    let number = match color {
        Color::Reset => return default,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Indexed(index) if index < 16 => index,
        other => return Rgb::of(other).unwrap_or(default),
    };
    SIXTEEN.get(usize::from(number)).copied().unwrap_or(default)
}

fn hex(Rgb(red, green, blue): Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// `text` for XML: nothing in it is markup, and nothing that XML has no room for is left.
fn escaped(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => all.push('\u{fffd}'),
            c if crate::model::text::is_active(c) => all.push('\u{fffd}'),
            c => all.push(c),
        }
    }
    all
}

fn is_block(c: char) -> bool {
    ('\u{2581}'..='\u{258f}').contains(&c)
}

/// Left, top, width and height of a block element, as parts of a cell.
fn block(c: char) -> (f64, f64, f64, f64) {
    let eighths = f64::from(u32::from(c) & 0xf);
    if c <= '\u{2588}' {
        (0.0, 1.0 - eighths / 8.0, 1.0, eighths / 8.0)
    } else {
        (0.0, 0.0, (16.0 - eighths) / 8.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn screen(text: &str, style: Style) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        buffer.set_string(0, 0, text, style);
        render(&buffer, "a & b")
    }

    #[test]
    fn words_are_text_and_blocks_are_rectangles() {
        let picture = screen(
            "one two",
            Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD),
        );
        assert!(picture.contains("<title>a &amp; b</title>"), "{picture}");
        let second = "<text x=\"43.6\" y=\"23.5\" textLength=\"25.2\" lengthAdjust=\"spacingAndGlyphs\" \
                      fill=\"#010203\" font-weight=\"bold\">two</text>";
        assert!(picture.contains(second), "{picture}");
        let half = screen("\u{2584}", Style::new().fg(Color::Red));
        let block = "<rect x=\"10.0\" y=\"19.0\" width=\"8.4\" height=\"9.0\" fill=\"#cd3131\"/>";
        assert!(half.contains(block), "{half}");
    }

    #[test]
    fn reversed_cells_change_text_and_ground() {
        let picture = screen(
            "x",
            Style::new()
                .bg(Color::Indexed(231))
                .add_modifier(Modifier::REVERSED),
        );
        assert!(picture.contains("fill=\"#ffffff\">x</text>"), "{picture}");
        assert!(picture.contains("fill=\"#cccccc\"/>"), "{picture}");
    }

    #[test]
    fn wide_text_takes_two_cells() {
        let picture = screen("名x", Style::new());
        assert!(picture.contains("textLength=\"16.8\""), "{picture}");
        assert!(picture.contains("<text x=\"26.8\""), "{picture}");
    }

    #[test]
    fn text_is_never_markup() {
        let picture = screen("<a b=\"&\">\u{ffff}", Style::new());
        assert!(
            picture.contains("&lt;a") && picture.contains("b=&quot;&amp;&quot;&gt;"),
            "{picture}"
        );
        assert!(!picture.contains("<a ") && !picture.contains('\u{ffff}'));
    }
}
