//! Unreserve: taking back what was prepared for a pod that is not bound after all.
//!
//! As upstream, volumes are left as they are: a claim that is bound, or being bound, to a volume cannot be had back, and
//! whoever places the pod next goes by it. The pod is taken out of `reservedFor`; what was allocated for it alone is
//! freed at once, where kube-scheduler would do so in the pod's next cycle.
//!
//! Nothing is taken back that somebody else did, or goes by since (`reserving.rs`).
//!
//! Where an adopted pod's own scheduler is at work, everything is left to it: it goes by what it finds prepared, does not look
//! again before its Binding, and frees by itself what it has no use for.

use serde_json::{Value, json};

use super::converge::Target;
use super::devices::Made;
use super::holds::drop_finalizer;
use super::reserving::Reserved;
use super::volumes::text;
use super::{Done, Work, writing_status};
use crate::cluster::Action;
use crate::journal::Effect;
use crate::placing::outcome::{Outcome, Refusal, Stage};
use crate::placing::placer::{Ended, Placer, reading};

/// How often the pod's status is written where others write to the pod.
const TRIES: usize = 5;

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

    /// `held` says whether it is held for the pod by somebody else all the same.
    fn take(&mut self, what: String, held: Result<bool, Refusal>) {
        match held {
            Ok(false) => self.undone.push(what),
            Ok(true) => self.kept.push(format!("{what}, which somebody else goes by")),
            // What is gone needs no undoing.
            Err(Refusal::ClaimChanged(_)) => {}
            Err(refusal) => self.failed.push(format!("{what} ({refusal})")),
        }
    }
}

impl Placer {
    /// Undoes what was `done` after `ended`, and says so in it.
    pub(in crate::placing) async fn undo(&self, work: &Work<'_>, done: Done, ended: Ended) -> Ended {
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
        } else if let Some(rival) = self.rival(work).await {
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
        if let Some(made) = &done.made {
            let held = match self.may_still_take_back(work).await {
                Ok(()) => self.unmake(work, made).await,
                Err(refusal) => Err(refusal),
            };
            left.take(format!("claim {}, made for extended resources", made.name), held);
        }
        for reserved in done.reservations.iter().rev() {
            let held = match self.may_still_take_back(work).await {
                Ok(()) => self.unreserve(work, reserved).await,
                Err(refusal) => Err(refusal),
            };
            left.take(claim(reserved), held);
        }
        if done.nominated && self.may_still_take_back(work).await.is_ok() {
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

    /// Takes back the claim that was made for extended resources; whether it stays, as the pod is on a node.
    async fn unmake(&self, work: &Work<'_>, made: &Made) -> Result<bool, Refusal> {
        if !self.unname(work, &made.name).await? {
            return Ok(true);
        }
        let target = Target::device_claim(&work.intent.pod.namespace, &made.name);
        let change =
            |claim: &mut Value| Ok(text(claim, "/metadata/uid") == made.uid && drop_finalizer(claim));
        self.converge(work, &target, &Effect::Undone, &change).await?;
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": made.uid},
        });
        let path = target.path();
        let written = work
            .diary
            .sends("delete", &path, options.clone(), Effect::Undone)
            .await?;
        let answer: Result<serde::de::IgnoredAny, _> = self.connection.delete(&path, &options).await;
        work.diary.answered(written, &answer).await;
        match answer {
            Err(error) if !matches!(error.code(), Some(404 | 409)) => {
                let action = Action::new(format!("deleting {}", target.name), target.right("delete"));
                Err(self.refusal(&action, error))
            }
            _ => Ok(false),
        }
    }

    /// Has the pod's status name the claim called `name` no more, as long as nobody bound the pod; whether nobody did.
    /// Somebody else may have made another claim for it, and named that.
    async fn unname(&self, work: &Work<'_>, name: &str) -> Result<bool, Refusal> {
        for tried in 0..TRIES {
            if tried > 0 {
                self.may_still_take_back(work).await?;
            }
            let pod = match self.fetch_pod(work.intent).await {
                Ok(pod) if pod.is(work.intent) => pod,
                Ok(_) => return Ok(true),
                Err(error) if error.code() == Some(404) => return Ok(true),
                Err(error) => return Err(self.refusal(&reading(&work.intent.pod), error)),
            };
            if pod.node().is_some() {
                return Ok(false);
            }
            if pod.extended_claim() != Some(name) {
                return Ok(true);
            }
            let body = json!({
                "metadata": {"uid": &*work.intent.uid, "resourceVersion": pod.metadata.resource_version},
                "status": {"extendedResourceClaimStatus": null},
            });
            match self
                .send_pod_status(work, &work.intent.pod, body, Effect::Undone)
                .await?
            {
                Err(error) if error.code() == Some(409) => {}
                answer => {
                    let answer =
                        answer.map_err(|error| self.refusal(&writing_status(&work.intent.pod), error));
                    return answer.map(|()| true);
                }
            }
        }
        Err(Refusal::PodChanged)
    }
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
    left.kept.extend(done.reservations.iter().map(claim));
    let made = done.made.iter();
    left.kept.extend(made.map(|made| format!("claim {}", made.name)));
    left
}

fn claim(reserved: &Reserved) -> String {
    format!("claim {}", reserved.claim)
}
