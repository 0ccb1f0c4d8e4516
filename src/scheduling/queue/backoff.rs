//! How long a pod waits between attempts.

use jiff::{SignedDuration, Timestamp};

/// The waits: doubling with each attempt that failed. All zero is no wait at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failed attempt.
    pub initial: SignedDuration,
    /// At most.
    pub max: SignedDuration,
}

impl Default for Backoff {
    /// kube-scheduler's: 1 s doubling to 10 s.
    fn default() -> Self {
        Self {
            initial: SignedDuration::from_secs(1),
            max: SignedDuration::from_secs(10),
        }
    }
}

impl Backoff {
    /// The wait after `failures`.
    pub fn wait(&self, failures: u32) -> SignedDuration {
        let Some(doublings) = failures.checked_sub(1) else {
            return SignedDuration::ZERO;
        };
        let factor = 1_i32.checked_shl(doublings).filter(|&factor| factor > 0);
        let wait = factor.and_then(|factor| self.initial.checked_mul(factor));
        wait.map_or(self.max, |wait| wait.min(self.max))
    }

    /// The second in which a pod that failed `failures` times, last at `since`, ends its wait; `None` where it has none.
    /// Pods of one second get active together, so that they do so in the order of the queue.
    pub fn until(&self, failures: u32, since: Timestamp) -> Option<Timestamp> {
        if failures == 0 || self.max.is_zero() {
            return None;
        }
        let end = since
            .saturating_add(self.wait(failures))
            .unwrap_or(Timestamp::MAX);
        Some(window(end))
    }

    /// When a wait that ends in the second `until` is over: with the second.
    pub fn over_at(until: Timestamp) -> Timestamp {
        until
            .saturating_add(SignedDuration::from_secs(1))
            .unwrap_or(Timestamp::MAX)
    }
}

/// The second that `at` is in.
fn window(at: Timestamp) -> Timestamp {
    let below = i64::from(at.subsec_nanosecond().rem_euclid(1_000_000_000));
    at.saturating_sub(SignedDuration::from_nanos(below))
        .unwrap_or(Timestamp::MIN)
}
