//! Waiting until what was prepared is ready, with a bound, and with a look at the pod and its own scheduler each time.

use std::time::{Duration, Instant};

use super::{Done, Work};
use crate::placing::outcome::{Refusal, Stage};
use crate::placing::placer::{Ended, Placer};
use crate::scheduling::Preparation;

/// How often is looked.
const LOOK: Duration = Duration::from_secs(1);
/// The first looks are closer together: much is ready at once.
const FIRST_LOOK: Duration = Duration::from_millis(50);

impl Placer {
    /// Waits until every claim is bound and every device is ready.
    pub(super) async fn wait_until_ready(
        &self,
        work: &Work<'_>,
        preparation: &Preparation,
        done: &Done,
    ) -> Result<(), Ended> {
        let begun = Instant::now();
        let mut wait = FIRST_LOOK;
        loop {
            let volume = self.pending_volume(work, &preparation.volumes).await?;
            let (pending, timeout) = match volume {
                Some(pending) => (pending, preparation.volumes.timeout),
                None => {
                    let made = done.made.as_ref().map(|made| &*made.name);
                    match self.pending_device(work, &preparation.devices, made).await? {
                        Some(pending) => (pending, preparation.devices.timeout),
                        None => return Ok(()),
                    }
                }
            };
            let waited = begun.elapsed();
            if waited >= timeout {
                return Err(Refusal::NotReady(format!(
                    "waited {} s in vain for {pending}",
                    timeout.as_secs()
                ))
                .into());
            }
            let text = format!("waiting for {pending}, {} s", waited.as_secs());
            (work.progress)(Stage::Waiting(text.into()));
            tokio::select! {
                () = tokio::time::sleep(wait.min(timeout.saturating_sub(waited))) => {}
                () = self.cancel.cancelled() => return Err(Refusal::Cancelled.into()),
            }
            wait = (wait * 2).min(LOOK);
            self.read_pod(work.intent).await?;
            self.guard(work.judge, work.intent).await?;
        }
    }
}
