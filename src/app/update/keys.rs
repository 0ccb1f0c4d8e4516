//! Keys.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{
    adopting, choosing, confirming, early, exporting, filtering, lesson, plan, room, screens, settle, what_if,
};
use crate::app::actions::{Action, Context};
use crate::app::details;
use crate::app::effect::Effect;
use crate::app::hints::context;
use crate::app::layout::Pane;
use crate::app::notices::Level;
use crate::app::overlay::{self, Overlay};
use crate::app::prose::{Line, wrap};
use crate::app::screen::Screen;
use crate::app::state::State;
use crate::model::text::inert;

/// Takes a key; one that comes before what it is for waits.
pub(super) fn key(state: &mut State, key: &KeyEvent) -> Vec<Effect> {
    let context = context(state);
    let action = state.options.keymap.find(context, key);
    let types = context.types() || context == Context::Line;
    if action.is_none() && !types && key.modifiers.contains(KeyModifiers::ALT) {
        return apart(state, key);
    }
    if key.kind == KeyEventKind::Release || early::hold(state, context, action, key) {
        return Vec::new();
    }
    take(state, key)
}

/// Takes Esc and the key: where one follows the other at once, many terminals say that Alt is held.
fn apart(state: &mut State, key: &KeyEvent) -> Vec<Effect> {
    let mut effects = self::key(state, &KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
    effects.extend(settle::settle(state));
    let alone = KeyEvent {
        modifiers: key.modifiers.difference(KeyModifiers::ALT),
        ..*key
    };
    effects.extend(self::key(state, &alone));
    effects
}

/// Takes a key that need not wait.
pub(super) fn take(state: &mut State, key: &KeyEvent) -> Vec<Effect> {
    let context = context(state);
    let held = key.kind == KeyEventKind::Repeat;
    match state.options.keymap.find(context, key) {
        Some(Action::Confirm | Action::Open | Action::Place) if held => Vec::new(),
        Some(action) => {
            state.notices.clear_hint();
            act(state, context, action)
        }
        None => match context {
            Context::Screen(_) => unknown(state, key),
            Context::Filter | Context::Confirm | Context::Pick | Context::Line => {
                filtering::typed(state, key)
            }
            Context::Flight | Context::Read | Context::Leave => Vec::new(),
        },
    }
}

/// Does `action` in `context`.
pub(super) fn act(state: &mut State, context: Context, action: Action) -> Vec<Effect> {
    if action == Action::Quit {
        return quit(state);
    }
    match context {
        Context::Screen(screen) => screens::act(state, screen, action),
        Context::Filter => filtering::filter(state, action),
        Context::Line => what_if::line(state, action),
        Context::Pick if matches!(state.overlay, Some(Overlay::Export(_))) => exporting::act(state, action),
        Context::Pick if matches!(state.overlay, Some(Overlay::Guess(_))) => lesson::guess(state, action),
        Context::Pick => choosing::act(state, action),
        Context::Confirm if matches!(state.overlay, Some(Overlay::Plan(_))) => plan::confirm(state, action),
        Context::Confirm if matches!(state.overlay, Some(Overlay::Adopt(_))) => adopting::act(state, action),
        Context::Confirm if matches!(state.overlay, Some(Overlay::Room(_))) => room::act(state, action),
        Context::Confirm => confirming::act(state, action),
        Context::Flight => confirming::under_way(state, action),
        Context::Read => {
            read(state, action);
            Vec::new()
        }
        Context::Leave if action == Action::Confirm => vec![Effect::Quit],
        Context::Leave => {
            state.overlay = None;
            Vec::new()
        }
    }
}

fn quit(state: &mut State) -> Vec<Effect> {
    let asks = state.options.settings.confirm.leave;
    if asks && state.flight.is_some() && !matches!(state.overlay, Some(Overlay::Leave)) {
        state.overlay = Some(Overlay::Leave);
        return Vec::new();
    }
    vec![Effect::Quit]
}

/// Scrolls or closes what is only read.
fn read(state: &mut State, action: Action) {
    let (columns, rows) = dialog_size(state.size);
    let lines = read_lines(state, columns).len();
    let page = rows as isize;
    let by = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::HalfUp => -(page / 2),
        Action::HalfDown => page / 2,
        Action::First => isize::MIN,
        Action::Last => lines as isize,
        _ => {
            state.overlay = None;
            return;
        }
    };
    let offset = match &mut state.overlay {
        Some(Overlay::Help(offset) | Overlay::Notices(offset) | Overlay::Note(.., offset)) => offset,
        Some(Overlay::Details(details)) => &mut details.offset,
        _ => return,
    };
    let last = lines.saturating_sub(rows);
    *offset = offset.saturating_add_signed(by).min(last);
}

/// The columns and rows of text in a dialog on a screen of `size`.
pub fn dialog_size((columns, rows): (u16, u16)) -> (usize, usize) {
    let columns = columns.saturating_sub(6).min(92);
    let rows = rows.saturating_sub(5);
    (columns as usize, rows as usize)
}

/// What a dialog that is only read says.
pub fn read_lines(state: &State, columns: usize) -> Vec<Line> {
    let lines = match &state.overlay {
        Some(Overlay::Help(_)) => overlay::help(&state.options.keymap, state.screen, state.class.is_some()),
        Some(Overlay::Notices(_)) => overlay::notices(state),
        Some(Overlay::Note(_, lines, _)) => lines.clone(),
        Some(Overlay::Details(details)) => details::lines(details, state),
        Some(Overlay::Leave) => overlay::leave(state),
        Some(
            Overlay::Confirm(_)
            | Overlay::Room(_)
            | Overlay::Plan(_)
            | Overlay::Adopt(_)
            | Overlay::Choose(_)
            | Overlay::Guess(_)
            | Overlay::Export(_),
        )
        | None => Vec::new(),
    };
    wrap(lines, columns)
}

/// Says gently that a key means nothing.
fn unknown(state: &mut State, key: &KeyEvent) -> Vec<Effect> {
    let what = match key.code {
        KeyCode::Char(c) => format!("'{}'", inert(c.encode_utf8(&mut [0; 4]))),
        other => other.to_string(),
    };
    let here = match (state.screen, state.focus) {
        (Screen::Home, Pane::Waiting) => "here".to_owned(),
        (Screen::Home, pane) => format!("in {}", pane.as_str()),
        (screen, _) => format!("in {}", screen.as_str()),
    };
    let help = state
        .options
        .keymap
        .hint(Context::Screen(state.screen), Action::Help);
    let help = help.map_or_else(String::new, |(_, key)| format!("; {key} shows all keys"));
    let text = format!("{what} does nothing {here}{help}");
    state.notices.tell(state.now, Level::Hint, text);
    Vec::new()
}
