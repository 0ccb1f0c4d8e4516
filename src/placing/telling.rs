//! The condition `PodScheduled=False` and the event `FailedScheduling`: what `kubectl describe` shows of a pod that waits,
//! and what cluster autoscalers live on.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::cluster::events::{PodEvent, Posting};
use crate::cluster::request::pod_path;
use crate::cluster::{Action, ClusterError, Connection, Right};
use crate::model::{Pod, PodKey};

/// How often is written how many times the same was said of a pod.
const AGAIN: SignedDuration = SignedDuration::from_mins(5);
/// How often it is tried where others write to the pod.
const TRIES: usize = 3;
/// With more pods than these, those are forgotten of which something may be said again.
const MANY: usize = 4096;

/// What was said last in events about pods that wait.
///
/// The same said again is one event and a series, as of kube-scheduler (client-go's `tools/events`): `kubectl describe` shows
/// how often and how long. The second time is written at once, later ones together.
#[derive(Debug, Default)]
pub struct Told(Mutex<FxHashMap<PodKey, Said>>);

/// What was said of a pod.
#[derive(Debug)]
struct Said {
    uid: Arc<str>,
    message: Arc<str>,
    /// The event's name, and when it was first.
    event: (String, Timestamp),
    times: u32,
    written: Timestamp,
}

/// What is to be said of a pod that is not placed.
#[derive(Clone, Debug, PartialEq)]
pub struct Telling {
    /// The event, where there is something to write.
    pub event: Option<Posting>,
    /// The condition as a strategic merge patch, where the pod does not have it yet.
    pub condition: Option<Value>,
}

impl Told {
    /// What is to be said of `pod` now, which is not placed for the reason `message`: as no node fits, or as something went
    /// wrong. It counts as said.
    pub fn telling(&self, pod: &Pod, fits_nowhere: bool, message: &str, now: Timestamp) -> Telling {
        let has = says_so(pod, fits_nowhere, message);
        Telling {
            event: self.event(pod, message, now),
            condition: (!has).then(|| condition(pod, reason(fits_nowhere), message, now)),
        }
    }

    fn event(&self, pod: &Pod, message: &str, now: Timestamp) -> Option<Posting> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() > MANY {
            told.retain(|_, said| now.duration_since(said.written) < AGAIN);
        }
        let event = PodEvent::failed_scheduling(pod, message);
        let same = |said: &&mut Said| said.uid == pod.uid && *said.message == *message;
        if let Some(said) = told.get_mut(&pod.key).filter(same) {
            said.times = said.times.saturating_add(1);
            if said.times > 2 && now.duration_since(said.written) < AGAIN {
                return None;
            }
            said.written = now;
            let (name, first) = &said.event;
            return Some(event.occurrence(name, *first, said.times, now));
        }
        let said = Said {
            uid: Arc::clone(&pod.uid),
            message: message.into(),
            event: (event.name(now), now),
            times: 1,
            written: now,
        };
        let posting = event.occurrence(&said.event.0, now, 1, now);
        told.insert(pod.key.clone(), said);
        Some(posting)
    }

    /// Nothing is known of the pod called `key` any more.
    pub fn forget(&self, key: &PodKey) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.remove(key);
    }
}

/// Whether the condition of `pod` says so already.
pub fn says_so(pod: &Pod, fits_nowhere: bool, message: &str) -> bool {
    let said = pod.unscheduled.as_ref();
    said.is_some_and(|(why, text)| **why == *reason(fits_nowhere) && **text == *message)
}

fn reason(fits_nowhere: bool) -> &'static str {
    if fits_nowhere {
        "Unschedulable"
    } else {
        "SchedulerError"
    }
}

