//! Other pods near by: to have them go, or not to mind them.

use std::sync::Arc;

use super::Fix;
use super::evicting::{all_of, may_go};
use crate::model::labels::Labels;
use crate::model::pod_affinity::AffinityTerm;
use crate::model::topology_spread::WhenUnsatisfiable;
use crate::model::{Cluster, NodeId, Pod};
use crate::scheduling::nearest::judge::Judge;
use crate::scheduling::status::Status;
use crate::scheduling::what_if::{Dropped, Supposition};

/// kube-scheduler's words where the pod's own required affinity does not hold.
const AFFINITY: &str = "node(s) didn't match pod affinity rules";
/// Where its own anti-affinity does not.
const ANTI: &str = "node(s) didn't match pod anti-affinity rules";
/// More pods near by than are ever proposed to go.
const MANY: usize = 8;

pub(super) fn of_spread(judge: &Judge<'_>, node: NodeId) -> Vec<Fix> {
    let spec = &judge.pod().spec;
    let hard = spec
        .spread
        .iter()
        .filter(|constraint| constraint.when_unsatisfiable == WhenUnsatisfiable::DoNotSchedule);
    let hard: Vec<_> = hard.collect();
    let mut keys: Vec<&Arc<str>> = hard.iter().map(|constraint| &constraint.topology_key).collect();
    keys.sort();
    keys.dedup();
    let mut fixes: Vec<Fix> = Vec::new();
    if keys.len() > 1 {
        let one = |key: &&Arc<str>| vec![Supposition::Drop(Dropped::Spread(Some(Arc::clone(key))))];
        fixes.extend(keys.iter().map(one));
    }
    if !keys.is_empty() {
        fixes.push(vec![Supposition::Drop(Dropped::Spread(None))]);
    }
    let counted = |pod: &&Arc<Pod>| {
        pod.key.namespace == judge.pod().key.namespace
            && hard
                .iter()
                .any(|constraint| constraint.selector.matches(&pod.labels))
            && may_go(judge, pod)
    };
    let pods = judge.cluster().pods_on(node).map(|(_, pod)| pod);
    let least = pods
        .filter(counted)
        .min_by_key(|pod| (pod.spec.priority, &pod.key));
    fixes.extend(least.and_then(|pod| all_of(judge, &[Arc::clone(pod)])));
    fixes
}

pub(super) fn of_affinity(judge: &Judge<'_>, status: &Status, node: NodeId) -> Vec<Fix> {
    let says = |words: &str| status.reasons.iter().any(|reason| reason == words);
    let (cluster, pod) = (judge.cluster(), judge.pod());
    let affinity = pod.spec.pod_affinity.as_ref();
    let anti = affinity.map_or(&[][..], |affinity| &affinity.required_anti);
    let drop_anti = Supposition::Drop(Dropped::AntiAffinity);
    if says(AFFINITY) {
        let drop = Supposition::Drop(Dropped::PodAffinity);
        let mut fixes = vec![vec![drop.clone()]];
        if !anti.is_empty() {
            // The first objection is the one that is told; there may be the other behind it.
            fixes.push(vec![drop, drop_anti]);
        }
        return fixes;
    }
    if says(ANTI) {
        let mut near = Vec::new();
        for term in anti {
            near_by(cluster, node, &term.topology_key, &mut near, |other| {
                is_meant(cluster, term, other)
            });
        }
        let mut fixes = vec![vec![drop_anti]];
        fixes.extend(all_of(judge, &near));
        return fixes;
    }
    // Placed pods do not want this one near.
    let mut near = Vec::new();
    let keys = {
        let groups = cluster.affinity_groups().iter();
        let terms = groups.flat_map(|group| group.affinity.required_anti.iter());
        let mut keys: Vec<&Arc<str>> = terms
            .filter(|term| is_meant(cluster, term, pod))
            .map(|term| &term.topology_key)
            .collect();
        keys.sort();
        keys.dedup();
        keys
    };
    for key in keys {
        near_by(cluster, node, key, &mut near, |other| {
            let theirs = other.spec.pod_affinity.as_ref();
            let mut theirs = theirs.into_iter().flat_map(|theirs| &theirs.required_anti);
            theirs.any(|term| term.topology_key == *key && is_meant(cluster, term, pod))
        });
    }
    all_of(judge, &near).into_iter().collect()
}

/// Whether `term` is about `pod`.
fn is_meant(cluster: &Cluster, term: &AffinityTerm, pod: &Pod) -> bool {
    let none = Arc::new(Labels::default());
    let labels = cluster.namespaces.get(&pod.key.namespace).unwrap_or(&none);
    term.is_about(&pod.key.namespace, labels) && term.selector.matches(&pod.labels)
}

/// Adds the pods in the domain of `node` for which `counts` to `near`; no more than are of use.
fn near_by(
    cluster: &Cluster,
    node: NodeId,
    key: &str,
    near: &mut Vec<Arc<Pod>>,
    counts: impl Fn(&Pod) -> bool,
) {
    let Some(column) = cluster.nodes.labels().get(key) else {
        return;
    };
    let domain = column.number(node);
    let nodes = cluster.nodes.iter().map(|(id, _)| id);
    for id in nodes.filter(|&id| column.number(id) == domain && domain != 0) {
        for (_, pod) in cluster.pods_on(id) {
            if near.len() > MANY {
                return;
            }
            if counts(pod) && !near.iter().any(|have| have.key == pod.key) {
                near.push(Arc::clone(pod));
            }
        }
    }
}
