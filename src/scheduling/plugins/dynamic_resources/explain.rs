//! Which devices are chosen, and why others are not.

use super::filter::{DeviceFilter, Refusal, UNAVAILABLE};
use super::inventory::{Inventory, reaches};
use super::pools::{Pool, State};
use super::{allocator::Failure, capacity};
use crate::model::device::{AllocationMode, Ask, Device, RequestKind, ResourceClaim, ResourceSlice};
use crate::model::{Node, NodeId};
use crate::scheduling::explanation::{Explanation, HOLDS};
use crate::scheduling::features::Gate;
use crate::scheduling::plugins::node_resources_fit::pod_inputs;

/// Devices beyond these are only counted.
const MOST_SHOWN: usize = 24;

pub(super) fn explain(filter: &DeviceFilter<'_>, id: NodeId) -> Explanation {
    let mut why = Explanation::new("all claims of the pod can be had on the node");
    let Some(node) = filter.cycle.cluster.nodes.get(id) else {
        return why;
    };
    for (at, claim) in filter.cycle.pod.spec.claims.iter().enumerate() {
        why.pod("claim", &*claim.name, format!("spec.resourceClaims[{at}]"));
    }
    for wanted in &filter.wanted {
        let class = wanted.class.map_or("no class", |class| &class.name);
        pod_inputs(filter.cycle, wanted.resource, &mut why);
        why.pod(
            format!("devices for {}", wanted.name),
            class,
            format!("DeviceClass {class}"),
        );
    }
    why.node("node", &*node.name, "metadata.name");
    let judged = if filter.late.borrow().contains(&id) {
        Err(Refusal::Failed(Failure::Timeout))
    } else {
        filter.judge(id, node)
    };
    let blamed = matches!(judged, Err(Refusal::Because(UNAVAILABLE)));
    for claim in filter.claims.iter().flatten() {
        let Some(allocation) = &claim.allocation else {
            continue;
        };
        let devices = allocation.devices.iter();
        let devices: Vec<String> = devices
            .map(|device| format!("{}/{}/{}", device.driver, device.pool, device.device))
            .collect();
        let name = format!("claim {} is allocated", claim.name);
        match (filter.is_unavailable(claim, node), blamed) {
            (false, _) => why.step(name, devices.join(", "), HOLDS),
            (true, true) => {
                why.summary = format!(
                    "claim {} holds devices that cannot be used on this node",
                    claim.name
                );
                why.step(name, devices.join(", "), UNAVAILABLE);
            }
            (true, false) => why.pod(name, format!("{}: not for this node", devices.join(", ")), ""),
        }
    }
    match judged {
        Ok(on_node) => {
            for (at, found) in &on_node.allocations {
                for (request, device) in &found.devices {
                    why.step(format!("claim {}: {request}", filter.name(*at)), device, HOLDS);
                }
            }
            if why.steps.is_empty() {
                why.step("devices", "none are needed on this node", HOLDS);
            }
        }
        Err(refusal) => {
            let status = refusal.status(node);
            let message = status.message();
            if !why.steps.iter().any(|step| step.result == message) {
                let mut short = None;
                if let Refusal::Failed(Failure::None | Failure::InvalidPools) = refusal {
                    short = Some(devices(filter, id, node, &mut why));
                }
                why.summary = short.unwrap_or_else(|| message.clone());
                why.step(
                    "devices for all claims",
                    "first fit over the node's pools",
                    &message,
                );
            }
        }
    }
    why
}

/// For each request how many devices would do, and for the others why not; in a sentence, what is short.
fn devices(filter: &DeviceFilter<'_>, id: NodeId, node: &Node, why: &mut Explanation) -> String {
    let together = "each request could be met by itself, but not all of them together".to_owned();
    let Some(inventory) = &filter.inventory else {
        return together;
    };
    let mut short = None;
    let mut seen: Vec<&str> = Vec::new();
    let extended = filter.extended(id, node).ok().flatten();
    for (at, claim) in filter.claims.iter().enumerate() {
        let made = extended.as_deref().filter(|_| filter.is_extended(at));
        let Some(claim) = made.or(*claim).filter(|claim| claim.allocation.is_none()) else {
            continue;
        };
        if seen.contains(&&*claim.name) {
            continue;
        }
        seen.push(filter.name(at));
        for request in claim.requests.iter().flatten() {
            let asks: Vec<(String, &Ask)> = match &request.kind {
                RequestKind::Exactly(ask) => vec![(request.name.to_string(), ask)],
                RequestKind::FirstAvailable(all) => all
                    .iter()
                    .map(|one| (format!("{}/{}", request.name, one.name), &one.ask))
                    .collect(),
                RequestKind::Unknown => Vec::new(),
            };
            let mut lacks = Vec::new();
            let alternatives = asks.len();
            for (name, ask) in asks {
                lacks.extend(of_request(filter, inventory, node, claim, &name, ask, why));
            }
            if lacks.len() == alternatives {
                short = short.or(lacks.into_iter().next());
            }
        }
    }
    short.unwrap_or(together)
}

