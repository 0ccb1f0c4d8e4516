//! What was placed in this session, the latest first.

use ratatui::buffer::Buffer;

use super::super::paint::put;
use super::super::theme::Theme;
use super::empty;
use crate::app::State;
use crate::app::figures::clock;
use crate::app::layout::Area;
use crate::app::measure::{cut_middle, width};
use crate::app::prose::Line;
use crate::app::state::Mark;

const CLOCK: usize = 8;

/// Draws the pane's inside.
pub(crate) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    if state.placed.is_empty() {
        let text = match state.link.file {
            Some(_) => "A file is only looked at: nothing is placed from here",
            None => "Nothing yet; what you place is listed here, with how it went",
        };
        let lines = vec![Line::new().dim(text)];
        empty(buffer, area, lines, theme);
        return;
    }
    let latest = state.placed.iter().rev().skip(state.placed_offset);
    for (row, placement) in latest.take(area.height as usize).enumerate() {
        let (sign, style) = match placement.mark {
            Mark::Placed => ("✓", theme.good),
            Mark::PlacedBut => ("▲", theme.warn),
            Mark::Failed => ("✗", theme.bad),
            Mark::Unknown => ("?", theme.bad),
        };
        put(
            buffer,
            area,
            (1, row),
            CLOCK,
            &clock(placement.at, &state.options.zone),
            theme.dim,
        );
        put(buffer, area, (CLOCK + 2, row), 1, sign, style);
        let room = (area.width as usize).saturating_sub(CLOCK + 5);
        let node = cut_middle(&placement.node, room / 3).into_owned();
        let pod = placement.pod.to_string();
        let pod = cut_middle(&pod, room.saturating_sub(width(&node) + 3));
        let text = format!("{pod} → {node}");
        put(buffer, area, (CLOCK + 4, row), room, &text, theme.text);
    }
}
