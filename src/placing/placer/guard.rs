//! Keeping off the pods of a scheduler that is at work.

use jiff::{SignedDuration, Timestamp};

use super::{Judge, Placer};
use crate::cluster::{ClusterError, schedulers};
use crate::model::situation::{self, Situation};
use crate::placing::adoption::Adoption;
use crate::placing::intent::Intent;
use crate::placing::outcome::Refusal;

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

    /// The scheduler that is at work on the pod of `intent` besides us, or may be, as far as can be told now.
    pub(in crate::placing) async fn rival(&self, judge: &dyn Judge, intent: &Intent) -> Option<String> {
        let adoption = intent.adoption.as_ref()?;
        let found = self.situation(judge, adoption).await;
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
