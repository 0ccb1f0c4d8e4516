//! The node table.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{LabelColumns, SharedColumn, UsedPorts};
use crate::model::ids::{NodeId, PodId};
use crate::model::node::Node;
use crate::model::pod::Pod;
use crate::model::resources::{Amounts, Load, ResourceId};
use crate::model::taint::Taint;

/// Nodes by slot, with a column for each thing that plugins ask of many nodes. Every column has
/// [`NodeTable::slots`] entries, save where its type says otherwise.
#[derive(Clone, Debug, Default)]
pub struct NodeTable {
    nodes: Vec<Option<Arc<Node>>>,
    by_name: FxHashMap<Arc<str>, NodeId>,
    names: Vec<Arc<str>>,
    pods: Vec<Vec<PodId>>,
    free: Vec<NodeId>,
    allocatable: Vec<Vec<i64>>,
    requested: Vec<Vec<i64>>,
    non_zero_cpu: Vec<i64>,
    non_zero_memory: Vec<i64>,
    allowed_pods: Vec<i64>,
    pod_count: Vec<i64>,
    unschedulable: Vec<bool>,
    taints: SharedColumn<Arc<[Taint]>>,
    labels: LabelColumns,
    ports: UsedPorts,
    /// Counts nodes that came or went.
    membership: u64,
    faulty: FxHashSet<NodeId>,
    faulty_pods: FxHashMap<NodeId, Vec<PodId>>,
}

/// A column where no node has an entry.
const NO_COLUMN: &[i64] = &[];

impl NodeTable {
    /// The slot of `name`, whether or not its node is there.
    pub fn id(&self, name: &str) -> Option<NodeId> {
        self.by_name.get(name).copied()
    }

    /// The node in `id`.
    pub fn get(&self, id: NodeId) -> Option<&Arc<Node>> {
        self.nodes.get(id.index())?.as_ref()
    }

