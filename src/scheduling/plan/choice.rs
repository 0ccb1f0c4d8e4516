//! What becomes of one pod, by the decision on it.

use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use fastrand::Rng;
use rustc_hash::FxHasher;

use super::request::Ties;
use super::{Fate, LeftOut, Placement, Unplaced, Why};
use crate::model::{NodeId, Pod};
use crate::scheduling::trace::Decision;
use crate::scheduling::{Code, Trace, message};

/// Where a pod should go, if it may.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wish<'a> {
    /// Wherever the profile says.
    Profile(Ties),
    /// To the node of that name, and nowhere else.
    Pin(&'a str),
    /// To that node where it fits, otherwise wherever the profile says.
    Rather(NodeId, Ties),
}

/// What becomes of the pod that `trace` judges; the node where it goes to one.
pub(super) fn choose(trace: &Trace, pod: &Pod, wish: Wish<'_>) -> (Fate, Option<NodeId>) {
    if let Some((plugin, status)) = gate(trace) {
        let message = status.message().into();
        return (Fate::LeftOut(LeftOut::Gated { plugin, message }), None);
    }
    let chosen = match wish {
        Wish::Pin(name) => match trace.nodes.id(name) {
            Some(node) if trace.feasible_index(node).is_some() => Some((node, Why::Pinned)),
            found => return (Fate::Unplaced(against(trace, name, found)), None),
        },
        Wish::Rather(node, _) if is_odd_choice(trace, node) => Some((node, Why::Search)),
        Wish::Rather(node, _) if trace.decision.chosen().contains(&node) => Some((node, why(trace))),
        Wish::Profile(ties) | Wish::Rather(_, ties) => best(trace, pod, ties).map(|node| (node, why(trace))),
    };
    let Some((node, why)) = chosen else {
        return (Fate::Unplaced(nowhere(trace)), None);
    };
    let placement = Placement {
        node: trace.nodes.names.get(node.index()).cloned().unwrap_or_default(),
        why,
        total: trace.total(node),
        best: trace.decision.chosen().contains(&node),
        fit: trace.feasible.len(),
        unprepared: trace.unprepared(node),
    };
    (Fate::Placed(placement), Some(node))
}

fn gate(trace: &Trace) -> Option<(&'static str, &crate::scheduling::Status)> {
    let mut said = trace.pre_enqueue.iter();
    let found = said.find(|(_, status)| status.code != Code::Success);
    found.map(|(plugin, status)| (*plugin, status))
}

/// Whether the pod fits on `node`, and the profile would choose another.
fn is_odd_choice(trace: &Trace, node: NodeId) -> bool {
    let fits = trace.feasible_index(node).is_some() && !matches!(trace.decision, Decision::Error(_));
    fits && !trace.decision.chosen().contains(&node)
}

fn why(trace: &Trace) -> Why {
    match &trace.decision {
        Decision::Single(_) => Why::Single,
        Decision::Nominated(_) => Why::Nominated,
        decision => Why::Scored {
            alike: decision.chosen().len(),
        },
    }
}

/// The node that the profile chooses; of several, by `ties`.
fn best(trace: &Trace, pod: &Pod, ties: Ties) -> Option<NodeId> {
    let mut chosen = trace.decision.chosen().to_vec();
    chosen.sort_by(|&a, &b| trace.nodes.name(a).cmp(trace.nodes.name(b)));
    match ties {
        Ties::FirstByName => chosen.first().copied(),
        Ties::Seeded(seed) => {
            let mut hasher = FxHasher::default();
            (seed, &*pod.uid).hash(&mut hasher);
            Rng::with_seed(hasher.finish()).choice(chosen)
        }
    }
}

fn nowhere(trace: &Trace) -> Unplaced {
    let message = match &trace.decision {
        Decision::Error(text) => format!("it cannot be judged: {text}"),
        _ => message::unschedulable(trace),
    };
    Unplaced {
        message: message.into(),
        blamed: trace.blamed(),
        pinned: None,
        fit: trace.feasible.len(),
    }
}

/// What stands against the node called `name`, which a person pinned the pod to.
fn against(trace: &Trace, name: &str, node: Option<NodeId>) -> Unplaced {
    let (message, blamed) = match node {
        None => (format!("pinned to {name}, and there is no such node"), Vec::new()),
        Some(node) => {
            let mut rules: Vec<(&'static str, String)> = Vec::new();
            if let Some((plugin, status)) = trace.pre_filter_failure() {
                rules.push((plugin, status.message()));
            }
            rules.extend(
                trace
                    .rejections(node)
                    .map(|(plugin, status)| (plugin, status.message())),
            );
            if rules.is_empty() {
                let narrowing = trace.narrowing();
                rules.extend(narrowing.map(|plugin| (plugin, "PreFilter leaves the node out".to_owned())));
            }
            let told: Vec<String> = rules
                .iter()
                .map(|(plugin, text)| format!("{plugin}: {text}"))
                .collect();
            let mut blamed: Vec<&'static str> = rules.into_iter().map(|(plugin, _)| plugin).collect();
            blamed.sort_unstable();
            blamed.dedup();
            (
                format!("pinned to {name}, which is rejected by {}", told.join("; ")),
                blamed,
            )
        }
    };
    Unplaced {
        message: message.into(),
        blamed,
        pinned: Some(Arc::from(name)),
        fit: trace.feasible.len(),
    }
}
