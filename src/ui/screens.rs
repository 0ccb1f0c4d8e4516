//! The screens besides the home screen.

use ratatui::buffer::Buffer;

use super::frame;
use super::theme::Theme;
use crate::app::State;
use crate::app::layout::Area;

/// Draws the screen that is shown into `area`.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    frame::draw(buffer, theme, area, state.screen.as_str(), "", true);
}
