//! Which pods may go, and the fewest of them that make room.

use std::sync::Arc;

use super::Fix;
use crate::model::resources::ResourceId;
use crate::model::{Cluster, NodeId, Pod};
use crate::scheduling::nearest::judge::Judge;
use crate::scheduling::what_if::{Supposition, is_of_node};

/// The most pods that are proposed to go for one.
const MOST: usize = 4;

/// A resource of which there is too little.
pub(super) struct Short {
    pub(super) resource: ResourceId,
    /// What no pod takes; below zero where too much is taken.
    pub(super) free: i64,
    /// What there would have to be besides.
    pub(super) lacking: i64,
}

/// Whether it makes sense and is allowed that `pod` goes for the one in question: it is not more important, not one of its own
/// kind, not one that comes back to the same node, and no budget is against it.
pub(super) fn may_go(judge: &Judge<'_>, pod: &Pod) -> bool {
    let own = judge.pod();
    let sibling = pod.owner.is_some() && pod.owner == own.owner && pod.key.namespace == own.key.namespace;
    pod.key != own.key
        && pod.spec.priority <= own.spec.priority
        && !pod.is_critical()
        && !pod.deleting
        && !sibling
        && !is_of_node(pod)
        && !is_protected(judge.cluster(), pod)
}

/// Whether the Eviction API would refuse: some budget for the pod is used up.
fn is_protected(cluster: &Cluster, pod: &Pod) -> bool {
    let mut budgets = cluster.objects.budgets.in_namespace(&pod.key.namespace);
    budgets.any(|(_, budget)| budget.allowed <= 0 && budget.selector.matches(&pod.labels))
}

/// Evicts all of `pods`, where they may go and are few.
pub(super) fn all_of(judge: &Judge<'_>, pods: &[Arc<Pod>]) -> Option<Fix> {
    let few = !pods.is_empty() && pods.len() <= MOST && pods.iter().all(|pod| may_go(judge, pod));
    few.then(|| {
        let mut fix: Fix = pods
            .iter()
            .map(|pod| Supposition::Evict(pod.key.clone()))
            .collect();
        fix.sort_by_key(ToString::to_string);
        fix
    })
}

/// The fewest pods on `node` without which there is enough of everything that is `short`, and a place where one is lacking.
pub(super) fn smallest_set(judge: &Judge<'_>, node: NodeId, short: &[Short], place: bool) -> Option<Fix> {
    let pods = judge.cluster().pods_on(node).map(|(_, pod)| pod);
    let mut pods: Vec<&Arc<Pod>> = pods.filter(|pod| may_go(judge, pod)).collect();
    pods.sort_by(|a, b| (a.spec.priority, &a.key).cmp(&(b.spec.priority, &b.key)));
    let mut left: Vec<(ResourceId, i64)> = short
        .iter()
        .map(|short| (short.resource, short.lacking))
        .collect();
    let mut place = place;
    let mut gone: Vec<Arc<Pod>> = Vec::new();
    while place || left.iter().any(|&(_, lacking)| lacking > 0) {
        if gone.len() == MOST {
            return None;
        }
        let enough = |pod: &&&Arc<Pod>| {
            let mut left = left.iter();
            left.all(|&(resource, lacking)| pod.load.requests.get(resource) >= lacking)
        };
        // The least important that is enough by itself, and of those the one that frees least; or the one that frees most.
        let share = |pod: &Arc<Pod>| freed(pod, &left);
        let last = pods
            .iter()
            .filter(enough)
            .min_by_key(|pod| (pod.spec.priority, share(pod)));
        let next = last.or_else(|| {
            pods.iter()
                .filter(|pod| share(pod) > 0)
                .max_by_key(|pod| share(pod))
        })?;
        let next = Arc::clone(next);
        for (resource, lacking) in &mut left {
            *lacking = lacking.saturating_sub(next.load.requests.get(*resource));
        }
        place = false;
        pods.retain(|pod| pod.key != next.key);
        gone.push(next);
    }
    all_of(judge, &gone)
}

/// What `pod` takes of what is lacking, in thousandths of each.
fn freed(pod: &Pod, left: &[(ResourceId, i64)]) -> i64 {
    let lacking = left.iter().filter(|&&(_, lacking)| lacking > 0);
    let parts = lacking.map(|&(resource, lacking)| {
        let taken = pod.load.requests.get(resource).clamp(0, lacking);
        i64::try_from(i128::from(taken) * 1000 / i128::from(lacking)).unwrap_or(1000)
    });
    parts.sum()
}
