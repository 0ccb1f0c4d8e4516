//! Putting text into cells, never outside where it belongs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::theme::Theme;
use crate::app::layout::Area;
use crate::app::measure::{cut_end, width};
use crate::app::prose::Line;

impl From<Area> for Rect {
    fn from(area: Area) -> Self {
        Self::new(area.x, area.y, area.width, area.height)
    }
}

/// Writes `text` from column `x` of `area`'s row `row` on, in at most `columns` columns.
pub(super) fn put(
    buffer: &mut Buffer,
    area: Area,
    (x, row): (usize, usize),
    columns: usize,
    text: &str,
    style: Style,
) {
    let room = columns.min((area.width as usize).saturating_sub(x));
    if room == 0 || row >= area.height as usize {
        return;
    }
    let text = cut_end(text, room);
    // What is below keeps its ground, unless there is another in the style.
    let style = Style {
        bg: None,
        ..Style::reset()
    }
    .patch(style);
    buffer.set_stringn(area.x + x as u16, area.y + row as u16, text, room, style);
}

/// Writes `text` so that it ends at the right of `columns` columns from `x` on.
pub(super) fn put_right(
    buffer: &mut Buffer,
    area: Area,
    (x, row): (usize, usize),
    columns: usize,
    text: &str,
    style: Style,
) {
    let text = cut_end(text, columns);
    let before = columns.saturating_sub(width(&text));
    put(buffer, area, (x + before, row), columns - before, &text, style);
}

/// Writes `line` into `area`'s row `row`.
pub(super) fn line(buffer: &mut Buffer, area: Area, row: usize, line: &Line, theme: &Theme) {
    let mut x = 0;
    for span in &line.spans {
        put(
            buffer,
            area,
            (x, row),
            usize::MAX,
            &span.text,
            theme.tone(span.tone),
        );
        x += width(&span.text);
    }
}

/// Lays `theme`'s ground over the whole screen.
pub(super) fn ground(buffer: &mut Buffer, theme: &Theme) {
    let style = theme.base;
    buffer.set_style(buffer.area, style);
}

/// Lays the look of the row under the cursor over `area`'s row `row`: its ground everywhere, its text colour where there
/// is none that means anything; `focused` is whether keys go to that pane.
pub(super) fn highlight(buffer: &mut Buffer, area: Area, row: usize, focused: bool, theme: &Theme) {
    let style = if focused { theme.cursor } else { theme.resting };
    lay(buffer, area, row, style, focused && theme.cursor_covers, theme);
}

/// Lays the look of a marked row over `area`'s row `row`.
pub(super) fn mark(buffer: &mut Buffer, area: Area, row: usize, theme: &Theme) {
    lay(buffer, area, row, theme.marked, false, theme);
}

fn lay(buffer: &mut Buffer, area: Area, row: usize, style: Style, covers: bool, theme: &Theme) {
    if row >= area.height as usize {
        return;
    }
    let y = area.y + row as u16;
    for x in area.x..area.x.saturating_add(area.width) {
        if let Some(cell) = buffer.cell_mut((x, y)) {
            // What was laid over it before means nothing either.
            let plains = [theme.text.fg, theme.dim.fg, theme.resting.fg];
            let plain = cell.fg == Color::Reset || plains.contains(&Some(cell.fg));
            let fg = if covers || plain { style.fg } else { None };
            cell.set_style(Style { fg, ..style });
        }
    }
}

/// Takes the colours out of `area`: what it shows is out of date.
pub(super) fn grey(buffer: &mut Buffer, area: Area, theme: &Theme) {
    restyle(buffer, area, theme.base.patch(theme.stale));
}

/// Lets the body of the screen, the rows from the second to the one before `end`, stand back behind a dialog.
pub(super) fn recede(buffer: &mut Buffer, screen: Area, theme: &Theme, end: u16) {
    let body = Area {
        height: end.saturating_sub(1),
        ..screen.below(1)
    };
    restyle(buffer, body, theme.base.patch(theme.backdrop));
}

fn restyle(buffer: &mut Buffer, area: Area, style: Style) {
    let area = Rect::from(area).intersection(buffer.area);
    for position in area.positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.set_style(Style::reset().patch(style));
        }
    }
}

/// Empties `area` for a dialog.
pub(super) fn clear(buffer: &mut Buffer, area: Area, theme: &Theme) {
    let area = Rect::from(area).intersection(buffer.area);
    for position in area.positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.reset();
            cell.set_style(theme.base.patch(theme.dialog));
        }
    }
}

/// The left part of a bar of `columns` columns that is `part` of `whole` full.
pub(super) fn bar(part: i64, whole: i64, columns: usize) -> String {
    if whole <= 0 {
        return String::new();
    }
    let halves = (i128::from(part.clamp(0, whole)) * columns as i128 * 2 / i128::from(whole)) as usize;
    format!(
        "{}{}",
        "━".repeat(halves / 2),
        if halves % 2 == 1 { "╸" } else { "" }
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the text is, no cell beside the columns that it was given changes.
        #[test]
        fn text_stays_where_it_belongs(text in "(.|[名한👩\u{200d}\u{fe0f}\u{301}\u{202e}\u{1160}🇩🇪]){0,30}", x in 0..24_usize, columns in 0..24_usize, right in any::<bool>()) {
            let mut buffer = Buffer::filled(Rect::new(0, 0, 24, 3), ratatui::buffer::Cell::new("#"));
            let area = Area::new(2, 1, 18, 1);
            if right {
                put_right(&mut buffer, area, (x, 0), columns, &text, Style::new());
            } else {
                put(&mut buffer, area, (x, 0), columns, &text, Style::new());
            }
            let end = (x + columns).min(area.width as usize);
            for position in buffer.area.positions() {
                let inside = position.y == 1 && (x..end).contains(&(position.x as usize).wrapping_sub(2));
                prop_assert!(inside || buffer[position].symbol() == "#", "{position:?} {:?}", buffer[position].symbol());
            }
            let last = (end > x).then(|| 2 + end - 1);
            if let Some(last) = last {
                let wide = width(buffer[(last as u16, 1)].symbol());
                prop_assert!(wide <= 1, "a wide character hangs over the end");
            }
        }
    }
}
