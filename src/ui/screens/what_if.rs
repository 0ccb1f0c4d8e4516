//! What is supposed, and both decisions side by side.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::super::frame;
use super::super::paint::{self, highlight, put};
use super::super::theme::Theme;
use crate::app::State;
use crate::app::layout::Area;
use crate::app::measure::{cut_end, width};
use crate::app::prose::{Line, wrap};
use crate::app::what_if::{Parts, Typing, teaching};

/// Before what is typed.
const PROMPT: &str = "› ";

/// Draws the screen into `body`.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, body: Area) {
    let what_if = &state.what_if;
    let parts = Parts::of(body, what_if);
    let title = match &what_if.subject {
        Some((pod, _)) => format!("What if: {pod}"),
        None => "What if".to_owned(),
    };
    let count = what_if.suppositions.len();
    let aside = if count == 0 {
        String::new()
    } else {
        format!("{count} supposed")
    };
    frame::draw(buffer, theme, parts.list, &title, &aside, !what_if.reading);
    frame::draw(
        buffer,
        theme,
        parts.result,
        "Result",
        &progress(state),
        what_if.reading,
    );

    for (row, line) in what_if.rows.iter().skip(what_if.list.offset).enumerate() {
        if row >= parts.rows.height as usize {
            break;
        }
        paint::line(buffer, parts.rows, row, line, theme);
        if what_if.list.offset + row == what_if.list.cursor {
            put(buffer, parts.rows, (0, row), 1, "▸", theme.accent);
            let keys_go_here = !what_if.reading && what_if.typing.is_none();
            highlight(buffer, parts.rows, row, keys_go_here, theme);
        }
    }
    match &what_if.typing {
        Some(typing) => draw_typing(buffer, theme, &parts, typing),
        None if what_if.subject.is_none() => lines(buffer, theme, parts.below, &no_pod(parts.below.width)),
        None if count == 0 => {
            let taught = wrap(teaching(), parts.below.width as usize);
            lines(buffer, theme, parts.below, &taught);
        }
        None => lines(buffer, theme, parts.below, &what_if.detail),
    }
    let inside = parts.result_inside();
    let shown = what_if.result.get(what_if.offset..).unwrap_or_default();
    if what_if.subject.is_some() {
        lines(buffer, theme, inside, shown);
    }
}

/// Where the cursor stands in what is typed.
pub(super) fn cursor(state: &State, body: Area) -> Option<Position> {
    let typing = state.what_if.typing.as_ref()?;
    let line = Parts::of(body, &state.what_if).line;
    let x = line.x as usize + width(PROMPT) + typing.input.visual_cursor();
    let last = line.x.saturating_add(line.width).saturating_sub(1);
    Some(Position::new((x as u16).min(last), line.y))
}

fn draw_typing(buffer: &mut Buffer, theme: &Theme, parts: &Parts, typing: &Typing) {
    let (line, below) = (parts.line, parts.below);
    put(buffer, line, (0, 0), usize::MAX, PROMPT, theme.accent);
    let text = typing.input.value();
    put(buffer, line, (width(PROMPT), 0), usize::MAX, text, theme.text);
    let mut row = 0;
    if let Some(error) = &typing.error {
        let said = vec![
            Line::hanging(2).bad("✗ ").plain(&error.message),
            Line::hanging(2).dim(format!("  {}", error.hint)),
        ];
        let said = wrap(said, below.width as usize);
        row = said.len();
        lines(buffer, theme, below, &said);
    }
    let list = below.below(row as u16);
    let height = list.height as usize;
    let first = typing.cursor.map_or(0, |at| (at + 1).saturating_sub(height));
    for (row, offer) in typing.offers.iter().skip(first).take(height).enumerate() {
        put(buffer, list, (2, row), usize::MAX, &offer.shown, theme.accent);
        let at = 2 + width(&cut_end(&offer.shown, list.width as usize)) + 2;
        put(buffer, list, (at, row), usize::MAX, &offer.says, theme.dim);
        if typing.cursor == Some(first + row) {
            put(buffer, list, (0, row), 1, "▸", theme.accent);
            highlight(buffer, list, row, true, theme);
        }
    }
}

/// How far judging is, where a person waits for it.
fn progress(state: &State) -> String {
    let what_if = &state.what_if;
    let reached = what_if.study().and_then(|id| state.studies.progress(id));
    if reached.is_some() && what_if.is_behind() {
        return "judging …  Esc calls it off".to_owned();
    }
    let (all, height) = (
        what_if.result.len(),
        Parts::of(state.layout().body, what_if).result_inside().height as usize,
    );
    if all <= height {
        return String::new();
    }
    let last = (what_if.offset + height).min(all);
    format!("{}–{last} of {all}", what_if.offset + 1)
}

fn no_pod(columns: u16) -> Vec<Line> {
    wrap(
        vec![
            Line::new().strong("No pod is chosen"),
            Line::new().dim("Esc goes back; choose a pod that waits and press w again"),
        ],
        columns as usize,
    )
}

/// Writes `all` from the top of `area` on.
pub(super) fn lines(buffer: &mut Buffer, theme: &Theme, area: Area, all: &[Line]) {
    for (row, line) in all.iter().take(area.height as usize).enumerate() {
        paint::line(buffer, area, row, line, theme);
    }
}
