//! How messages change the state.

mod adopting;
mod choosing;
mod compare;
mod confirming;
mod connecting;
mod covering;
mod cycle;
mod details;
mod early;
mod exporting;
mod filtering;
mod fixes;
mod home;
mod keys;
mod lesson;
mod matrix;
mod mouse;
mod placing;
mod plan;
mod room;
mod screens;
mod settle;
mod viewing;
mod what_if;
mod wire;

pub use keys::{dialog_size, read_lines};

use std::sync::Arc;

use jiff::Timestamp;

use super::effect::Effect;
use super::msg::Msg;
use super::overlay::Overlay;
use super::state::State;
use crate::engine::study::{Finding, StudyId};

/// Changes `state` as `msg` says, at `now`, and gives what the world has to do.
pub fn update(state: &mut State, msg: Msg, now: Timestamp) -> Vec<Effect> {
    state.now = now;
    let mut effects = match msg {
        Msg::Key(key) => keys::key(state, &key),
        Msg::Mouse(event) => mouse::mouse(state, event),
        Msg::Paste(text) => filtering::paste(state, &text),
        Msg::Resize(columns, rows) => {
            state.size = (columns, rows);
            Vec::new()
        }
        Msg::View(view) => viewing::view(state, view),
        Msg::Link(link) => {
            viewing::link(state, link);
            adopting::looked(state)
        }
        Msg::Connecting(step) => {
            connecting::reached(state, step);
            Vec::new()
        }
        Msg::Connected => {
            viewing::connected(state);
            Vec::new()
        }
        Msg::NotConnected(why) => {
            connecting::failed(state, &why);
            Vec::new()
        }
        Msg::Tick => {
            state.notices.expire(now);
            let mut effects = adopting::tick(state);
            effects.extend(cycle::tick(state));
            effects
        }
        Msg::Drawn => drawn(state),
        Msg::Placing(reached) => {
            placing::reached(state, reached);
            Vec::new()
        }
        Msg::Placed(outcome) => {
            let effects = adopting::refused(state, &outcome);
            placing::over(state, outcome);
            effects
        }
        Msg::NotAdopted(id, why) => adopting::failed(state, &id, &why),
        Msg::Surveyed(pod, node, surveyed) => {
            room::surveyed(state, &pod, &node, surveyed);
            Vec::new()
        }
        Msg::Preempted(preempted) => room::over(state, preempted),
        Msg::Studying(id, progress) => {
            state.studies.reached(id, progress);
            Vec::new()
        }
        Msg::Studied(id, finding) => studied(state, id, finding.as_ref()),
        Msg::Exported(path, written) => {
            exporting::written(state, &path, written);
            Vec::new()
        }
        Msg::Manifest(subject, read) => {
            state.manifests.arrived(&subject, read);
            Vec::new()
        }
        Msg::Owners(pod, makers) => {
            details::found(state, &pod, makers);
            Vec::new()
        }
        Msg::Wire(exchanges) => {
            wire::heard(state, exchanges);
            Vec::new()
        }
        Msg::Lesson(told) => {
            lesson::told(state, told);
            Vec::new()
        }
        Msg::Notice(level, text) => {
            state.notices.tell(now, level, text);
            Vec::new()
        }
    };
    effects.extend(settle::settle(state));
    effects.extend(early::take(state));
    effects
}

fn drawn(state: &mut State) -> Vec<Effect> {
    match &mut state.overlay {
        Some(Overlay::Confirm(confirm)) => confirm.drawn(state.now).map(Effect::Wake).into_iter().collect(),
        Some(Overlay::Adopt(dialog)) => dialog
            .guard
            .drawn(state.now)
            .map(Effect::Wake)
            .into_iter()
            .collect(),
        Some(Overlay::Plan(dialog)) => dialog
            .guard
            .drawn(state.now)
            .map(Effect::Wake)
            .into_iter()
            .collect(),
        Some(Overlay::Room(dialog)) => dialog
            .guard
            .drawn(state.now)
            .map(Effect::Wake)
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// Hands a study's answer to who asked.
fn studied(state: &mut State, id: StudyId, finding: Option<&Arc<Finding>>) -> Vec<Effect> {
    if !state.studies.end(id) {
        return Vec::new();
    }
    if what_if::studied(state, id, finding)
        || fixes::studied(state, id, finding)
        || lesson::studied(state, id, finding)
    {
        return Vec::new();
    }
    match finding.map(|finding| &**finding) {
        None => plan::planned(state, id, None),
        Some(Finding::Plan(planned)) => plan::planned(state, id, Some(Arc::clone(planned))),
        Some(Finding::Candidates(nodes)) => plan::candidates(state, id, nodes),
        Some(Finding::WhatIf(_) | Finding::Nearest(_) | Finding::Gone(_) | Finding::Answers(_)) => {}
    }
    Vec::new()
}
