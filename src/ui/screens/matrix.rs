//! Nodes against plugins.

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};

use super::{frame, lines, paint, views};
use crate::app::State;
use crate::app::figures::count;
use crate::app::layout::Area;
use crate::app::matrix::heat::{glyph, level};
use crate::app::matrix::status::{legend, status};
use crate::app::matrix::{Cell, Grid, Head, MatrixScreen};
use crate::app::measure::cut_middle;
use crate::scheduling::Trace;
use crate::scheduling::normalize::MAX;
use crate::ui::paint::{highlight, put, put_right};
use crate::ui::theme::Theme;

/// Columns before a node's name: the cursor, a sign, a blank.
const MARKS: usize = 3;

/// Draws the screen.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let screen = &state.matrix;
    let grid = Grid::of(screen, area);
    if grid.frame.width > 0 {
        let (title, aside) = titles(state);
        let inside = frame::draw(buffer, theme, grid.frame, &title, &aside, !screen.reading);
        match screen.matrix.trace().filter(|_| !screen.matrix.is_empty()) {
            Some(trace) => table(buffer, state, theme, &grid, trace),
            None => views::empty(
                buffer,
                inside,
                views::nodes::nothing(state, &screen.filter),
                theme,
            ),
        }
        if state.judging() {
            paint::grey(buffer, inside, theme);
        }
    }
    if grid.pane.width > 0 {
        let reading = screen.reading || grid.frame.width == 0;
        let inside = frame::draw(
            buffer,
            theme,
            grid.pane,
            &pane_title(screen),
            &place(state, &grid),
            reading,
        );
        lines(buffer, theme, inside, screen.lines.iter().skip(screen.offset));
        if state.judging() {
            paint::grey(buffer, inside, theme);
        }
    }
}

/// What stands in the border: whose matrix it is, and how much of it is shown.
fn titles(state: &State) -> (String, String) {
    let screen = &state.matrix;
    let Some(row) = state.pod() else {
        return ("Matrix".to_owned(), String::new());
    };
    let title = format!("Matrix  {}", row.pod.key);
    let Some(trace) = screen.matrix.trace() else {
        return (title, String::new());
    };
    let all = trace.nodes.ids.len();
    let fit = format!("{} of {} nodes fit", count(trace.feasible.len()), count(all));
    if screen.filter.is_empty() {
        (title, fit)
    } else {
        let aside = format!(
            "/{}  {} shown",
            cut_middle(&screen.filter, 20),
            count(screen.matrix.len())
        );
        (title, aside)
    }
}

fn pane_title(screen: &MatrixScreen) -> String {
    let node = screen.chosen.as_deref().unwrap_or("");
    match screen.column(screen.at_head()) {
        Some(column) => format!("{} on {}", column.plugin, cut_middle(node, 40)),
        None => format!("All plugins on {}", cut_middle(node, 40)),
    }
}

/// How far the explanation is scrolled.
fn place(state: &State, grid: &Grid) -> String {
    let (lines, height) = (state.matrix.lines.len(), grid.pane.inner().height as usize);
    if lines <= height {
        return String::new();
    }
    let last = (state.matrix.offset + height).min(lines);
    format!("{last} of {lines} lines")
}

fn table(buffer: &mut Buffer, state: &State, theme: &Theme, grid: &Grid, trace: &Trace) {
    let screen = &state.matrix;
    heads(buffer, screen, theme, grid);
    let all = screen.heads();
    for at in 0..grid.rows.height as usize {
        let row = screen.scroll.offset + at;
        if row >= screen.matrix.len() {
            break;
        }
        for &(head, x, width) in &grid.columns {
            let area = Area {
                x: grid.rows.x + x as u16,
                width: width as u16,
                ..grid.rows
            };
            let drawn = Drawn {
                buffer,
                screen,
                theme,
                area,
                at,
                row,
            };
            match head {
                Head::Name => drawn.name(trace),
                Head::Zone => drawn.zone(),
                Head::Total => drawn.total(),
                Head::Plugin(column) => drawn.plugin(column),
            }
        }
        if row == screen.scroll.cursor {
            put(buffer, grid.rows, (0, at), 1, "▸", theme.accent);
            highlight(buffer, grid.rows, at, false, theme);
            let under = all.get(screen.head).copied();
            if let Some(&(_, x, width)) = grid.columns.iter().find(|(head, ..)| Some(*head) == under) {
                let cell = Area {
                    x: grid.rows.x + x as u16,
                    width: width as u16,
                    ..grid.rows
                };
                highlight(buffer, cell, at, !screen.reading, theme);
            }
        }
    }
    let margin = |area: Area| Area {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    };
    paint::line(buffer, margin(grid.status), 0, &status(state), theme);
    let area = margin(grid.legend);
    paint::line(buffer, area, 0, &legend(area.width as usize), theme);
}

