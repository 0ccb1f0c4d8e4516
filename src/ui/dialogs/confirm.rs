//! The dialog that places a pod.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::super::paint::put;
use super::super::theme::Theme;
use super::{Field, buttons, field, told};
use crate::app::State;
use crate::app::confirm::{Confirm, Field as Asked, Step};
use crate::app::layout::{Area, Layout};
use crate::app::measure::cut_middle;
use crate::app::prose::Line;
use crate::app::update::dialog_size;
use crate::placing::Stage;

/// Rows below what is asked: blank, reason, its error or the warning, buttons. One more where the node's name is typed.
const BELOW: usize = 4;

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
    let over = match &dialog.step {
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
    let size = (columns, rows);
    if let Some((title, lines)) = over {
        told(buffer, theme, layout, &title, size, (lines, dialog.offset, 0));
        return None;
    }
    let below = BELOW + usize::from(dialog.wants_name());
    let text = (dialog.question(&state.link, state.now), dialog.offset, below);
    let title = format!("Place {name} on {node}?");
    let (inside, height) = told(buffer, theme, layout, &title, size, text);
    Some(form(buffer, state, theme, inside, height + 1, dialog))
}

/// What is typed, the warning and the buttons, from `row` on.
fn form(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    inside: Area,
    mut row: usize,
    dialog: &Confirm,
) -> Position {
    let must = dialog.verdict.needs_reason();
    let reason = Field {
        label: "Reason",
        input: &dialog.reason,
        hint: match (must, dialog.verdict.is_feasible()) {
            (false, _) => "optional",
            (true, true) => "why to place it all the same (must be given)",
            (true, false) => "why it has to go there (must be given)",
        },
        must,
    };
    let mut cursor = field(buffer, theme, inside, row, &reason);
    row += 1;
    if dialog.wants_name() {
        let hint = format!("type {} to insist on it", dialog.node);
        let name = Field {
            label: "Node",
            input: &dialog.name,
            hint: &hint,
            must: true,
        };
        let at = field(buffer, theme, inside, row, &name);
        if dialog.field == Asked::Name {
            cursor = at;
        }
        row += 1;
    }
    let (told, style) = match &dialog.error {
        Some(error) => (error.to_string(), theme.bad),
        None => (
            "A binding cannot be undone; the pod can only be deleted".to_owned(),
            theme.warn,
        ),
    };
    put(buffer, inside, (0, row), usize::MAX, &told, style);
    buttons(
        buffer,
        theme,
        inside,
        row + 1,
        "⏎ dry run, then place",
        dialog.held(state.now),
    );
    cursor
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
    if flight.taken_back {
        lines.push(
            Line::hanging(2)
                .warn("▲ ")
                .plain("To be taken back: what was prepared is undone"),
        );
    }
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
