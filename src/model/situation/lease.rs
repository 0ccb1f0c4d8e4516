//! What a scheduler's Lease says.

use jiff::{SignedDuration, Timestamp};

/// kube-scheduler's schedulerName where nobody chose another.
pub const DEFAULT_SCHEDULER: &str = "default-scheduler";

/// How long after its last renewal a scheduler may still be at work without having won its Lease again: kube-scheduler's own
/// `leaseDuration`. (One that hands it back writes 1 s there.)
pub(super) const GRACE: SignedDuration = SignedDuration::from_secs(15);

/// A scheduler's Lease, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lease {
    /// Somebody holds it.
    Held {
        /// When it was renewed last, by the holder's clock.
        renewed: Timestamp,
        /// For how long that is good.
        good_for: SignedDuration,
        /// Whether it was renewed between two looks at it: then its holder lives, whatever the clocks say.
        moved: bool,
    },
    /// Its last holder gave it up.
    HandedBack {
        /// When.
        at: Timestamp,
    },
    /// It says of no renewal.
    NeverRenewed,
    /// There is none.
    Missing {
        /// What it would be called, with its namespace.
        name: String,
    },
    /// It may not be read, or could not be.
    Unreadable {
        /// Why, for a person.
        why: String,
    },
}

impl Lease {
    /// The Lease with these fields of its `spec`, which was renewed at `seen` when it was looked at before.
    pub fn read(
        holder: Option<&str>,
        renewed: Option<Timestamp>,
        seconds: Option<i64>,
        seen: Option<Timestamp>,
    ) -> Self {
        let Some(renewed) = renewed else {
            return Self::NeverRenewed;
        };
        if holder.unwrap_or_default().is_empty() {
            return Self::HandedBack { at: renewed };
        }
        Self::Held {
            renewed,
            good_for: seconds.map_or(GRACE, SignedDuration::from_secs),
            moved: seen.is_some_and(|seen| seen != renewed),
        }
    }

    /// When it was renewed last.
    pub const fn renewed(&self) -> Option<Timestamp> {
        match self {
            Self::Held { renewed, .. } => Some(*renewed),
            Self::HandedBack { at } => Some(*at),
            Self::NeverRenewed | Self::Missing { .. } | Self::Unreadable { .. } => None,
        }
    }

    /// Whether it is held and was renewed in time.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        match self {
            Self::Held {
                renewed,
                good_for,
                moved,
            } => *moved || now.duration_since(*renewed) <= *good_for,
            _ => false,
        }
    }

    /// Whether a second look may tell more: it seems to have run out, but not so long ago that clocks that differ could not
    /// make it seem so.
    pub fn may_be_a_clocks_fault(&self, now: Timestamp) -> bool {
        const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);
        matches!(self, Self::Held { renewed, moved: false, .. }
            if !self.is_fresh(now) && now.duration_since(*renewed) < CLOCKS_DIFFER)
    }
}

/// What the Lease of the scheduler called `scheduler` is called: kube-scheduler's, or its own name.
pub fn lease_name(scheduler: &str) -> &str {
    if scheduler == DEFAULT_SCHEDULER {
        "kube-scheduler"
    } else {
        scheduler
    }
}
