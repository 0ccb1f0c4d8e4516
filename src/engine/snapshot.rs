//! The cluster at one moment, for questions that take time.

use std::sync::Arc;

use jiff::Timestamp;

use crate::model::Cluster;
use crate::scheduling::Profiles;
use crate::scheduling::trace::NodeIndex;

/// The cluster at one moment, with what judges pods in it. Taking one costs nothing; while it is held, the engine's next
/// change copies the cache once.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The cache.
    pub cluster: Arc<Cluster>,
    /// Its nodes, to be shared among traces.
    pub nodes: Arc<NodeIndex>,
    /// The profiles.
    pub profiles: Profiles,
    /// The schedulerNames that are ours.
    pub ours: Vec<Arc<str>>,
    /// When it was taken.
    pub taken: Timestamp,
}
