//! What a person does on the home screen.

use std::sync::Arc;

use super::{choosing, confirming, room};
use crate::app::actions::Action;
use crate::app::copying;
use crate::app::effect::Effect;
use crate::app::history::History;
use crate::app::layout::Pane;
use crate::app::notices::Level;
use crate::app::state::{Choices, FilterTarget, Filtering, State};

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
        Action::Place => return confirming::place(state),
        Action::MakeRoom => return room::ask(state),
        Action::OtherNode => other_node(state),
        Action::BestNode => best_node(state),
        Action::Filter => filter(state),
        Action::Copy => return copy(state),
        Action::Back => back(state),
        Action::Mark => mark(state),
        Action::Aspect => state.cluster.aspect = state.cluster.aspect.next(),
        Action::Undo => undo(state, History::undo, "nothing to undo here"),
        Action::Redo => undo(state, History::redo, "nothing to do again here"),
        _ => {}
    }
    Vec::new()
}

/// Enter: on one pane at a time, a pod's nodes first; else the dialog that places.
fn open(state: &mut State) {
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
    let (pane, target, text) = match state.focus {
        Pane::Nodes | Pane::Why => (Pane::Nodes, FilterTarget::Nodes, &state.nodes.filter),
        Pane::Waiting | Pane::Cluster | Pane::Placed => {
            (Pane::Waiting, FilterTarget::Waiting, &state.waiting.filter)
        }
    };
    state.filtering = Some(Filtering {
        target,
        input: text.clone().into(),
    });
    state.focus = pane;
    choosing(state);
}

/// Remembers what is chosen, which is about to be changed.
pub(super) fn choosing(state: &mut State) {
    let now = chosen(state);
    state.choices.changing(now);
}

fn chosen(state: &State) -> Choices {
    Choices {
        namespace: state.namespace.clone(),
        waiting_filter: state.waiting.filter.clone(),
        nodes_filter: state.nodes.filter.clone(),
        marks: state.marks.clone(),
    }
}

/// Goes a step through what was chosen.
fn undo(state: &mut State, step: fn(&mut History<Choices>, Choices) -> Option<Choices>, none: &'static str) {
    let now = chosen(state);
    // A filter that was opened and left as it was is no step.
    let mut found = step(&mut state.choices, now.clone());
    while found.as_ref() == Some(&now) {
        found = step(&mut state.choices, now.clone());
    }
    let Some(to) = found else {
        state.notices.tell(state.now, Level::Hint, none);
        return;
    };
    state.namespace = to.namespace;
    state.waiting.filter = to.waiting_filter;
    state.nodes.filter = to.nodes_filter;
    state.marks = to.marks;
    super::viewing::keep_selection(state);
}

/// Marks the pod under the cursor, or takes the mark off, and goes on to the next.
fn mark(state: &mut State) {
    let Some(row) = state.pod() else {
        return;
    };
    let (uid, key) = (Arc::clone(&row.pod.uid), row.pod.key.clone());
    choosing(state);
    if state.marks.remove(&uid).is_none() {
        state.marks.insert(uid, key);
    }
    move_by(state, Pane::Waiting, 1);
}

fn back(state: &mut State) {
    match state.focus {
        Pane::Waiting if !state.waiting.filter.is_empty() => {
            choosing(state);
            state.waiting.filter.clear();
            super::viewing::keep_selection(state);
        }
        Pane::Nodes if !state.nodes.filter.is_empty() => {
            choosing(state);
            state.nodes.filter.clear();
        }
        Pane::Why => state.focus = Pane::Nodes,
        Pane::Nodes | Pane::Cluster | Pane::Placed => state.focus = Pane::Waiting,
        Pane::Waiting => state.notices.clear(),
    }
}

fn copy(state: &mut State) -> Vec<Effect> {
    let text = match state.focus {
        Pane::Waiting | Pane::Cluster => state.pod().map(|row| row.pod.key.to_string()),
        Pane::Nodes => state.node_name().map(ToString::to_string),
        Pane::Why => copying::why(state),
        Pane::Placed => state.placed.last().map(|placement| placement.text.clone()),
    };
    let Some(text) = text else {
        state.notices.tell(state.now, Level::Hint, "nothing to copy here");
        return Vec::new();
    };
    let what = if text.contains('\n') {
        "what Why says".to_owned()
    } else {
        text.clone()
    };
    choosing::copy(state, text, &what)
}
