//! What a person does on the What-if screen, and when it is judged again.

use std::sync::Arc;

use tui_input::Input;

use crate::app::actions::Action;
use crate::app::effect::Effect;
use crate::app::history::History;
use crate::app::layout::Area;
use crate::app::notices::Level;
use crate::app::state::State;
use crate::app::what_if::{Asked, MadeOf, Parts, Typing, detail, offers, result, rows};
use crate::engine::study::{Finding, Study, StudyId};
use crate::scheduling::what_if::Supposition;

/// How long after it was asked a question is asked again, where the cluster changed.
const AGAIN_MILLIS: i128 = 1000;

/// Turns to the pod that is selected.
pub(super) fn open(state: &mut State) {
    let Some(row) = state.pod() else {
        return;
    };
    let (key, uid) = (row.pod.key.clone(), Arc::clone(&row.pod.uid));
    state.what_if.turn_to(key, uid, None);
}

/// Does `action`.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Up => step(state, -1),
        Action::Down => step(state, 1),
        Action::PageUp => step(state, -page(state)),
        Action::PageDown => step(state, page(state)),
        Action::HalfUp => step(state, -(page(state) / 2).max(1)),
        Action::HalfDown => step(state, (page(state) / 2).max(1)),
        Action::First => step(state, isize::MIN / 2),
        Action::Last => step(state, isize::MAX / 2),
        Action::NextPane | Action::PreviousPane => state.what_if.reading = !state.what_if.reading,
        Action::Add => type_line(state, None),
        Action::Open => {
            let at = state.what_if.list.cursor;
            let there = at < state.what_if.suppositions.len();
            type_line(state, there.then_some(at));
        }
        Action::Remove => remove(state),
        Action::Undo => go(state, History::undo, "nothing to undo here"),
        Action::Redo => go(state, History::redo, "nothing to do again here"),
        Action::Copy => return copy(state),
        Action::Back => return back(state),
        _ => {}
    }
    Vec::new()
}

/// Does `action` while a line is typed.
pub(super) fn line(state: &mut State, action: Action) -> Vec<Effect> {
    let Some(typing) = &mut state.what_if.typing else {
        return Vec::new();
    };
    match action {
        Action::Up => typing.step(-1),
        Action::Down => typing.step(1),
        Action::Complete => {
            typing.take_over();
            typed(state);
        }
        // What is under the cursor is meant; where it is to be typed on, the line stays open.
        Action::Confirm if typing.cursor.is_some() && typing.take_over() => {
            let whole = !typing.input.value().ends_with(' ');
            typed(state);
            if whole {
                suppose(state);
            }
        }
        Action::Confirm => suppose(state),
        _ => state.what_if.typing = None,
    }
    Vec::new()
}

/// Works out anew what the line may become: something was typed.
pub(super) fn typed(state: &mut State) {
    let Some(typing) = &state.what_if.typing else {
        return;
    };
    let offers = offers(state, typing.input.value());
    if let Some(typing) = &mut state.what_if.typing {
        typing.offers = offers;
        typing.cursor = None;
        typing.error = None;
    }
}

/// Takes a click.
pub(super) fn click(state: &mut State, (x, y): (u16, u16), double: bool, body: Area) -> Vec<Effect> {
    let parts = Parts::of(body, &state.what_if);
    if parts.result.contains(x, y) {
        state.what_if.reading = true;
    } else if parts.list.contains(x, y) {
        state.what_if.reading = false;
        if parts.rows.contains(x, y) {
            let at = state.what_if.list.offset + (y - parts.rows.y) as usize;
            state.what_if.list.cursor = at.min(state.what_if.suppositions.len().saturating_sub(1));
            if double {
                return act(state, Action::Open);
            }
        }
    }
    Vec::new()
}

/// Takes the answer of study `id`; whether it was asked here.
pub(super) fn studied(state: &mut State, id: StudyId, finding: Option<&Arc<Finding>>) -> bool {
    if state.what_if.study() != Some(id) {
        return false;
    }
    match finding {
        Some(finding) => {
            state.what_if.found = Some(Arc::clone(finding));
            // What was typed meanwhile may have more names to choose from now.
            if state
                .what_if
                .typing
                .as_ref()
                .is_some_and(|typing| typing.cursor.is_none())
            {
                let error = state
                    .what_if
                    .typing
                    .as_mut()
                    .and_then(|typing| typing.error.take());
                typed(state);
                if let Some(typing) = &mut state.what_if.typing {
                    typing.error = error;
                }
            }
        }
        // Nothing can be said yet: it is asked again.
        None => state.what_if.asked = None,
    }
    true
}

/// Asks where something else is supposed than was asked, or where the cluster changed since; makes what is shown to measure.
pub(super) fn settle(state: &mut State, body: Area) -> Vec<Effect> {
    let effects = ask(state);
    let parts = Parts::of(body, &state.what_if);
    let inside = parts.result_inside();
    let what_if = &mut state.what_if;
    let made_of = MadeOf {
        found: what_if.found.clone(),
        suppositions: what_if.suppositions.clone(),
        cursor: what_if.list.cursor,
        called_off: what_if.called_off,
        columns: (parts.rows.width as usize, inside.width as usize),
    };
    if what_if.made_of.as_ref() != Some(&made_of) {
        let (list_columns, result_columns) = made_of.columns;
        what_if.rows = rows(what_if, list_columns);
        what_if.detail = detail(what_if, list_columns);
        what_if.result = result(what_if, result_columns);
        what_if.made_of = Some(made_of);
    }
    let last = what_if.result.len().saturating_sub(inside.height as usize);
    what_if.offset = what_if.offset.min(last);
    let (cursor, count) = (what_if.list.cursor, what_if.suppositions.len());
    what_if.list.show(cursor, count, parts.rows.height as usize);
    effects
}

