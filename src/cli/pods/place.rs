//! Where kube-scheduler's queue would have a pod, as far as a decision tells.

use serde::Serialize;

use crate::scheduling::trace::Decision;
use crate::scheduling::{Code, Profile, Trace, hint};

/// The place, as programs read it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Place {
    /// `gated`, `active` (it fits), `unschedulable`, or `backoff` (after an error it is tried again and again).
    #[serde(rename = "place")]
    name: &'static str,
    /// The PreEnqueue plugin that holds it back.
    pub(super) gated_by: Option<Gate>,
    /// The plugins that reject it.
    rejected_by: Vec<&'static str>,
    /// What each of them waits for.
    waits_for: Vec<Waits>,
    /// What any of them waits for.
    #[serde(skip)]
    pub(super) waits_for_any: String,
}

/// A plugin that holds the pod back.
#[derive(Debug, Serialize)]
pub(super) struct Gate {
    pub(super) plugin: &'static str,
    pub(super) reason: String,
}

/// The events after which the pod is tried again for a plugin's sake.
#[derive(Debug, Serialize)]
struct Waits {
    plugin: &'static str,
    events: String,
}

impl Place {
    pub(super) fn of(trace: &Trace, profile: &Profile) -> Self {
        let mut gates = trace.pre_enqueue.iter();
        let gate = gates.find(|(_, status)| status.code != Code::Success);
        let gated_by = gate.map(|(plugin, status)| Gate {
            plugin,
            reason: status.message(),
        });
        let (name, rejected_by) = match (&gated_by, &trace.decision) {
            (Some(gate), _) => ("gated", vec![gate.plugin]),
            (None, Decision::Unschedulable) => match trace.blamed() {
                blamed if blamed.is_empty() => ("backoff", blamed),
                blamed => ("unschedulable", blamed),
            },
            (None, Decision::Error(_)) => ("backoff", Vec::new()),
            (None, _) => ("active", Vec::new()),
        };
        let waits_for = hint::wanted(profile, &rejected_by).into_iter();
        Self {
            name,
            gated_by,
            waits_for_any: hint::wanted_by_any(profile, &rejected_by),
            waits_for: waits_for
                .map(|(plugin, events)| Waits { plugin, events })
                .collect(),
            rejected_by,
        }
    }
}
