//! How many matching pods the domains of a constraint have.

use super::constraint::Constraint;
use crate::model::{Cluster, Pod};

/// For each domain of a constraint, by number.
pub(super) struct Domains(Vec<Option<i64>>);

impl Domains {
    /// As many as `constraint` has, none of them there yet.
    pub(super) fn none(constraint: &Constraint<'_>) -> Self {
        Self(vec![None; constraint.numbers()])
    }

    /// Has `domain` be there.
    pub(super) fn open(&mut self, domain: usize) {
        if let Some(count) = self.0.get_mut(domain) {
            count.get_or_insert(0);
        }
    }

    /// Adds `pods` to `domain`, if it is there.
    pub(super) fn add(&mut self, domain: usize, pods: i64) {
        if let Some(Some(count)) = self.0.get_mut(domain) {
            *count += pods;
        }
    }

    /// The pods in `domain`; `None` where it is not there.
    pub(super) fn get(&self, domain: usize) -> Option<i64> {
        self.0.get(domain).copied().flatten()
    }

    /// How many domains there are.
    pub(super) fn len(&self) -> usize {
        self.0.iter().flatten().count()
    }

    /// The two domains with the fewest pods, and how many.
    pub(super) fn fewest(&self) -> [Option<(usize, i64)>; 2] {
        let all = self.0.iter().enumerate();
        let all = all.filter_map(|(at, count)| Some((at, (*count)?)));
        all.fold([None; 2], |[first, second], next| {
            let below = |than: Option<(usize, i64)>| than.is_none_or(|(_, count)| next.1 < count);
            if below(first) {
                [Some(next), first]
            } else if below(second) {
                [first, Some(next)]
            } else {
                [first, second]
            }
        })
    }
}

/// The pods on each node, by slot, that are of the namespace of `pod`, are not being deleted and are selected by each
/// constraint; equal selectors are asked once.
pub(super) fn pods_by_node(cluster: &Cluster, pod: &Pod, constraints: &[Constraint<'_>]) -> Vec<Vec<i64>> {
    let namespace = std::slice::from_ref(&pod.key.namespace);
    let mut all: Vec<Vec<i64>> = Vec::with_capacity(constraints.len());
    for (at, constraint) in constraints.iter().enumerate() {
        let same = constraints.iter().position(|c| c.selector == constraint.selector);
        if let Some(have) = same.filter(|&same| same < at).and_then(|same| all.get(same)) {
            all.push(have.clone());
            continue;
        }
        let mut pods = vec![0; cluster.nodes.slots()];
        if constraint.counts() {
            let groups = cluster.groups().selected(Some(namespace), &constraint.selector);
            for group in groups.into_iter().filter(|group| !group.deleting) {
                for (node, count) in group.nodes.iter() {
                    if let Some(pods) = pods.get_mut(node.index()) {
                        *pods += i64::from(count);
                    }
                }
            }
        }
        all.push(pods);
    }
    all
}
