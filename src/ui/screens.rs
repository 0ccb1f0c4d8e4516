//! The screens besides the home screen.

mod plan;

use ratatui::buffer::Buffer;

use super::frame;
use super::theme::Theme;
use crate::app::layout::Area;
use crate::app::{Screen, State};

/// Draws the screen that is shown into `area`.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    match state.screen {
        Screen::Plan => plan::draw(buffer, state, theme, area),
        _ => {
            frame::draw(buffer, theme, area, state.screen.as_str(), "", true);
        }
    }
}
