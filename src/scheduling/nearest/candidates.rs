//! What may help, before it is judged.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Unchanged;
use super::fixes::{Fix, fixes, lack};
use super::groups::Group;
use super::judge::Judge;
use super::rank::Rank;
use crate::model::NodeId;
use crate::scheduling::trace::Trace;
use crate::scheduling::what_if::{Dropped, Supposition};

/// The most groups whose nodes are looked at.
const MOST_GROUPS: usize = 40;
/// The most nodes of a group that are looked at: those that lack least.
const NODES_OF_GROUP: usize = 3;
/// The most ways in which the fixes of one node are combined.
const MOST_COMBINED: usize = 48;

/// A change that may help.
pub(super) struct Candidate {
    pub(super) suppositions: Vec<Supposition>,
    pub(super) rank: Rank,
    /// How many more nodes are out for the same reasons.
    pub(super) alike: usize,
}

/// What is to be tried.
pub(super) struct Candidates {
    /// The best first, each once.
    pub(super) all: Vec<Candidate>,
    /// The plugins that nothing is proposed for.
    pub(super) unchanged: Vec<Unchanged>,
}

pub(super) fn candidates(judge: &Judge<'_>, trace: &Trace, groups: &[Group]) -> Candidates {
    let (cluster, pod) = (judge.cluster(), judge.pod());
    let gates: Fix = if pod.is_gated() {
        vec![Supposition::Drop(Dropped::Gates)]
    } else {
        Fix::new()
    };
    let mut sets: BTreeMap<Vec<String>, (Fix, usize)> = BTreeMap::new();
    let mut propose = |mut fix: Fix, alike: usize| {
        for gate in &gates {
            if !fix.contains(gate) {
                fix.insert(0, gate.clone());
            }
        }
        let mut key: Vec<String> = fix.iter().map(ToString::to_string).collect();
        key.sort();
        if !fix.is_empty() {
            sets.entry(key).or_insert((fix, alike));
        }
    };
    propose(Fix::new(), 0);
    let mut unchanged: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (plugin, status) in &trace.pre_enqueue {
        if status.code.is_rejection() && *plugin != "SchedulingGates" {
            unchanged.insert(plugin, trace.nodes.ids.len());
        }
    }
    let mut ordered: Vec<(&Group, Vec<NodeId>)> = groups
        .iter()
        .map(|group| (group, nearest_nodes(judge, group)))
        .collect();
    ordered.sort_by_key(|(group, nodes)| {
        let lack = nodes.first().map_or(0, |&node| lack(judge, group, node));
        (group.objections.len(), lack, Reverse(group.nodes.len()))
    });
    for (at, (group, nodes)) in ordered.iter().enumerate() {
        let looked_at = if at < MOST_GROUPS { nodes.as_slice() } else { &[] };
        let mut helpless: BTreeSet<&'static str> = BTreeSet::new();
        for (place, &node) in looked_at.iter().enumerate() {
            let mut combined: Vec<Fix> = vec![Fix::new()];
            for objection in &group.objections {
                let fixes = fixes(judge, objection, node);
                if fixes.is_empty() {
                    helpless.insert(objection.plugin);
                }
                combined = combine(&combined, &fixes);
            }
            for fix in combined {
                propose(fix, group.nodes.len() - 1);
            }
            if let Some(node) = cluster
                .nodes
                .get(node)
                .filter(|_| place == 0 && !judge.is_about_one())
            {
                let more = Supposition::AddNodes {
                    like: node.name.clone(),
                    count: 1,
                };
                propose(vec![more], 0);
            }
        }
        for plugin in helpless {
            *unchanged.entry(plugin).or_default() += group.nodes.len();
        }
    }
    let candidates = sets.into_values().map(|(suppositions, alike)| Candidate {
        rank: Rank::of(&suppositions, cluster, pod),
        suppositions,
        alike,
    });
    let mut all: Vec<Candidate> = candidates.collect();
    // The map was in the order of the lines, which decides between equals.
    all.sort_by_key(|candidate| candidate.rank);
    let unchanged = unchanged.into_iter();
    Candidates {
        all,
        unchanged: unchanged
            .map(|(plugin, nodes)| Unchanged { plugin, nodes })
            .collect(),
    }
}

/// The nodes of a group that lack least.
fn nearest_nodes(judge: &Judge<'_>, group: &Group) -> Vec<NodeId> {
    let mut nodes: Vec<(i64, usize, NodeId)> = group
        .nodes
        .iter()
        .enumerate()
        .map(|(at, &node)| (lack(judge, group, node), at, node))
        .collect();
    nodes.sort();
    let nodes = nodes.into_iter().take(NODES_OF_GROUP);
    nodes.map(|(_, _, node)| node).collect()
}

/// Each of `left` with each of `right`, up to as many as are tried.
fn combine(left: &[Fix], right: &[Fix]) -> Vec<Fix> {
    let pairs = left.iter().flat_map(|a| right.iter().map(move |b| (a, b)));
    let joined = pairs.map(|(a, b)| {
        let mut fix = a.clone();
        fix.extend(b.iter().filter(|part| !a.contains(part)).cloned());
        fix
    });
    joined.take(MOST_COMBINED).collect()
}