fn heads(buffer: &mut Buffer, screen: &MatrixScreen, theme: &Theme, grid: &Grid) {
    let under = screen.at_head();
    for &(head, x, width) in &grid.columns {
        let title = screen.title(head);
        let style = if head == under { theme.strong } else { theme.dim };
        let x = if head == Head::Name { x + MARKS } else { x };
        put(buffer, grid.heads, (x, 0), width, &title, style);
    }
    let last = (grid.heads.width as usize).saturating_sub(1);
    if grid.more.0 {
        let at = grid.columns.get(1).map_or(0, |(_, x, _)| x.saturating_sub(1));
        put(buffer, grid.heads, (at, 0), 1, "‹", theme.accent);
    }
    if grid.more.1 {
        put(buffer, grid.heads, (last, 0), 1, "›", theme.accent);
    }
}

/// A cell being drawn.
struct Drawn<'a> {
    buffer: &'a mut Buffer,
    screen: &'a MatrixScreen,
    theme: &'a Theme,
    area: Area,
    /// The row on the screen.
    at: usize,
    /// The row of the matrix.
    row: usize,
}

impl Drawn<'_> {
    fn name(self, trace: &Trace) {
        let Some(node) = self.screen.matrix.node(self.row) else {
            return;
        };
        let theme = self.theme;
        let best = trace.decision.chosen().contains(&node);
        let fits = self.screen.matrix.fits(self.row);
        let (mark, mark_style, style) = match (best, fits) {
            (true, _) => ("★", theme.accent, theme.strong),
            (false, true) => ("✓", theme.good, theme.text),
            (false, false) => ("✗", theme.bad, theme.text),
        };
        put(self.buffer, self.area, (1, self.at), 1, mark, mark_style);
        let room = (self.area.width as usize).saturating_sub(MARKS);
        let name = cut_middle(trace.nodes.name(node), room);
        put(self.buffer, self.area, (MARKS, self.at), room, &name, style);
    }

    fn zone(self) {
        let width = self.area.width as usize;
        let zone = cut_middle(self.screen.matrix.zone(self.row), width);
        put(self.buffer, self.area, (0, self.at), width, &zone, self.theme.dim);
    }

    fn total(self) {
        if let Some(total) = self.screen.matrix.total(self.row) {
            let level = level(total, self.screen.matrix.best());
            self.figure(total, level);
        }
    }

    fn plugin(self, column: usize) {
        let Some(cell) = self.screen.matrix.cell(self.row, column) else {
            return;
        };
        let theme = self.theme;
        let style = match cell {
            Cell::Silent | Cell::Passes | Cell::Scores { .. } => theme.dim,
            Cell::Excludes => theme.warn,
            Cell::Rejects(_) | Cell::RejectsPod(_) => theme.bad,
        };
        put(self.buffer, self.area, (0, self.at), 1, cell.mark(), style);
        if let Some(score) = cell.score() {
            self.figure(score, level(score, MAX));
        }
    }

    /// A figure with its heat: five columns and one.
    fn figure(self, value: i64, level: usize) {
        const FIGURE: usize = 5;
        let style = heat(self.theme, level);
        let text = value.to_string();
        // The first column is that of the mark.
        put_right(self.buffer, self.area, (1, self.at), FIGURE - 1, &text, style);
        put(self.buffer, self.area, (FIGURE, self.at), 1, glyph(level), style);
    }
}

/// The look of a level of heat: from faint to bright, so that it reads the same to every eye.
fn heat(theme: &Theme, level: usize) -> Style {
    match level {
        0..=2 => theme.dim,
        3 | 4 => theme.text,
        5 | 6 => theme.accent,
        _ => theme.accent.add_modifier(Modifier::BOLD),
    }
}
