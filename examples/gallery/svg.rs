//! A terminal's screen as SVG: runs of one style as text, blocks as rectangles, so that bars have no seams.

use std::fmt::Write as _;

const CELL_WIDTH: f64 = 8.4;
const CELL_HEIGHT: f64 = 18.0;
const BASELINE: f64 = 13.5;
const MARGIN: f64 = 10.0;
const FOREGROUND: &str = "#cccccc";
const BACKGROUND: &str = "#101218";

/// The picture.
pub(crate) fn render(screen: &vt100::Screen) -> String {
    let (rows, cols) = screen.size();
    let (rows, cols) = (rows.get(), cols.get());
    let width = f64::from(cols) * CELL_WIDTH + 2.0 * MARGIN;
    let height = f64::from(rows) * CELL_HEIGHT + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" \
         font-size=\"14\"><rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n"
    );
    for row in 0..rows {
        let mut col = 0;
        while col < cols {
            let run = Run::at(screen, row, col, cols);
            run.draw(&mut out);
            col += run.cells;
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Neighbouring cells of one style.
struct Run {
    row: u16,
    col: u16,
    cells: u16,
    text: String,
    style: Style,
}

#[derive(PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "a cell has as many switches")]
struct Style {
    foreground: String,
    background: String,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

impl Run {
    fn at(screen: &vt100::Screen, row: u16, col: u16, cols: u16) -> Self {
        let mut run = Self {
            row,
            col,
            cells: 0,
            text: String::new(),
            style: Style::of(screen, row, col),
        };
        while run.col + run.cells < cols {
            let at = run.col + run.cells;
            let cell = screen.cell(row, at);
            let text = cell.map_or("", vt100::Cell::contents);
            // Words stand by themselves, so that a font of another width moves nothing.
            let alone = text
                .chars()
                .next()
                .is_none_or(|c| c == ' ' || is_block(c) || !c.is_ascii());
            if run.cells > 0 && (alone || Style::of(screen, row, at) != run.style) {
                break;
            }
            run.cells += if cell.is_some_and(vt100::Cell::is_wide) {
                2
            } else {
                1
            };
            run.text.push_str(if text.is_empty() { " " } else { text });
            if alone {
                break;
            }
        }
        run
    }

    fn draw(&self, out: &mut String) {
        let x = MARGIN + f64::from(self.col) * CELL_WIDTH;
        let y = MARGIN + f64::from(self.row) * CELL_HEIGHT;
        let width = f64::from(self.cells) * CELL_WIDTH;
        let style = &self.style;
        if style.background != BACKGROUND {
            let fill = &style.background;
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{CELL_HEIGHT}\" fill=\"{fill}\"/>"
            );
        }
        let Some(first) = self.text.chars().next() else {
            return;
        };
        let fill = &style.foreground;
        if is_block(first) {
            let (left, top, w, h) = block(first);
            let _ = writeln!(
                out,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{fill}\"/>",
                x + left * CELL_WIDTH,
                y + top * CELL_HEIGHT,
                w * CELL_WIDTH,
                h * CELL_HEIGHT
            );
        } else if !self.text.trim().is_empty() {
            let mut extra = String::new();
            extra.push_str(if style.bold { " font-weight=\"bold\"" } else { "" });
            extra.push_str(if style.italic {
                " font-style=\"italic\""
            } else {
                ""
            });
            extra.push_str(if style.underline {
                " text-decoration=\"underline\""
            } else {
                ""
            });
            extra.push_str(if style.dim { " opacity=\"0.6\"" } else { "" });
            let y = y + BASELINE;
            let text = self
                .text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fill}\"{extra}>{text}</text>"
            );
        }
    }
}

impl Style {
    fn of(screen: &vt100::Screen, row: u16, col: u16) -> Self {
        let Some(cell) = screen.cell(row, col) else {
            return Self {
                foreground: FOREGROUND.into(),
                background: BACKGROUND.into(),
                bold: false,
                dim: false,
                italic: false,
                underline: false,
            };
        };
        let mut foreground = colour(cell.fgcolor(), FOREGROUND);
        let mut background = colour(cell.bgcolor(), BACKGROUND);
        if cell.inverse() {
            std::mem::swap(&mut foreground, &mut background);
        }
        Self {
            foreground,
            background,
            bold: cell.bold(),
            dim: cell.dim(),
            italic: cell.italic(),
            underline: cell.underline(),
        }
    }
}

fn colour(colour: vt100::Color, default: &str) -> String {
    const BASE: [&str; 16] = [
        "#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc", "#11a8cd", "#e5e5e5", "#666666",
        "#f14c4c", "#23d18b", "#f5f543", "#3b8eea", "#d670d6", "#29b8db", "#ffffff",
    ];
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match colour {
        vt100::Color::Default => default.to_owned(),
        vt100::Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        vt100::Color::Idx(i) => match i {
            0..16 => BASE[usize::from(i)].to_owned(),
            16..232 => {
                let i = i - 16;
                format!(
                    "#{:02x}{:02x}{:02x}",
                    level(i / 36),
                    level(i / 6 % 6),
                    level(i % 6)
                )
            }
            232.. => format!("#{0:02x}{0:02x}{0:02x}", 8 + 10 * (i - 232)),
        },
    }
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
