//! What a person confirmed.

use std::sync::Arc;

use super::adoption::Adoption;
use super::reason::Reason;
use super::verdict::Verdict;
use crate::model::PodKey;

/// A placement that a person confirmed, with what they were looking at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The pod.
    pub pod: PodKey,
    /// Its uid: another pod of the same name is not meant.
    pub uid: Arc<str>,
    /// Its resourceVersion as it was shown; empty where any will do.
    pub resource_version: Arc<str>,
    /// The node.
    pub node: Arc<str>,
    /// What was said of the node when it was confirmed.
    pub verdict: Verdict,
    /// Why; there must be one where rules are overruled.
    pub reason: Option<Reason>,
    /// The adoption that it is placed under, where the pod is another scheduler's.
    pub adoption: Option<Arc<Adoption>>,
    /// Whether the person typed the node's name: wanted where the [kubelet](super::consequence) would not simply take the
    /// pod in.
    pub insists: bool,
}