/// Writes the condition of [`Telling`] on `pod`. Where the pod changed meanwhile it is read again: one that is bound, or gone,
/// keeps what it has.
///
/// # Errors
/// Where it is not written, or nobody knows.
pub async fn write_condition(
    connection: &Connection,
    pod: &Pod,
    condition: &Value,
) -> Result<(), ClusterError> {
    let path = pod_path(&pod.key.namespace, &pod.key.name);
    let status = format!("{path}/status");
    let mut condition = condition.clone();
    for _ in 0..TRIES {
        let patched: Result<IgnoredAny, _> = connection.merge_strategically(&status, &condition).await;
        match patched {
            Ok(_) => return Ok(()),
            Err(error) if error.code() == Some(409) => {}
            Err(error) if error.code() == Some(404) => return Ok(()),
            Err(error) => {
                let right = Right::within(&*pod.key.namespace, "patch", "pods/status", "");
                let action = Action::new(format!("writing the condition of pod {}", pod.key), right);
                return Err(ClusterError::new(&action, connection.server(), error));
            }
        }
        match connection.get::<Now>(&path).await {
            Ok(now) if now.metadata.uid == *pod.uid && now.spec.node_name.is_empty() => {
                condition["metadata"]["resourceVersion"] = now.metadata.resource_version.into();
            }
            Ok(_) => return Ok(()),
            Err(error) if error.code() == Some(404) => return Ok(()),
            Err(error) => {
                let right = Right::within(&*pod.key.namespace, "get", "pods", "");
                let action = Action::new(format!("reading pod {}", pod.key), right);
                return Err(ClusterError::new(&action, connection.server(), error));
            }
        }
    }
    Ok(())
}

/// The pod, read again.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Now {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    uid: String,
    resource_version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    node_name: String,
}

/// When it came about stays as it is where it was there before. `observedGeneration` is what kube-scheduler writes since
/// `PodObservedGenerationTracking`, which cannot be turned off any more.
fn condition(pod: &Pod, reason: &str, message: &str, now: Timestamp) -> Value {
    let mut condition = json!({
        "type": "PodScheduled",
        "status": "False",
        "reason": reason,
        "message": message,
    });
    if pod.generation != 0 {
        condition["observedGeneration"] = pod.generation.into();
    }
    if pod.unscheduled.is_none() {
        let now = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        condition["lastTransitionTime"] = now.into();
    }
    // Only on the pod as it was looked at: on one that is bound meanwhile it would be wrong.
    json!({"metadata": {"uid": &*pod.uid, "resourceVersion": &*pod.resource_version}, "status": {"conditions": [condition]}})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::from_api::PodObject;
    use crate::model::intern::Interner;

    fn pod(uid: &str) -> Pod {
        let object = json!({"metadata": {"name": "web", "namespace": "default", "uid": uid}});
        let object: PodObject = serde_json::from_value(object).expect("a pod");
        object.to_pod(&mut Interner::default())
    }

    #[test]
    fn the_same_said_again_is_one_event_and_counted() {
        let told = Told::default();
        let mut now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let mut say = |uid: &str, message: &str, seconds: i64| {
            now += SignedDuration::from_secs(seconds);
            told.telling(&pod(uid), true, message, now)
                .event
                .map(|posting| posting.body)
        };
        let name = |event: &Value| event["metadata"]["name"].clone();
        let first = say("a", "no room", 0).expect("it is news");
        assert_eq!(first["series"], Value::Null);
        let second = say("a", "no room", 10).expect("that it happened again is, too");
        assert_eq!(
            (name(&second), &second["series"]["count"]),
            (name(&first), &json!(2))
        );
        assert_eq!(second["eventTime"], first["eventTime"], "it began then");
        assert_eq!(
            second["series"]["lastObservedTime"],
            "2026-01-01T00:00:10.000000Z"
        );
        assert_eq!((say("a", "no room", 10), say("a", "no room", 10)), (None, None));
        let later = say("a", "no room", 300).expect("it goes on");
        assert_eq!(
            (name(&later), &later["series"]["count"]),
            (name(&first), &json!(5))
        );
        let other = say("a", "no device", 1).expect("it is news");
        assert_ne!(name(&other), name(&first));
        let another = say("b", "no device", 1).expect("it is another pod");
        assert_eq!(another["series"], Value::Null);
        told.forget(&PodKey::new("default", "web"));
        assert_eq!(
            say("b", "no device", 1).expect("it is news")["series"],
            Value::Null
        );
    }
}
