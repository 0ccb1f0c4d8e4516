//! Removing one pod: the condition that tells why, the deletion, the event.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::cluster::events::PodEvent;
use crate::cluster::request::pod_path;
use crate::cluster::{Action, Right};
use crate::journal::{Effect, Step};
use crate::model::PodKey;
use crate::placing::outcome::Refusal;
use crate::placing::placer::{Placer, pause, reading};
use crate::placing::prepare::{Work, writing_status};
use crate::scheduling::Room;
use crate::scheduling::room::Victim;

/// For how long a deletion without an answer is looked up and sent again.
const RESOLVING: Duration = Duration::from_secs(15);

/// A pod that has to go, as the API server has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Doomed {
    pub(super) metadata: Metadata,
    pub(super) status: Status,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) uid: String,
    generation: i64,
    pub(super) deletion_timestamp: Option<Timestamp>,
    pub(super) finalizers: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    pub(super) phase: String,
    conditions: Option<Vec<Condition>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Condition {
    r#type: String,
    status: String,
    reason: String,
    message: String,
}

const CONDITION: &str = "DisruptionTarget";
const REASON: &str = "PreemptionByScheduler";

impl Placer {
    /// Has the server try the deletions, without storing anything: whatever forbids one forbids all.
    pub(super) async fn rehearse_removal(&self, room: &Room) -> Result<(), Refusal> {
        for victim in &room.victims {
            // With a body, the API server reads no options from the query: there it would delete for real.
            let mut options = options(&victim.uid);
            options["dryRun"] = json!(["All"]);
            let path = format!("{}?dryRun=All", path(&victim.key));
            let answer: Result<IgnoredAny, _> = self.connection.delete(&path, &options).await;
            match answer {
                // It is gone: judging again tells what that means.
                Err(error) if !matches!(error.code(), Some(404 | 409)) => {
                    return Err(self.refusal(&deleting(&victim.key), error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes `victim` for a pod of `scheduler`; whether it was there to be deleted.
    pub(super) async fn remove(
        &self,
        work: &Work<'_>,
        scheduler: &str,
        victim: &Victim,
    ) -> Result<bool, Refusal> {
        let Some(doomed) = self.doomed(&victim.key, &victim.uid).await? else {
            return Ok(false);
        };
        if doomed.metadata.deletion_timestamp.is_some() {
            // It is on its way out; asking again is not needed.
            return Ok(false);
        }
        let message = message(scheduler);
        if !tells(&doomed, &message) && !self.condemn(work, victim, &doomed, &message).await? {
            return Ok(false);
        }
        let event = PodEvent::preempted(
            (&victim.key, &victim.uid),
            (&work.intent.pod, &work.intent.uid),
            &work.intent.node,
            scheduler,
        );
        let event = event.at(Timestamp::now());
        let effect = Effect::Removed {
            pod: victim.key.to_string(),
            uid: victim.uid.to_string(),
            event: serde_json::to_value(&event).unwrap_or_default(),
        };
        if !self.delete_pod(work, victim, effect).await? {
            return Ok(false);
        }
        match self.connection.post_event(&event).await {
            Ok(()) => {
                work.diary
                    .note(Step::Told {
                        pod: victim.key.to_string(),
                    })
                    .await;
            }
            // It is owed, and posted later.
            Err(error) => tracing::warn!(%error, pod = %victim.key, "the event about it could not be posted"),
        }
        Ok(true)
    }

    /// Reads the pod; `None` where it is gone, or another of its name is there.
    pub(super) async fn doomed(&self, pod: &PodKey, uid: &str) -> Result<Option<Doomed>, Refusal> {
        match self.connection.get_again::<Doomed>(&path(pod)).await {
            Ok(doomed) => Ok(Some(doomed).filter(|doomed| doomed.metadata.uid == uid)),
            Err(error) if error.code() == Some(404) => Ok(None),
            Err(error) => Err(self.refusal(&reading(pod), error)),
        }
    }

    /// Says in the pod's status why it goes; whether it is still there.
    async fn condemn(
        &self,
        work: &Work<'_>,
        victim: &Victim,
        doomed: &Doomed,
        message: &str,
    ) -> Result<bool, Refusal> {
        let body = json!({
            "metadata": {"uid": &*victim.uid},
            "status": {"conditions": [{
                "type": CONDITION, "status": "True", "reason": REASON, "message": message,
                "observedGeneration": doomed.metadata.generation,
                "lastTransitionTime": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            }]},
        });
        let place = format!("{}/status", path(&victim.key));
        let effect = Effect::DisruptionTarget {
            pod: victim.key.to_string(),
        };
        let written = work.diary.sends("patch", &place, body.clone(), effect).await?;
        let answer: Result<IgnoredAny, _> = self.connection.merge_strategically(&place, &body).await;
        work.diary.answered(written, &answer).await;
        match answer {
            Ok(_) => Ok(true),
            // Gone, or made again under its name.
            Err(error) if matches!(error.code(), Some(404 | 409)) => {
                Ok(self.doomed(&victim.key, &victim.uid).await?.is_some())
            }
            Err(error) => Err(self.refusal(&writing_status(&victim.key), error)),
        }
    }

    /// Deletes the pod; whether it was there. A deletion whose answer is lost is looked up, and sent again where it is not
    /// in force, as long as the room may still be made: its uid keeps it from hitting another.
    async fn delete_pod(&self, work: &Work<'_>, victim: &Victim, effect: Effect) -> Result<bool, Refusal> {
        let (path, options) = (path(&victim.key), options(&victim.uid));
        let begun = Instant::now();
        let mut wait = Duration::from_millis(100);
        let mut in_doubt = false;
        loop {
            let written = work
                .diary
                .sends("delete", &path, options.clone(), effect.clone())
                .await?;
            let answer: Result<IgnoredAny, _> = self.connection.delete(&path, &options).await;
            work.diary.answered(written, &answer).await;
            let error = match answer {
                Ok(_) => return Ok(true),
                Err(error) if matches!(error.code(), Some(404 | 409)) => break,
                Err(error) => error,
            };
            let busy = error.code() == Some(429);
            in_doubt |= !busy && error.code().is_none_or(|code| code >= 500);
            if !(busy || in_doubt) || begun.elapsed() >= RESOLVING {
                return Err(self.refusal(&deleting(&victim.key), error));
            }
            pause(&mut wait, Duration::from_secs(1)).await;
            match self.doomed(&victim.key, &victim.uid).await {
                Ok(Some(doomed)) if doomed.metadata.deletion_timestamp.is_none() => {}
                Ok(_) => break,
                Err(refusal) if begun.elapsed() >= RESOLVING => return Err(refusal),
                Err(_) => {}
            }
            while let Err(refusal) = self.may_go_on(work).await {
                if !refusal.may_pass() || begun.elapsed() >= RESOLVING {
                    return Err(refusal);
                }
                pause(&mut wait, Duration::from_secs(1)).await;
            }
        }
        // It goes. By us, where that may have been carried out.
        if in_doubt {
            let pod = victim.key.to_string();
            work.diary.note(Step::LookedUp { pod, removed: true }).await;
        }
        Ok(in_doubt)
    }
}

/// Whether the status of `pod`, a manifest, says that `scheduler` removes it for another.
pub fn is_condemned(pod: &Value, scheduler: &str) -> bool {
    Doomed::deserialize(pod).is_ok_and(|doomed| tells(&doomed, &message(scheduler)))
}

fn message(scheduler: &str) -> String {
    format!("{scheduler}: preempting to accommodate a higher priority pod")
}

/// Whether its status says already why it goes.
fn tells(doomed: &Doomed, message: &str) -> bool {
    let mut conditions = doomed.status.conditions.iter().flatten();
    conditions.any(|condition| {
        condition.r#type == CONDITION
            && condition.status == "True"
            && condition.reason == REASON
            && condition.message == message
    })
}

fn path(pod: &PodKey) -> String {
    pod_path(&pod.namespace, &pod.name)
}

fn options(uid: &Arc<str>) -> Value {
    json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": &**uid}})
}

fn deleting(pod: &PodKey) -> Action {
    let right = Right::within(&*pod.namespace, "delete", "pods", "");
    Action::new(format!("deleting pod {pod}"), right)
}
