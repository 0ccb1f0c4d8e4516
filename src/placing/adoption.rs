//! Pods of a scheduler that is not at work, taken over for a while.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::reason::Reason;

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

    /// A name for one that begins at `at`, which no other has: its time and chance.
    pub fn name(at: Timestamp, chance: u32) -> Arc<str> {
        crate::journal::entry::new_id(at, chance).into()
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until
    }
}
