//! The order in which waiting pods are looked at.

use std::cmp::Ordering;

use crate::model::Pod;

/// PrioritySort: the higher priority first, then the one that waits longer; then by name, so that the order is total.
pub fn order(a: &Pod, b: &Pod) -> Ordering {
    b.spec
        .priority
        .cmp(&a.spec.priority)
        .then_with(|| a.created.cmp(&b.created))
        .then_with(|| a.key.cmp(&b.key))
}
