//! How a placement goes and how it ends.

use std::sync::Arc;

use super::consequence::Fate;
use super::verdict::Verdict;
use crate::cluster::ClusterError;
use crate::engine::view::Selected;

/// How far a placement is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Reading the pod and the node from the API server.
    Checking,
    /// Judging again on the latest state.
    Judging,
    /// A server-side dry run of the Binding.
    DryRun,
    /// Writing what the pod needs before it is bound; what, in words.
    Preparing(Arc<str>),
    /// Waiting until that is ready; for what and for how long, in words.
    Waiting(Arc<str>),
    /// Judging again on what was prepared.
    Rejudging,
    /// Sending the Binding.
    Binding,
    /// The answer was lost: reading the pod to learn what happened.
    Resolving,
    /// Undoing what was prepared.
    Undoing,
    /// Posting the Event.
    Event,
}

impl Stage {
    /// What is going on, for a person.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Checking => "reading pod and node",
            Self::Judging => "judging again",
            Self::DryRun => "dry run on the server",
            Self::Preparing(text) | Self::Waiting(text) => text,
            Self::Rejudging => "judging again with what was prepared",
            Self::Binding => "sending the Binding",
            Self::Resolving => "answer lost, reading the pod",
            Self::Undoing => "undoing what was prepared",
            Self::Event => "posting the Event",
        }
    }

    /// Whether something may have been written by then.
    pub fn has_written(&self) -> bool {
        *self > Self::DryRun
    }

    /// Whether [`Cancel`](super::Cancel) still ends it, with what was prepared undone.
    pub const fn can_be_cancelled(&self) -> bool {
        matches!(self, Self::Preparing(_) | Self::Waiting(_) | Self::Rejudging)
    }
}

/// How a placement ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The pod is bound to the node that was confirmed.
    Placed {
        /// The node.
        node: Arc<str>,
        /// Why the event could not be posted; the binding stands all the same.
        event_error: Option<String>,
    },
    /// The decision changed since it was confirmed; nothing was sent. To be confirmed again.
    Changed {
        /// What was confirmed.
        confirmed: Verdict,
        /// What holds now.
        now: Verdict,
        /// The decision as it is now.
        judged: Box<Selected>,
    },
    /// Everything was checked, by the server too where asked; nothing was stored (a dry run).
    DryRun {
        /// The node.
        node: Arc<str>,
    },
    /// The pod was not placed, for this reason.
    Refused(Refusal),
    /// The answer was lost, and the pod could not be read either: it may or may not be bound.
    Unknown {
        /// The node that was asked for.
        node: Arc<str>,
        /// What failed.
        error: String,
    },
}

impl Outcome {
    /// The exit code that stands for it: 0 placed or rehearsed, 1 failed, 3 the node does not fit, 4 the cluster
    /// changed underneath, 5 not allowed, 6 the API server cannot be reached, 130 ended by a person.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Placed { .. } | Self::DryRun { .. } => 0,
            Self::Changed { .. } => 4,
            Self::Refused(refusal) => refusal.exit_code(),
            Self::Unknown { .. } => 6,
        }
    }
}

