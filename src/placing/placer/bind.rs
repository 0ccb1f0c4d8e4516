//! The Binding, and what became of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{Ended, Judge, Placer, guard, pause, reading};
use crate::cluster::request::{Refused, RequestError, pod_path};
use crate::cluster::{Action, ClusterError, Right};
use crate::journal::Effect;
use crate::placing::annotations;
use crate::placing::intent::Intent;
use crate::placing::outcome::{Outcome, Refusal, Stage};
use crate::placing::prepare::Work;

/// For how long the pod is looked for after the answer to its Binding was lost.
const RESOLVING: Duration = Duration::from_secs(15);
/// For how long a Binding without an answer may still be carried out by a server that was slow to read it.
const UNDERWAY: Duration = Duration::from_secs(2);
/// For how long one such look may take.
const LOOK: Duration = Duration::from_secs(5);
/// How often a busy server is asked again, and how long we wait for it at most each time.
const BUSY_TRIES: u32 = 3;
const BUSY_WAIT: Duration = Duration::from_secs(5);

pub(super) type Notes = BTreeMap<&'static str, String>;

impl Placer {
    /// The Binding that [`Placer::place`] sends for `intent`, to show it.
    pub fn binding(&self, intent: &Intent) -> Value {
        body(intent, &annotations::of(intent, &self.identity))
    }

    /// Has the server check the Binding without storing it; a few times where it is too busy to look at it.
    pub(super) async fn rehearse(
        &self,
        judge: &dyn Judge,
        intent: &Intent,
        notes: &Notes,
    ) -> Result<(), Ended> {
        let mut tried = 1;
        let answer = loop {
            let answer = self.post(intent, notes, "?dryRun=All").await;
            match busy(&answer) {
                Some(wait) if tried < BUSY_TRIES => tokio::time::sleep(wait).await,
                _ => break answer,
            }
            tried += 1;
        };
        match answer {
            Ok(()) => Ok(()),
            Err(RequestError::Status(refused)) if matches!(refused.code, 404 | 409) => {
                Err(self.conflict(judge, intent, &refused).await)
            }
            Err(error) => Err(self.refusal(&binding(intent), error).into()),
        }
    }

