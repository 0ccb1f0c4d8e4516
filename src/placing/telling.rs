//! The condition `PodScheduled=False` and the event `FailedScheduling`: what `kubectl describe` shows of a pod that waits,
//! and what cluster autoscalers live on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::cluster::events::{PodEvent, Posting};
use crate::cluster::request::pod_path;
use crate::cluster::{Action, ClusterError, Connection, Right};
use crate::model::{Pod, PodKey};

/// The same is not said again in an event about a pod within this time.
const AGAIN: Duration = Duration::from_secs(5 * 60);
/// How often it is tried where others write to the pod.
const TRIES: usize = 3;
/// With more pods than these, those are forgotten of which something may be said again.
const MANY: usize = 4096;

/// What was said last in events about pods that wait.
#[derive(Debug, Default)]
pub struct Told(Mutex<FxHashMap<PodKey, (Arc<str>, Instant)>>);

/// What is to be said of a pod that is not placed.
#[derive(Clone, Debug, PartialEq)]
pub struct Telling {
    /// The event, where it is news.
    pub event: Option<Posting>,
    /// The condition as a strategic merge patch, where the pod does not have it yet.
    pub condition: Option<Value>,
}

impl Told {
    /// What is to be said of `pod` now, which is not placed for the reason `message`: as no node fits, or as something went
    /// wrong. It counts as said.
    pub fn telling(&self, pod: &Pod, fits_nowhere: bool, message: &str, now: Timestamp) -> Telling {
        let reason = if fits_nowhere {
            "Unschedulable"
        } else {
            "SchedulerError"
        };
        let said = pod.unscheduled.as_ref();
        let has = said.is_some_and(|(why, text)| **why == *reason && **text == *message);
        let is_news = self.is_news(&pod.key, message);
        Telling {
            event: is_news.then(|| PodEvent::failed_scheduling(pod, message).at(now)),
            condition: (!has).then(|| condition(pod, reason, message, now)),
        }
    }

    fn is_news(&self, key: &PodKey, message: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if told.len() > MANY {
            told.retain(|_, (_, at)| at.elapsed() < AGAIN);
        }
        if let Some((last, at)) = told.get(key)
            && **last == *message
            && now.duration_since(*at) < AGAIN
        {
            return false;
        }
        told.insert(key.clone(), (message.into(), now));
        true
    }

    /// Nothing is known of the pod called `key` any more.
    pub fn forget(&self, key: &PodKey) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.remove(key);
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
