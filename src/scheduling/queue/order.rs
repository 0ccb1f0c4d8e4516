//! The order in which waiting pods are looked at.

use std::cmp::{Ordering, Reverse};

use jiff::Timestamp;

use crate::model::{Pod, PodKey};

/// PrioritySort by age: the higher priority first, then the older pod; then by name, so that the order is total. It is
/// the order of lists: it does not change while pods are tried.
pub fn order(a: &Pod, b: &Pod) -> Ordering {
    b.spec
        .priority
        .cmp(&a.spec.priority)
        .then_with(|| a.created.cmp(&b.created))
        .then_with(|| a.key.cmp(&b.key))
}

/// PrioritySort: the higher priority first, then the one that came, or was tried, earlier. Equals by age and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank(Reverse<i32>, Timestamp, Timestamp, PodKey);

impl Rank {
    pub(super) fn new(pod: &Pod, since: Timestamp) -> Self {
        Self(Reverse(pod.spec.priority), since, pod.created, pod.key.clone())
    }

    pub(super) const fn key(&self) -> &PodKey {
        &self.3
    }
}
