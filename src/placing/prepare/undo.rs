//! Unreserve: taking back what was prepared for a pod that is not bound after all.
//!
//! As upstream, volumes are left as they are: a claim that is bound, or being bound, to a volume cannot be had back, and
//! whoever places the pod next goes by it. The pod is taken out of `reservedFor`; what was allocated for it alone is
//! freed at once, where kube-scheduler would do so in the pod's next cycle.
//!
//! Where an adopted pod's own scheduler is at work, everything is left to it: it goes by what it finds prepared, does not look
//! again before its Binding, and frees by itself what it has no use for.

use serde_json::{Value, json};

use super::converge::Target;
use super::devices::{FINALIZER, Reserved, is_reserved};
use super::volumes::text;
use super::{Done, Work};
use crate::cluster::Action;
use crate::journal::Effect;
use crate::placing::outcome::{Outcome, Refusal, Stage};
use crate::placing::placer::{Ended, Judge, Placer};

/// What became of what was done, for a person.
#[derive(Default)]
struct Left {
    undone: Vec<String>,
    kept: Vec<String>,
    /// The scheduler that what is kept is left to.
    keeper: Option<String>,
    failed: Vec<String>,
}

impl Left {
    fn into_text(self) -> String {
        let part =
            |head: &str, all: Vec<String>| (!all.is_empty()).then(|| format!("{head}{}", all.join(", ")));
        let kept = match self.keeper {
            Some(keeper) => format!("left to '{keeper}': "),
            None => "left as it is: ".to_owned(),
        };
        let parts = [
            part("undone: ", self.undone),
            part(&kept, self.kept),
            part("could not be undone: ", self.failed),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    fn take(&mut self, what: String, undone: Result<(), Refusal>) {
        match undone {
            Ok(()) => self.undone.push(what),
            // What is gone needs no undoing.
            Err(Refusal::ClaimChanged(_)) => {}
            Err(refusal) => self.failed.push(format!("{what} ({refusal})")),
        }
    }
}

impl Placer {
    /// Undoes what was `done` after `ended`, and says so in it.
    pub(in crate::placing) async fn undo(
        &self,
        judge: &dyn Judge,
        work: &Work<'_>,
        done: Done,
        ended: Ended,
    ) -> Ended {
        if done.is_empty() {
            return ended;
        }
        let refusal = match *ended {
            Outcome::Refused(refusal) => refusal,
            Outcome::Changed { .. } => Refusal::PodChanged,
            Outcome::Unknown { node, error } => {
                let left = kept(&done).into_text();
                let error = if left.is_empty() {
                    error
                } else {
                    format!("{error}; {left}")
                };
                return Box::new(Outcome::Unknown { node, error });
            }
            other => return Box::new(other),
        };
        let left = if self.may_be_bound(work, &refusal).await {
            kept(&done)
        } else if let Some(rival) = self.rival(judge, work.intent).await {
            Left {
                keeper: Some(rival),
                ..kept(&done)
            }
        } else {
            (work.progress)(Stage::Undoing);
            self.take_back(work, done).await
        };
        let left = left.into_text();
        if left.is_empty() {
            return refusal.into();
        }
        Refusal::AfterPreparing {
            refusal: Box::new(refusal),
            left,
        }
        .into()
    }

    /// Whether the pod is on a node, or may come there: then it needs what was prepared.
    async fn may_be_bound(&self, work: &Work<'_>, refusal: &Refusal) -> bool {
        if matches!(refusal, Refusal::NotBound(_)) {
            return true;
        }
        match self.fetch_pod(work.intent).await {
            Ok(pod) => pod.is(work.intent) && pod.node().is_some(),
            Err(_) => false,
        }
    }

    async fn take_back(&self, work: &Work<'_>, done: Done) -> Left {
        let mut left = Left::default();
        keep_volumes(&done, &mut left);
        if let Some(name) = &done.made {
            if done.named {
                let body = json!({
                    "metadata": {"uid": &*work.intent.uid}, "status": {"extendedResourceClaimStatus": null},
                });
                if let Err(refusal) = self
                    .patch_pod_status(work, &work.intent.pod, body, Effect::Undone)
                    .await
                {
                    tracing::info!(%refusal, "the pod's status still names the claim that was made");
                }
            }
            let undone = self.delete_made(work, name).await;
            left.take(format!("claim {name}, made for extended resources"), undone);
        }
        for reserved in done.reservations.iter().rev() {
            let undone = self.unreserve(work, reserved).await;
            left.take(format!("claim {}", reserved.claim), undone);
        }
        if done.nominated {
            self.take_nomination_back(work).await;
        }
        left
    }

    /// Another's nomination stays.
    async fn take_nomination_back(&self, work: &Work<'_>) {
        let pod = match self.fetch_pod(work.intent).await {
            Ok(pod) if pod.is(work.intent) && pod.nominated_node() == Some(&*work.intent.node) => pod,
            _ => return,
        };
        let body = json!({
            "metadata": {"uid": &*work.intent.uid, "resourceVersion": pod.metadata.resource_version},
            "status": {"nominatedNodeName": null},
        });
        if let Err(refusal) = self
            .patch_pod_status(work, &work.intent.pod, body, Effect::Undone)
            .await
        {
            tracing::info!(%refusal, "the pod is still nominated");
        }
    }

    async fn unreserve(&self, work: &Work<'_>, reserved: &Reserved) -> Result<(), Refusal> {
        let target = Target::device_claim(&work.intent.pod.namespace, &reserved.claim);
        let is_it = |claim: &Value| text(claim, "/metadata/uid") == reserved.uid;
        let release = |claim: &mut Value| {
            if !is_it(claim) || !is_reserved(claim, &work.intent.uid) {
                return Ok(false);
            }
            let Some(status) = claim.get_mut("status").and_then(Value::as_object_mut) else {
                return Ok(false);
            };
            let mut others = false;
            if let Some(users) = status.get_mut("reservedFor").and_then(Value::as_array_mut) {
                users.retain(|user| text(user, "/uid") != &*work.intent.uid);
                others = !users.is_empty();
            }
            let devices = |allocation: &Value| allocation.pointer("/devices/results").cloned();
            let ours = reserved.allocation.as_ref().is_some_and(|ours| {
                status
                    .get("allocation")
                    .is_some_and(|now| devices(now) == devices(ours))
            });
            if ours && !others {
                status.remove("allocation");
                status.remove("reservedFor");
                status.remove("devices");
            }
            Ok(true)
        };
        let claim = self
            .converge(work, &target.clone().status(), &Effect::Undone, &release)
            .await?;
        let free = claim.pointer("/status/allocation").is_none_or(Value::is_null);
        if reserved.allocation.is_some() && free {
            let drop = |claim: &mut Value| Ok(is_it(claim) && drop_finalizer(claim));
            self.converge(work, &target, &Effect::Undone, &drop).await?;
        }
        Ok(())
    }

    async fn delete_made(&self, work: &Work<'_>, name: &str) -> Result<(), Refusal> {
        let target = Target::device_claim(&work.intent.pod.namespace, name);
        let drop = |claim: &mut Value| Ok(drop_finalizer(claim));
        let claim = self.converge(work, &target, &Effect::Undone, &drop).await?;
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "preconditions": {"uid": text(&claim, "/metadata/uid")},
        });
        let path = target.path();
        let written = work
            .diary
            .sends("delete", &path, options.clone(), Effect::Undone)
            .await?;
        let answer: Result<serde::de::IgnoredAny, _> = self.connection.delete(&path, &options).await;
        work.diary.answered(written, &answer).await;
        match answer {
            Err(error) if error.code() != Some(404) => {
                let action = Action::new(format!("deleting {}", target.name), target.right("delete"));
                Err(self.refusal(&action, error))
            }
            _ => Ok(()),
        }
    }
}

fn drop_finalizer(claim: &mut Value) -> bool {
    let finalizers = claim
        .pointer_mut("/metadata/finalizers")
        .and_then(Value::as_array_mut);
    let Some(finalizers) = finalizers else {
        return false;
    };
    let before = finalizers.len();
    finalizers.retain(|finalizer| finalizer != FINALIZER);
    finalizers.len() < before
}

fn keep_volumes(done: &Done, left: &mut Left) {
    left.kept.extend(done.volumes.iter().cloned());
    let provisions = done.provisions.iter();
    left.kept
        .extend(provisions.map(|claim| format!("the volume being made for claim {claim}")));
}

/// Everything stays.
fn kept(done: &Done) -> Left {
    let mut left = Left::default();
    keep_volumes(done, &mut left);
    let claims = done.reservations.iter().map(|reserved| &reserved.claim);
    left.kept
        .extend(claims.chain(&done.made).map(|claim| format!("claim {claim}")));
    left
}