    /// Sends the Binding; again where the server was too busy to look at it, as long as the pod is ours to place. Where the
    /// answer is lost, or leaves open what happened, the pod is read.
    pub(super) async fn bind(&self, work: &Work<'_>, notes: &Notes) -> Result<(), Ended> {
        let Work { judge, intent, .. } = *work;
        self.guard(judge, intent).await?;
        (work.progress)(Stage::Binding);
        let mut tried = 1;
        let answer = loop {
            let answer = self.send(work, notes).await?;
            match busy(&answer) {
                Some(wait) if tried < BUSY_TRIES => tokio::time::sleep(wait).await,
                _ => break answer,
            }
            tried += 1;
            self.may_go_on(work).await?;
        };
        let error = match answer {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        match &error {
            RequestError::Lost { cause, .. } if cause.never_sent() => {
                Err(self.refusal(&binding(intent), error).into())
            }
            RequestError::Status(refused) if matches!(refused.code, 404 | 409) => {
                // Something between here and the server may have sent it twice.
                if self
                    .fetch_pod(intent)
                    .await
                    .is_ok_and(|pod| pod.is_placed_by(intent, notes))
                {
                    return Ok(());
                }
                Err(self.conflict(judge, intent, refused).await)
            }
            RequestError::Status(refused) if refused.code < 500 => {
                Err(self.refusal(&binding(intent), error).into())
            }
            // A server error may come after the write: etcd may have stored what it was slow to confirm.
            RequestError::Lost { .. } | RequestError::Status(_) | RequestError::Unreadable(_) => {
                (work.progress)(Stage::Resolving);
                self.resolve(intent, notes, error).await
            }
        }
    }

    /// Writes down that the Binding is sent, and sends it.
    async fn send(&self, work: &Work<'_>, notes: &Notes) -> Result<Result<(), RequestError>, Refusal> {
        let Work { intent, diary, .. } = *work;
        let guarded = Timestamp::now();
        let written = diary
            .sends("create", &path(intent), body(intent, notes), Effect::Bound)
            .await?;
        // The disk may have been slow.
        if guard::is_old(guarded)
            && let Err(refusal) = self.guard(work.judge, intent).await
        {
            diary.not_sent(written, &refusal).await;
            return Err(refusal);
        }
        let answer = self.post(intent, notes, "").await;
        diary.answered(written, &answer).await;
        Ok(answer)
    }

    async fn post(&self, intent: &Intent, notes: &Notes, query: &str) -> Result<(), RequestError> {
        let posted: Result<IgnoredAny, _> = self
            .connection
            .post(&(path(intent) + query), &body(intent, notes))
            .await;
        posted.map(drop)
    }

    /// Why the server refuses: the pod tells, better than the server's words.
    async fn conflict(&self, judge: &dyn Judge, intent: &Intent, refused: &Refused) -> Ended {
        let pod = match self.read_pod(intent).await {
            Ok(pod) => pod,
            Err(refusal) => return refusal.into(),
        };
        if *pod.metadata.resource_version == *intent.resource_version {
            return Refusal::Rejected(format!("the API server refuses: {}", refused.message)).into();
        }
        match self.judge_again(judge, intent, pod).await {
            Ok(_) => Refusal::PodChanged.into(),
            Err(ended) => ended,
        }
    }

    /// Reads the pod until it tells what became of its Binding.
    async fn resolve(&self, intent: &Intent, notes: &Notes, lost: RequestError) -> Result<(), Ended> {
        let begun = Instant::now();
        let mut wait = Duration::from_millis(100);
        let mut first_seen_waiting = None;
        let lost = ClusterError::new(&binding(intent), self.connection.server(), lost).to_string();
        loop {
            let look = tokio::time::timeout(LOOK, self.fetch_pod(intent)).await;
            match look.unwrap_or_else(|_| Err(RequestError::timed_out(LOOK))) {
                Ok(pod) if pod.is_placed_by(intent, notes) => return Ok(()),
                Ok(pod) => {
                    pod.check(intent, &self.scheduler_names)?;
                    let since = *first_seen_waiting.get_or_insert_with(Instant::now);
                    if since.elapsed() >= UNDERWAY {
                        return Err(Refusal::NotBound(lost).into());
                    }
                }
                Err(error) if error.code() == Some(404) => return Err(Refusal::PodGone.into()),
                Err(error) => {
                    let final_word = error.code().is_some_and(|code| code < 500 && code != 429);
                    if final_word || begun.elapsed() >= RESOLVING {
                        let read = ClusterError::new(&reading(&intent.pod), self.connection.server(), error);
                        return Err(Box::new(Outcome::Unknown {
                            node: intent.node.clone(),
                            error: format!("{lost}; then {read}"),
                        }));
                    }
                }
            }
            pause(&mut wait, Duration::from_secs(1)).await;
        }
    }
}

/// How long to wait until a server that was too busy is asked again, if that is worth it.
fn busy(answer: &Result<(), RequestError>) -> Option<Duration> {
    match answer {
        Err(RequestError::Status(refused)) if refused.code == 429 => {
            let wait = refused.retry_after.unwrap_or(Duration::from_secs(1));
            (wait <= BUSY_WAIT).then_some(wait)
        }
        _ => None,
    }
}

fn path(intent: &Intent) -> String {
    format!("{}/binding", pod_path(&intent.pod.namespace, &intent.pod.name))
}

fn binding(intent: &Intent) -> Action {
    let right = Right::within(&*intent.pod.namespace, "create", "pods/binding", "");
    Action::new(format!("binding pod {} to {}", intent.pod, intent.node), right)
}

fn body(intent: &Intent, notes: &Notes) -> Value {
    let mut metadata = json!({
        "name": &*intent.pod.name,
        "namespace": &*intent.pod.namespace,
        "uid": &*intent.uid,
    });
    if !intent.resource_version.is_empty() {
        metadata["resourceVersion"] = (*intent.resource_version).into();
    }
    if !notes.is_empty() {
        metadata["annotations"] = json!(notes);
    }
    json!({
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": metadata,
        // Without the kind the API server does not copy the node's topology labels to the pod.
        "target": {"apiVersion": "v1", "kind": "Node", "name": &*intent.node},
    })
}
