//! The cluster cache: what the watches brought, in tables with dense ids.
//!
//! One thread owns it. A node's slot may exist before its node does (pods bound to it came first), and after (pods
//! are still bound to it); only slots whose node is there count as nodes.

mod changes;
mod label_columns;
mod node_table;
mod objects;
mod pod_table;
mod ports;
mod shared_column;
mod storage_index;
mod volumes;

pub use changes::{Change, WatchEvent};
pub use label_columns::{LabelColumn, LabelColumns};
pub use node_table::NodeTable;
pub(crate) use objects::object_kinds;
pub use objects::{Objects, Table};
pub use pod_table::PodTable;
pub use ports::{Holders, UsedPorts};
pub use shared_column::SharedColumn;
pub use storage_index::{Derived, StorageIndex};
pub use volumes::NodeVolumes;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ids::{NodeId, PodId, PodKey};
use super::intern::Interner;
use super::labels::Labels;
use super::node::Node;
use super::pod::Pod;

/// Everything that scheduling reads.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Shared strings, label sets, specs, resources.
    pub interner: Interner,
    /// The nodes, and the load on them.
    pub nodes: NodeTable,
    /// The pods, of which none is over.
    pub pods: PodTable,
    /// Namespaces by name, with their labels.
    pub namespaces: BTreeMap<Arc<str>, Arc<Labels>>,
    /// Everything else that decisions depend on, a table per kind.
    pub objects: Objects,
    /// Storage found through other keys.
    pub storage: StorageIndex,
    /// Counts changes to what decisions depend on besides the pod itself: pods of equal
    /// [templates](super::pod::Template) are judged alike while this stands. Pods that come, go or change while they
    /// wait do not move it, nor do heartbeats and status writes that change nothing.
    pub generation: u64,
    /// Counts every change to anything in here.
    pub revision: u64,
    lists: changes::Lists,
}

impl Cluster {
    /// The cluster that `changes` make of an empty one.
    pub fn from_changes(changes: impl IntoIterator<Item = Change>) -> Self {
        let mut cluster = Self::default();
        changes.into_iter().for_each(|change| cluster.apply(change));
        cluster
    }

    /// The node called `name`, if it exists.
    pub fn node(&self, name: &str) -> Option<(NodeId, &Arc<Node>)> {
        let id = self.nodes.id(name)?;
        Some((id, self.nodes.get(id)?))
    }

    /// The pod called `key`, if it exists.
    pub fn pod(&self, key: &PodKey) -> Option<&Arc<Pod>> {
        self.pods.get(self.pods.id(key)?)
    }

    /// The pods bound to `node` that take room there, in no particular order.
    pub fn pods_on(&self, node: NodeId) -> impl Iterator<Item = (PodId, &Arc<Pod>)> {
        self.nodes
            .pods_on(node)
            .iter()
            .filter_map(|&id| Some((id, self.pods.get(id)?)))
    }

    /// The pods that wait for a node, gated ones too, in no particular order.
    pub fn waiting(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.pods.waiting().filter_map(|id| self.pods.get(id))
    }

    fn changed(&mut self, decisions: bool) {
        self.revision += 1;
        self.generation += u64::from(decisions);
    }

    fn put_pod(&mut self, pod: Pod) {
        let pod = Arc::new(pod);
        let (id, before) = self.pods.put(Arc::clone(&pod));
        let same = before
            .as_ref()
            .is_some_and(|before| before.template() == pod.template() && before.deleting == pod.deleting);
        if same {
            self.changed(false);
            return;
        }
        let was_bound = before.as_ref().is_some_and(|before| before.node_name.is_some());
        if let Some(before) = before {
            self.nodes.unbind(id, &before);
        }
        self.nodes.bind(id, &pod);
        self.changed(was_bound || pod.node_name.is_some());
    }

    fn remove_pod(&mut self, key: &PodKey) {
        if let Some((id, pod)) = self.pods.remove(key) {
            self.nodes.unbind(id, &pod);
            self.changed(pod.node_name.is_some());
        }
    }

    fn put_node(&mut self, node: Node) {
        let name = Arc::clone(&node.name);
        let decisions = self.nodes.put(node);
        self.nodes.set_csi(&name, self.objects.csi_nodes.named(&name));
        let attachments = self.storage.attachment_count(&name);
        self.nodes.set_attachments(&name, attachments);
        self.changed(decisions);
    }

    fn remove_node(&mut self, name: &str) {
        if self.nodes.remove(name) {
            self.changed(true);
        }
    }
}
