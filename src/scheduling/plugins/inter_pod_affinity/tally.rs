//! Sums by domain: over the nodes that share a value of a label.

use std::sync::Arc;

use crate::model::cluster::{LabelColumn, NodeCounts};
use crate::model::{Cluster, NodeId};

/// What pods add up to in each domain of a topology key.
pub(super) struct Tally<'a> {
    /// The key.
    pub(super) key: Arc<str>,
    /// How many pods were counted, of those whose nodes have the key.
    pub(super) pods: i64,
    column: Option<&'a LabelColumn>,
    /// Whether each node that has the key is a domain of its own.
    by_node: bool,
    sums: Vec<i64>,
}

impl<'a> Tally<'a> {
    /// Nothing counted yet.
    pub(super) fn new(cluster: &'a Cluster, key: &Arc<str>, by_node: bool) -> Self {
        let column = cluster.nodes.labels().get(key);
        let sums = match column {
            None => Vec::new(),
            Some(_) if by_node => vec![0; cluster.nodes.slots() + 1],
            Some(column) => column.judge(|_| 0),
        };
        Self {
            key: Arc::clone(key),
            pods: 0,
            column,
            by_node,
            sums,
        }
    }

    /// The tally of `key` among `all`, put there where it is new.
    pub(super) fn of<'t>(
        all: &'t mut Vec<Self>,
        cluster: &'a Cluster,
        key: &Arc<str>,
        by_node: bool,
    ) -> &'t mut Self {
        let at = all.iter().position(|tally| tally.key == *key);
        let at = at.unwrap_or_else(|| {
            all.push(Self::new(cluster, key, by_node));
            all.len() - 1
        });
        &mut all[at]
    }

    /// Adds `weight` for each of the pods in `nodes`.
    pub(super) fn add(&mut self, nodes: &NodeCounts, weight: i64) {
        if self.column.is_none() {
            return;
        }
        for (node, count) in nodes.iter() {
            if let Some(domain) = self.domain(node) {
                let count = i64::from(count);
                self.pods += count;
                if let Some(sum) = self.sums.get_mut(domain) {
                    *sum += weight * count;
                }
            }
        }
    }

    /// The domain of `node`; `None` where it has no such label.
    pub(super) fn domain(&self, node: NodeId) -> Option<usize> {
        let number = self.column?.number(node);
        match number {
            0 => None,
            _ if self.by_node => Some(node.index()),
            _ => Some(number),
        }
    }

    /// The sum in the domain of `node`; `None` where it is in none.
    pub(super) fn at(&self, node: NodeId) -> Option<i64> {
        self.sums.get(self.domain(node)?).copied()
    }

    /// The label's value on `node`.
    pub(super) fn value(&self, node: NodeId) -> Option<&Arc<str>> {
        self.column?.get(node)
    }
}
