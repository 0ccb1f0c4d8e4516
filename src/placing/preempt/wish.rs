//! Making room as it was confirmed, and how it ended.

use std::sync::Arc;

use crate::model::{Pod, PodKey};
use crate::placing::adoption::Adoption;
use crate::placing::intent::Intent;
use crate::placing::outcome::{Outcome, Refusal};
use crate::placing::reason::Reason;
use crate::placing::verdict::Verdict;
use crate::scheduling::Room;

/// Making room for a pod, as a person confirmed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preemption {
    /// The pod to make room for.
    pub pod: PodKey,
    /// Its uid.
    pub uid: Arc<str>,
    /// Its resourceVersion as it was shown.
    pub resource_version: Arc<str>,
    /// Where, and who has to go.
    pub room: Room,
    /// Whether going against budgets was confirmed by itself.
    pub violates: bool,
    /// Why.
    pub reason: Reason,
    /// The adoption that it is placed under, where the pod is another scheduler's.
    pub adoption: Option<Arc<Adoption>>,
}

impl Preemption {
    /// Of `room` for `pod`.
    pub fn new(pod: &Pod, room: Room, violates: bool, reason: Reason) -> Self {
        Self {
            pod: pod.key.clone(),
            uid: Arc::clone(&pod.uid),
            resource_version: Arc::clone(&pod.resource_version),
            room,
            violates,
            reason,
            adoption: None,
        }
    }

    /// The placement that it is for.
    pub(crate) fn intent(&self) -> Intent {
        Intent {
            pod: self.pod.clone(),
            uid: Arc::clone(&self.uid),
            resource_version: Arc::clone(&self.resource_version),
            node: Arc::clone(&self.room.node),
            verdict: Verdict::default(),
            reason: Some(self.reason.clone()),
            adoption: self.adoption.clone(),
            insists: false,
        }
    }
}

/// How making room ended.
#[derive(Clone, Debug)]
pub struct Preempted {
    /// The pods that were deleted for it. The node stays nominated where there are any.
    pub removed: Vec<PodKey>,
    /// What became of the pod.
    pub end: End,
}

/// What became of the pod that room was to be made for.
#[derive(Clone, Debug)]
pub enum End {
    /// Others would have to go than was confirmed: these, or nobody knows whom. Nothing was sent.
    Changed(Option<Box<Room>>),
    /// The placement ended so, or did not come about.
    Over(Box<Outcome>),
}

impl Preempted {
    /// Nothing was done, for this reason.
    pub fn refused(refusal: Refusal) -> Self {
        Self {
            removed: Vec::new(),
            end: End::Over(refusal.into()),
        }
    }

    /// See [`Outcome::exit_code`].
    pub fn exit_code(&self) -> u8 {
        match &self.end {
            End::Changed(_) => 4,
            End::Over(outcome) => outcome.exit_code(),
        }
    }
}
