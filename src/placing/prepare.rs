//! Reserve and PreBind for real: what a pod needs before it is bound is done in the cluster, and undone where it is not
//! bound after all.
//!
//! ```text
//! rights ─▶ nominate ─▶ volumes ─▶ devices ─▶ wait until all is ready ─▶ judge again ─▶ (Binding)
//!                          └─────────┴───────────┴── on failure ──▶ undo
//! ```
//! In upstream's order and with upstream's means. Every write is preconditioned: it is made on the object as it was
//! read, and done again on what others made of it only where it still makes sense. What is done already is left as it
//! is, so that preparing a half-prepared pod again does no harm; nor do two who prepare the same pod (`reserving.rs`).

mod converge;
mod devices;
mod holds;
mod readiness;
mod reserving;
mod sole;
mod undo;
mod volumes;
mod wait;

use std::sync::Arc;

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use self::devices::Made;
use self::reserving::Reserved;
pub(super) use self::sole::Looks;
use super::diary::Diary;
use super::facts::PodFacts;
use super::intent::Intent;
use super::outcome::{Refusal, Stage};
use super::placer::{Ended, Judge, Placer};
use super::verdict::Verdict;
use crate::cluster::request::{RequestError, pod_path};
use crate::cluster::{Action, Right};
use crate::journal::Effect;
use crate::model::PodKey;
use crate::scheduling::{Preparation, Prepared};

/// Why a plugin cannot do its part: its name and its reasons.
pub type Unready = (&'static str, String);

/// What was done, or may have been: enough to undo it.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Whether we nominated the node.
    nominated: bool,
    /// Volumes that were bound to claims.
    volumes: Vec<String>,
    /// Claims with a volume being made.
    provisions: Vec<String>,
    reservations: Vec<Reserved>,
    /// The claim made for extended resources.
    made: Option<Made>,
}

impl Done {
    /// Whether nothing was written that matters.
    fn is_empty(&self) -> bool {
        !self.nominated
            && self.volumes.is_empty()
            && self.provisions.is_empty()
            && self.reservations.is_empty()
            && self.made.is_none()
    }
}

/// What one placement works with.
pub(super) struct Work<'a> {
    pub(super) judge: &'a dyn Judge,
    pub(super) intent: &'a Intent,
    pub(super) diary: &'a Diary,
    pub(super) progress: &'a (dyn Fn(Stage) + Sync),
}

impl Placer {
    /// What has to be done before the pod is bound; `None` where there is nothing.
    pub(super) async fn preparation(
        &self,
        judge: &dyn Judge,
        intent: &Intent,
        now: &Verdict,
    ) -> Result<Option<Preparation>, Ended> {
        if now.prepared.is_empty() {
            return Ok(None);
        }
        let overruled = intent.verdict.broken.iter().map(|rule| rule.plugin).collect();
        let asked = judge.prepare(intent.pod.clone(), Arc::clone(&intent.node), overruled);
        match asked.await {
            Some(Ok(preparation)) => Ok(Some(preparation).filter(|preparation| !preparation.is_empty())),
            Some(Err((plugin, why))) => Err(Refusal::CannotPrepare(format!("{plugin}: {why}")).into()),
            None => Err(Refusal::PodGone.into()),
        }
    }

    /// Makes sure that every right is held that `preparation` takes: better nothing is done than half of it.
    pub(super) async fn may_prepare(
        &self,
        intent: &Intent,
        preparation: &Preparation,
    ) -> Result<(), Refusal> {
        let doing = format!("preparing {} for {}", intent.pod, intent.node);
        let rights = rights(&intent.pod.namespace, preparation);
        self.may_all(&rights, &doing).await
    }

    /// Does what `preparation` says, waits until it is ready, and judges again. The pod comes back as it is then. `done`
    /// holds what was done, however it ends.
    pub(super) async fn prepare(
        &self,
        work: &Work<'_>,
        preparation: &Preparation,
        done: &mut Done,
    ) -> Result<PodFacts, Ended> {
        self.nominate(work, done).await?;
        self.take_volumes(work, &preparation.volumes, done).await?;
        self.take_devices(work, &preparation.devices, done).await?;
        self.have_alone(work, done).await?;
        self.wait_until_ready(work, preparation, done).await?;
        (work.progress)(Stage::Rejudging);
        self.judge_prepared(work.judge, work.intent, done.made.is_some())
            .await
    }

