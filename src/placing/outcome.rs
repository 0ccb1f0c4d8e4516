//! How a placement goes and how it ends.

use std::sync::Arc;

use super::verdict::Verdict;
use crate::engine::view::Selected;

/// How far a placement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Reading the pod and the node from the API server.
    Checking,
    /// Judging again on the latest state.
    Judging,
    /// A server-side dry run of the Binding.
    DryRun,
    /// Sending the Binding.
    Binding,
    /// The answer was lost: reading the pod to learn what happened.
    Resolving,
    /// Posting the Event.
    Event,
}

impl Stage {
    /// What is going on, for a person.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checking => "reading pod and node",
            Self::Judging => "judging again",
            Self::DryRun => "dry run on the server",
            Self::Binding => "sending the Binding",
            Self::Resolving => "answer lost, reading the pod",
            Self::Event => "posting the Event",
        }
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
    /// changed underneath, 5 not allowed, 6 the API server cannot be reached.
    pub const fn exit_code(&self) -> u8 {
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
    /// A Binding alone leaves the pod waiting on the node, and no reason was given for placing it all the same.
    #[error("{0}; no reason was given to place it all the same")]
    Unprepared(String),
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
    #[error("{0}; nothing was placed")]
    Unreachable(String),
    /// Anything else, in the server's words.
    #[error("{0}")]
    Rejected(String),
}

impl Refusal {
    /// See [`Outcome::exit_code`].
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Rejected(_) => 1,
            Self::NotFeasible { .. } | Self::Unprepared(_) | Self::Gated(_) | Self::NotOurs(_) => 3,
            Self::PodGone
            | Self::PodReplaced
            | Self::PodChanged
            | Self::AlreadyBound { .. }
            | Self::Deleting
            | Self::Over(_)
            | Self::NodeGone(_)
            | Self::Lagging(_) => 4,
            Self::Forbidden(_) => 5,
            Self::NotBound(_) | Self::Unreachable(_) => 6,
        }
    }
}
