//! What would lift one plugin's objection to one node: a guess, which the cycle then judges.

mod affinity;
mod evicting;
mod near_pods;
mod ports;
mod resources;
mod taints;

use super::groups::{Group, Objection};
use super::judge::Judge;
use crate::model::NodeId;
use crate::scheduling::status::Code;
use crate::scheduling::what_if::Supposition;

/// Changes that belong together.
pub(super) type Fix = Vec<Supposition>;

/// The fixes for `objection` on `node`; none where no change is proposed: to volumes, claims, devices, declared features, and
/// to what cannot be read.
pub(super) fn fixes(judge: &Judge<'_>, objection: &Objection, node: NodeId) -> Vec<Fix> {
    let status = objection.status.as_ref();
    if status.is_some_and(|status| matches!(status.code, Code::Error | Code::Fault)) {
        return Vec::new();
    }
    match (objection.plugin, status) {
        ("NodeResourcesFit", Some(status)) => resources::fixes(judge, status, node),
        ("NodeUnschedulable", _) => taints::of_cordon(judge, node),
        ("TaintToleration", _) => taints::fixes(judge, node),
        ("NodeAffinity", _) => affinity::fixes(judge, status, node),
        ("NodePorts", _) => ports::fixes(judge, node),
        ("PodTopologySpread", _) => near_pods::of_spread(judge, node),
        ("InterPodAffinity", Some(status)) => near_pods::of_affinity(judge, status, node),
        _ => Vec::new(),
    }
}

/// How far `node` is from having what the pod asks for, in thousandths of that: the sum over what is short.
pub(super) fn lack(judge: &Judge<'_>, group: &Group, node: NodeId) -> i64 {
    let of_resources = |objection: &&Objection| objection.plugin == "NodeResourcesFit";
    let status = group.objections.iter().find(of_resources);
    let status = status.and_then(|objection| objection.status.as_ref());
    status.map_or(0, |status| resources::lack(judge, status, node))
}
