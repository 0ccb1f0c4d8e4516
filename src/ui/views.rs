//! The panes of the home screen.

pub(super) mod cluster;
pub(super) mod nodes;
pub(super) mod placed;
pub(super) mod waiting;
pub(super) mod why;
pub(super) mod wire;

use ratatui::buffer::Buffer;

use super::paint;
use super::theme::Theme;
use crate::app::State;
use crate::app::figures::count;
use crate::app::layout::{Area, Layout};
use crate::app::prose::{Line, wrap};

/// Says that the terminal is too small.
pub(super) fn too_small(buffer: &mut Buffer, theme: &Theme) {
    let all = buffer.area;
    let area = Area::new(all.x, all.y, all.width, all.height);
    let (columns, rows) = Layout::SMALLEST;
    let text = format!(
        "berth needs at least {columns} columns and {rows} rows; this terminal has {} and {}.",
        all.width, all.height
    );
    prose(buffer, area, vec![Line::new().plain(text)], theme);
}

/// Writes running text into `area`, wrapped.
fn prose(buffer: &mut Buffer, area: Area, lines: Vec<Line>, theme: &Theme) {
    for (row, line) in wrap(lines, area.width as usize)
        .iter()
        .take(area.height as usize)
        .enumerate()
    {
        paint::line(buffer, area, row, line, theme);
    }
}

/// Writes what an empty pane says: a blank line and a margin around it.
pub(super) fn empty(buffer: &mut Buffer, area: Area, lines: Vec<Line>, theme: &Theme) {
    let above = u16::from(area.height > 6);
    let area = Area {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area.below(above)
    };
    prose(buffer, area, lines, theme);
}

/// What a pane says while the first lists do not come: why not, in full.
fn kept_out(what: &str, why: String, then: &str) -> Vec<Line> {
    vec![
        Line::hanging(2).bad("✗ ").strong(what),
        Line::new(),
        Line::new().plain(why),
        Line::new(),
        Line::new().dim(format!("It is tried again and again; {then}.")),
    ]
}

/// What a pane says while the first lists come: which are waited for.
fn first_lists(state: &State) -> Vec<Line> {
    let waited_for = state.link.waited_for();
    let all = state.link.watches.len();
    let complete = all - waited_for.len();
    let head = format!("The first lists are coming in: {complete} of {all} are complete");
    let mut lines = vec![Line::new().dim(head)];
    if complete > 0 && !waited_for.is_empty() {
        let names = waited_for.iter().map(|&(resource, objects)| match objects {
            Some(objects) => format!("{resource} ({} so far)", count(objects)),
            None => resource.to_owned(),
        });
        let names: Vec<String> = names.collect();
        lines.push(Line::new());
        lines.push(Line::new().dim(format!(
            "Still to come before anything is judged: {}",
            names.join(", ")
        )));
    }
    lines
}