fn ask(state: &mut State) -> Vec<Effect> {
    let Some((pod, _)) = &state.what_if.subject else {
        return Vec::new();
    };
    if state.what_if.called_off || !state.view.synced {
        return Vec::new();
    }
    let pod = pod.clone();
    let suppositions = state.what_if.suppositions.clone();
    let mut effects = Vec::new();
    if let Some(asked) = &state.what_if.asked {
        let under_way = state.studies.progress(asked.id).is_some();
        let same = asked.suppositions == suppositions;
        let soon = state.now.duration_since(asked.at).as_millis() < AGAIN_MILLIS;
        let unchanged = asked.revision == state.view.revision;
        if same && (under_way || soon || unchanged) {
            return effects;
        }
        if under_way {
            let id = asked.id;
            state.studies.end(id);
            effects.push(Effect::Abandon(id));
        }
    }
    let id = state.studies.begin();
    state.what_if.asked = Some(Asked {
        id,
        at: state.now,
        revision: state.view.revision,
        suppositions: suppositions.clone(),
    });
    effects.push(Effect::Study(id, Study::WhatIf(pod, suppositions)));
    effects
}

/// Esc: calls off what is being judged for what was just supposed; else leaves.
fn back(state: &mut State) -> Vec<Effect> {
    let under_way = state
        .what_if
        .study()
        .filter(|&id| state.studies.progress(id).is_some());
    if let Some(id) = under_way.filter(|_| state.what_if.is_behind()) {
        state.studies.end(id);
        state.what_if.called_off = true;
        state.what_if.asked = None;
        return vec![Effect::Abandon(id)];
    }
    if state.what_if.reading {
        state.what_if.reading = false;
        return Vec::new();
    }
    state.leave();
    // What is judged again in the background has nobody to look at it.
    let Some(id) = under_way else {
        return Vec::new();
    };
    state.studies.end(id);
    state.what_if.asked = None;
    vec![Effect::Abandon(id)]
}

fn page(state: &State) -> isize {
    let parts = Parts::of(state.layout().body, &state.what_if);
    let height = if state.what_if.reading {
        parts.result_inside().height
    } else {
        parts.rows.height
    };
    (height as isize - 1).max(1)
}

fn step(state: &mut State, by: isize) {
    let what_if = &mut state.what_if;
    if what_if.reading {
        what_if.offset = what_if.offset.saturating_add_signed(by);
    } else {
        what_if.list.step(by, what_if.suppositions.len());
    }
}

fn type_line(state: &mut State, replaces: Option<usize>) {
    if state.what_if.subject.is_none() {
        state
            .notices
            .tell(state.now, Level::Hint, "choose a pod that waits first");
        return;
    }
    let line = replaces.and_then(|at| state.what_if.suppositions.get(at));
    let line = line.map(ToString::to_string).unwrap_or_default();
    state.what_if.reading = false;
    state.what_if.typing = Some(Typing {
        input: Input::new(line),
        replaces,
        ..Typing::default()
    });
    typed(state);
}

/// Supposes what was typed; where it is no supposition, it stays to be typed on.
fn suppose(state: &mut State) {
    let (Some(typing), Some((pod, _))) = (&mut state.what_if.typing, &state.what_if.subject) else {
        return;
    };
    match Supposition::parse(typing.input.value(), &pod.namespace) {
        Ok(supposition) => {
            let replaces = typing.replaces;
            let mut all = state.what_if.suppositions.clone();
            let at = match replaces.filter(|&at| at < all.len()) {
                Some(at) => {
                    all.splice(at..=at, [supposition]);
                    at
                }
                None => {
                    all.push(supposition);
                    all.len() - 1
                }
            };
            state.what_if.typing = None;
            state.what_if.change(all);
            state.what_if.list.cursor = at;
        }
        Err(error) => typing.error = Some(error),
    }
}

fn remove(state: &mut State) {
    let at = state.what_if.list.cursor;
    let mut all = state.what_if.suppositions.clone();
    if at >= all.len() {
        state
            .notices
            .tell(state.now, Level::Hint, "nothing is supposed yet");
        return;
    }
    all.remove(at);
    state.what_if.change(all);
}

type Step = fn(&mut History<Vec<Supposition>>, Vec<Supposition>) -> Option<Vec<Supposition>>;

fn go(state: &mut State, step: Step, none: &'static str) {
    let now = state.what_if.suppositions.clone();
    match step(&mut state.what_if.history, now) {
        Some(suppositions) => {
            state.what_if.suppositions = suppositions;
            state.what_if.changed();
        }
        None => state.notices.tell(state.now, Level::Hint, none),
    }
}

fn copy(state: &mut State) -> Vec<Effect> {
    let what_if = &state.what_if;
    let answer = what_if.answer().filter(|_| !what_if.is_behind());
    let way = answer.and_then(|answer| answer.ways.get(what_if.list.cursor));
    super::fixes::copied(state, way.map(|way| way.commands.join("\n")))
}
