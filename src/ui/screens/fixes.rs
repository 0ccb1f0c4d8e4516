//! The smallest changes by which a pod would fit.

use ratatui::buffer::Buffer;

use super::super::frame;
use super::super::paint::{self, highlight, put};
use super::super::theme::Theme;
use super::what_if::lines;
use crate::app::State;
use crate::app::figures::count;
use crate::app::fixes::Fixes;
use crate::app::layout::Area;
use crate::app::prose::{Line, wrap};

/// Draws the screen into `body`.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, body: Area) {
    let fixes = &state.fixes;
    let (list, below) = Fixes::parts(body);
    let title = match (&fixes.subject, &fixes.node) {
        (Some((pod, _)), Some(node)) => format!("What would make {pod} fit on {node}"),
        (Some((pod, _)), None) => format!("What would make {pod} fit"),
        (None, _) => "Fixes".to_owned(),
    };
    frame::draw(buffer, theme, list, &title, &aside(state), true);
    frame::draw(buffer, theme, below, "How", "", false);
    let inside = Fixes::inside(list);
    if fixes.rows.is_empty() {
        lines(
            buffer,
            theme,
            inside,
            &wrap(nothing(state), inside.width as usize),
        );
    }
    for (row, line) in fixes.rows.iter().skip(fixes.list.offset).enumerate() {
        if row >= inside.height as usize {
            break;
        }
        paint::line(buffer, inside, row, line, theme);
        if fixes.list.offset + row == fixes.list.cursor {
            put(buffer, inside, (0, row), 1, "▸", theme.accent);
            highlight(buffer, inside, row, true, theme);
        }
    }
    lines(buffer, theme, Fixes::inside(below), &fixes.detail);
}

/// How far the search is, or how much it found.
fn aside(state: &State) -> String {
    let fixes = &state.fixes;
    let reached = fixes.study().and_then(|id| state.studies.progress(id));
    match (reached, fixes.nearest()) {
        (Some(reached), None) if reached.of > 0 => {
            format!(
                "tried {} of {}  Esc calls it off",
                count(reached.done),
                count(reached.of)
            )
        }
        (Some(_), None) => "searching …".to_owned(),
        (_, Some(nearest)) if !nearest.remedies.is_empty() => {
            format!("{} found, {} tried", nearest.remedies.len(), count(nearest.tried))
        }
        _ => String::new(),
    }
}

/// What an empty list says.
fn nothing(state: &State) -> Vec<Line> {
    let fixes = &state.fixes;
    if fixes.subject.is_none() {
        return vec![
            Line::new().strong("No pod is chosen"),
            Line::new().dim("Esc goes back; choose a pod that fits nowhere and press f again"),
        ];
    }
    if fixes.called_off {
        return vec![
            Line::new().strong("Called off"),
            Line::new().dim("f searches again, Esc goes back"),
        ];
    }
    match fixes.nearest() {
        None if fixes.found.is_some() => Vec::new(),
        None => vec![
            Line::new().dim("Looking for the smallest changes by which the pod would fit"),
            Line::new().dim("Each is judged by the same cycle before it is shown"),
        ],
        Some(nearest) if nearest.tried == 0 => vec![
            Line::hanging(2).good("✓ ").strong("The pod fits already"),
            Line::new().dim("Esc goes back; ⏎ there places it. w supposes changes all the same"),
        ],
        Some(_) => vec![Line::new().dim("Nothing was found; below is why")],
    }
}
