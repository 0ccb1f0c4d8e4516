//! The volumes of the pods on each node.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::SharedColumn;
use crate::model::ids::{NodeId, PodId};
use crate::model::pod::Pod;
use crate::model::storage::CsiNode;
use crate::model::volume::PodVolumeSource;

/// Which volumes are in use where.
#[derive(Clone, Debug, Default)]
pub struct NodeVolumes {
    /// The pods with volumes, by slot of their node; shorter where the last nodes have none.
    pods: Vec<Vec<PodId>>,
    /// How many volumes they have.
    counts: Vec<usize>,
    /// How many of the volumes are more than claims named by name.
    peculiar: Vec<usize>,
    attachments: Vec<usize>,
    /// The nodes of the pods that name a claim, once per volume, by namespace and name of the claim.
    claims: FxHashMap<(Arc<str>, Arc<str>), Vec<NodeId>>,
    csi: SharedColumn<Arc<CsiNode>>,
}

impl NodeVolumes {
    /// The pods on `node` that have volumes, in no particular order.
    pub fn pods(&self, node: NodeId) -> &[PodId] {
        self.pods.get(node.index()).map_or(&[], Vec::as_slice)
    }

    /// No fewer volumes than may count on `node`: those of its pods, shared ones as often as they are used, and those of
    /// its VolumeAttachments.
    pub fn at_most(&self, node: NodeId) -> usize {
        let at = |column: &Vec<usize>| column.get(node.index()).copied().unwrap_or(0);
        at(&self.counts) + at(&self.attachments)
    }

    /// Whether some pod on `node` has a volume that is more than a claim named by name.
    pub fn has_peculiar(&self, node: NodeId) -> bool {
        self.peculiar.get(node.index()).is_some_and(|&count| count > 0)
    }

    /// The nodes, there or not, of the pods that name the claim `name` of `namespace`, once per volume.
    pub fn users(&self, namespace: &Arc<str>, name: &Arc<str>) -> &[NodeId] {
        let key = (Arc::clone(namespace), Arc::clone(name));
        self.claims.get(&key).map_or(&[], Vec::as_slice)
    }

    /// The CSINode of each node.
    pub fn csi(&self) -> &SharedColumn<Arc<CsiNode>> {
        &self.csi
    }

    pub(super) fn set_csi(&mut self, node: NodeId, csi: Option<&Arc<CsiNode>>) {
        self.csi.set(node, csi.cloned());
    }

    pub(super) fn set_attachments(&mut self, node: NodeId, count: usize) {
        if count > 0 || self.attachments.len() > node.index() {
            *cell(&mut self.attachments, node) = count;
        }
    }

    pub(super) fn bind(&mut self, node: NodeId, id: PodId, pod: &Pod) {
        if pod.volumes.is_empty() {
            return;
        }
        cell(&mut self.pods, node).push(id);
        *cell(&mut self.counts, node) += pod.volumes.len();
        *cell(&mut self.peculiar, node) += peculiar(pod);
        for key in claims(pod) {
            self.claims.entry(key).or_default().push(node);
        }
    }

    pub(super) fn unbind(&mut self, node: NodeId, id: PodId, pod: &Pod) {
        if pod.volumes.is_empty() {
            return;
        }
        cell(&mut self.pods, node).retain(|&have| have != id);
        let less = |count: &mut usize, by: usize| *count = count.saturating_sub(by);
        less(cell(&mut self.counts, node), pod.volumes.len());
        less(cell(&mut self.peculiar, node), peculiar(pod));
        for key in claims(pod) {
            if let Some(users) = self.claims.get_mut(&key) {
                if let Some(at) = users.iter().position(|&user| user == node) {
                    users.swap_remove(at);
                }
                if users.is_empty() {
                    self.claims.remove(&key);
                }
            }
        }
    }
}

fn peculiar(pod: &Pod) -> usize {
    let plain = |source: &PodVolumeSource| matches!(source, PodVolumeSource::Claim(name) if !name.is_empty());
    pod.volumes.iter().filter(|volume| !plain(&volume.source)).count()
}

fn claims(pod: &Pod) -> impl Iterator<Item = (Arc<str>, Arc<str>)> {
    pod.volumes.iter().filter_map(|volume| match &volume.source {
        PodVolumeSource::Claim(name) => Some((Arc::clone(&pod.key.namespace), Arc::clone(name))),
        _ => None,
    })
}

fn cell<T: Default>(column: &mut Vec<T>, node: NodeId) -> &mut T {
    if column.len() <= node.index() {
        column.resize_with(node.index() + 1, T::default);
    }
    &mut column[node.index()]
}