    /// The nodes that are there, by slot.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Arc<Node>)> {
        self.nodes
            .iter()
            .enumerate()
            .filter_map(|(at, node)| Some((NodeId(at as u32), node.as_ref()?)))
    }

    /// Another number whenever a node came or went.
    pub fn membership(&self) -> u64 {
        self.membership
    }

    /// How many slots there are: the length of every column.
    pub fn slots(&self) -> usize {
        self.nodes.len()
    }

    /// The pods bound to `id` that are not over.
    pub fn pods_on(&self, id: NodeId) -> &[PodId] {
        self.pods.get(id.index()).map_or(&[], Vec::as_slice)
    }

    /// `status.allocatable` of `resource`, by slot; may be shorter, with zero for the rest.
    pub fn allocatable(&self, resource: ResourceId) -> &[i64] {
        self.allocatable
            .get(resource.index())
            .map_or(NO_COLUMN, Vec::as_slice)
    }

    /// What the pods on each node take of `resource`, by slot; may be shorter, with zero for the rest.
    pub fn requested(&self, resource: ResourceId) -> &[i64] {
        self.requested
            .get(resource.index())
            .map_or(NO_COLUMN, Vec::as_slice)
    }

    /// What they take of cpu, with defaults for containers that ask for none.
    pub fn non_zero_cpu(&self) -> &[i64] {
        &self.non_zero_cpu
    }

    /// What they take of memory, with defaults for containers that ask for none.
    pub fn non_zero_memory(&self) -> &[i64] {
        &self.non_zero_memory
    }

    /// How many pods each node may hold.
    pub fn allowed_pods(&self) -> &[i64] {
        &self.allowed_pods
    }

    /// How many pods are on each node.
    pub fn pod_count(&self) -> &[i64] {
        &self.pod_count
    }

    /// Which nodes are cordoned.
    pub fn unschedulable(&self) -> &[bool] {
        &self.unschedulable
    }

    /// The taints of each node, shared among nodes with the same ones; nodes without taints have no value.
    pub fn taints(&self) -> &SharedColumn<Arc<[Taint]>> {
        &self.taints
    }

    /// The labels by key.
    pub fn labels(&self) -> &LabelColumns {
        &self.labels
    }

    /// Host ports in use.
    pub fn ports(&self) -> &UsedPorts {
        &self.ports
    }

    /// The few nodes with a fault of their own or of a pod bound to them.
    pub fn faulty(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.faulty.iter().copied()
    }

    /// The pods on `id` that have faults.
    pub fn faulty_pods(&self, id: NodeId) -> &[PodId] {
        self.faulty_pods.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Puts in `node`; gives its slot and says whether something that decisions depend on changed.
    pub(super) fn put(&mut self, node: Node) -> (NodeId, bool) {
        let node = Arc::new(node);
        let id = self.slot(&node.name);
        let before = self.nodes[id.index()].replace(Arc::clone(&node));
        self.membership += u64::from(before.is_none());
        let same = before.as_ref().is_some_and(|before| {
            before.labels == node.labels
                && before.taints == node.taints
                && before.unschedulable == node.unschedulable
                && before.allocatable == node.allocatable
                && before.allowed_pods == node.allowed_pods
                && before.faults == node.faults
        });
        if !same {
            self.describe(id, before.as_deref(), Some(&node));
        }
        (id, !same)
    }

    /// Takes out the node called `name`; what its pods take stays known.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        let Some(id) = self.id(name) else {
            return false;
        };
        let Some(node) = self.nodes[id.index()].take() else {
            return false;
        };
        self.membership += 1;
        self.describe(id, Some(&node), None);
        self.give_back(id);
        true
    }

    /// Puts `pod` on its node, whose slot it gives.
    pub(super) fn bind(&mut self, pod_id: PodId, pod: &Pod) -> Option<NodeId> {
        let name = pod.node_name.as_ref()?;
        let id = self.slot(name);
        self.pods[id.index()].push(pod_id);
        self.pod_count[id.index()] += 1;
        self.count(id, &pod.load, 1);
        pod.spec
            .host_ports
            .iter()
            .for_each(|port| self.ports.add(id, port));
        if !pod.faults.is_empty() {
            self.faulty_pods.entry(id).or_default().push(pod_id);
            self.faulty.insert(id);
        }
        Some(id)
    }

    /// Takes `pod` off its node, whose slot it gives; none where it was not there.
    pub(super) fn unbind(&mut self, pod_id: PodId, pod: &Pod) -> Option<NodeId> {
        let id = self.id(pod.node_name.as_deref()?)?;
        let pods = &mut self.pods[id.index()];
        let at = pods.iter().position(|&have| have == pod_id)?;
        pods.swap_remove(at);
        self.pod_count[id.index()] -= 1;
        self.count(id, &pod.load, -1);
        pod.spec
            .host_ports
            .iter()
            .for_each(|port| self.ports.remove(id, port));
        if !pod.faults.is_empty() {
            let left = self.faulty_pods.entry(id).or_default();
            left.retain(|&have| have != pod_id);
            if left.is_empty() {
                self.faulty_pods.remove(&id);
            }
            self.note_faults(id);
        }
        self.give_back(id);
        Some(id)
    }

    /// Sums wrap around as upstream's do.
    fn count(&mut self, id: NodeId, load: &Load, sign: i64) {
        for (resource, amount) in load.requests.iter() {
            let requested = cell(&mut self.requested, resource, id);
            *requested = requested.wrapping_add(amount.wrapping_mul(sign));
        }
        let at = id.index();
        let cpu = load.non_zero.milli_cpu.wrapping_mul(sign);
        let memory = load.non_zero.memory.wrapping_mul(sign);
        self.non_zero_cpu[at] = self.non_zero_cpu[at].wrapping_add(cpu);
        self.non_zero_memory[at] = self.non_zero_memory[at].wrapping_add(memory);
    }

    fn describe(&mut self, id: NodeId, before: Option<&Node>, node: Option<&Node>) {
        let at = id.index();
        for (resource, _) in before
            .map(|node| &node.allocatable)
            .into_iter()
            .flat_map(Amounts::iter)
        {
            *cell(&mut self.allocatable, resource, id) = 0;
        }
        for (resource, amount) in node
            .map(|node| &node.allocatable)
            .into_iter()
            .flat_map(Amounts::iter)
        {
            *cell(&mut self.allocatable, resource, id) = amount;
        }
        self.allowed_pods[at] = node.map_or(0, |node| node.allowed_pods);
        self.unschedulable[at] = node.is_some_and(|node| node.unschedulable);
        let taints = node.map(|node| &node.taints).filter(|taints| !taints.is_empty());
        self.taints.set(id, taints.cloned());
        self.labels.change(
            id,
            before.map(|node| &*node.labels),
            node.map(|node| &*node.labels),
        );
        self.note_faults(id);
    }

    fn note_faults(&mut self, id: NodeId) {
        let own = self.get(id).is_some_and(|node| !node.faults.is_empty());
        if own || self.faulty_pods.contains_key(&id) {
            self.faulty.insert(id);
        } else {
            self.faulty.remove(&id);
        }
    }

    fn slot(&mut self, name: &Arc<str>) -> NodeId {
        if let Some(id) = self.id(name) {
            return id;
        }
        let id = self.free.pop().unwrap_or_else(|| {
            self.nodes.push(None);
            self.names.push(Arc::clone(name));
            self.pods.push(Vec::new());
            self.non_zero_cpu.push(0);
            self.non_zero_memory.push(0);
            self.allowed_pods.push(0);
            self.pod_count.push(0);
            self.unschedulable.push(false);
            NodeId((self.nodes.len() - 1) as u32)
        });
        self.names[id.index()] = Arc::clone(name);
        self.by_name.insert(Arc::clone(name), id);
        id
    }

    fn give_back(&mut self, id: NodeId) {
        if self.nodes[id.index()].is_none() && self.pods[id.index()].is_empty() {
            self.by_name.remove(&self.names[id.index()]);
            self.free.push(id);
        }
    }
}

fn cell(columns: &mut Vec<Vec<i64>>, resource: ResourceId, id: NodeId) -> &mut i64 {
    if columns.len() <= resource.index() {
        columns.resize_with(resource.index() + 1, Vec::new);
    }
    let column = &mut columns[resource.index()];
    if column.len() <= id.index() {
        column.resize(id.index() + 1, 0);
    }
    &mut column[id.index()]
}
