//! Pods as the controllers that own them see them: made from a template, counted, deleted.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{claiming, events, statuses};
use crate::demo::{
    failure::Failure,
    kinds::{Kind, POD},
    object::{Key, Object},
    store::Store,
};

/// How many pods a controller makes or deletes at a look, before others get a turn.
pub(crate) const BURST: usize = 100;

/// What controllers ask of a pod, read without the rest of it.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) object: Arc<Object>,
    pub(crate) created: Option<Timestamp>,
    /// Since when the pod is ready; `None` where it is not.
    pub(crate) ready_since: Option<Timestamp>,
    pub(crate) deletion_cost: i64,
    pub(crate) restarts: i64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Pod {
    metadata: Metadata,
    status: Status,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    creation_timestamp: Option<Timestamp>,
    annotations: Option<HashMap<String, String>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    conditions: Option<Vec<Condition>>,
    container_statuses: Option<Vec<Container>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Condition {
    r#type: String,
    status: String,
    last_transition_time: Option<Timestamp>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Container {
    restart_count: i64,
}

impl Facts {
    pub(crate) fn of(object: Arc<Object>) -> Self {
        let pod: Pod = serde_json::from_slice(object.body()).unwrap_or_default();
        let ready = pod
            .status
            .conditions
            .into_iter()
            .flatten()
            .find(|c| c.r#type == "Ready");
        let annotations = pod.metadata.annotations.unwrap_or_default();
        let cost = annotations.get("controller.kubernetes.io/pod-deletion-cost");
        Self {
            created: pod.metadata.creation_timestamp,
            ready_since: ready
                .filter(|ready| ready.status == "True")
                .map(|ready| ready.last_transition_time.unwrap_or(Timestamp::UNIX_EPOCH)),
            deletion_cost: cost.and_then(|cost| cost.parse::<i32>().ok()).unwrap_or(0).into(),
            restarts: pod
                .status
                .container_statuses
                .into_iter()
                .flatten()
                .map(|container| container.restart_count)
                .max()
                .unwrap_or(0),
            object,
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.ready_since.is_some()
    }

    /// Ready for that many seconds; else, of a ready pod, how many are left.
    pub(crate) fn available(&self, min_ready_seconds: i64, now: Timestamp) -> Result<(), Option<i64>> {
        let Some(since) = self.ready_since else {
            return Err(None);
        };
        match min_ready_seconds.saturating_sub(now.as_second().saturating_sub(since.as_second())) {
            _ if min_ready_seconds <= 0 => Ok(()),
            left if left <= 0 => Ok(()),
            left => Err(Some(left)),
        }
    }

    pub(crate) fn node(&self) -> &str {
        self.object.field(&POD, "spec.nodeName")
    }

    pub(crate) fn phase(&self) -> &str {
        self.object.field(&POD, "status.phase")
    }
}

/// Neither finished nor being deleted.
pub(crate) fn is_active(pod: &Object) -> bool {
    !pod.deleting && !is_finished(pod)
}

pub(crate) fn is_finished(pod: &Object) -> bool {
    matches!(pod.field(&POD, "status.phase"), "Succeeded" | "Failed")
}

/// Puts those first that are to be deleted first (`ActivePodsWithRanks`). `beside` counts the active pods of a node
/// that do the same work, those of the owner's siblings included.
pub(crate) fn sort_for_deletion(pods: &mut [Facts], beside: &HashMap<String, usize>, now: Timestamp) {
    let rank = |pod: &Facts| beside.get(pod.node()).copied().unwrap_or(0);
    let phase = |pod: &Facts| match pod.phase() {
        "Pending" => 0,
        "Unknown" => 1,
        _ => 2,
    };
    // Ages count by their order of magnitude, so that among pods of about the same age chance decides.
    let age = |since: Option<Timestamp>| {
        let nanos = since.map_or(0, |since| {
            now.as_nanosecond().saturating_sub(since.as_nanosecond())
        });
        u64::try_from(nanos)
            .ok()
            .and_then(u64::checked_ilog2)
            .map_or(-1, i64::from)
    };
    pods.sort_by(|a, b| {
        let unassigned = |pod: &Facts| !pod.node().is_empty();
        unassigned(a)
            .cmp(&unassigned(b))
            .then_with(|| phase(a).cmp(&phase(b)))
            .then_with(|| a.is_ready().cmp(&b.is_ready()))
            .then_with(|| a.deletion_cost.cmp(&b.deletion_cost))
            .then_with(|| rank(b).cmp(&rank(a)))
            .then_with(|| {
                by_age(a.ready_since, b.ready_since, age).then_with(|| {
                    if a.ready_since == b.ready_since {
                        std::cmp::Ordering::Equal
                    } else {
                        a.object.uid.cmp(&b.object.uid)
                    }
                })
            })
            .then_with(|| b.restarts.cmp(&a.restarts))
            .then_with(|| by_age(a.created, b.created, age))
            .then_with(|| a.object.uid.cmp(&b.object.uid))
    });
}

fn by_age(
    a: Option<Timestamp>,
    b: Option<Timestamp>,
    age: impl Fn(Option<Timestamp>) -> i64,
) -> std::cmp::Ordering {
    age(a).cmp(&age(b))
}

/// A pod as a template describes it, controlled by its owner.
pub(crate) fn from_template(template: &Value, kind: &Kind, owner: &Object) -> Value {
    let mut metadata = json!({
        "generateName": format!("{}-", owner.key.name),
        "namespace": &*owner.key.namespace,
        "ownerReferences": [claiming::reference(kind, owner)],
    });
    for key in ["labels", "annotations", "finalizers"] {
        if let Some(value) = template["metadata"].get(key).filter(|value| !value.is_null()) {
            metadata[key] = value.clone();
        }
    }
    json!({"metadata": metadata, "spec": template["spec"]})
}

/// Makes a pod and tells of it.
pub(crate) fn create(
    store: &Store,
    component: &str,
    (kind, owner): (&Kind, &Object),
    pod: Value,
) -> Result<Key, Failure> {
    let made = statuses::create(store, &POD, &owner.key.namespace, pod);
    match &made {
        Ok(key) => {
            let message = format!("Created pod: {}", key.name);
            events::post(
                store,
                component,
                "",
                (kind, owner),
                "Normal",
                ("SuccessfulCreate", &message),
            );
        }
        // Whatever is made there now would be deleted at once.
        Err(failure) if statuses::is_terminating(failure) => {}
        Err(failure) => {
            let message = format!("Error creating: {}", failure.message());
            events::post(
                store,
                component,
                "",
                (kind, owner),
                "Warning",
                ("FailedCreate", &message),
            );
        }
    }
    made
}

/// Deletes a pod and tells of it.
pub(crate) fn delete(
    store: &Store,
    component: &str,
    (kind, owner): (&Kind, &Object),
    pod: &Object,
) -> Result<(), Failure> {
    let deleted = statuses::delete(store, &POD, pod);
    let (severity, reason, message) = match &deleted {
        Ok(()) => (
            "Normal",
            "SuccessfulDelete",
            format!("Deleted pod: {}", pod.key.name),
        ),
        Err(failure) => (
            "Warning",
            "FailedDelete",
            format!("Error deleting: {}", failure.message()),
        ),
    };
    events::post(store, component, "", (kind, owner), severity, (reason, &message));
    deleted
}
