//! Keeping off the pods of a scheduler that is at work.

use jiff::Timestamp;

use super::{Ended, Judge, Placer};
use crate::cluster::schedulers;
use crate::model::situation;
use crate::placing::intent::Intent;
use crate::placing::outcome::Refusal;

impl Placer {
    /// Makes sure that an adopted pod is still to be placed by us: that the adoption holds, and that the pod's own scheduler
    /// has not come back, by its Lease as it is now and by what its pods tell.
    pub(in crate::placing) async fn guard(&self, judge: &dyn Judge, intent: &Intent) -> Result<(), Ended> {
        let Some(adoption) = &intent.adoption else {
            return Ok(());
        };
        let scheduler = &adoption.scheduler;
        if adoption.is_over(Timestamp::now()) {
            return Err(Refusal::AdoptionOver {
                scheduler: scheduler.to_string(),
                until: adoption.until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            }
            .into());
        }
        if adoption.race {
            return Ok(());
        }
        let lease = schedulers::read_lease(&self.connection, scheduler, adoption.lease_seen).await;
        let lease = lease.map_err(|error| Refusal::of(&error))?;
        let signs = judge.signs(scheduler.clone()).await;
        let found = situation::judge(&lease, signs.as_ref(), Timestamp::now());
        if found.state.alive() == Some(true) {
            return Err(Refusal::SchedulerBack {
                scheduler: scheduler.to_string(),
                evidence: found.evidence,
            }
            .into());
        }
        Ok(())
    }
}
