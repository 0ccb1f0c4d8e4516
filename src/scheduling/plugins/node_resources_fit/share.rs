//! What of a resource is taken, and would be, as the scores see it.

use crate::model::NodeId;
use crate::model::resources::ResourceId;

/// One resource over all nodes, in its unit.
pub(in crate::scheduling::plugins) struct Column<'a> {
    pub(in crate::scheduling::plugins) resource: ResourceId,
    /// What the pod asks for.
    pub(in crate::scheduling::plugins) asked: i64,
    /// What others have taken, by node.
    pub(in crate::scheduling::plugins) taken: &'a [i64],
    pub(in crate::scheduling::plugins) allocatable: &'a [i64],
}

/// One resource on one node that has some of it.
#[derive(Clone, Copy)]
pub(in crate::scheduling::plugins) struct Share {
    pub(in crate::scheduling::plugins) taken: i64,
    /// With what the pod asks for.
    pub(in crate::scheduling::plugins) would: i64,
    pub(in crate::scheduling::plugins) allocatable: i64,
}

impl Column<'_> {
    /// What is taken of it on `node`; `None` where the node has none.
    pub(in crate::scheduling::plugins) fn on(&self, node: NodeId) -> Option<Share> {
        let at = |column: &[i64]| column.get(node.index()).copied().unwrap_or(0);
        let (taken, allocatable) = (at(self.taken), at(self.allocatable));
        (allocatable != 0).then(|| Share {
            taken,
            would: taken.wrapping_add(self.asked),
            allocatable,
        })
    }
}
