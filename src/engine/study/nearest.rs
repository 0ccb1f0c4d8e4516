//! The smallest changes by which a pod would fit.

use std::ops::ControlFlow;

use super::{Finding, Progress};
use crate::engine::Snapshot;
use crate::model::PodKey;
use crate::scheduling::nearest::{Search, Tried, nearest};
use crate::scheduling::plugin::Cycle;

/// How many are looked for.
const LIMIT: usize = 24;

/// Looks for the nearest misses of the pod called `key`, on `node` where that is given and there.
pub(super) fn run(
    snapshot: &mut Snapshot,
    key: &PodKey,
    node: Option<&str>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Option<Finding> {
    let Some(pod) = snapshot.cluster.pod(key).cloned() else {
        return Some(Finding::Gone(key.clone()));
    };
    let profile = snapshot.profiles.get(&pod.spec.scheduler_name);
    let search = Search {
        cycle: Cycle {
            cluster: &snapshot.cluster,
            pod: &pod,
        },
        profile: &profile,
        nodes: &snapshot.nodes,
        node: node.and_then(|name| snapshot.nodes.id(name)),
        limit: LIMIT,
    };
    let mut told = |Tried { done, of }: Tried| progress(Progress { done, of });
    let found = nearest(search, &mut told);
    (!found.called_off).then_some(Finding::Nearest(found))
}
