//! The dialog that makes room for a pod.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::super::paint::put;
use super::super::theme::Theme;
use super::{Field, buttons, field, told};
use crate::app::State;
use crate::app::layout::{Area, Layout};
use crate::app::measure::cut_middle;
use crate::app::prose::Line;
use crate::app::room::{Field as Asked, Found, RoomDialog, Step};
use crate::app::update::dialog_size;
use crate::placing::preempt::VIOLATE;

/// Rows below what is asked: blank, reason, its error or the warning, buttons. One more where a word is typed.
const BELOW: usize = 4;

/// Draws the dialog and says where the cursor stands.
pub(super) fn draw(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    layout: &Layout,
    dialog: &RoomDialog,
) -> Option<Position> {
    let (columns, rows) = dialog_size(state.size);
    let name = cut_middle(&dialog.pod.key.to_string(), columns / 2).into_owned();
    let node = dialog.node();
    let node = cut_middle(&node, columns / 3).into_owned();
    let over = match &dialog.step {
        Step::Asking => None,
        Step::Running => Some((format!("Making room for {name} on {node}"), progress(state))),
        Step::Over(preempted) => Some((format!("{name} on {node}"), dialog.outcome(preempted))),
    };
    let asks = matches!(dialog.found, Found::Room(_) | Found::UnderWay);
    let below = match (&over, asks) {
        (None, true) => BELOW + usize::from(dialog.wants_word()),
        _ => 0,
    };
    let asking = over.is_none();
    let (title, lines) = over.unwrap_or_else(|| {
        (
            format!("Make room for {name} on {node}?"),
            dialog.question(&state.link, state.now),
        )
    });
    let text = (lines, dialog.offset, below);
    let (inside, height) = told(buffer, theme, layout, &title, (columns, rows), text);
    (asking && asks).then(|| form(buffer, state, theme, inside, height + 1, dialog))
}

/// What is typed, the warning and the buttons, from `row` on.
fn form(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    inside: Area,
    mut row: usize,
    dialog: &RoomDialog,
) -> Position {
    let reason = Field {
        label: "Reason",
        input: &dialog.reason,
        hint: "why it is worth that (must be given)",
        must: true,
    };
    let mut cursor = field(buffer, theme, inside, row, &reason);
    row += 1;
    if dialog.wants_word() {
        let hint = format!("type {VIOLATE} to go against them");
        let word = Field {
            label: "Budgets",
            input: &dialog.word,
            hint: &hint,
            must: true,
        };
        let at = field(buffer, theme, inside, row, &word);
        if dialog.field == Asked::Word {
            cursor = at;
        }
        row += 1;
    }
    let deletes = matches!(dialog.found, Found::Room(_));
    let (told, style) = match (&dialog.error, deletes) {
        (Some(error), _) => (error.to_string(), theme.bad),
        (None, true) => (
            "There is no undoing: what is deleted stays deleted".to_owned(),
            theme.warn,
        ),
        (None, false) => (
            "A binding cannot be undone; the pod can only be deleted".to_owned(),
            theme.warn,
        ),
    };
    put(buffer, inside, (0, row), usize::MAX, &told, style);
    let confirms = if deletes {
        "⏎ delete them, then place"
    } else {
        "⏎ place once there is room"
    };
    buttons(buffer, theme, inside, row + 1, confirms, dialog.held(state.now));
    cursor
}

/// How far it is.
fn progress(state: &State) -> Vec<Line> {
    let Some(flight) = &state.flight else {
        return Vec::new();
    };
    let mut lines = vec![Line::hanging(2).accent("▸ ").strong(flight.stage.as_str())];
    if flight.taken_back {
        lines.push(
            Line::hanging(2)
                .warn("▲ ")
                .plain("To be ended: what is deleted stays deleted, and the node stays nominated"),
        );
    }
    lines
}
