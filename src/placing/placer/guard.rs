//! What has to hold before something is sent: rights are held, and the pod is ours to place, which it is not where its
//! scheduler is at work.

use jiff::{SignedDuration, Timestamp};

use super::{Judge, Placer};
use crate::cluster::{ClusterError, Right, schedulers};
use crate::model::situation::{self, Situation};
use crate::model::text::inert;
use crate::placing::adoption::Adoption;
use crate::placing::intent::Intent;
use crate::placing::outcome::Refusal;
use crate::placing::prepare::Work;

/// An answer that took longer may be old: this process may have been halted, or its machine suspended, before it was read.
const FRESH: SignedDuration = SignedDuration::from_secs(2);
/// How often is asked at most where every answer takes that long.
const ASKED: u32 = 3;

/// Whether what was asked for at `begun` may be old. By the clock on the wall, which goes on while a machine is suspended.
pub(super) fn is_old(begun: Timestamp) -> bool {
    Timestamp::now().duration_since(begun) >= FRESH
}

impl Placer {
    /// Makes sure that an adopted pod is still to be placed by us: that the adoption holds, and that the pod's own scheduler
    /// has not come back, by its Lease as it is now and by what its pods tell.
    pub(in crate::placing) async fn guard(&self, judge: &dyn Judge, intent: &Intent) -> Result<(), Refusal> {
        let Some(adoption) = &intent.adoption else {
            return Ok(());
        };
        for _ in 0..ASKED {
            let begun = Timestamp::now();
            self.guard_once(judge, adoption).await?;
            if !is_old(begun) {
                break;
            }
        }
        Ok(())
    }

    async fn guard_once(&self, judge: &dyn Judge, adoption: &Adoption) -> Result<(), Refusal> {
        let scheduler = &adoption.scheduler;
        if adoption.is_over(Timestamp::now()) {
            return Err(Refusal::AdoptionOver {
                scheduler: scheduler.to_string(),
                until: adoption.until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            });
        }
        if adoption.race {
            return Ok(());
        }
        let found = self.situation(judge, adoption).await;
        let found = found.map_err(|error| Refusal::of(&error))?;
        if found.state.alive() == Some(true) {
            return Err(Refusal::SchedulerBack {
                scheduler: scheduler.to_string(),
                evidence: found.evidence,
            });
        }
        Ok(())
    }

    /// Makes sure that all `rights` are held which `doing` takes: better nothing is done than half of it.
    pub(in crate::placing) async fn may_all(&self, rights: &[Right], doing: &str) -> Result<(), Refusal> {
        for right in rights {
            match self.connection.may(right).await {
                Ok(true) => {}
                Ok(false) => {
                    return Err(Refusal::Forbidden(format!(
                        "{doing}: not allowed: that takes the right to {right}; 'berth check' lists every right that is \
                         needed"
                    )));
                }
                Err(error) => return Err(Refusal::of(&error)),
            }
        }
        Ok(())
    }

    /// Makes sure, before a write is sent again, that it still may be: time has passed since it was asked last. The pod must
    /// wait, and be ours to place.
    pub(in crate::placing) async fn may_go_on(&self, work: &Work<'_>) -> Result<(), Refusal> {
        if self.cancel.is_cancelled() {
            return Err(Refusal::Cancelled);
        }
        self.read_pod(work.intent).await?;
        self.guard(work.judge, work.intent).await
    }

    /// The same before something is taken back once more: the pod must be on no node, and no scheduler at work on it.
    pub(in crate::placing) async fn may_still_take_back(&self, work: &Work<'_>) -> Result<(), Refusal> {
        if let Ok(pod) = self.fetch_pod(work.intent).await
            && let Some(node) = pod.node().filter(|_| pod.is(work.intent))
        {
            let node = inert(node).into_owned();
            return Err(Refusal::AlreadyBound { node });
        }
        match self.rival(work).await {
            None => Ok(()),
            Some(scheduler) => Err(Refusal::SchedulerBack {
                scheduler,
                evidence: "or may be".to_owned(),
            }),
        }
    }

    /// The scheduler that is at work on the pod besides us, or may be, as far as can be told now.
    pub(in crate::placing) async fn rival(&self, work: &Work<'_>) -> Option<String> {
        let adoption = work.intent.adoption.as_ref()?;
        let found = self.situation(work.judge, adoption).await;
        let gone = found.is_ok_and(|found| found.state.alive() == Some(false));
        (!gone).then(|| adoption.scheduler.to_string())
    }

    async fn situation(&self, judge: &dyn Judge, adoption: &Adoption) -> Result<Situation, ClusterError> {
        let scheduler = &adoption.scheduler;
        let lease = schedulers::read_lease(&self.connection, scheduler, adoption.lease_seen).await?;
        let signs = judge.signs(scheduler.clone()).await;
        Ok(situation::judge(&lease, signs.as_ref(), Timestamp::now()))
    }
}
