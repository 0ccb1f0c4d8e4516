//! What may help a pod that wants to be near others, or away from them.

use crate::model::cluster::{Event, Turn};
use crate::model::fault::{Concern, Fault};
use crate::model::labels::Labels;
use crate::model::pod_affinity::AffinityTerm;
use crate::model::{Node, Pod};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::Cycle;

pub(super) const EVENTS: &[Occasion] = &[
    Occasion::NodeAdded,
    Occasion::NodeLabels,
    Occasion::PodPlaced,
    Occasion::PodGone,
    Occasion::PodLabels,
    Occasion::OwnLabels,
];

pub(super) fn hint(cycle: Cycle<'_>, event: &Event) -> Hint {
    if Fault::first(&cycle.pod.faults, Concern::PodAffinity).is_some() {
        return Hint::Queue;
    }
    let (terms, anti_terms) = terms(cycle.pod);
    Hint::when(match event {
        Event::Node(turn) => node(turn, terms, anti_terms),
        Event::Pod(turn) => pod(cycle.pod, turn, terms, anti_terms),
        _ => true,
    })
}

/// What the pod requires, and what it requires to be away from.
fn terms(pod: &Pod) -> (&[AffinityTerm], &[AffinityTerm]) {
    let affinity = pod.spec.pod_affinity.as_deref();
    affinity.map_or((&[], &[]), |affinity| {
        (&affinity.required, &affinity.required_anti)
    })
}

/// As upstream matches here: of namespaces it knows the names alone, so that a selector sees one without labels.
fn is_about(term: &AffinityTerm, pod: &Pod) -> bool {
    term.is_about(&pod.key.namespace, &Labels::default()) && term.selector.matches(&pod.labels)
}

fn all_about(terms: &[AffinityTerm], pod: &Pod) -> bool {
    !terms.is_empty() && terms.iter().all(|term| is_about(term, pod))
}

fn any_about(terms: &[AffinityTerm], pod: &Pod) -> bool {
    terms.iter().any(|term| is_about(term, pod))
}

fn pod(waiting: &Pod, turn: &Turn<Pod>, terms: &[AffinityTerm], anti_terms: &[AffinityTerm]) -> bool {
    match (&turn.before, &turn.after) {
        // Whatever keeps it away may have gone by its old labels.
        (Some(before), Some(after)) if after.node_name.is_none() && before.uid == waiting.uid => true,
        (Some(before), Some(after)) if before.node_name.is_some() => {
            !all_about(terms, before) && all_about(terms, after)
                || any_about(anti_terms, before) && !any_about(anti_terms, after)
        }
        (_, Some(placed)) if placed.node_name.is_some() => all_about(terms, placed),
        (Some(gone), _) => {
            let (_, theirs) = self::terms(gone);
            any_about(anti_terms, gone) || any_about(theirs, waiting)
        }
        _ => false,
    }
}

fn node(turn: &Turn<Node>, terms: &[AffinityTerm], anti_terms: &[AffinityTerm]) -> bool {
    let Some(after) = &turn.after else {
        return false;
    };
    let is = |term: &AffinityTerm| after.labels.get(&term.topology_key);
    let Some(before) = &turn.before else {
        return terms.iter().any(|term| is(term).is_some()) || !anti_terms.is_empty();
    };
    let was = |term: &AffinityTerm| before.labels.get(&term.topology_key);
    terms
        .iter()
        .any(|term| is(term).is_some() && was(term) != is(term))
        || anti_terms
            .iter()
            .any(|term| was(term).is_some() && was(term) != is(term))
}
