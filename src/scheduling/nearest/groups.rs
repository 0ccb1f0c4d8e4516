//! Nodes by what keeps the pod off them.

use rustc_hash::FxHashMap;

use crate::model::{Cluster, NodeId};
use crate::scheduling::status::Status;
use crate::scheduling::trace::Trace;

/// Nodes that are out for the same reasons.
pub(super) struct Group {
    /// In name order; at least one.
    pub(super) nodes: Vec<NodeId>,
    /// The plugins that object, in order.
    pub(super) objections: Vec<Objection>,
}

/// One plugin's objection.
#[derive(Clone)]
pub(super) struct Objection {
    pub(super) plugin: &'static str,
    /// Its verdict; `None` where its PreFilter leaves the node out.
    pub(super) status: Option<Status>,
}

/// The groups of the nodes of `trace`, or of `only`, in the order of their first nodes.
pub(super) fn groups(trace: &Trace, cluster: &Cluster, only: Option<NodeId>) -> Vec<Group> {
    let of_all: Vec<Objection> = trace
        .pre_filter
        .iter()
        .filter(|result| result.status.code.is_rejection())
        .map(|result| Objection {
            plugin: result.plugin,
            status: Some(result.status.clone()),
        })
        .collect();
    let mut numbers: FxHashMap<Vec<usize>, usize> = FxHashMap::default();
    let mut groups: Vec<Group> = Vec::new();
    let taints = cluster.nodes.taints();
    for &node in trace
        .nodes
        .ids
        .iter()
        .filter(|&&node| only.is_none_or(|only| only == node))
    {
        let narrowed = trace.pre_filter.iter().map(|result| {
            let left = result.nodes.as_ref();
            usize::from(left.is_some_and(|left| !left.contains(node.index())))
        });
        let judged = trace.filters.iter().map(|column| {
            let numbers = column.numbers();
            usize::from(numbers.get(node.index()).copied().unwrap_or(0))
        });
        let key = narrowed.chain(judged).chain([taints.number(node)]).collect();
        let at = *numbers.entry(key).or_insert_with(|| {
            let narrowed = trace.pre_filter.iter().filter(|result| {
                let left = result.nodes.as_ref();
                left.is_some_and(|left| !left.contains(node.index()))
            });
            let narrowed = narrowed.map(|result| Objection {
                plugin: result.plugin,
                status: None,
            });
            let judged = trace.rejections(node).map(|(plugin, status)| Objection {
                plugin,
                status: Some(status.clone()),
            });
            let mut objections: Vec<Objection> = of_all.iter().cloned().chain(narrowed).collect();
            for objection in judged {
                // A plugin that narrows the search says the same again as a filter.
                if !objections.iter().any(|have| have.plugin == objection.plugin) {
                    objections.push(objection);
                }
            }
            groups.push(Group {
                nodes: Vec::new(),
                objections,
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            group.nodes.push(node);
        }
    }
    groups
}
