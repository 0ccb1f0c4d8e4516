//! Carrying a plan out: one placement after the other, each as single ones go.

use std::sync::Arc;

use crate::app::aftermath::brief;
use crate::app::effect::Effect;
use crate::app::link::Trust;
use crate::app::notices::Level;
use crate::app::plan::{Done, Stage, Stop};
use crate::app::state::{Errand, Flight, Mark, Placement, State};
use crate::model::Pod;
use crate::placing::{self, Adoption, Intent, Outcome, Verdict};

/// Begins the next placement, if it is time for it.
///
/// The one before has to have come back by the watches: what comes after is judged with it.
pub(in crate::app::update) fn advance(state: &mut State) -> Vec<Effect> {
    if !state.plan.run.is_running() || state.flight.is_some() {
        return Vec::new();
    }
    if let Trust::Stale { what, error, .. } = state.link.trust() {
        let text = format!("{what} out of date, so nothing can be judged: {error}");
        stop(state, None, text);
        return Vec::new();
    }
    let run = &mut state.plan.run;
    if let Some(uid) = &run.settling {
        if state.view.waiting.iter().any(|row| row.pod.uid == *uid) {
            return Vec::new();
        }
        run.settling = None;
    }
    let Some((pod, intent)) = next(state) else {
        finish(state);
        return Vec::new();
    };
    let run = &mut state.plan.run;
    if let Some(wait) = run.wait(state.now) {
        let woken = std::mem::replace(&mut run.wakes, true);
        return if woken {
            Vec::new()
        } else {
            vec![Effect::Wake(wait)]
        };
    }
    run.wakes = false;
    run.again = None;
    run.next = state.now.checked_add(run.interval()).ok();
    if run.follows {
        state.plan.chosen = Some(Arc::clone(&pod.uid));
    }
    state.flight = Some(Flight {
        node: Arc::clone(&intent.node),
        pod,
        stage: placing::Stage::Checking,
        taken_back: false,
        errand: Errand::Plan(intent.verdict.total),
    });
    vec![Effect::Place(intent)]
}

/// The first pod of the plan that was not placed yet, and what is to be sent for it.
fn next(state: &State) -> Option<(Arc<Pod>, Intent)> {
    let run = &state.plan.run;
    let plan = &state.plan.planned.as_ref()?.plan;
    let (pod, placement) = plan.placements().find(|(pod, _)| !run.is_done(&pod.uid))?;
    let mut pod = Arc::clone(pod);
    let mut verdict = Verdict {
        broken: Vec::new(),
        total: placement.total,
        best: placement.best,
        // Not compared when it is judged again: what the pod needs is seen to as it is then.
        prepared: Vec::new(),
        unprepared: placement.unprepared.clone(),
    };
    if let Some((newer, judged)) = run.again.as_ref().filter(|(newer, _)| newer.uid == pod.uid) {
        pod = Arc::clone(newer);
        verdict = judged.clone();
    }
    let adoption = state.adoption_of(&pod.spec.scheduler_name).cloned();
    let intent = Intent {
        pod: pod.key.clone(),
        uid: Arc::clone(&pod.uid),
        resource_version: Arc::clone(&pod.resource_version),
        node: Arc::clone(&placement.node),
        verdict,
        reason: run.reason.clone().or_else(|| {
            let adopted = adoption.as_ref().filter(|_| placement.unprepared.is_empty());
            adopted.map(|adoption| adoption.reason.clone())
        }),
        adoption,
        insists: false,
    };
    Some((pod, intent))
}

fn finish(state: &mut State) {
    state.plan.run.stage = Stage::Finished;
    let text = format!(
        "the plan is carried out: {} placed",
        crate::app::plan::dialog::pods(state.plan.run.done.len())
    );
    state.notices.tell(state.now, Level::Good, text);
}

