//! The screens besides the home screen.

mod compare;
mod cycle;
mod fixes;
mod matrix;
mod plan;
mod what_if;
mod wire;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

pub(super) use wire::row as request;

use super::theme::Theme;
use super::{frame, paint, views};
use crate::app::layout::Area;
use crate::app::prose::Line;
use crate::app::{Screen, State};

/// Draws the screen that is shown into `area`.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    match state.screen {
        Screen::Home => {}
        Screen::Matrix => matrix::draw(buffer, state, theme, area),
        Screen::Cycle => cycle::draw(buffer, state, theme, area),
        Screen::Compare => compare::draw(buffer, state, theme, area),
        Screen::WhatIf => what_if::draw(buffer, state, theme, area),
        Screen::Fixes => fixes::draw(buffer, state, theme, area),
        Screen::Plan => plan::draw(buffer, state, theme, area),
        Screen::Wire => wire::draw(buffer, state, theme, area),
    }
}

/// Where the cursor stands, where something is typed on the screen that is shown.
pub(super) fn cursor(state: &State, area: Area) -> Option<Position> {
    match state.screen {
        Screen::WhatIf => what_if::cursor(state, area),
        _ => None,
    }
}

/// Writes as many of `lines` into `area` as it has rows, with a margin of a column at each side.
fn lines<'a>(buffer: &mut Buffer, theme: &Theme, area: Area, lines: impl Iterator<Item = &'a Line>) {
    let area = Area {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    };
    for (row, line) in lines.take(area.height as usize).enumerate() {
        paint::line(buffer, area, row, line, theme);
    }
}
