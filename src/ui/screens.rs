//! The screens besides the home screen.

mod fixes;
mod plan;
mod what_if;

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::frame;
use super::theme::Theme;
use crate::app::layout::Area;
use crate::app::{Screen, State};

/// Draws the screen that is shown into `area`.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    match state.screen {
        Screen::WhatIf => what_if::draw(buffer, state, theme, area),
        Screen::Fixes => fixes::draw(buffer, state, theme, area),
        Screen::Plan => plan::draw(buffer, state, theme, area),
        screen => {
            frame::draw(buffer, theme, area, screen.as_str(), "", true);
        }
    }
}

/// Where the cursor stands, where something is typed on the screen that is shown.
pub(super) fn cursor(state: &State, area: Area) -> Option<Position> {
    match state.screen {
        Screen::WhatIf => what_if::cursor(state, area),
        _ => None,
    }
}
