//! The mouse.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::{home, keys, screens};
use crate::app::actions::{Action, Context};
use crate::app::effect::Effect;
use crate::app::hints::{context, hints};
use crate::app::layout::Pane;
use crate::app::screen::Screen;
use crate::app::state::State;

const WHEEL_ROWS: isize = 3;
const DOUBLE_CLICK_MILLIS: i128 = 400;

/// Takes a mouse event.
pub(super) fn mouse(state: &mut State, event: MouseEvent) -> Vec<Effect> {
    let (x, y) = (event.column, event.row);
    match event.kind {
        MouseEventKind::ScrollUp => wheel(state, x, y, -WHEEL_ROWS),
        MouseEventKind::ScrollDown => wheel(state, x, y, WHEEL_ROWS),
        MouseEventKind::Down(MouseButton::Left) => click(state, x, y),
        _ => Vec::new(),
    }
}

fn wheel(state: &mut State, x: u16, y: u16, by: isize) -> Vec<Effect> {
    let context = context(state);
    if matches!(context, Context::Screen(_)) && screens::wheel(state, (x, y), by) {
        return Vec::new();
    }
    if context != Context::Screen(Screen::Home) {
        let action = if by < 0 { Action::Up } else { Action::Down };
        let scrolls = matches!(
            context,
            Context::Screen(_) | Context::Read | Context::Confirm | Context::Pick
        );
        let times = if scrolls { by.abs() } else { 0 };
        return (0..times)
            .flat_map(|_| keys::act(state, context, action))
            .collect();
    }
    let under = state.layout().panes().find(|(_, area)| area.contains(x, y));
    if let Some((pane, _)) = under {
        home::move_by(state, pane, by);
    }
    Vec::new()
}

fn click(state: &mut State, x: u16, y: u16) -> Vec<Effect> {
    let last = state.clicked.replace((state.now, x, y));
    let double = last.is_some_and(|(at, last_x, last_y)| {
        (last_x, last_y) == (x, y) && state.now.duration_since(at).as_millis() <= DOUBLE_CLICK_MILLIS
    });
    let context = context(state);
    if y == state.layout().hints.y {
        let hint = hints(state)
            .into_iter()
            .find(|hint| x >= hint.x && x < hint.x + hint.width);
        return match hint {
            Some(hint) => keys::act(state, context, hint.action),
            None => Vec::new(),
        };
    }
    match context {
        Context::Screen(Screen::Home) => {}
        Context::Screen(_) => return screens::click(state, (x, y), double),
        _ => return Vec::new(),
    }
    let layout = state.layout();
    if layout.wire.contains(x, y) {
        return keys::act(state, context, Action::Show(Screen::Wire));
    }
    let Some((pane, _)) = layout.panes().find(|(_, area)| area.inner().contains(x, y)) else {
        return Vec::new();
    };
    state.focus = pane;
    let rows = layout.rows(pane);
    if !rows.contains(x, y) {
        return Vec::new();
    }
    let row = (y - rows.y) as usize;
    let on_row = match pane {
        Pane::Waiting => {
            let at = state.waiting.scroll.offset + row;
            let there = at < state.waiting.rows.len();
            if there {
                state.waiting.touched = true;
                state.waiting.scroll.cursor = at;
            }
            there
        }
        Pane::Nodes if state.judging() => false,
        Pane::Nodes => match state.nodes.rows.nth_at(state.nodes.scroll.offset + row) {
            Some(nth) => {
                state.nodes.scroll.cursor = nth;
                home::choose_node(state);
                true
            }
            None => false,
        },
        Pane::Why | Pane::Cluster | Pane::Placed => false,
    };
    if double && on_row {
        state.clicked = None;
        return keys::act(state, context, Action::Open);
    }
    Vec::new()
}
