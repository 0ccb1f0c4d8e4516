//! Posting events (events.k8s.io/v1), as a scheduler does.

use std::time::Duration;

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::connect::Connection;
use super::error::{Action, ClusterError};
use super::request::{RequestError, segment};
use super::right::Right;
use crate::model::{Pod, PodKey};

/// An event's note may have so many bytes.
const NOTE: usize = 1024;
/// `reportingInstance`, reason and action may have so many.
const FIELD: usize = 128;
/// How often posting is tried.
const TRIES: u32 = 3;

/// An event about a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodEvent {
    /// The pod.
    pub pod: PodKey,
    /// Its uid.
    pub uid: String,
    /// `Scheduled`, `FailedScheduling` …
    pub reason: &'static str,
    /// `Binding`, `Scheduling` …
    pub action: &'static str,
    /// `Normal` or `Warning`.
    pub kind: &'static str,
    /// What happened, in words.
    pub note: String,
    /// The schedulerName that it is reported under.
    pub controller: String,
    /// Another pod that has to do with it, and that one's uid.
    pub related: Option<(PodKey, String)>,
}

impl PodEvent {
    /// What kube-scheduler says of a pod that it placed.
    pub fn scheduled(pod: PodKey, uid: &str, node: &str, controller: &str) -> Self {
        Self {
            note: format!("Successfully assigned {pod} to {node}"),
            pod,
            uid: uid.to_owned(),
            reason: "Scheduled",
            action: "Binding",
            kind: "Normal",
            controller: controller.to_owned(),
            related: None,
        }
    }

    /// What kube-scheduler says of a pod that it cannot place.
    pub fn failed_scheduling(pod: &Pod, message: &str) -> Self {
        Self {
            pod: pod.key.clone(),
            uid: pod.uid.to_string(),
            reason: "FailedScheduling",
            action: "Scheduling",
            kind: "Warning",
            note: message.to_owned(),
            controller: pod.spec.scheduler_name.to_string(),
            related: None,
        }
    }

    /// What kube-scheduler says of a pod that it removed for another.
    pub fn preempted(
        (victim, uid): (&PodKey, &str),
        (pod, pod_uid): (&PodKey, &str),
        node: &str,
        controller: &str,
    ) -> Self {
        Self {
            pod: victim.clone(),
            uid: uid.to_owned(),
            reason: "Preempted",
            action: "Preempting",
            kind: "Normal",
            note: format!("Preempted by pod {pod_uid} on node {node}"),
            controller: controller.to_owned(),
            related: Some((pod.clone(), pod_uid.to_owned())),
        }
    }

    /// The event as it is posted, named and dated: posted twice, it is there once.
    pub fn at(&self, at: Timestamp) -> Posting {
        self.posting(self.body(&self.name(at), at))
    }

    /// A name for it that no other event has.
    pub fn name(&self, at: Timestamp) -> String {
        let suffix = format!(".{:016x}", at.as_nanosecond() as u64 ^ fastrand::u64(..));
        format!("{}{suffix}", cut(&self.pod.name, 253 - suffix.len()))
    }

    /// The event called `name` that was first posted at `first`, and happened for the `times`-th time now.
    pub fn occurrence(&self, name: &str, first: Timestamp, times: u32, now: Timestamp) -> Posting {
        let mut body = self.body(name, first);
        if times > 1 {
            body["series"] = json!({"count": times, "lastObservedTime": format!("{now:.6}")});
        }
        self.posting(body)
    }

    fn posting(&self, body: Value) -> Posting {
        Posting {
            namespace: self.pod.namespace.to_string(),
            about: self.pod.to_string(),
            body,
        }
    }

