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

mod clear;
mod found;
mod place;
mod remove;
mod survey;
mod wait;
mod wish;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use self::found::{Found, found};
pub use self::remove::is_condemned;
pub use self::survey::{Loss, Survey, Surveyed};
pub use self::wish::{End, Preempted, Preemption};
use super::diary::Diary;
use super::intent::Intent;
use super::outcome::{Outcome, Refusal, Stage};
use super::placer::{DryRun, Ended, Judge, Placer};
use super::prepare::Work;
use crate::cluster::Right;
use crate::journal::{Begun, entry};
use crate::model::PodKey;
use crate::scheduling::Room;
use crate::scheduling::room::Victim;

/// How long what the watches brought may lag behind what was read.
const LAG: Duration = Duration::from_secs(5);
/// What a person types to go against PodDisruptionBudgets.
pub const VIOLATE: &str = "violate";

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
        let scheduler = &*pod.spec.scheduler_name;
        let found = found(wish, judged)?;
        let (victims, violated) = match &found {
            Found::Room(room) => (names(&room.victims), violated(room)),
            _ => (Vec::new(), Vec::new()),
        };
        let begun = Begun {
            victims,
            violated,
            ..self.begun(&intent, &super::Fate::Taken, scheduler, None)
        };
        let diary = Diary::new(Arc::clone(&self.journal), begun);
        let work = Work {
            judge,
            intent: &intent,
            diary: &diary,
            progress,
        };
        let room = match found {
            Found::Leaving(pods) if dry_run == DryRun::None => {
                let gone = self.wait_until_gone(&work, &pods).await;
                self.tell_journal_of_room(&work, &gone, &[]).await;
                return Ok(gone?);
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
        let made = match self.remove_all(&work, scheduler, &room, removed).await {
            Ok(()) => {
                let pods = room.victims.iter();
                let pods = pods.map(|victim| (victim.key.clone(), Arc::clone(&victim.uid)));
                self.wait_until_gone(&work, &pods.collect::<Vec<_>>()).await
            }
            refused => refused,
        };
        self.tell_journal_of_room(&work, &made, removed).await;
        Ok(made?)
    }

    /// Writes down how it ended, where anything was sent.
    async fn tell_journal_of_room(&self, work: &Work<'_>, made: &Result<(), Refusal>, removed: &[PodKey]) {
        let names: Vec<String> = removed.iter().map(ToString::to_string).collect();
        let deleted = (!names.is_empty()).then(|| format!("deleted {}", names.join(", ")));
        let (outcome, text) = match (made, deleted) {
            (Ok(()), deleted) => (entry::Outcome::RoomMade, deleted.unwrap_or_default()),
            (Err(refusal), None) => (entry::Outcome::NotPlaced, refusal.to_string()),
            (Err(refusal), Some(deleted)) => {
                let text = format!("{refusal}; {deleted}; {} stays nominated", work.intent.node);
                (entry::Outcome::NotPlaced, text)
            }
        };
        work.diary.closed(outcome, text).await;
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
        let doing = format!("making room for {} on {}", intent.pod, intent.node);
        self.may_all(&rights, &doing).await
    }
}

fn names(victims: &[Victim]) -> Vec<String> {
    victims.iter().map(|victim| victim.key.to_string()).collect()
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

/// When, for a person.
pub(super) fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}
