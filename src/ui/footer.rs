//! The last two lines: what was told, and which keys matter now.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::paint::{self, put};
use super::theme::Theme;
use crate::app::State;
use crate::app::figures::age;
use crate::app::hints::hints;
use crate::app::layout::{Area, Layout};
use crate::app::measure::width;
use crate::app::notices::Level;
use crate::app::prose::Line;
use crate::app::state::FilterTarget;

/// Draws message and hints.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, layout: &Layout) {
    let area = layout.message;
    if let Some(filtering) = &state.filtering {
        let line = Line::new()
            .accent(prompt(filtering.target))
            .plain(filtering.input.value());
        paint::line(buffer, area, 0, &line, theme);
    } else if let Some(connecting) = &state.connecting {
        let line = Line::new()
            .accent(" … ")
            .plain(format!("connecting to {}, ", connecting.to))
            .plain(age(connecting.since, state.now))
            .dim(format!(": {}", connecting.step));
        let esc = format!("  Esc stays on {}", state.link.context);
        // The way out has its place before what is waited for.
        let (whole, room) = (area.width as usize, width(&esc) + 1);
        let shown = Area {
            width: whole.saturating_sub(room) as u16,
            ..area
        };
        paint::line(buffer, shown, 0, &line, theme);
        let x = line.width().min(whole.saturating_sub(room));
        put(buffer, area, (x, 0), room, &esc, theme.accent);
    } else if let Some(notice) = state.notices.current() {
        let sign = match notice.level {
            Level::Hint | Level::Info => " ",
            Level::Good => " ✓ ",
            Level::Warn => " ▲ ",
            Level::Error => " ✗ ",
        };
        put(
            buffer,
            area,
            (0, 0),
            usize::MAX,
            &format!("{sign}{}", notice.text),
            theme.notice(notice.level),
        );
    } else if let Some(flight) = &state.flight {
        let text = format!(
            " … placing {} on {}: {}",
            flight.pod.key,
            flight.node,
            flight.stage.as_str()
        );
        put(buffer, area, (0, 0), usize::MAX, &text, theme.accent);
    }
    for hint in hints(state) {
        let x = hint.x as usize;
        put(buffer, layout.hints, (x, 0), usize::MAX, &hint.key, theme.accent);
        put(
            buffer,
            layout.hints,
            (x + width(&hint.key) + 1, 0),
            usize::MAX,
            &hint.text,
            theme.dim,
        );
    }
}

/// Where the cursor stands while a filter is typed.
pub(super) fn cursor(state: &State, layout: &Layout) -> Option<Position> {
    let filtering = state.filtering.as_ref()?;
    let x = width(prompt(filtering.target)) + filtering.input.visual_cursor();
    let last = layout.message.width.saturating_sub(1);
    Some(Position::new((x as u16).min(last), layout.message.y))
}

const fn prompt(target: FilterTarget) -> &'static str {
    match target {
        FilterTarget::Matrix => " matrix / ",
        FilterTarget::Nodes => " nodes / ",
        FilterTarget::Waiting => " pods / ",
        FilterTarget::Plan => " plan / ",
        FilterTarget::Wire => " requests / ",
    }
}
