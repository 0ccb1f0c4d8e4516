//! A line for each node, made anew only where the node or its load changed.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::view::NodeSummary;
use crate::model::node::Node;
use crate::model::resources::{ResourceId, is_extended};
use crate::model::taint::Taint;
use crate::model::{Cluster, NodeId};
use crate::scheduling::trace::NodeIndex;

/// The lines, in name order.
#[derive(Debug, Default)]
pub(super) struct NodeLines {
    /// The cluster's when they were made.
    revision: Option<u64>,
    /// The nodes that they were made of.
    nodes: Vec<Arc<Node>>,
    lines: Arc<[NodeSummary]>,
}

/// What changes of a line while its node stays as it is.
#[derive(PartialEq, Eq)]
struct Load {
    pods: (i64, i64),
    cpu: (i64, i64),
    memory: (i64, i64),
}

impl NodeLines {
    /// As `cluster` is now. Where they are as before, so is their address: what is made from them need not be made again.
    pub(super) fn of(&mut self, cluster: &Cluster, index: &NodeIndex) -> Arc<[NodeSummary]> {
        if self.revision != Some(cluster.revision) {
            self.revision = Some(cluster.revision);
            if !self.hold(cluster, index) {
                self.renew(cluster, index);
            }
        }
        Arc::clone(&self.lines)
    }

    /// The line at `at`, where it was made of this very `node`.
    fn line(&self, at: usize, node: &Arc<Node>) -> Option<&NodeSummary> {
        let same = self.nodes.get(at).is_some_and(|before| Arc::ptr_eq(before, node));
        same.then(|| &self.lines[at])
    }

    fn hold(&self, cluster: &Cluster, index: &NodeIndex) -> bool {
        let as_before = |(at, &id): (usize, &NodeId)| {
            let node = cluster.nodes.get(id)?;
            let line = self.line(at, node).filter(|line| line.id == id)?;
            (Load::of(line) == Load::on(cluster, id, node)).then_some(())
        };
        index.ids.len() == self.lines.len()
            && index.ids.iter().enumerate().all(|one| as_before(one).is_some())
    }

    fn renew(&mut self, cluster: &Cluster, index: &NodeIndex) {
        let mut texts = Texts::default();
        let mut nodes = Vec::with_capacity(index.ids.len());
        let mut lines = Vec::with_capacity(index.ids.len());
        for (at, &id) in index.ids.iter().enumerate() {
            let Some(node) = cluster.nodes.get(id) else {
                continue;
            };
            let Load { pods, cpu, memory } = Load::on(cluster, id, node);
            lines.push(match self.line(at, node) {
                Some(before) => NodeSummary {
                    id,
                    pods,
                    cpu,
                    memory,
                    ..before.clone()
                },
                None => NodeSummary {
                    id,
                    name: Arc::clone(&node.name),
                    zone: texts.zone(node),
                    ready: node.ready,
                    unschedulable: node.unschedulable,
                    pods,
                    cpu,
                    memory,
                    taints: texts.taints(node),
                    extended: texts.extended(cluster, node),
                },
            });
            nodes.push(Arc::clone(node));
        }
        self.nodes = nodes;
        if *self.lines != *lines {
            self.lines = lines.into();
        }
    }
}

impl Load {
    fn of(line: &NodeSummary) -> Self {
        Self {
            pods: line.pods,
            cpu: line.cpu,
            memory: line.memory,
        }
    }

    fn on(cluster: &Cluster, id: NodeId, node: &Node) -> Self {
        let of = |column: &[i64]| column.get(id.index()).copied().unwrap_or(0);
        let load = |resource| {
            (
                of(cluster.nodes.requested(resource)),
                of(cluster.nodes.allocatable(resource)),
            )
        };
        Self {
            pods: (cluster.nodes.pods_on(id).len() as i64, node.allowed_pods),
            cpu: load(ResourceId::CPU),
            memory: load(ResourceId::MEMORY),
        }
    }
}

/// Texts that many nodes share.
#[derive(Default)]
struct Texts {
    none: Arc<str>,
    taints: FxHashMap<Arc<[Taint]>, Arc<[String]>>,
    extended: FxHashMap<Vec<ResourceId>, Arc<[Arc<str>]>>,
}

impl Texts {
    fn zone(&self, node: &Node) -> Arc<str> {
        let zone = node.labels.get_shared("topology.kubernetes.io/zone");
        Arc::clone(zone.unwrap_or(&self.none))
    }

    fn taints(&mut self, node: &Node) -> Arc<[String]> {
        let texts = self.taints.entry(Arc::clone(&node.taints));
        Arc::clone(texts.or_insert_with(|| node.taints.iter().map(ToString::to_string).collect()))
    }

    fn extended(&mut self, cluster: &Cluster, node: &Node) -> Arc<[Arc<str>]> {
        let listed: Vec<ResourceId> = node.allocatable.iter().map(|(resource, _)| resource).collect();
        let names = self.extended.entry(listed).or_insert_with_key(|listed| {
            let names = listed
                .iter()
                .map(|&resource| cluster.interner.resources.name(resource));
            names.filter(|name| is_extended(name)).map(Arc::from).collect()
        });
        Arc::clone(names)
    }
}
