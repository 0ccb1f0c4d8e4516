//! Room: to ask for less, or to have pods go.

use std::sync::Arc;

use super::Fix;
use super::evicting::{Short, smallest_set};
use crate::model::pod::{ContainerKind, PodSpec};
use crate::model::quantity::Quantity;
use crate::model::resources::{ResourceId, show_bytes};
use crate::model::{Cluster, NodeId};
use crate::scheduling::nearest::judge::Judge;
use crate::scheduling::status::Status;
use crate::scheduling::what_if::{Asked, Supposition, Whose};

/// kube-scheduler's words for a resource of which there is too little.
const INSUFFICIENT: &str = "Insufficient ";
/// Its words for a node that holds as many pods as it may.
const TOO_MANY_PODS: &str = "Too many pods";

pub(super) fn fixes(judge: &Judge<'_>, status: &Status, node: NodeId) -> Vec<Fix> {
    let short = short(judge, status, node);
    let places = status.reasons.iter().any(|reason| reason == TOO_MANY_PODS);
    let mut fixes = Vec::new();
    if !places && !short.is_empty() {
        fixes.extend(ask_for_less(judge, &short));
    }
    fixes.extend(smallest_set(judge, node, &short, places));
    fixes
}

pub(super) fn lack(judge: &Judge<'_>, status: &Status, node: NodeId) -> i64 {
    let requests = &judge.pod().spec.requests;
    let parts = short(judge, status, node).into_iter().map(|short| {
        let asked = i128::from(requests.get(short.resource).max(1));
        i64::try_from(i128::from(short.lacking) * 1000 / asked).unwrap_or(i64::MAX / 1024)
    });
    parts.fold(0, i64::saturating_add)
}

/// The resources that the verdict names, with what is lacking.
fn short(judge: &Judge<'_>, status: &Status, node: NodeId) -> Vec<Short> {
    let cluster = judge.cluster();
    let of = |column: &[i64]| column.get(node.index()).copied().unwrap_or(0);
    let names = status
        .reasons
        .iter()
        .filter_map(|reason| reason.strip_prefix(INSUFFICIENT));
    let short = names.filter_map(|name| {
        let resource = cluster.interner.resources.id(name)?;
        let free =
            of(cluster.nodes.allocatable(resource)).saturating_sub(of(cluster.nodes.requested(resource)));
        let asked = judge.pod().spec.requests.get(resource);
        Some(Short {
            resource,
            free,
            lacking: asked.saturating_sub(free),
        })
    });
    short.collect()
}

/// Requests with which what is free is enough; `None` where nothing is free.
fn ask_for_less(judge: &Judge<'_>, short: &[Short]) -> Option<Fix> {
    let (cluster, spec) = (judge.cluster(), &*judge.pod().spec);
    let mut asked: Vec<(Whose, Asked)> = Vec::new();
    for short in short {
        for (whose, amount) in lowered(spec, short.resource, short.free)? {
            let resource: Arc<str> = cluster.interner.resources.name(short.resource).into();
            let quantity = written(cluster, short.resource, amount).into();
            asked.push((whose, Asked { resource, quantity }));
        }
    }
    let mut fix: Fix = Vec::new();
    for (whose, asked) in asked {
        let known = fix.iter_mut().find_map(|part| match part {
            Supposition::Requests { whose: of, amounts } if *of == whose => Some(amounts),
            _ => None,
        });
        match known {
            Some(amounts) => amounts.push(asked),
            None => fix.push(Supposition::Requests {
                whose,
                amounts: vec![asked],
            }),
        }
    }
    Some(fix)
}

/// What is to be asked for of `resource`, and where, so that the pod asks for `free` at the most. As few requests as may be
/// are touched: the largest alone where that is enough.
fn lowered(spec: &PodSpec, resource: ResourceId, free: i64) -> Option<Vec<(Whose, i64)>> {
    let free = free.checked_sub(spec.overhead.get(resource))?;
    if free <= 0 {
        return None;
    }
    if spec.pod_level.iter().any(|(of, _)| of == resource) {
        return Some(vec![(Whose::Pod, free)]);
    }
    let mut changed = Vec::new();
    let of_kind = |kinds: &[ContainerKind]| {
        let all = spec
            .containers
            .iter()
            .filter(|container| kinds.contains(&container.kind));
        let all = all.map(|container| (Arc::clone(&container.name), container.requests.get(resource)));
        all.collect::<Vec<_>>()
    };
    let running = of_kind(&[ContainerKind::Regular, ContainerKind::Sidecar]);
    let sum = running
        .iter()
        .fold(0_i64, |sum, (_, amount)| sum.saturating_add(*amount));
    if sum > free {
        let (name, most) = running.iter().max_by_key(|(_, amount)| *amount)?;
        let over = sum - free;
        if *most > over {
            changed.push((Whose::Container(Arc::clone(name)), most - over));
        } else {
            for (name, amount) in running.iter().filter(|(_, amount)| *amount > 0) {
                let share = i128::from(*amount) * i128::from(free) / i128::from(sum);
                let share = i64::try_from(share).ok().filter(|&share| share > 0)?;
                changed.push((Whose::Container(Arc::clone(name)), share));
            }
        }
    }
    // Init containers run beside the sidecars that came before them; what these ask for then is left out of account here,
    // and judged.
    for (name, amount) in of_kind(&[ContainerKind::Init]) {
        if amount > free {
            changed.push((Whose::Container(name), free));
        }
    }
    (!changed.is_empty()).then_some(changed)
}

/// `amount` or a little less, as a quantity that a person would write.
fn written(cluster: &Cluster, resource: ResourceId, amount: i64) -> String {
    const MEBIBYTE: i64 = 1 << 20;
    let names = &cluster.interner.resources;
    let bytes = matches!(resource, ResourceId::MEMORY | ResourceId::EPHEMERAL_STORAGE);
    if bytes && amount >= MEBIBYTE {
        return show_bytes(amount / MEBIBYTE * MEBIBYTE);
    }
    if resource == ResourceId::CPU && amount % 1000 == 0 {
        return (amount / 1000).to_string();
    }
    let page = names.name(resource).strip_prefix("hugepages-");
    let page = page.and_then(|page| page.parse().ok());
    let page = page.map_or(1, |page: Quantity| page.value().max(1));
    names.show(resource, amount / page * page)
}
