//! What a person does on the home screen.

use std::sync::Arc;

use super::confirming;
use crate::app::actions::Action;
use crate::app::effect::Effect;
use crate::app::layout::Pane;
use crate::app::notices::Level;
use crate::app::overlay::{Overlay, Picker};
use crate::app::state::{Filtering, State};

/// Does `action`.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Up => move_by(state, state.focus, -1),
        Action::Down => move_by(state, state.focus, 1),
        Action::PageUp => move_by(state, state.focus, -page(state)),
        Action::PageDown => move_by(state, state.focus, page(state)),
        Action::HalfUp => move_by(state, state.focus, -(page(state) / 2).max(1)),
        Action::HalfDown => move_by(state, state.focus, (page(state) / 2).max(1)),
        Action::First => move_by(state, state.focus, isize::MIN / 2),
        Action::Last => move_by(state, state.focus, isize::MAX / 2),
        Action::NextPane => state.focus = state.focus.step(1),
        Action::PreviousPane => state.focus = state.focus.step(-1),
        Action::Open => open(state),
        Action::Place => confirming::ask(state),
        Action::OtherNode => other_node(state),
        Action::BestNode => best_node(state),
        Action::Filter => filter(state),
        Action::Namespace => state.overlay = Some(Overlay::Namespaces(Picker::default())),
        Action::Copy => return copy(state),
        Action::Notices => state.overlay = Some(Overlay::Notices(0)),
        Action::Help => state.overlay = Some(Overlay::Help(0)),
        Action::Back => back(state),
        Action::Confirm | Action::Quit => {}
    }
    Vec::new()
}

/// Enter: on one pane at a time, a pod's nodes first; else the dialog that places.
pub(super) fn open(state: &mut State) {
    match state.focus {
        Pane::Waiting if state.layout().single() => state.focus = Pane::Nodes,
        Pane::Waiting | Pane::Nodes | Pane::Why => confirming::ask(state),
        Pane::Cluster | Pane::Placed => {}
    }
}

/// Moves the cursor of `pane`, or scrolls it, by `by` rows.
pub(super) fn move_by(state: &mut State, pane: Pane, by: isize) {
    let height = state.layout().rows(pane).height as usize;
    match pane {
        Pane::Waiting => {
            state.waiting.touched = true;
            let rows = state.waiting.rows.len();
            state.waiting.scroll.step(by, rows);
        }
        // The rows on the screen are those of another pod: no node of theirs may be chosen for this one.
        Pane::Nodes if state.judging() => state.nodes.steps = state.nodes.steps.saturating_add(by),
        Pane::Nodes => {
            let count = state.nodes.rows.nodes();
            state.nodes.scroll.step(by, count);
            choose_node(state);
        }
        Pane::Why => {
            let last = state.why.lines.len().saturating_sub(height);
            state.why.offset = state.why.offset.saturating_add_signed(by).min(last);
        }
        Pane::Placed => {
            let last = state.placed.len().saturating_sub(height);
            state.placed_offset = state.placed_offset.saturating_add_signed(by).min(last);
        }
        Pane::Cluster => {}
    }
}

/// Keeps to the node under the cursor from now on.
pub(super) fn choose_node(state: &mut State) {
    state.nodes.chosen = state.node_name().map(Arc::clone);
}

fn page(state: &State) -> isize {
    (state.layout().rows(state.focus).height as isize - 1).max(1)
}

fn other_node(state: &mut State) {
    if !state.judging() && state.nodes.rows.nodes() < 2 {
        state
            .notices
            .tell(state.now, Level::Hint, "there is no other node");
        return;
    }
    state.focus = Pane::Nodes;
    move_by(state, Pane::Nodes, 1);
}

fn best_node(state: &mut State) {
    state.nodes.chosen = None;
    state.nodes.steps = 0;
    state.nodes.scroll = crate::app::scroll::Scroll::default();
}

fn filter(state: &mut State) {
    let pane = match state.focus {
        Pane::Nodes | Pane::Why => Pane::Nodes,
        Pane::Waiting | Pane::Cluster | Pane::Placed => Pane::Waiting,
    };
    state.focus = pane;
    let text = match pane {
        Pane::Nodes => &state.nodes.filter,
        _ => &state.waiting.filter,
    };
    state.filtering = Some(Filtering {
        pane,
        input: text.clone().into(),
    });
}

fn back(state: &mut State) {
    match state.focus {
        Pane::Waiting if !state.waiting.filter.is_empty() => {
            state.waiting.filter.clear();
            super::viewing::keep_selection(state);
        }
        Pane::Nodes if !state.nodes.filter.is_empty() => state.nodes.filter.clear(),
        Pane::Why => state.focus = Pane::Nodes,
        Pane::Nodes | Pane::Cluster | Pane::Placed => state.focus = Pane::Waiting,
        Pane::Waiting => state.notices.clear(),
    }
}

fn copy(state: &mut State) -> Vec<Effect> {
    let text = match state.focus {
        Pane::Waiting | Pane::Cluster => state.pod().map(|row| row.pod.key.to_string()),
        Pane::Nodes => state.node_name().map(ToString::to_string),
        Pane::Why => {
            let lines: Vec<String> = state
                .why
                .lines
                .iter()
                .map(|line| line.text().trim_end().replace('\u{a0}', " "))
                .collect();
            (!lines.is_empty()).then(|| lines.join("\n"))
        }
        Pane::Placed => state.placed.last().map(|placement| placement.text.clone()),
    };
    let Some(text) = text else {
        state.notices.tell(state.now, Level::Hint, "nothing to copy here");
        return Vec::new();
    };
    let what = if text.contains('\n') {
        "what Why says"
    } else {
        &text
    };
    state
        .notices
        .tell(state.now, Level::Hint, format!("copied {what}"));
    vec![Effect::Copy(text)]
}
