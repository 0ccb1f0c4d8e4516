//! What was last asked of the API server, below the nodes.

use ratatui::buffer::Buffer;

use super::super::screens::request;
use super::super::theme::Theme;
use super::super::{frame, paint};
use crate::app::State;
use crate::app::layout::Area;
use crate::app::wire::Exchange;

/// Draws title and requests: those that write and those that failed, as reading goes on all the time; all where there is none.
pub(crate) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let height = area.inner().height as usize;
    let latest = |shown: fn(&Exchange) -> bool| {
        let all = state.wire.log.iter().rev();
        let mut latest: Vec<_> = all.filter(|exchange| shown(exchange)).take(height).collect();
        latest.reverse();
        latest
    };
    let grave = latest(|exchange| exchange.writes() || !exchange.is_good());
    let (aside, rows) = if grave.is_empty() {
        ("nothing was written: the latest of all", latest(|_| true))
    } else {
        ("what writes, and what failed", grave)
    };
    let inside = frame::titled(buffer, theme, area, "Wire", aside, false);
    if rows.is_empty() {
        let text = "Requests to the API server appear here as they are sent";
        paint::put(buffer, inside, (1, 0), usize::MAX, text, theme.dim);
    }
    for (at, exchange) in rows.into_iter().enumerate() {
        request(buffer, theme, inside, at, exchange, &state.options.zone);
    }
}
