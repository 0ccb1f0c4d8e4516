//! Choosing the node that a pod is to go to.

use std::sync::Arc;

use super::editing;
use crate::app::chooser::{Choice, Chooser, Item};
use crate::app::effect::Effect;
use crate::app::notices::Level;
use crate::app::screen::Screen;
use crate::app::state::State;
use crate::app::update::choosing;
use crate::engine::study::{Study, StudyId};
use crate::model::PodKey;
use crate::scheduling::plan::Candidate;

/// Has the nodes worked out that fit the pod under the cursor, by then in the plan.
pub(super) fn open(state: &mut State) -> Vec<Effect> {
    if editing::refused(state) {
        return Vec::new();
    }
    let Some(row) = state.plan.row().filter(|row| row.order > 0) else {
        let text = "this pod is not to be placed: there is nothing to pin";
        state.notices.tell(state.now, Level::Hint, text);
        return Vec::new();
    };
    let Some(planned) = &state.plan.planned else {
        return Vec::new();
    };
    let pod = row.pod.key.clone();
    let rows = planned.plan.rows.iter().take_while(|have| have.pod.key != pod);
    let before: Vec<(PodKey, Arc<str>)> = rows
        .filter_map(|row| Some((row.pod.key.clone(), Arc::clone(&row.placement()?.node))))
        .collect();
    let study = state.studies.begin();
    state.plan.pinning = Some((study, pod.clone()));
    vec![Effect::Study(study, Study::Candidates { before, pod })]
}

/// The nodes have come: opens the list, unless the person went on to something else.
pub(in crate::app::update) fn candidates(state: &mut State, id: StudyId, nodes: &[Candidate]) {
    let Some((_, pod)) = state.plan.pinning.take_if(|(study, _)| *study == id) else {
        return;
    };
    if state.screen != Screen::Plan || state.overlay.is_some() || state.filtering.is_some() {
        return;
    }
    let asked = state.plan.asked.as_ref();
    let pinned = asked.and_then(|asked| asked.request.pins.get(&pod));
    let now = planned_node(state, &pod);
    let free = pinned.map(|_| {
        Item::new(
            "no pin: wherever the profile says",
            false,
            Choice::Pin(pod.clone(), None),
        )
    });
    let each = nodes.iter().map(|candidate| {
        let current = now.as_ref() == Some(&candidate.node);
        let star = if candidate.best { "★ " } else { "" };
        let total = candidate
            .total
            .map_or_else(String::new, |total| total.to_string());
        Item {
            aside: format!("{star}{total}"),
            ..Item::new(
                &*candidate.node,
                current,
                Choice::Pin(pod.clone(), Some(Arc::clone(&candidate.node))),
            )
        }
    });
    let items = free.into_iter().chain(each).collect();
    choosing::open(
        state,
        Chooser::new("Pin to a node that fits", "No node fits this pod by then", items),
    );
}

fn planned_node(state: &State, pod: &PodKey) -> Option<Arc<str>> {
    let rows = &state.plan.planned.as_ref()?.plan.rows;
    let row = rows.iter().find(|row| row.pod.key == *pod)?;
    Some(Arc::clone(&row.placement()?.node))
}

/// Has the pod go to this node; wherever the profile says where there is none.
pub(in crate::app::update) fn pin(state: &mut State, pod: PodKey, node: Option<Arc<str>>) -> Vec<Effect> {
    editing::change(state, |asked| {
        match node {
            Some(node) => asked.request.pins.insert(pod, node),
            None => asked.request.pins.remove(&pod),
        };
    })
}
