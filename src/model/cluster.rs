//! The cluster cache: what the watches brought, in tables with dense ids.
//!
//! One thread owns it. A node's slot may exist before its node does (pods bound to it came first), and after (pods
//! are still bound to it); only slots whose node is there count as nodes.

mod affinity_groups;
mod assume;
mod change_log;
mod changes;
mod event;
mod images;
mod label_columns;
mod node_counts;
mod node_table;
mod objects;
mod pod_groups;
mod pod_table;
mod ports;
mod postings;
mod shared_column;
mod storage_index;
mod table;
mod volumes;

pub use affinity_groups::{AffinityGroup, AffinityGroups};
pub use assume::{AssumedKind, ObjectKey};
pub use change_log::{NodeAspect, NodeChange};
pub use changes::{Change, WatchEvent};
pub use event::{Event, Happened, Turn};
pub use images::{Holding, Images};
pub use label_columns::{LabelColumn, LabelColumns};
pub use node_counts::NodeCounts;
pub use node_table::NodeTable;
pub(crate) use objects::object_kinds;
pub use objects::{ObjectKind, Objects};
pub use pod_groups::{PodGroup, PodGroups};
pub use pod_table::PodTable;
pub use ports::{Holders, UsedPorts};
pub use shared_column::SharedColumn;
pub use storage_index::{Derived, StorageIndex};
pub use table::{Showing, Table};
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
    /// Kinds whose objects are not seen, or not as they change, and why: decisions are made without them.
    pub unseen: BTreeMap<ObjectKind, Arc<str>>,
    /// Storage found through other keys.
    pub storage: StorageIndex,
    /// Counts changes to what decisions depend on besides the pod itself: pods of equal
    /// [templates](super::pod::Template) are judged alike while this stands. Pods that come, go or change while they
    /// wait do not move it, nor do heartbeats and status writes that change nothing.
    pub generation: u64,
    /// Counts every change to anything in here.
    pub revision: u64,
    groups: PodGroups,
    affinity_groups: AffinityGroups,
    lists: changes::Lists,
    log: change_log::ChangeLog,
    /// What happened since it was asked last; `None` while nobody listens.
    events: Option<Vec<Event>>,
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

    /// Whether the objects of all `kinds` are to be seen. A plugin that needs some that are not does not judge: see
    /// [`Cluster::unseen`].
    pub fn sees(&self, kinds: &[ObjectKind]) -> bool {
        self.unseen.is_empty() || !kinds.iter().any(|kind| self.unseen.contains_key(kind))
    }

    /// The pods bound to a node that are not over, by namespace and labels.
    pub fn groups(&self) -> &PodGroups {
        &self.groups
    }

    /// Those of them that have affinity to pods, by its terms.
    pub fn affinity_groups(&self) -> &AffinityGroups {
        &self.affinity_groups
    }

    /// The pods that wait for a node, gated ones too, in no particular order.
    pub fn waiting(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.pods.waiting().filter_map(|id| self.pods.get(id))
    }

    /// The changes to single nodes since [`Cluster::generation`] was `generation`; `None` where more changed than
    /// single nodes, or where that is too long ago.
    pub fn changes_since(&self, generation: u64) -> Option<Vec<&NodeChange>> {
        self.log.since(generation)
    }

    /// Has what happens from now on be told by [`Cluster::take_events`].
    pub fn listen(&mut self) {
        self.events.get_or_insert_default();
    }

    /// Whether [`Cluster::take_events`] has something to tell.
    pub fn has_events(&self) -> bool {
        self.events.as_ref().is_some_and(|events| !events.is_empty())
    }

    /// What happened since it was asked last, in order; nothing while nobody [listens](Cluster::listen).
    pub fn take_events(&mut self) -> Vec<Event> {
        self.events.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn tell(&mut self, event: impl FnOnce() -> Event) {
        if let Some(events) = &mut self.events {
            events.push(event());
        }
    }

    fn tell_of_pod(&mut self, before: Option<&Arc<Pod>>, after: Option<&Arc<Pod>>) {
        if let (Some(old), Some(new)) = (before, after)
            && old.uid != new.uid
        {
            self.tell_of_pod(before, None);
            self.tell_of_pod(None, after);
            return;
        }
        self.tell(|| {
            Event::Pod(Turn {
                before: before.cloned(),
                after: after.cloned(),
            })
        });
    }

    /// Takes note of a change; of one that concerns no node in particular where `decisions` depend on it.
    fn changed(&mut self, decisions: bool) {
        self.revision += 1;
        if decisions {
            self.generation += 1;
            self.log.everything(self.generation);
        }
    }

    fn node_changed(&mut self, node: NodeId, what: NodeAspect) {
        self.revision += 1;
        self.generation += 1;
        self.log.node(self.generation, NodeChange { node, what });
    }

    /// Takes in `pod`, in place of the one of its name.
    pub(crate) fn put_pod(&mut self, pod: Pod) {
        let pod = Arc::new(pod);
        let (id, before) = self.pods.put(Arc::clone(&pod));
        self.changed(false);
        let same = before.as_ref().is_some_and(|before| {
            before.template() == pod.template()
                && before.deleting == pod.deleting
                && before.preempted == pod.preempted
                && before.started == pod.started
        });
        let recreated = before.as_ref().is_some_and(|before| before.uid != pod.uid);
        if !same || recreated || pod.node_name.is_none() {
            self.tell_of_pod(before.as_ref(), Some(&pod));
        }
        if same {
            return;
        }
        if let Some(before) = before {
            self.unbind(id, before);
        }
        if let Some(node) = self.nodes.bind(id, &pod) {
            self.groups.add(node, &pod);
            self.affinity_groups.add(node, &pod);
            self.node_changed(node, NodeAspect::PodCame(pod));
        }
    }

    /// Takes out the pod called `key`.
    pub(crate) fn remove_pod(&mut self, key: &PodKey) {
        if let Some((id, pod)) = self.pods.remove(key) {
            self.changed(false);
            self.tell_of_pod(Some(&pod), None);
            self.unbind(id, pod);
        }
    }

    fn unbind(&mut self, id: PodId, pod: Arc<Pod>) {
        if let Some(node) = self.nodes.unbind(id, &pod) {
            self.groups.remove(node, &pod);
            self.affinity_groups.remove(node, &pod);
            self.node_changed(node, NodeAspect::PodWent(pod));
        }
    }

    /// Takes in `node`, in place of the one of its name.
    pub(crate) fn put_node(&mut self, node: Node) {
        let before = self.node(&node.name).map(|(_, node)| Arc::clone(node));
        let name = Arc::clone(&node.name);
        let pods = &self.pods;
        let put = self.nodes.put(node, |image| pods.await_image(image));
        self.nodes.set_csi(&name, self.objects.csi_nodes.named(&name));
        let attachments = self.storage.attachment_count(&name);
        self.nodes.set_attachments(&name, attachments);
        let after = self.nodes.get(put.node).cloned();
        if put.own || before.is_none() {
            self.tell(|| {
                Event::Node(Turn {
                    before: before.clone(),
                    after,
                })
            });
        }
        let Some(before) = before else {
            self.changed(true);
            return;
        };
        self.changed(false);
        if put.own {
            let relabelled = self
                .nodes
                .get(put.node)
                .is_some_and(|node| node.labels != before.labels);
            let what = if relabelled {
                NodeAspect::Labels
            } else {
                NodeAspect::Own
            };
            self.node_changed(put.node, what);
        }
        if put.images {
            self.node_changed(put.node, NodeAspect::Images);
        }
    }

    /// Takes out the node called `name`; the pods bound to it stay.
    pub(crate) fn remove_node(&mut self, name: &str) {
        let before = self.node(name).map(|(_, node)| Arc::clone(node));
        if self.nodes.remove(name) {
            self.changed(true);
            self.tell(|| Event::Node(Turn { before, after: None }));
        }
    }
}
