//! The dialog that has a plan carried out.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::super::paint::put;
use super::super::theme::Theme;
use super::{Field, LABEL, buttons, field, told};
use crate::app::State;
use crate::app::layout::{Area, Layout};
use crate::app::measure::width;
use crate::app::plan::Dialog;
use crate::app::plan::dialog::pods;
use crate::app::plan::run::RATES;
use crate::app::update::dialog_size;

/// Rows below what is asked: blank, rate, reason, warning or error, buttons.
const BELOW: usize = 5;

/// Draws the dialog and says where the cursor stands.
pub(super) fn draw(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    layout: &Layout,
    dialog: &Dialog,
) -> Position {
    let title = format!("Carry the plan out: place {}?", pods(state.plan.left()));
    let lines = dialog.question(&state.plan, &state.link, state.now);
    let text = (lines, dialog.offset, BELOW);
    let (inside, above) = told(buffer, theme, layout, &title, dialog_size(state.size), text);
    form(buffer, state, theme, inside, above, dialog)
}

/// Rate, reason, warning and buttons, below `above` rows.
fn form(
    buffer: &mut Buffer,
    state: &State,
    theme: &Theme,
    inside: Area,
    above: usize,
    dialog: &Dialog,
) -> Position {
    put(buffer, inside, (0, above + 1), LABEL, "Rate", theme.dim);
    let mut x = LABEL;
    for (at, rate) in RATES.iter().enumerate() {
        let chosen = at == dialog.rate;
        let text = if chosen {
            format!("[{rate}]")
        } else {
            format!(" {rate} ")
        };
        let style = if chosen {
            theme.accent.patch(theme.strong)
        } else {
            theme.dim
        };
        put(buffer, inside, (x, above + 1), usize::MAX, &text, style);
        x += width(&text);
    }
    put(
        buffer,
        inside,
        (x + 1, above + 1),
        usize::MAX,
        "a second (↑ ↓)",
        theme.dim,
    );
    let row = above + 2;
    let reason = Field {
        label: "Reason",
        input: &dialog.input,
        hint: if dialog.must {
            "why to place them all the same (must be given)"
        } else {
            "optional"
        },
        must: dialog.must,
    };
    let cursor = field(buffer, theme, inside, row, &reason);
    let (told, style) = match &dialog.error {
        Some(error) => (error.to_string(), theme.bad),
        None => (
            "A binding cannot be undone; pods can only be deleted".to_owned(),
            theme.warn,
        ),
    };
    put(buffer, inside, (0, row + 1), usize::MAX, &told, style);
    buttons(
        buffer,
        theme,
        inside,
        row + 2,
        "⏎ place them",
        dialog.guard.held(state.now),
    );
    cursor
}
