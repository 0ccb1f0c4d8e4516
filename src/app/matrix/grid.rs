//! Where things are on the matrix screen: used to draw, to scroll and to know what was clicked.

use super::screen::{Head, MatrixScreen};
use crate::app::layout::Area;

/// The narrowest screen on which a cell's explanation stands beside the matrix.
const BESIDE: u16 = 120;

/// The parts of the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// The matrix with its border; nothing where the explanation covers it.
    pub frame: Area,
    /// The heads of the columns.
    pub heads: Area,
    /// The rows.
    pub rows: Area,
    /// The line that says what the cell under the cursor means.
    pub status: Area,
    /// The line that says what the signs mean; nothing where rows need it more.
    pub legend: Area,
    /// The columns shown: head, first column in [`Grid::heads`], width.
    pub columns: Vec<(Head, usize, usize)>,
    /// Whether there are more to the left and to the right.
    pub more: (bool, bool),
    /// The explanation with its border; nothing where none is shown.
    pub pane: Area,
}

/// The sign before a node's name.
pub const MARK: usize = 2;

impl Grid {
    /// The parts of `screen` in `body`.
    pub fn of(screen: &MatrixScreen, body: Area) -> Self {
        let mut grid = Self::default();
        let frame = match (screen.open, body.width >= BESIDE) {
            (false, _) => body,
            (true, false) => {
                grid.pane = body;
                return grid;
            }
            (true, true) => {
                let pane = (body.width * 11 / 20).clamp(70, 110);
                let width = body.width - pane;
                grid.pane = Area {
                    x: body.x + width,
                    width: pane,
                    ..body
                };
                Area { width, ..body }
            }
        };
        let inside = frame.inner();
        let line = |y: u16| Area {
            y: inside.y + y,
            height: inside.height.saturating_sub(y).min(1),
            ..inside
        };
        let legend = u16::from(inside.height >= 14);
        let below = 1 + legend;
        grid.frame = frame;
        grid.heads = line(0);
        grid.rows = Area {
            y: inside.y + 1,
            height: inside.height.saturating_sub(1 + below),
            ..inside
        };
        grid.status = line(inside.height.saturating_sub(below));
        if legend == 1 {
            grid.legend = line(inside.height.saturating_sub(1));
        }
        let all = inside.width as usize;
        let first = first_for(screen, all);
        (grid.columns, grid.more) = columns(screen, first, all);
        grid
    }

    /// The row and the head at a cell of the terminal; a row of `None` is that of the heads.
    pub fn hit(&self, x: u16, y: u16) -> Option<(Option<usize>, Head)> {
        let row = if self.heads.contains(x, y) {
            None
        } else if self.rows.contains(x, y) {
            Some((y - self.rows.y) as usize)
        } else {
            return None;
        };
        let x = (x - self.heads.x) as usize;
        let mut columns = self.columns.iter();
        let (head, ..) = columns.find(|(_, at, width)| (*at..=at + width).contains(&x))?;
        Some((row, *head))
    }
}

/// The columns shown where `first` is the first beside the names, and whether there are more at either side.
fn columns(screen: &MatrixScreen, first: usize, all: usize) -> (Vec<(Head, usize, usize)>, (bool, bool)) {
    let name = screen.width(Head::Name, all);
    let mut shown = vec![(Head::Name, 0, name)];
    let mut at = name + 1;
    for head in screen.heads().into_iter().skip(first) {
        let width = screen.width(head, all);
        if at + width > all {
            return (shown, (first > 1, true));
        }
        shown.push((head, at, width));
        at += width + 1;
    }
    (shown, (first > 1, false))
}

/// The first head to show beside the names, as near as can be to the one shown now, so that the one under the cursor is
/// seen.
fn first_for(screen: &MatrixScreen, all: usize) -> usize {
    let mut first = screen.first.max(1);
    if screen.head == 0 {
        return first;
    }
    first = first.min(screen.head);
    while first < screen.head {
        let (shown, _) = columns(screen, first, all);
        if screen.head < first + shown.len() - 1 {
            break;
        }
        first += 1;
    }
    first
}
