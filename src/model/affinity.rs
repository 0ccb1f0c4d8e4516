//! Node affinity.

use super::selector::{NodeSelector, NodeSelectorTerm};

/// A pod's `spec.affinity.nodeAffinity`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeAffinity {
    /// `requiredDuringSchedulingIgnoredDuringExecution`; `None` where absent, which is not the same as no terms.
    pub required: Option<NodeSelector>,
    /// `preferredDuringSchedulingIgnoredDuringExecution`; `None` where absent, which is not the same as empty.
    pub preferred: Option<Vec<PreferredTerm>>,
}

/// A preferred node selector term with its weight.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PreferredTerm {
    /// 1 to 100, added to a node's raw score where the term matches.
    pub weight: i32,
    /// The term.
    pub term: NodeSelectorTerm,
}
