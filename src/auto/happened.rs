//! What a scheduler tells of its work.

use std::sync::Arc;

use crate::cluster::watch::{WatchKind, WatchStatus};
use crate::model::PodKey;

/// Something that a scheduler did, or met with.
#[derive(Clone, Debug)]
pub enum Happened {
    /// A watch fares so.
    Watch(WatchKind, WatchStatus),
    /// A pod was taken from the queue.
    Found(PodKey),
    /// The nodes that fit it have these scores, in name order.
    Scored(PodKey, Vec<(Arc<str>, i64)>),
    /// The pod goes to that node.
    Chosen(PodKey, Arc<str>),
    /// It is bound.
    Bound(PodKey, Arc<str>),
    /// The event about its binding is posted.
    Posted(PodKey),
    /// It is not placed now, for this reason, and comes back into the queue.
    Unplaced {
        /// The pod.
        pod: PodKey,
        /// Whether it fits nowhere; otherwise something went wrong.
        fits_nowhere: bool,
        /// Why.
        message: Arc<str>,
    },
    /// Pods were deleted to make room for the pod on that node.
    Preempted {
        /// The pod that gets the room.
        pod: PodKey,
        /// The node.
        node: Arc<str>,
        /// Who had to go.
        victims: Vec<PodKey>,
    },
    /// Something beside placing did not come about; scheduling goes on.
    Trouble(String),
}

/// Who is told.
pub type Tell = Arc<dyn Fn(Happened) + Send + Sync>;
