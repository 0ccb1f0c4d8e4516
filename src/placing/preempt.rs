//! Room by preemption: pods of lower priority are removed for a pod that fits nowhere, as kube-scheduler does it, and the
//! pod is placed once they are gone.
//!
//! ```text
//! judge again ─▶ rights, dry run ─▶ nominate ─▶ outranked pods ─▶ each victim: condition, delete, event ─▶ wait ─▶ place
//! ```
//! Nothing is deleted beyond what was confirmed: where others would have to go, or others of them are protected, the
//! person is asked again. There is no undoing: what was deleted is told, and the nomination stays.
//!
//! Source: `pkg/scheduler/framework/preemption/executor.go` (in its asynchronous order, the default since 1.33).

mod remove;
mod survey;
mod wait;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;

pub use self::survey::{Loss, Survey, Surveyed};
use super::adoption::Adoption;
use super::diary::Diary;
use super::facts::PodFacts;
use super::intent::Intent;
use super::outcome::{Outcome, Refusal, Stage};
use super::placer::{DryRun, Ended, Judge, Placer, pause};
use super::prepare::Work;
use super::reason::Reason;
use super::verdict::Verdict;
use crate::cluster::Right;
use crate::journal::{Begun, Effect, entry};
use crate::model::{Pod, PodKey};
use crate::scheduling::Room;
use crate::scheduling::room::Judged;

/// How long what the watches brought may lag behind what was read.
const LAG: Duration = Duration::from_secs(5);
/// What a person types to go against PodDisruptionBudgets.
pub const VIOLATE: &str = "violate";
/// How often the placement is begun again because somebody wrote to the pod.
const TRIES: usize = 5;

/// Making room for a pod, as a person confirmed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preemption {
    /// The pod to make room for.
    pub pod: PodKey,
    /// Its uid.
    pub uid: Arc<str>,
    /// Its resourceVersion as it was shown.
    pub resource_version: Arc<str>,
    /// Where, and who has to go.
    pub room: Room,
    /// Whether going against budgets was confirmed by itself.
    pub violates: bool,
    /// Why.
    pub reason: Reason,
    /// The adoption that it is placed under, where the pod is another scheduler's.
    pub adoption: Option<Arc<Adoption>>,
}

impl Preemption {
    /// Of `room` for `pod`.
    pub fn new(pod: &Pod, room: Room, violates: bool, reason: Reason) -> Self {
        Self {
            pod: pod.key.clone(),
            uid: Arc::clone(&pod.uid),
            resource_version: Arc::clone(&pod.resource_version),
            room,
            violates,
            reason,
            adoption: None,
        }
    }

    /// The placement that it is for.
    pub(crate) fn intent(&self) -> Intent {
        Intent {
            pod: self.pod.clone(),
            uid: Arc::clone(&self.uid),
            resource_version: Arc::clone(&self.resource_version),
            node: Arc::clone(&self.room.node),
            verdict: Verdict::default(),
            reason: Some(self.reason.clone()),
            adoption: self.adoption.clone(),
            insists: false,
        }
    }
}

/// How making room ended.
#[derive(Clone, Debug)]
pub struct Preempted {
    /// The pods that were deleted for it. The node stays nominated where there are any.
    pub removed: Vec<PodKey>,
    /// What became of the pod.
    pub end: End,
}

/// What became of the pod that room was to be made for.
#[derive(Clone, Debug)]
pub enum End {
    /// Others would have to go than was confirmed: these, or nobody knows whom. Nothing was sent.
    Changed(Option<Box<Room>>),
    /// The placement ended so, or did not come about.
    Over(Box<Outcome>),
}

/// What ends making room early.
pub(super) enum Stop {
    Changed(Option<Box<Room>>),
    Over(Ended),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Over(refusal.into())
    }
}

impl From<Ended> for Stop {
    fn from(ended: Ended) -> Self {
        Self::Over(ended)
    }
}

/// What was found when it was judged again.
enum Found {
    /// The pod fits by now.
    Fits,
    /// Pods are on their way out for it already.
    Leaving(Vec<(PodKey, Arc<str>)>),
    /// What was confirmed.
    Room(Room),
}

