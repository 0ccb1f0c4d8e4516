//! Adopting the pods of another scheduler, and the ends of that.

use std::sync::Arc;

use super::plan;
use crate::app::actions::Action;
use crate::app::adopt::{Adopt, Answer};
use crate::app::banner;
use crate::app::effect::Effect;
use crate::app::link::{OtherScheduler, called};
use crate::app::notices::Level;
use crate::app::overlay::Overlay;
use crate::app::state::State;
use crate::placing::{Adoption, Outcome, Refusal};

/// Opens the dialog: for the scheduler of the selected pod, otherwise for the one that the banner tells of.
pub(super) fn open(state: &mut State) {
    let of_pod = state.pod().map(|row| &row.pod.spec.scheduler_name);
    let theirs = of_pod.filter(|name| !state.options.has(name));
    let adopted = || banner::next_to_end(state).map(|adoption| &adoption.scheduler);
    let told_of = || banner::subject(state).map(|other| &other.name);
    let name = theirs.or_else(adopted).or_else(told_of);
    let Some(name) = name.cloned() else {
        let text = "no pod of another scheduler waits here: there is nothing to adopt";
        state.notices.tell(state.now, Level::Hint, text);
        return;
    };
    if state.link.schedulers.is_empty() {
        let text = format!("nothing is known of {} yet, or this is a file", called(&name));
        state.notices.tell(state.now, Level::Hint, text);
        return;
    }
    let renews = state.adoption_of(&name).cloned();
    state.overlay = Some(Overlay::Adopt(Box::new(Adopt::open(name, renews))));
}

/// Does `action` in the dialog.
pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let now = state.now;
    let Some(Overlay::Adopt(dialog)) = &mut state.overlay else {
        return Vec::new();
    };
    match action {
        Action::Up => dialog.turn(1),
        Action::Down => dialog.turn(-1),
        Action::Back => state.overlay = None,
        Action::Confirm if dialog.guard.armed(now) => return confirmed(state),
        Action::Confirm => {
            let wake = dialog.guard.too_early(now).map(Effect::Wake);
            return wake.into_iter().collect();
        }
        _ => {}
    }
    Vec::new()
}

fn confirmed(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Adopt(dialog)) = &mut state.overlay else {
        return Vec::new();
    };
    let (answer, begun) = (dialog.answer(&state.link, state.now), dialog.renews.take());
    match (answer, begun) {
        (Answer::Stay, begun) => {
            dialog.renews = begun;
            Vec::new()
        }
        (Answer::End, Some(adoption)) => {
            state.overlay = None;
            end(state, &adoption, "ended by hand", Level::Info)
        }
        (Answer::End, None) => Vec::new(),
        (Answer::Adopt(adoption), begun) => {
            state.overlay = None;
            state.returned = None;
            let adoption = Arc::new(adoption);
            state.adoptions.retain(|one| one.scheduler != adoption.scheduler);
            state.adoptions.push(Arc::clone(&adoption));
            let name = called(&adoption.scheduler);
            let text = format!(
                "the pods of {name} are placed from here for now: {}",
                adoption.reason
            );
            state.notices.tell(state.now, Level::Info, text);
            // One that ended while the dialog was open begins anew.
            vec![if begun.is_some() {
                Effect::Renew(adoption)
            } else {
                Effect::Adopt(adoption)
            }]
        }
    }
}

/// Ends the adoptions of schedulers that are back, or were for a moment, as far as the latest of the connection tells.
pub(super) fn looked(state: &mut State) -> Vec<Effect> {
    let mut effects = Vec::new();
    for adoption in state.adoptions.clone() {
        let known = state.link.scheduler(&adoption.scheduler);
        let Some(known) = known.filter(|_| !adoption.race) else {
            continue;
        };
        let evidence = known.evidence.clone();
        if known.alive() == Some(true) {
            effects.extend(came_back(state, &adoption, &evidence));
        } else if renewed_since(known, &adoption) {
            let why = format!("it was at work meanwhile: {evidence}");
            effects.extend(end(state, &adoption, &why, Level::Warn));
        }
    }
    effects
}

/// Whether it was at work for a moment between two looks.
fn renewed_since(known: &OtherScheduler, adoption: &Adoption) -> bool {
    matches!((known.lease_seen, adoption.lease_seen), (Some(now), Some(then)) if now > then)
}

/// Ends the adoption under which a placement was refused since the scheduler is back.
pub(super) fn refused(state: &mut State, outcome: &Outcome) -> Vec<Effect> {
    let Outcome::Refused(refusal) = outcome else {
        return Vec::new();
    };
    let Refusal::SchedulerBack { scheduler, evidence } = refusal.cause() else {
        return Vec::new();
    };
    match state.adoption_of(scheduler).cloned() {
        Some(adoption) => came_back(state, &adoption, evidence),
        None => Vec::new(),
    }
}

fn came_back(state: &mut State, adoption: &Arc<Adoption>, evidence: &str) -> Vec<Effect> {
    state.returned = Some((Arc::clone(&adoption.scheduler), state.now));
    let why = format!("it is at work again: {evidence}");
    end(state, adoption, &why, Level::Warn)
}

/// Ends what has run out.
pub(super) fn tick(state: &mut State) -> Vec<Effect> {
    let over = state
        .adoptions
        .iter()
        .filter(|adoption| adoption.is_over(state.now));
    let over: Vec<Arc<Adoption>> = over.cloned().collect();
    let ends = over
        .iter()
        .flat_map(|adoption| end(state, adoption, "its time is over", Level::Warn));
    ends.collect()
}

/// The journal could not be written, so that nothing may be placed under it.
pub(super) fn failed(state: &mut State, id: &str, why: &str) -> Vec<Effect> {
    let Some(adoption) = state.adoptions.iter().find(|one| *one.id == *id).cloned() else {
        return Vec::new();
    };
    end(state, &adoption, why, Level::Error)
}

fn end(state: &mut State, adoption: &Arc<Adoption>, why: &str, level: Level) -> Vec<Effect> {
    state.adoptions.retain(|one| one.id != adoption.id);
    let name = called(&adoption.scheduler);
    let text = format!("the adoption of the pods of {name} is over: {why}");
    if let Some(Overlay::Confirm(confirm)) = &state.overlay
        && confirm.asks_under(adoption)
    {
        state.overlay = None;
    }
    plan::adoption_over(state, adoption, &text);
    state.notices.tell(state.now, level, text);
    vec![Effect::Release(Arc::clone(adoption), why.to_owned())]
}
