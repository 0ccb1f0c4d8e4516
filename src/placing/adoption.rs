//! Pods of a scheduler that is not at work, taken over for a while.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::reason::Reason;
use crate::model::situation::{Lease, Situation};

/// That the pods of another scheduler are placed by hand: for a reason, and for a limited time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// A name that no other has: the journal and each pod that is placed name it.
    pub id: Arc<str>,
    /// Whose pods.
    pub scheduler: Arc<str>,
    /// Why.
    pub reason: Reason,
    /// When it began.
    pub began: Timestamp,
    /// When it ends, unless it is renewed.
    pub until: Timestamp,
    /// Whether it holds although that scheduler is at work: both may then place the same pods.
    pub race: bool,
    /// What was known of that scheduler when it began.
    pub evidence: String,
    /// When that scheduler's Lease had been renewed by then: one that is renewed later has a holder that lives.
    pub lease_seen: Option<Timestamp>,
}

impl Adoption {
    /// How long one holds where nobody says.
    pub const TIME: SignedDuration = SignedDuration::from_mins(15);

    /// One that begins now, for `time`, as `found` is what is known of the scheduler, by `lease`.
    pub fn begin(
        scheduler: Arc<str>,
        reason: Reason,
        (now, time): (Timestamp, SignedDuration),
        race: bool,
        (lease, found): (&Lease, &Situation),
    ) -> Self {
        Self {
            id: crate::journal::entry::new_id(now, fastrand::u32(..)).into(),
            scheduler,
            reason,
            began: now,
            until: now.saturating_add(time).unwrap_or(Timestamp::MAX),
            race,
            evidence: found.evidence.clone(),
            lease_seen: lease.renewed(),
        }
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until
    }
}
