//! The screens besides the home screen.

mod cycle;
mod wire;

use ratatui::buffer::Buffer;

use super::frame;
use super::theme::Theme;
use crate::app::layout::Area;
use crate::app::{Screen, State};

/// Draws the screen that is shown into `area`.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    match state.screen {
        Screen::Cycle => cycle::draw(buffer, state, theme, area),
        Screen::Wire => wire::draw(buffer, state, theme, area),
        screen => {
            frame::draw(buffer, theme, area, screen.as_str(), "", true);
        }
    }
}