impl Preempted {
    /// Nothing was done, for this reason.
    pub fn refused(refusal: Refusal) -> Self {
        Self {
            removed: Vec::new(),
            end: End::Over(refusal.into()),
        }
    }

    /// See [`Outcome::exit_code`].
    pub fn exit_code(&self) -> u8 {
        match &self.end {
            End::Changed(_) => 4,
            End::Over(outcome) => outcome.exit_code(),
        }
    }
}

impl Placer {
    /// Makes the room that was confirmed, waits for it, and places the pod there. `progress` is told each stage.
    ///
    /// Dropping the future leaves open what happened: let it end.
    pub async fn preempt(
        &self,
        judge: &dyn Judge,
        wish: &Preemption,
        dry_run: DryRun,
        progress: &(dyn Fn(Stage) + Sync),
    ) -> Preempted {
        let mut removed = Vec::new();
        let made = self.make_room(judge, wish, dry_run, progress, &mut removed).await;
        let end = match made {
            Err(Stop::Changed(room)) => End::Changed(room),
            Err(Stop::Over(outcome)) => End::Over(outcome),
            Ok(()) if dry_run != DryRun::None => End::Over(Box::new(Outcome::DryRun {
                node: Arc::clone(&wish.room.node),
            })),
            Ok(()) => End::Over(Box::new(self.place_there(judge, wish.intent(), progress).await)),
        };
        Preempted { removed, end }
    }

    async fn make_room(
        &self,
        judge: &dyn Judge,
        wish: &Preemption,
        dry_run: DryRun,
        progress: &(dyn Fn(Stage) + Sync),
        removed: &mut Vec<PodKey>,
    ) -> Result<(), Stop> {
        let intent = wish.intent();
        progress(Stage::Checking);
        self.guard(judge, &intent).await?;
        self.read_node(&intent.node).await?;
        progress(Stage::Judging);
        let (pod, judged) = self.judge_room(judge, &intent).await?;
        let room = match found(wish, judged)? {
            Found::Leaving(pods) if dry_run == DryRun::None => {
                return Ok(self.wait_until_gone(&intent, &pods, progress).await?);
            }
            Found::Fits | Found::Leaving(_) => return Ok(()),
            Found::Room(room) => room,
        };
        if dry_run == DryRun::Client {
            return Ok(());
        }
        progress(Stage::DryRun);
        self.may_remove(&intent, &room).await?;
        self.rehearse_removal(&room).await?;
        if dry_run == DryRun::Server {
            return Ok(());
        }
        let begun = Begun {
            victims: room.victims.iter().map(|victim| victim.key.to_string()).collect(),
            violated: violated(&room),
            ..self.begun(&intent, &super::Fate::Taken, &pod.spec.scheduler_name, None)
        };
        let diary = Diary::new(Arc::clone(&self.journal), begun);
        let work = Work {
            intent: &intent,
            diary: &diary,
            progress,
        };
        let made = match self
            .remove_all(judge, &work, &pod.spec.scheduler_name, &room, removed)
            .await
        {
            Ok(()) => self.wait_for_room(&work, &room).await,
            refused => refused,
        };
        let names: Vec<String> = removed.iter().map(ToString::to_string).collect();
        let names = names.join(", ");
        match &made {
            Ok(()) if removed.is_empty() => diary.closed(entry::Outcome::RoomMade, String::new()).await,
            Ok(()) => {
                diary
                    .closed(entry::Outcome::RoomMade, format!("deleted {names}"))
                    .await;
            }
            Err(refusal) if removed.is_empty() => {
                diary.closed(entry::Outcome::NotPlaced, refusal.to_string()).await;
            }
            Err(refusal) => {
                let text = format!("{refusal}; deleted {names}; {} stays nominated", intent.node);
                diary.closed(entry::Outcome::NotPlaced, text).await;
            }
        }
        Ok(made?)
    }