fn of_request(
    filter: &DeviceFilter<'_>,
    inventory: &Inventory<'_>,
    node: &Node,
    claim: &ResourceClaim,
    name: &str,
    ask: &Ask,
    why: &mut Explanation,
) -> Option<String> {
    let (mut fit, mut all) = (0, 0);
    let mut shown = Vec::new();
    for pool in inventory.pools(node).unwrap_or_default() {
        match &pool.state {
            State::Usable => {}
            State::Incomplete => shown.push((
                pool.id(),
                "the pool is being updated: slices are missing".to_owned(),
            )),
            State::Invalid(text) => shown.push((pool.id(), format!("the pool is invalid: {text}"))),
        }
        for &at in &pool.slices {
            let Some(slice) = inventory.slice(at) else {
                continue;
            };
            for (index, device) in slice.devices.iter().enumerate() {
                all += 1;
                match obstacle(filter, inventory, node, ask, slice, (at, index as u32), device) {
                    Some(text) => shown.push((format!("{}/{}", pool.id(), device.name), text)),
                    None if !has_counters(inventory, &pool, device) => {
                        let text = "not enough of the counters that it is cut from is left".to_owned();
                        shown.push((format!("{}/{}", pool.id(), device.name), text));
                    }
                    None => fit += 1,
                }
            }
        }
    }
    let wanted = match ask.mode {
        AllocationMode::All => "all".to_owned(),
        _ => ask.count.to_string(),
    };
    let value = format!(
        "{wanted} wanted of class {}; {fit} of {all} devices would do by themselves",
        ask.class
    );
    let wanted = match ask.mode {
        AllocationMode::All => 1,
        _ => ask.count,
    };
    let lacks = (fit < wanted).then(|| format!("claim {}, request {name}: {value}", claim.name));
    why.pod(
        format!("request {name}"),
        value,
        format!("ResourceClaim {}", claim.name),
    );
    let more = shown.len().saturating_sub(MOST_SHOWN);
    for (device, text) in shown.into_iter().take(MOST_SHOWN) {
        why.node(device, text, "");
    }
    if more > 0 {
        why.node(format!("{more} more devices"), "not shown", "");
    }
    lacks
}

/// Whether what the device takes of its pool's counters is left.
fn has_counters<'a>(inventory: &Inventory<'a>, pool: &Pool<'a>, device: &'a Device) -> bool {
    if inventory.used.shares((pool.driver, pool.name, &device.name)) {
        return true;
    }
    let available = pool.available(inventory);
    device.consumes.iter().all(|set| {
        set.counters.iter().all(|(name, amount)| {
            let left = available.get(&(&*set.name, &**name));
            left.is_none_or(|left| left >= amount)
        })
    })
}

/// What keeps one device from being taken for a request, the rest of the claim left aside.
fn obstacle<'a>(
    filter: &DeviceFilter<'_>,
    inventory: &Inventory<'a>,
    node: &Node,
    ask: &Ask,
    slice: &'a ResourceSlice,
    at: (u32, u32),
    device: &'a Device,
) -> Option<String> {
    let id = (&*slice.driver, &*slice.pool, &*device.name);
    if ask.admin_access != Some(true) && inventory.used.whole.contains(&id) {
        return Some(holder(filter, slice, device));
    }
    let class = filter.class(&ask.class)?;
    for (owner, selectors) in [
        ("the class's", &class.selectors),
        ("the request's", &ask.selectors),
    ] {
        for expression in selectors.iter().flatten() {
            match inventory.selectors.matches(expression, at, slice, device) {
                Ok(true) => {}
                Ok(false) => return Some(format!("{owner} selector does not hold: {expression}")),
                Err(error) => return Some(error.told("selector", &device.name)),
            }
        }
    }
    if slice.per_device == Some(true) && !reaches(&device.reach, node).unwrap_or(false) {
        return Some("it is for other nodes".to_owned());
    }
    if inventory.gates.enabled(Gate::DRADeviceTaints) {
        let bears = |taint| {
            ask.tolerations
                .iter()
                .any(|toleration| toleration.tolerates(taint))
        };
        let mut taints = inventory.taints(slice, device);
        if let Some(taint) = taints.find(|taint| taint.effect.prevents_allocation() && !bears(taint)) {
            return Some(format!(
                "untolerated taint {}={}:{}",
                taint.key,
                taint.value,
                taint.effect.as_str()
            ));
        }
    }
    let held = [inventory.used.consumed.get(&id), None];
    let fractions = inventory.gates.enabled(Gate::DRAFractionalCapacityRange);
    match capacity::fits(ask.capacity.as_deref(), &device.capacity, held, fractions) {
        Ok(true) => None,
        Ok(false) => {
            Some("not enough of its capacity is left, or it cannot be had in such shares".to_owned())
        }
        Err(text) => Some(text),
    }
}

/// Which claim has the device.
fn holder(filter: &DeviceFilter<'_>, slice: &ResourceSlice, device: &Device) -> String {
    let claims = filter.cycle.cluster.objects.device_claims.iter();
    let mut holders = claims.filter(|claim| {
        let devices = claim.allocation.iter().flat_map(|allocation| &allocation.devices);
        devices.into_iter().any(|have| {
            have.device == device.name
                && have.pool == slice.pool
                && have.driver == slice.driver
                && !have.admin_access
        })
    });
    match holders.next() {
        Some(claim) => format!("in use by claim {}/{}", claim.namespace, claim.name),
        None => "in use".to_owned(),
    }
}
