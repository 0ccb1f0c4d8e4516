//! What would help, for people.

use super::Occasion;
use crate::model::cluster::Happened;

/// What a pod waits for that was rejected by a plugin which registered `occasions`; empty where nothing helps.
pub(super) fn waits_for(occasions: &[Occasion]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let node: Vec<&str> = occasions
        .iter()
        .filter_map(|&occasion| of_node(occasion))
        .collect();
    if !node.is_empty() {
        parts.push(format!("a node {}", joined(&node)));
    }
    let placed: Vec<&str> = occasions
        .iter()
        .filter_map(|&occasion| of_placed(occasion))
        .collect();
    if !placed.is_empty() {
        parts.push(format!("a placed pod {}", joined(&placed)));
    }
    let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
    for occasion in occasions {
        if let Occasion::Object(kind, happened) = occasion {
            let (kind, happened) = (kind.api().kind, of_object(*happened));
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, all)) => all.push(happened),
                None => kinds.push((kind, vec![happened])),
            }
        }
    }
    parts.extend(
        kinds
            .iter()
            .map(|(kind, all)| format!("a {kind} {}", joined(all))),
    );
    let own: Vec<&str> = occasions
        .iter()
        .filter_map(|&occasion| of_own(occasion))
        .collect();
    if !own.is_empty() {
        parts.push(format!("the pod {}", joined(&own)));
    }
    parts.join("; ")
}

fn joined(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
    }
}

fn of_node(occasion: Occasion) -> Option<&'static str> {
    Some(match occasion {
        Occasion::NodeAdded => "added",
        Occasion::NodeGone => "gone",
        Occasion::NodeAllocatable => "with more room",
        Occasion::NodeLabels => "relabelled",
        Occasion::NodeTaints => "losing a taint",
        Occasion::NodeFeatures => "with other features",
        _ => return None,
    })
}

fn of_placed(occasion: Occasion) -> Option<&'static str> {
    Some(match occasion {
        Occasion::PodPlaced => "added",
        Occasion::PodGone => "gone",
        Occasion::PodLabels => "relabelled",
        Occasion::PodShrunk => "taking less",
        _ => return None,
    })
}

fn of_own(occasion: Occasion) -> Option<&'static str> {
    Some(match occasion {
        Occasion::OwnLabels => "relabelled",
        Occasion::OwnTolerations => "tolerating more",
        Occasion::OwnGates => "without its gates",
        Occasion::OwnShrunk => "asking for less",
        Occasion::OwnChange => "changed",
        _ => return None,
    })
}

fn of_object(happened: Happened) -> &'static str {
    match happened {
        Happened::Added => "added",
        Happened::Changed => "changed",
        Happened::Gone => "gone",
    }
}
