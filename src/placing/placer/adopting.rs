//! What the journal is told of adoptions.

use std::sync::Arc;

use jiff::Timestamp;

use super::Placer;
use crate::journal::{Adopted, Entry, Step};
use crate::placing::adoption::Adoption;
use crate::placing::outcome::Refusal;

impl Placer {
    /// Writes down that pods are placed under `adoption` from now on.
    ///
    /// # Errors
    /// Where it cannot be written: then none may be placed.
    pub async fn adopt(&self, adoption: &Adoption) -> Result<(), Refusal> {
        let step = Step::Adopted(Box::new(Adopted {
            server: self.connection.server().to_owned(),
            user: self.identity.name.clone(),
            host: crate::cluster::events::host(),
            process: std::process::id(),
            scheduler: adoption.scheduler.to_string(),
            reason: adoption.reason.to_string(),
            until: adoption.until,
            race: adoption.race,
            evidence: adoption.evidence.clone(),
        }));
        self.tell_journal(adoption, step)
            .await
            .map_err(|error| Refusal::NoJournal(error.to_string()))
    }

    /// Writes down that `adoption` holds for longer.
    ///
    /// # Errors
    /// As [`Placer::adopt`].
    pub async fn renew(&self, adoption: &Adoption) -> Result<(), Refusal> {
        let (until, race) = (adoption.until, adoption.race);
        self.tell_journal(adoption, Step::Renewed { until, race })
            .await
            .map_err(|error| Refusal::NoJournal(error.to_string()))
    }

    /// Writes down that `adoption` is over, and why.
    pub async fn release(&self, adoption: &Adoption, why: &str) {
        let step = Step::Released { why: why.to_owned() };
        if let Err(error) = self.tell_journal(adoption, step).await {
            tracing::warn!(%error, "cannot write to the journal");
        }
    }

    async fn tell_journal(&self, adoption: &Adoption, step: Step) -> Result<(), std::io::Error> {
        let entry = Entry {
            at: Timestamp::now(),
            id: adoption.id.to_string(),
            step,
        };
        let journal = Arc::clone(&self.journal);
        tokio::task::spawn_blocking(move || journal.write(&entry))
            .await
            .map_err(std::io::Error::other)?
    }
}
