//! What a person does on the Fixes screen, and when it is searched again.

use std::sync::Arc;

use crate::app::actions::Action;
use crate::app::effect::Effect;
use crate::app::fixes::{Asked, Fixes, detail, rows};
use crate::app::layout::{Area, Pane};
use crate::app::notices::Level;
use crate::app::screen::Screen;
use crate::app::state::State;
use crate::engine::study::{Finding, Study, StudyId};

/// How long after it was begun a search is begun again, where the decision changed.
const AGAIN_MILLIS: i128 = 2000;

/// Turns to the pod that is selected; coming from the nodes, to the node under the cursor, too.
pub(super) fn open(state: &mut State) {
    let Some(row) = state.pod() else {
        return;
    };
    let uid = Arc::clone(&row.pod.uid);
    let key = row.pod.key.clone();
    let node = match (state.screen, state.focus) {
        (Screen::Home, Pane::Nodes | Pane::Why) => state.node_name().cloned(),
        (Screen::Fixes, _) => state.fixes.node.clone(),
        _ => None,
    };
    let same = state.fixes.subject.as_ref().is_some_and(|(_, have)| *have == uid);
    if !same || node != state.fixes.node {
        state.fixes = Fixes {
            subject: Some((key, uid)),
            node,
            ..Fixes::default()
        };
    }
    state.fixes.called_off = false;
}

/// Does `action`.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let count = state.fixes.nearest().map_or(0, |nearest| nearest.remedies.len());
    let (list, _) = Fixes::parts(state.layout().body);
    let page = (Fixes::inside(list).height as isize - 1).max(1);
    let by = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::HalfUp => -(page / 2).max(1),
        Action::HalfDown => (page / 2).max(1),
        Action::First => isize::MIN / 2,
        Action::Last => isize::MAX / 2,
        Action::Open => {
            try_it(state);
            return Vec::new();
        }
        Action::Copy => {
            let commands = state.fixes.remedy().map(|remedy| {
                let all = remedy
                    .ways
                    .iter()
                    .flat_map(|way| way.commands.iter().map(String::as_str));
                all.collect::<Vec<_>>().join("\n")
            });
            return copied(state, commands);
        }
        Action::Back => return back(state),
        _ => return Vec::new(),
    };
    state.fixes.list.step(by, count);
    Vec::new()
}

/// Copies `commands`; says so where there are none.
pub(super) fn copied(state: &mut State, commands: Option<String>) -> Vec<Effect> {
    let Some(commands) = commands.filter(|commands| !commands.is_empty()) else {
        state
            .notices
            .tell(state.now, Level::Hint, "no command to copy here");
        return Vec::new();
    };
    let what = if commands.contains('\n') {
        format!("{} commands", commands.lines().count())
    } else {
        commands.clone()
    };
    state
        .notices
        .tell(state.now, Level::Hint, format!("copied {what}"));
    vec![Effect::Copy(commands)]
}

/// Takes a click.
pub(super) fn click(state: &mut State, (x, y): (u16, u16), double: bool, body: Area) -> Vec<Effect> {
    let rows = Fixes::inside(Fixes::parts(body).0);
    let count = state.fixes.nearest().map_or(0, |nearest| nearest.remedies.len());
    let at = state.fixes.list.offset + y.saturating_sub(rows.y) as usize;
    if rows.contains(x, y) && at < count {
        state.fixes.list.cursor = at;
        if double {
            try_it(state);
        }
    }
    Vec::new()
}

/// Takes the answer of study `id`; whether it was asked here.
pub(super) fn studied(state: &mut State, id: StudyId, finding: Option<&Arc<Finding>>) -> bool {
    if state.fixes.study() != Some(id) {
        return false;
    }
    match finding {
        Some(finding) => {
            state.fixes.found = Some(Arc::clone(finding));
            let count = state.fixes.nearest().map_or(0, |nearest| nearest.remedies.len());
            state.fixes.list.step(0, count);
        }
        // Nothing can be said yet: it is asked again.
        None => state.fixes.asked = None,
    }
    true
}

/// Searches where it was not yet, or where the decision on the pod is another; makes what is shown to measure.
pub(super) fn settle(state: &mut State, body: Area) -> Vec<Effect> {
    let effects = ask(state);
    let (list, below) = Fixes::parts(body);
    let inside = Fixes::inside(list);
    state.fixes.rows = rows(&state.fixes, inside.width as usize);
    state.fixes.detail = detail(&state.fixes, Fixes::inside(below).width as usize);
    let (cursor, count) = (state.fixes.list.cursor, state.fixes.rows.len());
    state.fixes.list.show(cursor, count, inside.height as usize);
    effects
}

fn ask(state: &mut State) -> Vec<Effect> {
    let Some((pod, uid)) = state.fixes.subject.clone() else {
        return Vec::new();
    };
    if state.fixes.called_off || !state.view.synced {
        return Vec::new();
    }
    let selected = state
        .view
        .selected
        .as_ref()
        .filter(|selected| selected.pod.uid == uid);
    let trace = selected.map(|selected| Arc::clone(&selected.trace));
    if let Some(asked) = &mut state.fixes.asked {
        if asked.trace.is_none() {
            asked.trace.clone_from(&trace);
        }
        let under_way = state.studies.progress(asked.id).is_some();
        let soon = state.now.duration_since(asked.at).as_millis() < AGAIN_MILLIS;
        let same = match (&asked.trace, &trace) {
            (Some(before), Some(now)) => Arc::ptr_eq(before, now),
            _ => true,
        };
        if under_way || soon || same {
            return Vec::new();
        }
    }
    let node = state.fixes.node.clone();
    let id = state.studies.begin();
    state.fixes.asked = Some(Asked {
        id,
        at: state.now,
        trace,
    });
    vec![Effect::Study(id, Study::Nearest(pod, node))]
}

/// Supposes the remedy under the cursor on the What-if screen.
fn try_it(state: &mut State) {
    let remedy = state.fixes.remedy().map(|remedy| remedy.suppositions.clone());
    let (Some(suppositions), Some((key, uid))) = (remedy, state.fixes.subject.clone()) else {
        state.notices.tell(state.now, Level::Hint, "nothing to try here");
        return;
    };
    state.what_if.turn_to(key, uid, Some(suppositions));
    state.show(Screen::WhatIf);
}

/// Esc: calls the first search off; else leaves.
fn back(state: &mut State) -> Vec<Effect> {
    let under_way = state
        .fixes
        .study()
        .filter(|&id| state.studies.progress(id).is_some());
    let Some(id) = under_way else {
        state.leave();
        return Vec::new();
    };
    state.studies.end(id);
    state.fixes.asked = None;
    if state.fixes.found.is_none() {
        state.fixes.called_off = true;
    } else {
        state.leave();
    }
    vec![Effect::Abandon(id)]
}
