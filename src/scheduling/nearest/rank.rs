//! Which change is the smaller.

use crate::model::quantity::Quantity;
use crate::model::resources::ResourceId;
use crate::model::{Cluster, Pod};
use crate::scheduling::what_if::{Asked, Supposition, Whose};

/// Fewest changes first; then what does least harm; then the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    changes: usize,
    /// What each does counts ten times what does less.
    harm: u32,
    /// How much smaller requests become, in thousandths of what they are, and how important the pods are that go.
    size: i64,
}

impl Rank {
    pub(super) fn of(suppositions: &[Supposition], cluster: &Cluster, pod: &Pod) -> Self {
        Self {
            changes: suppositions.len(),
            harm: suppositions.iter().map(|one| 10_u32.pow(harm(one))).sum(),
            size: suppositions.iter().map(|one| size(one, cluster, pod)).sum(),
        }
    }

    /// Without the size.
    pub(super) fn kind(self) -> (usize, u32) {
        (self.changes, self.harm)
    }
}

/// 0 touches no pod and is undone with one command; 1 changes the pod and keeps what it asks of its surroundings; 2 gives up
/// something that somebody asked for, or costs a node; 3 stops pods that run.
fn harm(supposition: &Supposition) -> u32 {
    match supposition {
        Supposition::Uncordon(_) | Supposition::LabelNode { .. } => 0,
        Supposition::Tolerate(_)
        | Supposition::Untolerate(_)
        | Supposition::Requests { .. }
        | Supposition::LabelPod { .. } => 1,
        Supposition::Select { .. }
        | Supposition::Untaint { .. }
        | Supposition::Taint { .. }
        | Supposition::Drop(_)
        | Supposition::AddNodes { .. } => 2,
        Supposition::Cordon(_) | Supposition::Evict(_) | Supposition::RemoveNode(_) => 3,
    }
}

fn size(supposition: &Supposition, cluster: &Cluster, pod: &Pod) -> i64 {
    match supposition {
        Supposition::Requests { whose, amounts } => {
            let parts = amounts.iter().map(|asked| lowered(whose, asked, cluster, pod));
            parts.sum()
        }
        Supposition::Evict(key) => {
            let priority = cluster.pod(key).map_or(0, |pod| pod.spec.priority);
            i64::from(priority)
        }
        _ => 0,
    }
}

/// How much smaller one request becomes, in thousandths of what the pod asks for now.
fn lowered(whose: &Whose, asked: &Asked, cluster: &Cluster, pod: &Pod) -> i64 {
    let Some(resource) = cluster.interner.resources.id(&asked.resource) else {
        return 0;
    };
    let quantity: Quantity = asked.quantity.parse().unwrap_or_default();
    let now = if resource == ResourceId::CPU {
        quantity.milli_value()
    } else {
        quantity.value()
    };
    let before = match whose {
        Whose::Container(name) => {
            let container = pod
                .spec
                .containers
                .iter()
                .find(|container| container.name == *name);
            container.map_or(0, |container| container.requests.get(resource))
        }
        Whose::Pod | Whose::Every => pod.spec.requests.get(resource),
    };
    let all = pod.spec.requests.get(resource).max(1);
    let less = i128::from(before.saturating_sub(now)) * 1000 / i128::from(all);
    i64::try_from(less).unwrap_or(i64::MAX / 1024)
}
