//! The scheduling cycle, step by step.

mod field;

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::super::frame::{self, border};
use super::super::paint::{self, highlight, put, put_right};
use super::super::theme::Theme;
use super::super::views::empty;
use super::wire;
use crate::app::State;
use crate::app::cycle::{Film, Mark, Parts, Stop, rail};
use crate::app::figures::{clock, count};
use crate::app::layout::Area;
use crate::app::measure::{cut_middle, width};
use crate::app::prose::Line;

/// Draws the screen.
pub(super) fn draw(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let Some(film) = &state.cycle.film else {
        let inside = frame::draw(buffer, theme, area, "Step by step", "", true);
        empty(buffer, inside, nothing(state), theme);
        return;
    };
    let parts = Parts::of(area);
    borders(buffer, theme, &parts);
    if parts.rail.height > 0 {
        rail_column(buffer, state, theme, parts.rail, film);
    }
    headline(buffer, state, theme, &parts, film);
    if parts.field.height > 0 {
        field::draw(buffer, state, theme, &parts, film);
    }
    said(buffer, state, theme, &parts);
    if parts.wire.height > 0 {
        requests(buffer, state, theme, parts.wire);
    }
}

fn nothing(state: &State) -> Vec<Line> {
    if let Some(row) = state.pod() {
        return vec![Line::new().dim(format!("Judging {} on every node …", row.pod.key))];
    }
    vec![
        Line::new().strong("No pod is selected"),
        Line::new(),
        Line::new().dim(
            "Select a waiting pod on the home screen: its way through the scheduling cycle is shown here",
        ),
    ]
}

/// Borders with joints where parts share them; the headline's is that of the screen.
fn borders(buffer: &mut Buffer, theme: &Theme, parts: &Parts) {
    let wire = parts.wire.height > 0;
    if parts.rail.height > 0 {
        border(buffer, parts.rail, false, false, theme.border);
    }
    border(buffer, parts.said, true, wire, theme.border);
    if parts.field.height > 0 {
        border(buffer, parts.field, true, wire || !parts.beside, theme.border);
    }
    if wire {
        border(buffer, parts.wire, true, false, theme.border);
    }
    border(buffer, parts.headline, false, true, theme.focus);
}

/// Sign and look of how a stop or plugin went.
fn sign(mark: Option<Mark>, theme: &Theme) -> (&'static str, Style) {
    match mark {
        Some(Mark::Good) => ("✓", theme.good),
        Some(Mark::Bad) => ("✗", theme.bad),
        Some(Mark::Nothing) => ("–", theme.dim),
        Some(Mark::Yours) => ("▲", theme.warn),
        None => ("·", theme.dim),
    }
}

fn rail_column(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area, film: &Film) {
    let key = cut_middle(&film.pod.key.to_string(), (area.width as usize).saturating_sub(6)).into_owned();
    let inside = frame::titled(buffer, theme, area, &key, "", false);
    let rows = &state.cycle.rail;
    let height = inside.height as usize;
    let columns = inside.width as usize;
    for (at, row) in rows
        .iter()
        .skip(rail::first(rows, height))
        .take(height)
        .enumerate()
    {
        let x = if row.inner { 3 } else { 1 };
        let (glyph, style) = match row.frame {
            Some(_) => sign(row.mark, theme),
            None => (" ", theme.dim),
        };
        put(buffer, inside, (x, at), 1, glyph, style);
        let style = if row.frame.is_some() && row.mark.is_some() {
            theme.text
        } else {
            theme.dim
        };
        let room = columns.saturating_sub(x + 2 + width(&row.aside) + 2);
        put(
            buffer,
            inside,
            (x + 2, at),
            room,
            &cut_middle(row.name, room),
            style,
        );
        let x = columns.saturating_sub(7);
        put_right(buffer, inside, (x, at), 6, &row.aside, theme.dim);
        if row.current {
            put(buffer, inside, (0, at), 1, "▸", theme.accent);
            highlight(buffer, inside, at, true, theme);
        }
    }
}

fn headline(buffer: &mut Buffer, state: &State, theme: &Theme, parts: &Parts, film: &Film) {
    let screen = &state.cycle;
    let Some(frame) = screen.frame() else { return };
    let step = format!("{}/{}", screen.at + 1, film.frames.len());
    let who = rail::name(frame);
    let what = frame.stop.as_str();
    let of_stop = || {
        film.frames
            .iter()
            .filter(|other| other.stop == frame.stop)
            .count()
    };
    let first = film.first_at(frame.stop).unwrap_or(0);
    let title = match of_stop() {
        0 | 1 if who == what => what.to_owned(),
        0 | 1 => format!("{what}  {who}"),
        all => format!("{what} {}/{all}  {who}", screen.at + 1 - first),
    };
    let of = clock(film.judged, &state.options.zone);
    let playing = if screen.next.is_some() {
        "▶ playing · "
    } else {
        ""
    };
    let aside = if screen.outdated {
        format!("{playing}step {step} of {of} · ▲ moved on, r takes the latest")
    } else {
        format!("{playing}step {step} of {of}")
    };
    let inside = frame::titled(buffer, theme, parts.headline, &title, &aside, true);
    let inside = margin(inside);
    for (row, line) in screen.headline.iter().take(inside.height as usize).enumerate() {
        let style = if frame.stop == Stop::Permit {
            theme.warn
        } else {
            theme.strong
        };
        put(buffer, inside, (0, row), usize::MAX, &line.text(), style);
    }
    let lines = screen.headline.len();
    if lines < inside.height as usize {
        let line = Line::new().dim(format!(
            "{} of {} nodes left{}",
            count(frame.left),
            count(film.trace.nodes.ids.len()),
            if parts.rail.height == 0 {
                format!(" · {}", film.pod.key)
            } else {
                String::new()
            }
        ));
        paint::line(buffer, inside, lines, &line, theme);
    }
}

fn said(buffer: &mut Buffer, state: &State, theme: &Theme, parts: &Parts) {
    let screen = &state.cycle;
    let title = screen.node_name().map_or("Why", |name| name);
    let height = parts.said.inner().height as usize;
    let all = screen.said.len();
    let aside = if all > height {
        let last = (screen.offset + height).min(all);
        format!("{}–{last} of {all}", screen.offset + 1)
    } else {
        String::new()
    };
    let inside = margin(frame::titled(buffer, theme, parts.said, title, &aside, false));
    for (row, line) in screen.said.iter().skip(screen.offset).take(height).enumerate() {
        paint::line(buffer, inside, row, line, theme);
    }
}

fn requests(buffer: &mut Buffer, state: &State, theme: &Theme, area: Area) {
    let screen = &state.cycle;
    let aside = if screen.for_pod {
        "for this pod"
    } else {
        "nothing was sent for this pod; the latest of all"
    };
    let inside = frame::titled(buffer, theme, area, "Wire", aside, false);
    let height = inside.height as usize;
    let first = screen.requests.len().saturating_sub(height);
    if screen.requests.is_empty() {
        let text = "Requests appear here as they are sent";
        put(buffer, inside, (1, 0), usize::MAX, text, theme.dim);
    }
    for (at, request) in screen.requests.iter().skip(first).enumerate() {
        wire::row(buffer, theme, inside, at, request, &state.options.zone);
    }
}

fn margin(area: Area) -> Area {
    Area {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    }
}