    /// Says in the pod's status which node it is for, as kube-scheduler does before waits: other schedulers then leave
    /// it its room, and autoscalers the node. Nothing hangs on it. What is there already is not ours to take back: room
    /// may have been made for it.
    async fn nominate(&self, work: &Work<'_>, done: &mut Done) -> Result<(), Refusal> {
        (work.progress)(Stage::Preparing("preparing: nominating the node".into()));
        let pod = self.fetch_pod(work.intent).await;
        if pod.is_ok_and(|pod| pod.nominated_node() == Some(&*work.intent.node)) {
            return Ok(());
        }
        let body = json!({
            "metadata": {"uid": &*work.intent.uid},
            "status": {"nominatedNodeName": &*work.intent.node},
        });
        done.nominated = true;
        let effect = Effect::Nominated;
        match self.patch_pod_status(work, &work.intent.pod, body, effect).await {
            Err(refusal @ Refusal::NoJournal(_)) => Err(refusal),
            Err(refusal) => {
                tracing::warn!(%refusal, "the node is not nominated");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Merges `body` into `pod` through its subresource `status`.
    pub(super) async fn patch_pod_status(
        &self,
        work: &Work<'_>,
        pod: &PodKey,
        body: Value,
        effect: Effect,
    ) -> Result<(), Refusal> {
        let answer = self.send_pod_status(work, pod, body, effect).await?;
        answer.map_err(|error| self.refusal(&writing_status(pod), error))
    }

    /// The same, with the answer as it came.
    async fn send_pod_status(
        &self,
        work: &Work<'_>,
        pod: &PodKey,
        body: Value,
        effect: Effect,
    ) -> Result<Result<(), RequestError>, Refusal> {
        let path = format!("{}/status", pod_path(&pod.namespace, &pod.name));
        let written = work.diary.sends("patch", &path, body.clone(), effect).await?;
        let answer: Result<IgnoredAny, _> = self.connection.merge(&path, &body).await;
        work.diary.answered(written, &answer).await;
        Ok(answer.map(drop))
    }
}

pub(super) fn writing_status(pod: &PodKey) -> Action {
    let right = Right::within(&*pod.namespace, "patch", "pods/status", "");
    Action::new(format!("writing the status of pod {pod}"), right)
}

/// The rights that carrying out `preparation` takes, and undoing it.
fn rights(namespace: &str, preparation: &Preparation) -> Vec<Right> {
    const DEVICES: &str = "resource.k8s.io";
    let Preparation { volumes, devices } = preparation;
    let within = |verb, resource| Right::within(namespace, verb, resource, "");
    let mut all = Vec::new();
    if !volumes.bindings.is_empty() || !volumes.provisions.is_empty() {
        all.push(within("get", "persistentvolumeclaims"));
    }
    if !volumes.provisions.is_empty() {
        all.push(within("update", "persistentvolumeclaims"));
    }
    if !volumes.bindings.is_empty() {
        all.push(Right::everywhere("get", "persistentvolumes", ""));
        all.push(Right::everywhere("update", "persistentvolumes", ""));
    }
    let reserves = !devices.reservations.is_empty() || devices.extended.is_some();
    if reserves || !devices.reserved.is_empty() {
        all.push(Right::within(namespace, "get", "resourceclaims", DEVICES));
        all.push(Right::within(namespace, "update", "resourceclaims", DEVICES));
    }
    if reserves {
        let status = "resourceclaims/status";
        all.push(Right::within(namespace, "update", status, DEVICES));
        all.push(sole::right());
        // The API server asks for it in all namespaces, whatever the claim's is.
        all.push(Right::everywhere("update", "resourceclaims/binding", DEVICES));
    }
    if devices.extended.is_some() {
        all.push(Right::within(namespace, "create", "resourceclaims", DEVICES));
        all.push(Right::within(namespace, "delete", "resourceclaims", DEVICES));
        all.push(within("patch", "pods/status"));
    }
    all
}

/// Whether `prepared` is seen to by a plugin that `overruled` names, and so left alone.
pub(super) fn is_left_alone(prepared: &Prepared, overruled: &[&str]) -> bool {
    let plugin = match prepared {
        Prepared::Volume(_) => "VolumeBinding",
        Prepared::Devices(_)
        | Prepared::Reservation(_)
        | Prepared::Reserved(_)
        | Prepared::ExtendedResources => "DynamicResources",
    };
    overruled.contains(&plugin)
}
