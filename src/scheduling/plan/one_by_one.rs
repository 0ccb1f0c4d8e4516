//! One pod after the other.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::choice::{Wish, choose};
use super::judging::Judging;
use super::request::Request;
use super::{Fate, LeftOut, Mode, Plan, Progress, Row, usage};
use crate::model::cluster::ObjectKind;
use crate::model::{Cluster, NodeId, Pod};
use crate::scheduling::{Profiles, cycle, unseen};

/// What is told while it goes on, and asked whether to go on.
pub(super) type Tell<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// Plans as kube-scheduler would place: one pod after the other, each on its best node after those before it. `None` where
/// `progress` broke it off.
pub fn one_by_one(
    cluster: &Cluster,
    profiles: &Profiles,
    request: &Request,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Option<Plan> {
    let (queue, gone) = request.queue(cluster);
    let nodes = Arc::new(cycle::node_index(cluster));
    let mut judging = Judging::new(cluster.clone(), nodes, profiles.clone());
    let plan = through(&mut judging, cluster, &queue, request, &|_| None, progress)?;
    Some(Plan { gone, ..plan })
}

/// Goes through `queue` in order: each pod on its pin, else where `rather` says if it fits there, else on the best node.
/// `judging` holds a copy of `cluster`, and afterwards the cluster with the plan carried out.
pub(super) fn through(
    judging: &mut Judging,
    cluster: &Cluster,
    queue: &[Arc<Pod>],
    request: &Request,
    rather: &dyn Fn(usize) -> Option<NodeId>,
    progress: Tell<'_>,
) -> Option<Plan> {
    let mut rows = Vec::with_capacity(queue.len());
    let mut unseen: BTreeSet<(ObjectKind, Arc<str>)> = BTreeSet::new();
    let mut placed = 0;
    for (at, pod) in queue.iter().enumerate() {
        let step = Progress {
            done: at,
            of: queue.len(),
            placed,
        };
        if progress(step).is_break() {
            return None;
        }
        let fate = match not_looked_at(pod, request) {
            Some(why) => Fate::LeftOut(why),
            None => {
                let wish = match (request.pins.get(&pod.key), rather(at)) {
                    (Some(node), _) => Wish::Pin(node),
                    (None, Some(node)) => Wish::Rather(node, request.ties),
                    (None, None) => Wish::Profile(request.ties),
                };
                let decided = judging.judge(pod);
                let (fate, node) = choose(&decided.trace, pod, wish);
                unseen.extend(decided.trace.unseen.iter().cloned());
                judging.keep(decided);
                if let Some(node) = node {
                    placed += 1;
                    judging.assume(&pod.key, node);
                }
                fate
            }
        };
        let pod = Arc::clone(pod);
        rows.push(Row { pod, fate });
    }
    let unseen: Vec<_> = unseen.into_iter().collect();
    Some(Plan {
        mode: Mode::OneByOne,
        generation: cluster.generation,
        nodes: judging.nodes.ids.len(),
        rows,
        gone: Vec::new(),
        usage: usage::between(cluster, &judging.cluster, &judging.nodes),
        caveats: unseen::lines(&unseen).collect(),
    })
}

fn not_looked_at(pod: &Pod, request: &Request) -> Option<LeftOut> {
    if let Some(node) = &pod.node_name {
        return Some(LeftOut::Bound(Arc::clone(node)));
    }
    if pod.deleting {
        return Some(LeftOut::Deleting);
    }
    if !request.are_ours(&pod.spec.scheduler_name) {
        return Some(LeftOut::NotOurs(Arc::clone(&pod.spec.scheduler_name)));
    }
    request.skips.contains(&pod.key).then_some(LeftOut::Skipped)
}