    fn body(&self, name: &str, at: Timestamp) -> Value {
        let instance = format!("{}-{}", self.controller, host());
        let mut event = json!({
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": &*self.pod.namespace},
            // Exactly six decimals, or the API server refuses it.
            "eventTime": format!("{at:.6}"),
            "reportingController": self.controller,
            "reportingInstance": cut(&instance, FIELD),
            "action": self.action,
            "reason": self.reason,
            "type": self.kind,
            "note": cut(&self.note, NOTE),
            "regarding": reference(&self.pod, &self.uid),
        });
        if let Some((pod, uid)) = &self.related {
            event["related"] = reference(pod, uid);
        }
        event
    }
}

fn reference(pod: &PodKey, uid: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "namespace": &*pod.namespace, "name": &*pod.name, "uid": uid})
}

/// An event, ready to be posted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posting {
    /// The namespace that it goes to.
    pub namespace: String,
    /// The pod that it is about, as `NAMESPACE/NAME`.
    pub about: String,
    /// The event.
    pub body: Value,
}

impl Connection {
    /// Posts an event, a few times where the server is busy or the answer is lost. One that was posted before is there
    /// already, which is no error. Where it [happened again](PodEvent::occurrence), that is noted on the event that is there; an API
    /// server keeps events for an hour, and one that is gone is posted anew.
    ///
    /// # Errors
    /// Where it was not stored, or nobody knows.
    pub async fn post_event(&self, event: &Posting) -> Result<(), ClusterError> {
        let namespace = segment(&event.namespace);
        let path = format!("/apis/events.k8s.io/v1/namespaces/{namespace}/events");
        let mut tried = 1;
        let error = loop {
            let wait = match self.post_or_count(&path, event).await {
                Ok(_) => return Ok(()),
                Err(error) if error.code() == Some(409) => return Ok(()),
                Err(error) if tried >= TRIES => break error,
                Err(RequestError::Status(refused)) if refused.code == 429 || refused.code >= 500 => refused
                    .retry_after
                    .unwrap_or(Duration::from_millis(300))
                    .min(Duration::from_secs(2)),
                Err(RequestError::Lost { .. }) => Duration::from_millis(300),
                Err(error) => break error,
            };
            tried += 1;
            tokio::time::sleep(wait).await;
        };
        let right = Right::within(event.namespace.clone(), "create", "events", "events.k8s.io");
        let action = Action::new(format!("posting the event for pod {}", event.about), right);
        Err(ClusterError::new(&action, self.server(), error))
    }

    async fn post_or_count(&self, path: &str, event: &Posting) -> Result<IgnoredAny, RequestError> {
        let name = event.body.pointer("/metadata/name").and_then(Value::as_str);
        if let (Some(series), Some(name)) = (event.body.get("series"), name) {
            let there = format!("{path}/{}", segment(name));
            let counted = self.merge(&there, &json!({"series": series})).await;
            if !matches!(&counted, Err(error) if error.code() == Some(404)) {
                return counted;
            }
        }
        self.post(path, &event.body).await
    }
}

/// At most `bytes` of `text`, cut at a character's edge; three dots stand for what is missing.
fn cut(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    let mut end = bytes.saturating_sub(4);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{} ...", text.get(..end).unwrap_or_default())
}

/// This machine's name.
pub fn host() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    if name.is_empty() {
        "localhost".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_cut_in_bytes_at_a_characters_edge() {
        assert_eq!(cut("short", NOTE), "short");
        let long = cut(&"ä€".repeat(400), NOTE);
        assert!(
            long.len() <= NOTE && long.len() > NOTE - 8 && long.ends_with(" ..."),
            "{}",
            long.len()
        );
    }

    #[test]
    fn an_event_reads_as_kube_schedulers() {
        let event = PodEvent::scheduled(PodKey::new("shop", "cart"), "u-1", "n1", "berth");
        let at: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let body = event.body("cart.1", at);
        assert_eq!(body["note"], "Successfully assigned shop/cart to n1");
        assert_eq!(body["eventTime"], "2026-01-02T03:04:05.000000Z");
        assert_eq!(body["reportingInstance"], format!("berth-{}", host()));
    }
}
