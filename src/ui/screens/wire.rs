//! The requests that were sent, with their answers.

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;

use super::super::frame;
use super::super::paint::{self, highlight, put, put_right};
use super::super::theme::Theme;
use super::super::views::empty;
use crate::app::State;
use crate::app::figures::{clock, count, latency};
use crate::app::layout::Area;
use crate::app::measure::cut_middle;
use crate::app::prose::Line;
use crate::app::wire::{Answer, Exchange};

/// Columns of time, verb, status and latency.
const TIME: usize = 8;
const VERB: usize = 6;
const STATUS: usize = 5;
const LATENCY: usize = 8;
const PATH_AT: usize = 1 + TIME + 1 + VERB + 1;

/// Draws the screen.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let (table, detail) = state.wire.parts(area);
    if table.height > 0 {
        list(buffer, state, theme, table);
    }
    if detail.height > 0 {
        one(buffer, state, theme, detail);
    }
}

fn list(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let wire = &state.wire;
    let (shown, all) = (wire.rows.len(), wire.log.len());
    let at = if shown == 0 { 0 } else { wire.scroll.cursor + 1 };
    let following = if wire.follows { " · following" } else { "" };
    let aside = if wire.filter.is_empty() {
        format!("{}/{}{following}", count(at), count(shown))
    } else {
        format!(
            "/{} · {}/{} of {}{following}",
            wire.filter,
            count(at),
            count(shown),
            count(all)
        )
    };
    let inside = frame::draw(buffer, theme, area, "Wire", &aside, !wire.opened);
    if shown == 0 {
        empty(buffer, inside, nothing(state), theme);
        return;
    }
    let columns = inside.width as usize;
    put(buffer, inside, (1, 0), TIME, "sent at", theme.dim);
    put(buffer, inside, (1 + TIME + 1, 0), VERB, "verb", theme.dim);
    put(buffer, inside, (PATH_AT, 0), usize::MAX, "path", theme.dim);
    put_right(
        buffer,
        inside,
        (columns.saturating_sub(STATUS + LATENCY + 2), 0),
        STATUS + 1,
        "status",
        theme.dim,
    );
    put_right(
        buffer,
        inside,
        (columns.saturating_sub(LATENCY + 1), 0),
        LATENCY,
        "after",
        theme.dim,
    );
    let rows = inside.below(1);
    let visible = wire
        .rows
        .iter()
        .skip(wire.scroll.offset)
        .take(rows.height as usize);
    for (at, exchange) in visible.enumerate() {
        row(buffer, theme, rows, at, exchange, &state.options.zone);
        if wire.scroll.offset + at == wire.scroll.cursor {
            put(buffer, rows, (0, at), 1, "▸", theme.accent);
            highlight(buffer, rows, at, !wire.opened, theme);
        }
    }
}

/// Writes `exchange` into `area`'s row `at`.
pub(in crate::ui) fn row(
    buffer: &mut Buffer,
    theme: &Theme,
    area: Area,
    at: usize,
    exchange: &Exchange,
    zone: &TimeZone,
) {
    let columns = area.width as usize;
    put(
        buffer,
        area,
        (1, at),
        TIME,
        &clock(exchange.started, zone),
        theme.dim,
    );
    let verb = if exchange.verb.is_empty() {
        &exchange.method
    } else {
        exchange.verb
    };
    let style = if exchange.writes() {
        theme.strong
    } else {
        theme.text
    };
    put(buffer, area, (1 + TIME + 1, at), VERB, verb, style);
    let room = columns.saturating_sub(PATH_AT + STATUS + LATENCY + 4);
    put(
        buffer,
        area,
        (PATH_AT, at),
        room,
        &cut_middle(&exchange.path, room),
        style,
    );
    let style = match &exchange.answer {
        Answer::Open => theme.accent,
        _ if exchange.is_good() => theme.good,
        _ => theme.bad,
    };
    let x = columns.saturating_sub(STATUS + LATENCY + 2);
    put_right(buffer, area, (x, at), STATUS, &exchange.word(), style);
    if exchange.answer != Answer::Open {
        let x = columns.saturating_sub(LATENCY + 1);
        put_right(
            buffer,
            area,
            (x, at),
            LATENCY,
            &latency(exchange.latency),
            theme.dim,
        );
    }
}

fn one(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let wire = &state.wire;
    let height = area.inner().height as usize;
    let all = wire.lines.len();
    let aside = if all > height {
        let last = (wire.offset + height).min(all);
        format!("{}–{last} of {all}", wire.offset + 1)
    } else {
        String::new()
    };
    let inside = frame::draw(buffer, theme, area, "Request and answer", &aside, wire.opened);
    let inside = Area {
        x: inside.x + 1,
        width: inside.width.saturating_sub(2),
        ..inside
    };
    for (row, line) in wire.lines.iter().skip(wire.offset).take(height).enumerate() {
        paint::line(buffer, inside, row, line, theme);
    }
}

fn nothing(state: &State) -> Vec<Line> {
    let wire = &state.wire;
    if !wire.filter.is_empty() {
        return vec![
            Line::new().strong(format!("No request has '{}' in it", wire.filter)),
            Line::new(),
            Line::new().dim("Esc clears the filter"),
        ];
    }
    vec![
        Line::new().strong("Nothing was sent"),
        Line::new(),
        Line::new()
            .dim("Requests to the API server appear here as they are sent; a file is read without any"),
    ]
}
