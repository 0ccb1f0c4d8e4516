//! Ports of the node: to have the pods go that hold them, or to do without.

use std::sync::Arc;

use super::Fix;
use super::evicting::all_of;
use crate::model::{NodeId, Pod};
use crate::scheduling::nearest::judge::Judge;
use crate::scheduling::what_if::{Dropped, Supposition};

pub(super) fn fixes(judge: &Judge<'_>, node: NodeId) -> Vec<Fix> {
    let wanted = &judge.pod().spec.host_ports;
    let holds = |pod: &Pod| {
        let mut held = pod.spec.host_ports.iter();
        held.any(|held| wanted.iter().any(|wanted| wanted.conflicts_with(held)))
    };
    let pods = judge.cluster().pods_on(node).map(|(_, pod)| pod);
    let holders: Vec<Arc<Pod>> = pods.filter(|pod| holds(pod)).cloned().collect();
    let mut fixes = vec![vec![Supposition::Drop(Dropped::Ports)]];
    fixes.extend(all_of(judge, &holders));
    fixes
}