/// Why a pod was not placed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The pod is gone.
    #[error("the pod is gone: it was deleted")]
    PodGone,
    /// Another pod of that name.
    #[error("the pod was deleted and made again under its name: look at the new one first")]
    PodReplaced,
    /// The pod changed after it was shown, in a way that a new look does not settle by itself.
    #[error("the pod changed while it was being placed: look again")]
    PodChanged,
    /// Somebody else bound it.
    #[error("the pod was placed on {node} by somebody else meanwhile")]
    AlreadyBound {
        /// Where it is now.
        node: String,
    },
    /// It is being deleted.
    #[error("the pod is being deleted and cannot be placed any more")]
    Deleting,
    /// Gates hold it.
    #[error("the pod is held back by scheduling gates ({0}): whoever set them must remove them first")]
    Gated(String),
    /// It is over.
    #[error("the pod is over (phase {0})")]
    Over(String),
    /// Not ours.
    #[error("the pod belongs to scheduler '{0}', not to this one")]
    NotOurs(String),
    /// The adoption that it was to be placed under is over.
    #[error("the adoption of scheduler '{scheduler}' ended at {until}: adopt it again to go on")]
    AdoptionOver {
        /// Whose pods were adopted.
        scheduler: String,
        /// When it ended.
        until: String,
    },
    /// Its own scheduler is at work.
    #[error(
        "its scheduler '{scheduler}' is at work again ({evidence}): it places the pod itself, and two that place the same pods \
         may fill a node twice"
    )]
    SchedulerBack {
        /// Whose pod it is.
        scheduler: String,
        /// How that is known.
        evidence: String,
    },
    /// The node is gone.
    #[error("node {0} does not exist: the API server would accept the placement, and the pod would be lost")]
    NodeGone(String),
    /// The node breaks a rule, and no reason was given for overruling it.
    #[error("{node} is rejected by {rules}, and no reason was given to overrule that")]
    NotFeasible {
        /// The node.
        node: String,
        /// The rules, joined.
        rules: String,
    },
    /// The kubelet would not simply take the pod in, and nobody typed the node's name.
    #[error(
        "placed on {node}, what becomes of it is: {fate}; that wants the node's name typed, which it was not"
    )]
    NotInsisted {
        /// The node.
        node: String,
        /// What the kubelet would do.
        fate: Fate,
    },
    /// Something is left to nobody, and no reason was given for placing it all the same.
    #[error("{0}; no reason was given to place it all the same")]
    Unprepared(String),
    /// The kubelet made it from a file of its own, and it runs nowhere else.
    #[error(
        "it is a mirror pod: a kubelet shows with it what it runs from a file of its own (annotation \
         kubernetes.io/config.mirror), and no other node can run it"
    )]
    Mirror,
    /// A DaemonSet made it for one node.
    #[error(
        "its DaemonSet made it for node {0}: elsewhere the kubelet rejects it, and the DaemonSet makes it again, over and \
         over"
    )]
    DaemonSetElsewhere(String),
    /// What has to be done first cannot be done.
    #[error("what the pod needs before it is bound cannot be prepared: {0}")]
    CannotPrepare(String),
    /// A claim or a volume is not what it was when it was judged.
    #[error("{0}")]
    ClaimChanged(String),
    /// What was prepared did not get ready.
    #[error("{0}")]
    NotReady(String),
    /// Once all was prepared, the node no longer fits.
    #[error("once its claims were prepared, {node} is rejected by {rules}")]
    NoLongerFits {
        /// The node.
        node: String,
        /// The rules with their reasons, joined.
        rules: String,
    },
    /// Pods would go against budgets, and that was not confirmed by itself.
    #[error("making room goes against {0}, which was not confirmed")]
    Budgets(String),
    /// The room that was made is no room any more.
    #[error("{node} has room no more: the pod is rejected by {rules}")]
    RoomTaken {
        /// The node.
        node: String,
        /// The rules with their reasons, joined.
        rules: String,
    },
    /// A person ended it.
    #[error("ended before it was placed")]
    Cancelled,
    /// The journal cannot be written.
    #[error(
        "the journal cannot be written ({0}), and nothing is sent that is not in it first: make room, or name another \
         place with XDG_STATE_HOME, or do without it with --no-journal"
    )]
    NoJournal(String),
    /// It ended when something was prepared for it already.
    #[error("{refusal}; {left}")]
    AfterPreparing {
        /// Why it ended.
        refusal: Box<Refusal>,
        /// What was undone and what is left.
        left: String,
    },
    /// What the watches bring is not complete, or has not the pod yet.
    #[error(
        "the pod is not known yet, or is placed already: the first lists are not complete, or the watches are behind; look \
         again in a moment"
    )]
    NotKnownYet,
    /// What the watches bring lags behind the API server.
    #[error(
        "what is known of the pod or the node lags more than {0} s behind the API server, so it cannot be judged now: \
         nothing was placed; look again when the watches are live"
    )]
    Lagging(u64),
    /// The answer to the Binding was lost, and the pod still waits.
    #[error(
        "the answer to the Binding was lost ({0}); the pod was read again and still waits: look again before you place it"
    )]
    NotBound(String),
    /// A right is missing.
    #[error("{0}")]
    Forbidden(String),
    /// The API server does not answer.
    #[error("{0}; the pod was not placed")]
    Unreachable(String),
    /// Anything else, in the server's words.
    #[error("{0}")]
    Rejected(String),
}

impl Refusal {
    /// What `error` means where nothing was sent that could have changed anything.
    pub(super) fn of(error: &ClusterError) -> Self {
        let text = error.to_string();
        match error {
            ClusterError::Forbidden { .. } | ClusterError::Unauthorized { .. } => Self::Forbidden(text),
            ClusterError::Unreachable { .. } | ClusterError::Credentials { .. } => Self::Unreachable(text),
            _ => Self::Rejected(text),
        }
    }

    /// See [`Outcome::exit_code`].
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Rejected(_) | Self::NotReady(_) | Self::NoJournal(_) => 1,
            Self::NotFeasible { .. }
            | Self::Budgets(_)
            | Self::NotInsisted { .. }
            | Self::Unprepared(_)
            | Self::CannotPrepare(_)
            | Self::Gated(_)
            | Self::Mirror
            | Self::DaemonSetElsewhere(_)
            | Self::NotOurs(_)
            | Self::AdoptionOver { .. } => 3,
            Self::PodGone
            | Self::PodReplaced
            | Self::PodChanged
            | Self::AlreadyBound { .. }
            | Self::Deleting
            | Self::Over(_)
            | Self::SchedulerBack { .. }
            | Self::NodeGone(_)
            | Self::ClaimChanged(_)
            | Self::NoLongerFits { .. }
            | Self::RoomTaken { .. }
            | Self::NotKnownYet
            | Self::Lagging(_) => 4,
            Self::Forbidden(_) => 5,
            Self::NotBound(_) | Self::Unreachable(_) => 6,
            Self::Cancelled => 130,
            Self::AfterPreparing { refusal, .. } => refusal.exit_code(),
        }
    }

    /// Whether the server did not answer, or could not: asked again, it may.
    pub(super) const fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Rejected(_))
    }

    /// Why it ended, whatever was prepared before.
    pub fn cause(&self) -> &Self {
        match self {
            Self::AfterPreparing { refusal, .. } => refusal.cause(),
            other => other,
        }
    }
}
