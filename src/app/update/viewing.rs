//! What the engine and the connection bring.

use std::sync::Arc;

use super::covering;
use crate::app::banner;
use crate::app::confirm::Step;
use crate::app::effect::Effect;
use crate::app::figures::age;
use crate::app::link::{Link, OtherScheduler, Trust, some_of};
use crate::app::notices::Level;
use crate::app::overlay::Overlay;
use crate::app::state::State;
use crate::app::waiting_rows::WaitingRows;
use crate::engine::View;
use crate::model::PodKey;

/// Takes a newer view.
pub(super) fn view(state: &mut State, view: Arc<View>) -> Vec<Effect> {
    if view.revision < state.view.revision {
        return Vec::new();
    }
    let before = Arc::clone(&state.view.waiting);
    state.view = view;
    covering::veil(state);
    if !Arc::ptr_eq(&before, &state.view.waiting) {
        keep_selection(state);
    }
    refresh_dialog(state);
    Vec::new()
}

/// Takes the connection's latest, and tells when it breaks and when it is whole again.
pub(super) fn link(state: &mut State, link: Link) {
    let (was, is) = (state.link.trust(), link.trust());
    let mut tell = |level, text| state.notices.tell(state.now, level, text);
    match (&was, &is) {
        // Watches fall and come back one by one: the first says it all.
        (Trust::Stale { .. }, Trust::Stale { .. }) => {}
        (_, Trust::Stale { what, error, .. }) => {
            tell(Level::Warn, format!("{what} out of date: {error}"));
        }
        (Trust::Stale { what, since, .. }, Trust::Live { .. }) => {
            let text = format!("{what} up to date again after {}", age(*since, state.now));
            tell(Level::Good, text);
        }
        _ => {}
    }
    if let Trust::Live { unseen, .. } = is {
        let before = match was {
            Trust::Live { unseen, .. } => unseen,
            _ => 0,
        };
        let names: Vec<&str> = link.unseen().map(|(resource, _)| resource).collect();
        if unseen > before
            && let (Some(names), Some((_, error))) = (some_of(&names), link.unseen().next())
        {
            let text = format!("{names} not seen, so not judged by, where a pod calls for them: {error}");
            tell(Level::Warn, text);
        }
    }
    for other in &link.schedulers {
        let before = state.link.schedulers.iter().find(|had| had.name == other.name);
        let before = before.and_then(OtherScheduler::alive);
        let (name, evidence) = (other.called(), &other.evidence);
        match (before, other.alive()) {
            (None | Some(true), Some(false)) if banner::is_fallen(other, &state.view) => {
                tell(Level::Warn, format!("{name} does not schedule: {evidence}"));
            }
            (Some(false), Some(true)) => tell(Level::Info, format!("{name} schedules again: {evidence}")),
            _ => {}
        }
    }
    for other in &link.operators {
        if !state.link.operators.iter().any(|had| had.who == other.who) {
            tell(
                Level::Warn,
                format!("{} works on this cluster with berth, too", other.who),
            );
        }
    }
    for had in &state.link.operators {
        if !link.operators.iter().any(|other| other.who == had.who) {
            tell(Level::Info, format!("{} has left", had.who));
        }
    }
    state.link = link;
}

/// Forgets what was shown of another cluster.
pub(super) fn connected(state: &mut State) {
    let blank = State::new(state.options.clone(), state.size, state.now);
    let before = std::mem::replace(state, blank);
    state.notices = before.notices;
    state.placed = before.placed;
    state.studies = before.studies;
    state.class = before.class;
    if let Some(class) = &mut state.class {
        class.moves();
    }
    state.theme = before.theme;
    state.namespace = None;
}

/// Works out the rows anew, the cursor staying on its pod; where that is gone, it goes to the neighbour.
pub(super) fn keep_selection(state: &mut State) {
    let rows = WaitingRows::of(
        &state.view.waiting,
        state.namespace.as_deref(),
        &state.waiting.filter,
    );
    let pane = &mut state.waiting;
    let near = pane.scroll.cursor;
    let on_screen = near.saturating_sub(pane.scroll.offset);
    let follow_first = !pane.touched && !state.view.synced;
    let found = pane
        .chosen
        .as_ref()
        .filter(|_| !follow_first)
        .map(|(_, uid)| rows.position(uid, near));
    pane.rows = rows;
    match found {
        None => pane.scroll.cursor = 0,
        Some(Some(at)) => {
            pane.scroll.cursor = at;
            pane.scroll.offset = at.saturating_sub(on_screen);
        }
        Some(None) => {
            if let Some((key, uid)) = pane.chosen.clone() {
                tell_departure(state, &key, &uid);
            }
        }
    }
}

/// Says what became of the selected pod, which waits no longer.
fn tell_departure(state: &mut State, key: &PodKey, uid: &Arc<str>) {
    if state.view.waiting.iter().any(|row| row.pod.uid == *uid) {
        return;
    }
    let by_us = state.placed.iter().any(|placement| placement.uid == *uid)
        || state.flight.as_ref().is_some_and(|flight| flight.pod.uid == *uid);
    if by_us {
        return;
    }
    let bound = state
        .view
        .selected
        .as_ref()
        .filter(|selected| selected.pod.uid == *uid)
        .and_then(|selected| {
            Some((
                selected.pod.node_name.clone()?,
                Arc::clone(&selected.pod.spec.scheduler_name),
            ))
        });
    let again = state.view.waiting.iter().any(|row| row.pod.key == *key);
    let text = match bound {
        Some((node, scheduler)) => format!("{key} placed on {node} by {scheduler}"),
        None if again => format!("{key} was deleted and made again under its name"),
        None => format!("{key} waits no longer: placed by another, or deleted"),
    };
    state.notices.tell(state.now, Level::Info, text);
}

/// Brings the dialog that places up to date.
fn refresh_dialog(state: &mut State) {
    let Some(Overlay::Confirm(confirm)) = &mut state.overlay else {
        return;
    };
    if !matches!(confirm.step, Step::Asking) {
        return;
    }
    let node = state.view.node(&confirm.node);
    if let Some(node) = node {
        confirm.see(node);
    }
    if let Some(selected) = state
        .view
        .selected
        .as_ref()
        .filter(|s| s.pod.uid == confirm.pod.uid)
    {
        let newer =
            selected.judged > confirm.judged || selected.pod.resource_version != confirm.pod.resource_version;
        if newer {
            confirm.judged_again(selected);
        }
    }
    if !state
        .view
        .waiting
        .iter()
        .any(|row| row.pod.uid == confirm.pod.uid)
    {
        confirm.step = Step::Gone;
    }
}
