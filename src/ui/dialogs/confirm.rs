//! The dialog that places a pod.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::super::paint::{line, put, put_right};
use super::super::theme::Theme;
use super::{open, underline};
use crate::app::State;
use crate::app::confirm::{Confirm, Step};
use crate::app::layout::{Area, Layout};
use crate::app::measure::{cut_middle, skip, width};
use crate::app::prose::{Line, wrap};
use crate::app::update::dialog_size;
use crate::placing::Stage;

/// Rows below what is asked: blank, reason, its error or the warning, buttons.
const BELOW: usize = 4;
const LABEL: usize = 8;

/// Draws the dialog and says where the cursor stands.
pub(super) fn draw(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    layout: &Layout,
    dialog: &Confirm,
) -> Option<Position> {
    let (columns, rows) = dialog_size(state.size);
    let name = cut_middle(&dialog.pod.key.to_string(), columns / 2).into_owned();
    let node = cut_middle(&dialog.node, columns / 3).into_owned();
    let told = match &dialog.step {
        Step::Asking => None,
        Step::Running => Some((format!("Placing {name} on {node}"), progress(state))),
        Step::Gone => Some((
            format!("{name} waits no longer"),
            vec![
                Line::hanging(2)
                    .warn("▲ ")
                    .strong(format!("{} waits no longer", dialog.pod.key)),
                Line::new(),
                Line::new().plain(
                    "It was placed by another or deleted while this dialog was open. Nothing was sent",
                ),
            ],
        )),
        Step::Over(outcome) => Some((format!("{name} on {node}"), dialog.outcome(outcome))),
    };
    if let Some((title, lines)) = told {
        let lines = wrap(lines, columns);
        let inside = open(buffer, theme, layout, &title, (columns, lines.len().min(rows)));
        let height = inside.height as usize;
        let offset = dialog.offset.min(lines.len().saturating_sub(height));
        for (row, text) in lines.iter().skip(offset).take(height).enumerate() {
            line(buffer, inside, row, text, theme);
        }
        return None;
    }
    let summary = state.summary_of(&dialog.node);
    let mut lines = wrap(dialog.question(summary, &state.link, state.now), columns);
    if lines.len() + BELOW > rows {
        lines.retain(|line| !line.spans.is_empty());
    }
    let size = (columns, (lines.len() + BELOW).min(rows));
    let inside = open(buffer, theme, layout, &format!("Place {name} on {node}?"), size);
    let height = (inside.height as usize).saturating_sub(BELOW);
    let offset = dialog.offset.min(lines.len().saturating_sub(height));
    for (row, text) in lines.iter().skip(offset).take(height).enumerate() {
        line(buffer, inside, row, text, theme);
    }
    if lines.len() > offset + height && height > 0 {
        put_right(
            buffer,
            inside,
            (0, height),
            inside.width as usize,
            "↓ more below",
            theme.warn,
        );
    }
    Some(form(buffer, state, theme, inside, height, dialog))
}

/// The reason, the warning and the buttons.
fn form(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    inside: Area,
    above: usize,
    dialog: &Confirm,
) -> Position {
    let columns = (inside.width as usize).saturating_sub(LABEL);
    let row = above + 1;
    let must = dialog.verdict.needs_reason();
    put(
        buffer,
        inside,
        (0, row),
        LABEL,
        "Reason",
        if must { theme.strong } else { theme.dim },
    );
    let value = dialog.input.value();
    let scroll = dialog.input.visual_scroll(columns.saturating_sub(1));
    if value.is_empty() {
        let hint = if must {
            if dialog.verdict.is_feasible() {
                "why to place it all the same (must be given)"
            } else {
                "why it has to go there (must be given)"
            }
        } else {
            "optional"
        };
        put(buffer, inside, (LABEL, row), columns, hint, theme.dim);
    } else {
        put(
            buffer,
            inside,
            (LABEL, row),
            columns,
            skip(value, scroll),
            theme.text,
        );
    }
    underline(buffer, inside, (LABEL, row), columns);
    let (told, style) = match &dialog.error {
        Some(error) => (error.to_string(), theme.bad),
        None => (
            "A binding cannot be undone; the pod can only be deleted".to_owned(),
            theme.warn,
        ),
    };
    put(buffer, inside, (0, row + 1), usize::MAX, &told, style);
    let armed = dialog.armed(state.now);
    let (key, style) = if armed {
        ("⏎ dry run, then place", theme.accent)
    } else {
        ("⏎ …", theme.dim)
    };
    put_right(buffer, inside, (0, row + 2), inside.width as usize, key, style);
    let before = width("⏎ dry run, then place") + 3 + width("Esc cancel");
    let x = (inside.width as usize).saturating_sub(before);
    put(
        buffer,
        inside,
        (x, row + 2),
        width("Esc cancel"),
        "Esc cancel",
        theme.dim,
    );
    let cursor = LABEL + dialog.input.visual_cursor().saturating_sub(scroll);
    let x = inside.x + (cursor as u16).min(inside.width.saturating_sub(1));
    Position::new(
        x,
        (inside.y + row as u16).min(inside.y + inside.height.saturating_sub(1)),
    )
}

/// The stages, those that are over ticked off.
fn progress(state: &State) -> Vec<Line> {
    let Some(flight) = &state.flight else {
        return Vec::new();
    };
    let usual = [
        Stage::Checking,
        Stage::Judging,
        Stage::DryRun,
        Stage::Binding,
        Stage::Event,
    ];
    let mut lines = Vec::new();
    for stage in usual {
        if stage == Stage::Event && flight.stage == Stage::Resolving {
            lines.push(Line::new().warn(format!("▸ {}", Stage::Resolving.as_str())));
        }
        let between = matches!(
            flight.stage,
            Stage::Preparing(_) | Stage::Waiting(_) | Stage::Rejudging
        );
        if stage == Stage::Binding && between {
            lines.push(Line::hanging(2).accent("▸ ").strong(flight.stage.as_str()));
        }
        if stage == Stage::Event && flight.stage == Stage::Undoing {
            lines.push(Line::new().warn(format!("▸ {}", Stage::Undoing.as_str())));
        }
        lines.push(match stage.cmp(&flight.stage) {
            std::cmp::Ordering::Less => Line::new().good("✓ ").dim(stage.as_str()),
            std::cmp::Ordering::Equal => Line::new().accent("▸ ").strong(stage.as_str()),
            std::cmp::Ordering::Greater => Line::new().dim(format!("  {}", stage.as_str())),
        });
    }
    lines
}
