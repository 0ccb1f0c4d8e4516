//! Why a pod fits a node or not, in numbers.

use super::{Fit, TOO_MANY_PODS, fault_on, reason};
use crate::model::NodeId;
use crate::model::pod::ContainerKind;
use crate::model::resources::ResourceId;
use crate::scheduling::explanation::{Explanation, HOLDS, pods as counted};
use crate::scheduling::plugin::Cycle;

pub(super) fn fit(of: &Fit<'_>, node: NodeId) -> Explanation {
    let table = &of.cycle.cluster.nodes;
    let at = |column: &[i64]| column.get(node.index()).copied().unwrap_or(0);
    let mut why = Explanation::new("the node has room for all that the pod asks for");
    if let Some(fault) = fault_on(of.cycle, node) {
        why.summary = fault.to_string();
        why.step("resources can be read", &fault.field, fault.to_string());
        return why;
    }
    let mut short = Vec::new();
    let (pods, allowed) = (at(table.pod_count()), at(table.allowed_pods()));
    why.node("pods allowed", allowed.to_string(), "status.allocatable.pods");
    why.node("pods on the node", pods.to_string(), "");
    let fits = pods < allowed;
    if !fits {
        short.push(format!("the node holds {pods} pods of {allowed} allowed"));
    }
    why.step(
        "pods",
        format!("{pods} + 1 ≤ {allowed}"),
        if fits { HOLDS } else { TOO_MANY_PODS },
    );
    for &(resource, amount) in &of.wanted {
        let names = &of.cycle.cluster.interner.resources;
        let show = |amount| names.show(resource, amount);
        let name = names.name(resource);
        let (allocatable, requested) = (at(table.allocatable(resource)), at(table.requested(resource)));
        pod_inputs(of.cycle, resource, &mut why);
        why.node(
            format!("{name} allocatable"),
            show(allocatable),
            format!("status.allocatable.{name}"),
        );
        why.node(format!("{name} taken by {}", counted(pods)), show(requested), "");
        if allocatable <= 0 && of.is_device(resource) {
            why.step(name, "left to devices: see DynamicResources", HOLDS);
            continue;
        }
        let free = allocatable.wrapping_sub(requested);
        let fits = amount <= free;
        if !fits {
            short.push(format!("{name}: {} asked for, {} free", show(amount), show(free)));
        }
        let formula = format!(
            "{} ≤ {} − {} = {}",
            show(amount),
            show(allocatable),
            show(requested),
            show(free)
        );
        why.step(
            name,
            formula,
            if fits {
                HOLDS.to_owned()
            } else {
                reason(of.cycle, resource)
            },
        );
    }
    if !short.is_empty() {
        why.summary = short.join("; ");
    }
    why
}

/// Where in the pod's manifest its request of `resource` comes from.
pub(in crate::scheduling::plugins) fn pod_inputs(
    cycle: Cycle<'_>,
    resource: ResourceId,
    why: &mut Explanation,
) {
    let names = &cycle.cluster.interner.resources;
    let name = names.name(resource);
    let spec = &cycle.pod.spec;
    let show = |amount| names.show(resource, amount);
    for container in &spec.containers {
        let Some((_, amount)) = container.requests.iter().find(|&(id, _)| id == resource) else {
            continue;
        };
        let kind = match container.kind {
            ContainerKind::Regular => "container",
            ContainerKind::Init => "init container",
            ContainerKind::Sidecar => "sidecar",
        };
        let field = format!("{}.resources.requests.{name}", container.field);
        why.pod(
            format!("{name} of {kind} {}", container.name),
            show(amount),
            field,
        );
    }
    if let Some((_, amount)) = spec.pod_level.iter().find(|&(id, _)| id == resource) {
        let field = format!("spec.resources.requests.{name}");
        why.pod(format!("{name} of the pod as a whole"), show(amount), field);
    }
    if let Some((_, amount)) = spec.overhead.iter().find(|&(id, _)| id == resource) {
        why.pod(
            format!("{name} overhead"),
            show(amount),
            format!("spec.overhead.{name}"),
        );
    }
}
