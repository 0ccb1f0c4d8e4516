//! Typing: filters, what is looked for in a list, the reason.

use crossterm::event::{Event, KeyEvent};
use tui_input::backend::crossterm::EventHandler;
use tui_input::{Input, InputRequest};

use super::{home, matrix, plan, viewing, what_if, wire};
use crate::app::actions::Action;
use crate::app::confirm::Step;
use crate::app::effect::Effect;
use crate::app::layout::Pane;
use crate::app::overlay::Overlay;
use crate::app::room;
use crate::app::screen::Screen;
use crate::app::state::{FilterTarget, State};

/// A key that is no action goes into the text.
pub(super) fn typed(state: &mut State, key: &KeyEvent) -> Vec<Effect> {
    edit(state, |input| {
        input
            .handle_event(&Event::Key(*key))
            .is_some_and(|changed| changed.value)
    });
    Vec::new()
}

/// Pasted text goes into the text, on one line; elsewhere it is ignored, so that it is never taken for keys.
pub(super) fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    edit(state, |input| {
        for c in text.trim().chars() {
            let c = if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c };
            input.handle(InputRequest::InsertChar(c));
        }
        true
    });
    Vec::new()
}

fn edit(state: &mut State, change: impl FnOnce(&mut Input) -> bool) {
    match (&mut state.overlay, &mut state.filtering) {
        (Some(Overlay::Confirm(confirm)), _) => {
            let asking = matches!(confirm.step, Step::Asking);
            if asking && change(confirm.input()) {
                confirm.typed();
            }
        }
        (Some(Overlay::Room(dialog)), _) => {
            let asking = matches!(dialog.step, room::Step::Asking);
            if asking && change(dialog.input()) {
                dialog.typed();
            }
        }
        (Some(Overlay::Plan(dialog)), _) => {
            let changed = change(&mut dialog.input);
            if changed {
                plan::typed(dialog);
            }
        }
        (Some(Overlay::Adopt(dialog)), _) => {
            let changed = change(dialog.input());
            if changed {
                dialog.typed();
            }
        }
        (Some(Overlay::Choose(chooser)), _) => {
            let changed = change(&mut chooser.input);
            if changed {
                chooser.typed();
            }
        }
        (Some(Overlay::Guess(guessing)), _) => {
            change(&mut guessing.input);
            guessing.error = None;
        }
        (Some(Overlay::Export(export)), _) => {
            let changed = change(&mut export.input);
            if changed {
                export.edited();
            }
        }
        (None, Some(filtering)) => {
            change(&mut filtering.input);
            let (target, text) = (filtering.target, filtering.input.value().to_owned());
            apply(state, target, text);
        }
        (None, None) => {
            let typing = state.what_if.typing.as_mut();
            if state.screen == Screen::WhatIf && typing.is_some_and(|typing| change(&mut typing.input)) {
                what_if::typed(state);
            }
        }
        _ => {}
    }
}

/// Does `action` while a filter is typed.
pub(super) fn filter(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(target) = state.filtering.as_ref().map(|filtering| filtering.target) else {
        return Vec::new();
    };
    match action {
        Action::Up => step(state, target, -1),
        Action::Down => step(state, target, 1),
        Action::Confirm => state.filtering = None,
        _ => {
            state.filtering = None;
            apply(state, target, String::new());
        }
    }
    Vec::new()
}

/// Moves the cursor in what is filtered.
fn step(state: &mut State, target: FilterTarget, by: isize) {
    match target {
        FilterTarget::Waiting => home::move_by(state, Pane::Waiting, by),
        FilterTarget::Nodes => home::move_by(state, Pane::Nodes, by),
        FilterTarget::Plan => plan::move_by(state, by),
        FilterTarget::Matrix => matrix::move_by(state, by),
        FilterTarget::Wire => wire::move_by(state, by),
    }
}

fn apply(state: &mut State, target: FilterTarget, text: String) {
    match target {
        FilterTarget::Nodes => state.nodes.filter = text,
        FilterTarget::Plan => state.plan.filter = text,
        FilterTarget::Matrix => state.matrix.filter = text,
        FilterTarget::Wire => state.wire.filter = text,
        FilterTarget::Waiting => {
            state.waiting.filter = text;
            viewing::keep_selection(state);
        }
    }
}