fn stop(state: &mut State, pod: Option<(&Pod, &Arc<str>)>, text: String) {
    let named = pod.map(|(pod, node)| (pod.key.clone(), Arc::clone(&pod.uid), Arc::clone(node)));
    let told = match &named {
        Some((pod, _, node)) => format!("the plan stopped at {pod} → {node}: {text}"),
        None => format!("the plan stopped: {text}"),
    };
    state.plan.chosen = named
        .as_ref()
        .map(|(_, uid, _)| Arc::clone(uid))
        .or(state.plan.chosen.take());
    state.plan.run.stage = Stage::Stopped(Stop { pod: named, text });
    state.plan.seen = None;
    state.notices.tell(state.now, Level::Error, told);
}

/// Stops where pods are left that would have been placed under `adoption`, which is over.
pub(in crate::app::update) fn adoption_over(state: &mut State, adoption: &Adoption, text: &str) {
    let run = &state.plan.run;
    let planned = state
        .plan
        .planned
        .iter()
        .flat_map(|planned| planned.plan.placements());
    let left = planned
        .filter(|(pod, _)| !run.is_done(&pod.uid))
        .map(|(pod, _)| pod);
    let its = { left }.any(|pod| pod.spec.scheduler_name == adoption.scheduler);
    if its && run.is_running() {
        stop(state, None, text.to_owned());
    }
}

/// A placement of the plan is over.
pub(in crate::app::update) fn landed(
    state: &mut State,
    pod: &Arc<Pod>,
    node: &Arc<str>,
    total: Option<i64>,
    outcome: &Outcome,
) {
    if let Outcome::Changed {
        confirmed,
        now,
        judged,
    } = outcome
    {
        let first = state.plan.run.again.is_none() && pod.resource_version != judged.pod.resource_version;
        if first && !confirmed.differs_from(now) && state.plan.run.is_running() {
            // The pod was written to, and the decision is the same: no surprise.
            state.plan.run.again = Some((Arc::clone(&judged.pod), now.clone()));
            state.plan.run.next = None;
            return;
        }
        let text = changed(confirmed, now);
        stop(state, Some((pod, node)), text);
        return;
    }
    let text = brief(pod, node, outcome);
    let mark = Mark::of(outcome);
    state.placed.push(Placement {
        at: state.now,
        pod: pod.key.clone(),
        uid: Arc::clone(&pod.uid),
        node: Arc::clone(node),
        mark,
        text: text.clone(),
    });
    state.placed_offset = 0;
    match outcome {
        Outcome::Placed { event_error, .. } => {
            state.plan.run.done.push(Done {
                pod: Arc::clone(pod),
                node: Arc::clone(node),
                total,
                but: event_error
                    .clone()
                    .map_or_else(String::new, |error| format!("no event: {error}")),
            });
            state.plan.run.settling = Some(Arc::clone(&pod.uid));
            state.marks.remove(&pod.uid);
        }
        Outcome::Refused(refusal) => stop(state, Some((pod, node)), refusal.to_string()),
        Outcome::Unknown { error, .. } => {
            let text = format!("it may or may not be there, as the answer was lost: {error}");
            stop(state, Some((pod, node)), text);
        }
        Outcome::Changed { .. } | Outcome::DryRun { .. } => stop(state, Some((pod, node)), text),
    }
}

/// What changed between the plan and now.
fn changed(planned: &Verdict, now: &Verdict) -> String {
    if !now.is_feasible() {
        let rules: Vec<String> = now.broken.iter().map(ToString::to_string).collect();
        return format!("it fits no longer: rejected by {}", rules.join("; "));
    }
    if planned.best != now.best {
        let text = if now.best {
            "it is the best node now, which it was not"
        } else {
            "it still fits, but is no longer the best node"
        };
        return text.to_owned();
    }
    if planned.unprepared != now.unprepared {
        return "what its claims still need is no longer what the plan knows".to_owned();
    }
    "the pod changed meanwhile".to_owned()
}
