//! The condition `PodScheduled=False` and the event `FailedScheduling`: what `kubectl describe` shows of a pod that waits,
//! and what cluster autoscalers live on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::Effects;
use crate::auto::happened::Happened;
use crate::auto::world::Failure;
use crate::cluster::events::PodEvent;
use crate::cluster::request::pod_path;
use crate::model::{Pod, PodKey};

/// The same is not said again of a pod within this time.
const AGAIN: Duration = Duration::from_secs(5 * 60);
/// With more pods than these, those are forgotten of which something may be said again.
const MANY: usize = 4096;

/// What was said last of pods that wait, in events.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<FxHashMap<PodKey, (Arc<str>, Instant)>>);

impl Told {
    /// Whether `message` is to be said of the pod called `key` now; then it counts as said.
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
    pub(super) fn forget(&self, key: &PodKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

impl Effects {
    /// Says why the pod is not placed.
    pub(super) async fn tell_failure(&self, failure: &Failure) {
        let Failure { pod, message, .. } = failure;
        (self.tell)(Happened::Unplaced {
            pod: pod.key.clone(),
            fits_nowhere: failure.fits_nowhere,
            message: message.as_str().into(),
        });
        let reason = if failure.fits_nowhere {
            "Unschedulable"
        } else {
            "SchedulerError"
        };
        if self.told.is_news(&pod.key, message) {
            let event = PodEvent::failed_scheduling(pod, message).at(Timestamp::now());
            // Fails only at the end.
            let _ = self.events.send((event, None)).await;
        }
        let said = pod.unscheduled.as_ref();
        if said.is_some_and(|(why, text)| **why == *reason && **text == **message) {
            return;
        }
        let path = format!("{}/status", pod_path(&pod.key.namespace, &pod.key.name));
        let body = condition(pod, reason, message, Timestamp::now());
        let connection = &self.placer().connection;
        let patched: Result<IgnoredAny, _> = connection.merge_strategically(&path, &body).await;
        match patched {
            Ok(_) => {}
            // It is gone, or another has its name.
            Err(error) if matches!(error.code(), Some(404 | 409)) => {}
            Err(error) => {
                let text = format!("writing the condition of {}: {}", pod.key, error.words());
                (self.tell)(Happened::Trouble(text));
            }
        }
    }
}

/// The condition as a strategic merge patch. When it came about stays as it is where it was there before.
fn condition(pod: &Pod, reason: &str, message: &str, now: Timestamp) -> Value {
    let mut condition = json!({
        "type": "PodScheduled",
        "status": "False",
        "reason": reason,
        "message": message,
    });
    if pod.unscheduled.is_none() {
        let now = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        condition["lastTransitionTime"] = now.into();
    }
    json!({"metadata": {"uid": &*pod.uid}, "status": {"conditions": [condition]}})
}