    /// Nominates the node for a pod of `scheduler`, takes lower nominations away, removes the pods.
    pub(super) async fn remove_all(
        &self,
        judge: &dyn Judge,
        work: &Work<'_>,
        scheduler: &str,
        room: &Room,
        removed: &mut Vec<PodKey>,
    ) -> Result<(), Refusal> {
        let node = &work.intent.node;
        (work.progress)(Stage::Preparing(format!("nominating {node}").into()));
        let body = json!({
            "metadata": {"uid": &*work.intent.uid},
            "status": {"nominatedNodeName": &**node},
        });
        // Where it cannot be nominated others would take the room that is made.
        self.patch_pod_status(work, &work.intent.pod, body, Effect::Nominated)
            .await?;
        for (other, uid) in &room.outranked {
            (work.progress)(Stage::Preparing(
                format!("taking the nomination of {other} away").into(),
            ));
            let body = json!({"metadata": {"uid": &**uid}, "status": {"nominatedNodeName": null}});
            let effect = Effect::NominationCleared {
                pod: other.to_string(),
            };
            match self.patch_pod_status(work, other, body, effect).await {
                Err(refusal @ Refusal::NoJournal(_)) => return Err(refusal),
                // As upstream: it is a courtesy.
                Err(refusal) => tracing::warn!(%refusal, %other, "it stays nominated"),
                Ok(()) => {}
            }
        }
        let all = room.victims.len();
        for (at, victim) in room.victims.iter().enumerate() {
            if self.cancel.is_cancelled() {
                return Err(Refusal::Cancelled);
            }
            self.guard(judge, work.intent).await?;
            let text = format!("removing {} ({} of {all})", victim.key, at + 1);
            (work.progress)(Stage::Preparing(text.into()));
            if self.remove(work, scheduler, victim).await? {
                removed.push(victim.key.clone());
            }
        }
        Ok(())
    }

    /// Waits until the victims are gone.
    async fn wait_for_room(&self, work: &Work<'_>, room: &Room) -> Result<(), Refusal> {
        let pods = room.victims.iter();
        let pods: Vec<_> = pods
            .map(|victim| (victim.key.clone(), Arc::clone(&victim.uid)))
            .collect();
        self.wait_until_gone(work.intent, &pods, work.progress).await
    }

    /// Judges the pod on a state that holds it as the API server has it.
    async fn judge_room(&self, judge: &dyn Judge, intent: &Intent) -> Result<(PodFacts, Judged), Ended> {
        let deadline = Instant::now() + LAG;
        let mut wait = Duration::from_millis(20);
        loop {
            let judged = judge.room(intent.pod.clone(), Arc::clone(&intent.node)).await;
            let pod = self.read_pod(intent).await?;
            if let Some(judged) = judged
                && *judged.pod.resource_version == *pod.metadata.resource_version
            {
                return Ok((pod, judged));
            }
            if Instant::now() >= deadline {
                return Err(Refusal::Lagging(LAG.as_secs()).into());
            }
            pause(&mut wait, Duration::from_millis(500)).await;
        }
    }

    /// Places the pod on the node that has room for it now.
    async fn place_there(
        &self,
        judge: &dyn Judge,
        mut intent: Intent,
        progress: &(dyn Fn(Stage) + Sync),
    ) -> Outcome {
        for _ in 0..TRIES {
            progress(Stage::Rejudging);
            intent = match self.fresh(judge, &intent).await {
                Ok(intent) => intent,
                Err(ended) => return *ended,
            };
            // Cancelled after the room was made.
            if self.cancel.is_cancelled() {
                return Outcome::Refused(Refusal::Cancelled);
            }
            match self.place(judge, intent.clone(), DryRun::None, progress).await {
                // Somebody wrote to the pod, or another node is best now: this one was confirmed.
                Outcome::Changed { now, .. } if now.is_feasible() => {}
                Outcome::Changed { now, .. } => {
                    return Outcome::Refused(no_longer_fits(&intent, &now));
                }
                outcome => return outcome,
            }
        }
        Outcome::Refused(Refusal::PodChanged)
    }

