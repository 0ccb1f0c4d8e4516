//! How long to wait before trying again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);

/// Doubling waits with jitter, so that many clients do not come back at the same moment.
#[derive(Debug, Default)]
pub(super) struct Backoff(u32);

impl Backoff {
    /// The next wait: between half and all of 0.25 s, 0.5 s, 1 s … 30 s.
    pub(super) fn next(&mut self) -> Duration {
        let full = FIRST.saturating_mul(1 << self.0.min(16)).min(LONGEST);
        self.0 += 1;
        full.mul_f64(fastrand::f64().mul_add(0.5, 0.5))
    }

    /// Things go well again.
    pub(super) fn reset(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_half_a_minute_and_start_again() {
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = std::iter::repeat_with(|| backoff.next()).take(40).collect();
        assert!(waits[0] <= FIRST && waits[0] >= FIRST / 2);
        assert!(waits[1] <= FIRST * 2 && waits[1] >= FIRST);
        assert!(
            waits[20..]
                .iter()
                .all(|&wait| wait <= LONGEST && wait >= LONGEST / 2)
        );
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
