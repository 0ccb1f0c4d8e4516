//! How long a controller waits before it tries again what was refused.

use std::{collections::HashMap, time::Duration};

use crate::demo::object::Key;

/// Doubling waits by key, as upstream's rate limited queues have them.
pub(crate) struct Backoff {
    first: Duration,
    most: Duration,
    failures: HashMap<Key, u32>,
}

impl Backoff {
    pub(crate) fn new(first: Duration, most: Duration) -> Self {
        Self {
            first,
            most,
            failures: HashMap::new(),
        }
    }

    /// One more failure: how long to wait now.
    pub(crate) fn fail(&mut self, key: &Key) -> Duration {
        let failures = self.failures.entry(key.clone()).or_default();
        *failures = failures.saturating_add(1);
        self.peek(key)
    }

    /// How long to wait since the last failure; not at all where there was none.
    pub(crate) fn peek(&self, key: &Key) -> Duration {
        match self.failures.get(key) {
            None | Some(0) => Duration::ZERO,
            Some(failures) => {
                let doubled = 1_u32.checked_shl(failures - 1).unwrap_or(u32::MAX);
                self.first.saturating_mul(doubled).min(self.most)
            }
        }
    }

    /// It went well, or the object is gone.
    pub(crate) fn forget(&mut self, key: &Key) {
        self.failures.remove(key);
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(200), Duration::from_secs(60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most_and_start_over() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        let key = Key::new("ns", "a");
        let waits: Vec<u64> = (0..40).map(|_| backoff.fail(&key).as_secs()).collect();
        assert_eq!(waits[..4], [1, 2, 4, 5]);
        assert!(waits[4..].iter().all(|wait| *wait == 5));
        assert_eq!(backoff.fail(&Key::new("ns", "b")).as_secs(), 1);
        backoff.forget(&key);
        assert_eq!(backoff.fail(&key).as_secs(), 1);
    }
}