    /// `intent` as it has to be now: the node must fit once what is known has caught up.
    async fn fresh(&self, judge: &dyn Judge, intent: &Intent) -> Result<Intent, Ended> {
        let deadline = Instant::now() + LAG;
        let mut wait = Duration::from_millis(20);
        loop {
            let pod = self.read_pod(intent).await?;
            let selected = judge.judge(intent.pod.clone()).await;
            let current =
                selected.filter(|selected| *selected.pod.resource_version == *pod.metadata.resource_version);
            let late = Instant::now() >= deadline;
            if let Some(selected) = current
                && let Some(node) = selected.trace.nodes.id(&intent.node)
            {
                let verdict = Verdict::of(&selected.trace, node);
                if verdict.is_feasible() {
                    return Ok(Intent {
                        resource_version: Arc::clone(&selected.pod.resource_version),
                        verdict,
                        ..intent.clone()
                    });
                }
                if late {
                    return Err(no_longer_fits(intent, &verdict).into());
                }
            } else if late {
                return Err(Refusal::Lagging(LAG.as_secs()).into());
            }
            pause(&mut wait, Duration::from_millis(500)).await;
        }
    }

    /// Makes sure that every right is held: better nothing is done than half of it.
    async fn may_remove(&self, intent: &Intent, room: &Room) -> Result<(), Refusal> {
        let mut namespaces: Vec<&str> = room.victims.iter().map(|victim| &*victim.key.namespace).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        let mut rights: Vec<Right> = Vec::new();
        for namespace in namespaces {
            rights.push(Right::within(namespace, "get", "pods", ""));
            rights.push(Right::within(namespace, "delete", "pods", ""));
            rights.push(Right::within(namespace, "patch", "pods/status", ""));
        }
        rights.push(Right::within(&*intent.pod.namespace, "patch", "pods/status", ""));
        rights.dedup();
        for right in rights {
            match self.connection.may(&right).await {
                Ok(true) => {}
                Ok(false) => {
                    return Err(Refusal::Forbidden(format!(
                        "making room for {} on {}: not allowed: that takes the right to {right}; 'berth check' lists every \
                         right that is needed",
                        intent.pod, intent.node
                    )));
                }
                Err(error) => return Err(Refusal::of(&error)),
            }
        }
        Ok(())
    }
}

/// What holds now, against what was confirmed.
fn found(wish: &Preemption, judged: Judged) -> Result<Found, Stop> {
    let Judged {
        pod,
        trace,
        room,
        leaving,
    } = judged;
    let node = &wish.room.node;
    let Some(id) = trace.nodes.id(node) else {
        return Err(Refusal::NodeGone(node.to_string()).into());
    };
    if trace.feasible_index(id).is_some() {
        return Ok(Found::Fits);
    }
    let Some(room) = room else {
        let nominated = pod.nominated_node.as_deref() == Some(&**node);
        if nominated && !leaving.is_empty() {
            return Ok(Found::Leaving(leaving));
        }
        return Err(Stop::Changed(None));
    };
    if wish.room.differs_from(&room) {
        return Err(Stop::Changed(Some(Box::new(room))));
    }
    if room.violates() && !wish.violates {
        return Err(Refusal::Budgets(violated(&room).join(", ")).into());
    }
    Ok(Found::Room(room))
}

/// The budgets that pods would go against; what cannot be seen may be one.
pub fn violated(room: &Room) -> Vec<String> {
    if room.budgets_unseen {
        return vec!["PodDisruptionBudgets, which cannot be seen".to_owned()];
    }
    if room.violations == 0 {
        return Vec::new();
    }
    let exhausted = room
        .budgets
        .iter()
        .filter(|budget| i64::from(budget.allowed) < i64::try_from(budget.concerned).unwrap_or(i64::MAX));
    exhausted.map(|budget| budget.key.to_string()).collect()
}

fn no_longer_fits(intent: &Intent, now: &Verdict) -> Refusal {
    let rules: Vec<String> = now.broken.iter().map(ToString::to_string).collect();
    Refusal::RoomTaken {
        node: intent.node.to_string(),
        rules: rules.join("; "),
    }
}

/// When, for a person.
pub(super) fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}
