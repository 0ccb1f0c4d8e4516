//! Reserve and PreBind for real: what a pod needs before it is bound is done in the cluster, and undone where it is not
//! bound after all.
//!
//! ```text
//! rights ─▶ nominate ─▶ volumes ─▶ devices ─▶ wait until all is ready ─▶ judge again ─▶ (Binding)
//!                          └─────────┴───────────┴── on failure ──▶ undo
//! ```
//! In upstream's order and with upstream's means. Every write is preconditioned: it is made on the object as it was
//! read, and done again on what others made of it only where it still makes sense. What is done already is left as it
//! is, so that preparing a half-prepared pod again does no harm.

mod converge;
mod devices;
mod undo;
mod volumes;
mod wait;

use std::sync::Arc;

use serde_json::json;

use super::diary::Diary;
use super::facts::PodFacts;
use super::intent::Intent;
use super::outcome::{Refusal, Stage};
use super::placer::{Ended, Judge, Placer};
use super::verdict::Verdict;
use crate::cluster::Right;
use crate::cluster::request::pod_path;
use crate::journal::Effect;
use crate::model::PodKey;
use crate::scheduling::{Preparation, Prepared};

/// Why a plugin cannot do its part: its name and its reasons.
pub type Unready = (&'static str, String);

/// What was done, or may have been: enough to undo it.
#[derive(Debug, Default)]
pub(super) struct Done {
    nominated: bool,
    /// Volumes that were bound to claims.
    volumes: Vec<String>,
    /// Claims with a volume being made.
    provisions: Vec<String>,
    reservations: Vec<devices::Reserved>,
    /// The name of the claim made for extended resources.
    made: Option<String>,
    named: bool,
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

/// What one preparation works with.
pub(super) struct Work<'a> {
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
        for right in rights(&intent.pod.namespace, preparation) {
            match self.connection.may(&right).await {
                Ok(true) => {}
                Ok(false) => {
                    return Err(Refusal::Forbidden(format!(
                        "preparing {} for {}: not allowed: that takes the right to {right}; 'berth check' lists every \
                         right that is needed",
                        intent.pod, intent.node
                    )));
                }
                Err(error) => return Err(Refusal::of(&error)),
            }
        }
        Ok(())
    }

    /// Does what `preparation` says, waits until it is ready, and judges again. The pod comes back as it is then. `done`
    /// holds what was done, however it ends.
    pub(super) async fn prepare(
        &self,
        judge: &dyn Judge,
        work: &Work<'_>,
        preparation: &Preparation,
        done: &mut Done,
    ) -> Result<PodFacts, Ended> {
        self.nominate(work, done).await?;
        self.take_volumes(work, &preparation.volumes, done).await?;
        self.take_devices(work, &preparation.devices, done).await?;
        self.wait_until_ready(judge, work, preparation, done).await?;
        (work.progress)(Stage::Rejudging);
        self.judge_prepared(judge, work.intent, done.made.is_some()).await
    }

    /// Says in the pod's status which node it is for, as kube-scheduler does before waits: other schedulers then leave
    /// it its room, and autoscalers the node. Nothing hangs on it.
    async fn nominate(&self, work: &Work<'_>, done: &mut Done) -> Result<(), Refusal> {
        (work.progress)(Stage::Preparing("preparing: nominating the node".into()));
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
        body: serde_json::Value,
        effect: Effect,
    ) -> Result<(), Refusal> {
        let path = format!("{}/status", pod_path(&pod.namespace, &pod.name));
        let written = work.diary.sends("patch", &path, body.clone(), effect).await?;
        let answer: Result<serde::de::IgnoredAny, _> = self.connection.merge(&path, &body).await;
        work.diary.answered(written, &answer).await;
        let right = Right::within(&*pod.namespace, "patch", "pods/status", "");
        let action = crate::cluster::Action::new(format!("writing the status of pod {pod}"), right);
        answer.map(drop).map_err(|error| self.refusal(&action, error))
    }
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
    if !devices.reservations.is_empty() || devices.extended.is_some() {
        for (verb, resource) in [
            ("get", "resourceclaims"),
            ("update", "resourceclaims"),
            ("update", "resourceclaims/status"),
        ] {
            all.push(Right::within(namespace, verb, resource, DEVICES));
        }
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
        Prepared::Devices(_) | Prepared::Reservation(_) | Prepared::ExtendedResources => "DynamicResources",
    };
    overruled.contains(&plugin)
}
