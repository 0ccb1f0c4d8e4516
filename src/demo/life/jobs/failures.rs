//! How long a job waits with new pods after some have failed.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::demo::object::str_at;

/// After the first failure; it doubles with each.
const FIRST: Duration = Duration::from_secs(10);
const MOST: Duration = Duration::from_secs(600);

/// The failures since a pod last succeeded.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Failures {
    count: u32,
    last: Option<Timestamp>,
}

impl Failures {
    /// Counts pods that have just finished, by the times at which they did.
    pub(super) fn count(&mut self, succeeded: &[Timestamp], failed: &[Timestamp]) {
        if let Some(success) = succeeded.iter().max() {
            *self = Self::default();
            let after = failed.iter().filter(|time| *time > success);
            self.count = u32::try_from(after.count()).unwrap_or(u32::MAX);
            self.last = failed.iter().copied().filter(|time| time > success).max();
        } else if let Some(last) = failed.iter().max() {
            let more = u32::try_from(failed.len()).unwrap_or(u32::MAX);
            self.count = self.count.saturating_add(more);
            self.last = Some(*last);
        }
    }

    /// How long to wait from now.
    pub(super) fn wait(&self, now: Timestamp) -> Duration {
        let Some(last) = self.last.filter(|_| self.count > 0) else {
            return Duration::ZERO;
        };
        let doubled = 1_u32.checked_shl(self.count - 1).unwrap_or(u32::MAX);
        let wait = FIRST.saturating_mul(doubled).min(MOST);
        let since = Duration::try_from(now.duration_since(last)).unwrap_or_default();
        wait.saturating_sub(since)
    }
}

/// When a pod finished: as its containers did, or as it was no longer ready, deleted or made.
pub(super) fn finished_at(pod: &Value) -> Timestamp {
    let statuses = pod.pointer("/status/containerStatuses").and_then(Value::as_array);
    let ends: Option<Vec<Timestamp>> = statuses
        .into_iter()
        .flatten()
        .map(|status| str_at(status, "/state/terminated/finishedAt").parse().ok())
        .collect();
    let ended = ends.and_then(|ends| ends.into_iter().max());
    let time = |at: &str| str_at(pod, at).parse::<Timestamp>().ok();
    let unready = || {
        let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
        let mut conditions = conditions.into_iter().flatten();
        let ready = conditions.find(|c| c["type"] == "Ready" && c["status"] == "False")?;
        str_at(ready, "/lastTransitionTime").parse().ok()
    };
    ended
        .or_else(unready)
        .or_else(|| time("/metadata/deletionTimestamp"))
        .or_else(|| time("/metadata/creationTimestamp"))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_wait_doubles_with_failures_and_ends_with_a_success() {
        let mut failures = Failures::default();
        assert_eq!(failures.wait(at(100)), Duration::ZERO);
        failures.count(&[], &[at(100)]);
        assert_eq!(failures.wait(at(104)), Duration::from_secs(6));
        failures.count(&[], &[at(110), at(111)]);
        assert_eq!(failures.wait(at(111)), Duration::from_secs(40));
        for _ in 0..40 {
            failures.count(&[], &[at(112)]);
        }
        assert_eq!(failures.wait(at(112)), MOST);
        failures.count(&[at(120)], &[at(119), at(121)]);
        assert_eq!(failures.wait(at(121)), FIRST);
        failures.count(&[at(130)], &[]);
        assert_eq!(failures.wait(at(130)), Duration::ZERO);
    }
}
