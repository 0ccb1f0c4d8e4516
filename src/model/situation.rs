//! Whether a scheduler is at work: a judgement from its Lease and from what can be seen of its work on pods.
//!
//! A scheduler that elects a leader says so itself: its Lease is renewed, ran out, or was handed back. Where there is none,
//! or where somebody was at work after it ran out, pods tell: a scheduler that lives looks at each new pod within seconds,
//! and what it says of it stays on the pod (condition `PodScheduled`). How long the queue is tells nothing: two thousand
//! pods take kube-scheduler 38 s at its default limits, and at each of them it shows that it lives.

mod lease;
mod signs;

use jiff::{SignedDuration, Timestamp};

pub use lease::{DEFAULT_SCHEDULER, Lease, lease_name};
pub use signs::{Sign, SignKind, Signs, by_scheduler};

/// A scheduler that has not touched a new pod for so long does not work. kube-scheduler takes milliseconds a pod, and its
/// backoff never concerns one that it has not tried.
pub const SILENT_AFTER: SignedDuration = SignedDuration::from_secs(30);

/// What is to be said of a scheduler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// In a word.
    pub state: State,
    /// How that is known, in a sentence.
    pub evidence: String,
    /// Since when it is not at work, as far as that is known: its last sign of life.
    pub since: Option<Timestamp>,
}

/// Whether a scheduler is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// It is.
    Alive,
    /// It renews its Lease, but has not touched a pod for too long.
    Stuck,
    /// Its Lease ran out: it was killed, or cannot reach the API server.
    Expired,
    /// It handed its Lease back: it was ended in good order, and no other took over.
    HandedBack,
    /// No Lease tells of it, and nobody looks at its pods.
    Silent,
    /// Nothing tells.
    Unknown,
}

impl State {
    /// Whether it is at work; `None` where nothing tells. A stuck one is: it may go on at any moment.
    pub const fn alive(self) -> Option<bool> {
        match self {
            Self::Alive | Self::Stuck => Some(true),
            Self::Expired | Self::HandedBack | Self::Silent => Some(false),
            Self::Unknown => None,
        }
    }

    /// The word for it, for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Stuck => "stuck",
            Self::Expired => "expired",
            Self::HandedBack => "handedBack",
            Self::Silent => "silent",
            Self::Unknown => "unknown",
        }
    }
}

impl Situation {
    fn new(state: State, evidence: impl Into<String>) -> Self {
        Self {
            state,
            evidence: evidence.into(),
            since: None,
        }
    }

    const fn since(mut self, since: Timestamp) -> Self {
        self.since = Some(since);
        self
    }
}

/// Judges a scheduler at `now`, by its Lease and by its pods where these may be seen.
pub fn judge(lease: &Lease, signs: Option<&Signs>, now: Timestamp) -> Situation {
    let ended = |state, evidence: &str, renewed: Timestamp| {
        // Whoever was at work well after it needs no Lease.
        let outlived = signs
            .and_then(|signs| signs.last)
            .is_some_and(|sign| sign.at > renewed + lease::GRACE);
        if outlived {
            by_signs(evidence, signs, now)
        } else {
            Situation::new(state, evidence).since(renewed)
        }
    };
    match lease {
        Lease::Held { renewed, .. } if lease.is_fresh(now) => {
            let word = format!("lease renewed {} ago", short(now.duration_since(*renewed)));
            match signs.and_then(|signs| signs.silent_since(now)) {
                Some(since) => {
                    let untouched = signs.map_or_else(String::new, |signs| signs.untouched_words(now));
                    Situation::new(State::Stuck, format!("{word}, but {untouched}")).since(since)
                }
                None => Situation::new(State::Alive, word),
            }
        }
        Lease::Held { renewed, .. } => ended(State::Expired, "lease expired", *renewed),
        Lease::HandedBack { at } => ended(
            State::HandedBack,
            "lease handed back: it was ended in good order",
            *at,
        ),
        Lease::NeverRenewed => by_signs("its lease was never renewed", signs, now),
        Lease::Missing { name } => by_signs(&format!("there is no lease {name}"), signs, now),
        Lease::Unreadable { why } => by_signs(why, signs, now),
    }
}

/// Judges by the pods alone; `lease` says why.
fn by_signs(lease: &str, signs: Option<&Signs>, now: Timestamp) -> Situation {
    let Some(signs) = signs else {
        return Situation::new(State::Unknown, format!("{lease}, and its pods may not be seen"));
    };
    if let Some(sign) = signs.last.filter(|sign| sign.is_recent(now)) {
        return Situation::new(State::Alive, format!("{lease}, but {}", sign.words(now)));
    }
    if let Some(since) = signs.silent_since(now) {
        let untouched = signs.untouched_words(now);
        return Situation::new(State::Silent, format!("{lease}, and {untouched}")).since(since);
    }
    let why = match signs.oldest {
        Some(oldest) => format!(
            "its pods tell nothing yet: the oldest that nobody has looked at came {} ago",
            short(now.duration_since(oldest))
        ),
        None => "no pod waits that a scheduler would have looked at by now".to_owned(),
    };
    Situation::new(State::Unknown, format!("{lease}, and {why}"))
}

/// A time in one unit: `9 s`, `3 min`, `2 h`, `5 d`.
fn short(time: SignedDuration) -> String {
    let seconds = time.as_secs().max(0);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests;
