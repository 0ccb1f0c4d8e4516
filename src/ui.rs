//! Drawing: pure functions from the app's state to the screen.
//!
//! [`draw`] is the only way in. What is where comes from [`crate::app::layout`], what is said from the state; here it
//! gets colour and borders.

mod banner;
mod dialogs;
mod footer;
mod frame;
mod header;
mod lesson;
mod paint;
mod panes;
mod screens;
pub mod svg;
pub mod theme;
mod views;

pub use theme::{ColorLevel, Theme, Themes};

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use crate::app::layout::{Form, Layout, Pane};
use crate::app::{Screen, State};

/// Draws the screen that `state` describes.
pub fn draw(frame: &mut Frame<'_>, state: &State, theme: &Theme) {
    if let Some(cursor) = render(frame.buffer_mut(), state, theme) {
        frame.set_cursor_position(cursor);
    }
}

/// Draws it into `buffer`, and says where the cursor stands.
pub fn render(buffer: &mut Buffer, state: &State, theme: &Theme) -> Option<Position> {
    let layout = state.layout();
    paint::ground(buffer, theme);
    if layout.form == Form::TooSmall || buffer.area.width < state.size.0 || buffer.area.height < state.size.1
    {
        views::too_small(buffer, theme);
        return None;
    }
    header::draw(buffer, state, theme, layout.header);
    if let Some(area) = layout.banner {
        banner::draw(buffer, state, theme, area);
    }
    match state.screen {
        Screen::Home => home(buffer, state, theme, &layout),
        _ => screens::draw(buffer, state, theme, layout.body),
    }
    if state.link.is_stale() {
        paint::grey(buffer, layout.body, theme);
    }
    lesson::draw(buffer, state, theme, layout.lesson);
    footer::draw(buffer, state, theme, &layout);
    if state.overlay.is_some() {
        paint::recede(buffer, layout.screen, theme, layout.hints.y);
    }
    let cursor = dialogs::draw(buffer, state, theme, &layout);
    let typed = || screens::cursor(state, layout.body).filter(|_| state.overlay.is_none());
    cursor.or_else(|| footer::cursor(state, &layout)).or_else(typed)
}

fn home(buffer: &mut Buffer, state: &State, theme: &Theme, layout: &Layout) {
    panes::draw(buffer, state, theme, layout);
    for (pane, area) in layout.panes() {
        let inside = area.inner();
        match pane {
            Pane::Waiting => views::waiting::draw(buffer, state, theme, inside),
            Pane::Nodes | Pane::Why if state.covered() => lesson::cover(buffer, state, theme, inside),
            Pane::Nodes => views::nodes::draw(buffer, state, theme, inside),
            Pane::Why => views::why::draw(buffer, state, theme, inside),
            Pane::Cluster => views::cluster::draw(buffer, state, theme, inside),
            Pane::Placed => views::placed::draw(buffer, state, theme, inside),
        }
    }
    if layout.wire.height > 0 {
        views::wire::draw(buffer, state, theme, layout.wire);
    }
    if state.judging() {
        for pane in [Pane::Nodes, Pane::Why] {
            paint::grey(buffer, layout.inside(pane), theme);
        }
    }
}
