//! A plan that is carried out: one placement after the other, up to the first surprise.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::{Pod, PodKey};
use crate::placing::{Reason, Verdict};

/// Placements a second that can be chosen.
pub const RATES: [u32; 6] = [1, 2, 5, 10, 20, 50];

/// How carrying out goes.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// How far it is.
    pub stage: Stage,
    /// What was placed, in order.
    pub done: Vec<Done>,
    /// How many pods there were to place when it was confirmed.
    pub of: usize,
    /// Which of [`RATES`] is chosen.
    pub rate: usize,
    /// Why the pods are placed.
    pub(crate) reason: Option<Reason>,
    /// The pod that was placed last, until the engine knows it.
    pub(crate) settling: Option<Arc<str>>,
    /// Whether the cursor goes with what is placed: until a person moves it.
    pub(crate) follows: bool,
    /// When the next placement may begin.
    pub(crate) next: Option<Timestamp>,
    /// Whether somebody is to wake us then.
    pub(crate) wakes: bool,
    /// A pod that changed without its decision changing: its newer version, to be tried once.
    pub(crate) again: Option<(Arc<Pod>, Verdict)>,
}

/// How far carrying out is.
#[derive(Clone, Debug, Default)]
pub enum Stage {
    /// It was not begun.
    #[default]
    Idle,
    /// It goes on.
    Running,
    /// It stopped before its end.
    Stopped(Stop),
    /// Everything is placed.
    Finished,
}

/// Why it stopped.
#[derive(Clone, Debug)]
pub struct Stop {
    /// The pod at which it stopped; `None` where a person stopped it.
    pub pod: Option<(PodKey, Arc<str>, Arc<str>)>,
    /// Why, in one line.
    pub text: String,
}

/// A placement that was made.
#[derive(Clone, Debug)]
pub struct Done {
    /// The pod.
    pub pod: Arc<Pod>,
    /// Its node.
    pub node: Arc<str>,
    /// The node's total by then.
    pub total: Option<i64>,
    /// What is missing, such as its event; empty where nothing is.
    pub but: String,
}

impl Run {
    /// Whether it goes on.
    pub fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Running)
    }

    /// Whether the pod of this uid was placed.
    pub fn is_done(&self, uid: &str) -> bool {
        self.done.iter().any(|done| *done.pod.uid == *uid)
    }

    /// Placements a second.
    pub fn per_second(&self) -> u32 {
        RATES.get(self.rate).copied().unwrap_or(RATES[0])
    }

    /// The shortest time between two placements.
    pub(crate) fn interval(&self) -> Duration {
        Duration::from_secs(1) / self.per_second().max(1)
    }

    /// How long to wait yet before the next placement.
    pub(crate) fn wait(&self, now: Timestamp) -> Option<Duration> {
        let left = self.next?.duration_since(now);
        (left > SignedDuration::ZERO).then(|| left.unsigned_abs())
    }
}
