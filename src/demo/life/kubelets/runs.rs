//! How long the containers of a pod run, how they end, and when they are started again.
//!
//! Two annotations of a pod say so: `demo.berth.dev/run-seconds` how long its containers run, and
//! `demo.berth.dev/exit-code` what they end with (0 where it is left out). Without either, containers run for ever, but
//! those of Jobs, which end well after a few seconds.

use std::time::Duration;

use serde_json::Value;

use crate::demo::{life::verbs::list, object::str_at, pace::Pace};

const SECONDS: &str = "/metadata/annotations/demo.berth.dev~1run-seconds";
const EXIT_CODE: &str = "/metadata/annotations/demo.berth.dev~1exit-code";
/// The longest back-off, as a multiple of the first.
const MOST: u32 = 30;

/// How a pod's containers run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) time: Duration,
    pub(super) exit_code: i64,
}

/// How the containers of a pod run; `None`: for ever.
pub(super) fn of(pod: &Value, pace: &Pace) -> Option<Run> {
    let seconds: Option<u64> = str_at(pod, SECONDS).parse().ok();
    let exit_code: Option<u8> = str_at(pod, EXIT_CODE).parse().ok();
    let of_job = list(pod, "/metadata/ownerReferences").any(|owner| str_at(owner, "/kind") == "Job");
    if seconds.is_none() && exit_code.is_none() && !of_job {
        return None;
    }
    Some(Run {
        time: seconds.map_or(pace.job_run, Duration::from_secs),
        exit_code: exit_code.unwrap_or(0).into(),
    })
}

/// Whether containers that end so are started again.
pub(super) fn restarts(pod: &Value, exit_code: i64) -> bool {
    match str_at(pod, "/spec/restartPolicy") {
        "Never" => false,
        "OnFailure" => exit_code != 0,
        _ => true,
    }
}

/// The wait before a container that has been started again so often runs once more: none after its first end.
pub(super) fn back_off(restarts: i64, pace: &Pace) -> Duration {
    if restarts <= 0 {
        return Duration::ZERO;
    }
    let doublings = u32::try_from(restarts - 1).unwrap_or(u32::MAX);
    let factor = 2_u32.checked_pow(doublings).unwrap_or(MOST).min(MOST);
    pace.crash_back_off.saturating_mul(factor)
}

/// A duration as Go writes it: `10s`, `2m40s`.
pub(super) fn in_go(time: Duration) -> String {
    match (time.as_secs() / 60, time.as_secs() % 60) {
        (0, 0) => format!("{}ms", time.as_millis()),
        (0, seconds) => format!("{seconds}s"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn runs_and_back_offs() {
        let pace = Pace::default();
        let pod = json!({"metadata": {"annotations": {"demo.berth.dev/run-seconds": "20", "demo.berth.dev/exit-code": "3"}}});
        let run = Run {
            time: Duration::from_secs(20),
            exit_code: 3,
        };
        assert_eq!(of(&pod, &pace), Some(run));
        assert_eq!(of(&json!({}), &pace), None);
        let odd = json!({"metadata": {"annotations": {"demo.berth.dev/run-seconds": "-1"}}});
        assert_eq!(of(&odd, &pace), None);
        let job = json!({"metadata": {"ownerReferences": [{"kind": "Job"}]}});
        assert_eq!(
            of(&job, &pace),
            Some(Run {
                time: pace.job_run,
                exit_code: 0
            })
        );
        let waits = [0, 1, 2, 3, 5, 9, i64::MAX].map(|restarts| in_go(back_off(restarts, &pace)));
        assert_eq!(waits, ["0ms", "10s", "20s", "40s", "2m40s", "5m0s", "5m0s"]);
    }
}
