//! What the API server does with nodes: defaults, the taint of a new one, validation.
//!
//! Source: `pkg/registry/core/node`, `pkg/apis/core/validation` and the `TaintNodesByCondition` admission plugin.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::{
    failure::{Cause, Failure},
    fields::{entries, items, number, text},
    kinds::NODE,
    names,
    object::child,
    pods,
    store::Store,
    strategy::{self, Part, Strategy},
};

/// What the server does with nodes.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
    admit,
    prepare,
    prepare_update,
    validate,
    validate_update,
    ..strategy::PLAIN
};

/// The taint that keeps pods off a node until its kubelet has reported.
pub(crate) const NOT_READY: &str = "node.kubernetes.io/not-ready";

/// What a node has is what it can give, unless it says otherwise; its first network stands in two places.
fn default(tree: &mut Value) {
    let status = child(tree, "status");
    if let Some(capacity) = status
        .get("capacity")
        .filter(|capacity| !capacity.is_null())
        .cloned()
        && status.get("allocatable").is_none_or(Value::is_null)
    {
        status.insert("allocatable".into(), capacity);
    }
    let spec = child(tree, "spec");
    let single = spec.get("podCIDR").and_then(Value::as_str).unwrap_or_default();
    let first = spec
        .get("podCIDRs")
        .and_then(|all| all.get(0)?.as_str())
        .unwrap_or_default();
    if !single.is_empty() && single != first {
        let all = json!([single]);
        spec.insert("podCIDRs".into(), all);
    } else if single.is_empty() && !first.is_empty() {
        let first = first.to_owned();
        spec.insert("podCIDR".into(), first.into());
    }
}

/// A new node is tainted until it is ready.
#[expect(clippy::unnecessary_wraps, reason = "a step of a strategy, which can refuse")]
fn admit(_: &Store, old: Option<&Value>, tree: &mut Value) -> Result<(), Failure> {
    if old.is_some() {
        return Ok(());
    }
    let taints = child(tree, "spec").entry("taints").or_insert(Value::Null);
    if !taints.is_array() {
        *taints = json!([]);
    }
    if let Some(taints) = taints.as_array_mut()
        && !taints
            .iter()
            .any(|taint| text(taint, "key") == NOT_READY && text(taint, "effect") == "NoSchedule")
    {
        taints.push(json!({"key": NOT_READY, "effect": "NoSchedule"}));
    }
    Ok(())
}

/// Upstream writes out what only a kubelet can fill.
fn prepare(tree: &mut Value) {
    let status = child(tree, "status");
    let blank = NODE.blank();
    for (field, empty) in entries(&blank, "status") {
        status.entry(field.as_str()).or_insert_with(|| empty.clone());
    }
    status.remove("config");
    let spec = child(tree, "spec");
    spec.remove("configSource");
    spec.remove("podPreemptionPolicy");
}

fn prepare_update(part: Part, old: &Value, new: &mut Value) {
    for (own, section, field) in [
        (Part::Main, "spec", "configSource"),
        (Part::Main, "spec", "podPreemptionPolicy"),
        (Part::Status, "status", "config"),
    ] {
        if part == own && old[section].get(field).is_none_or(Value::is_null) {
            child(new, section).remove(field);
        }
    }
}

fn validate(node: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    taints(node, &mut causes);
    resources(node, &mut causes);
    if let Some(capacity) = node
        .pointer("/status/nodeInfo/swap")
        .and_then(|swap| number(swap, "capacity"))
        .filter(|capacity| *capacity <= 0)
    {
        // Upstream's path is that of the metadata.
        let field = "metadata.nodeSwapStatus.capacity";
        causes.push(Cause::invalid(field, capacity, "must be greater than zero"));
    }
    networks(node, &mut causes);
    causes
}

fn validate_update(part: Part, old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if part == Part::Status {
        resources(new, &mut causes);
        taints(new, &mut causes);
    } else {
        causes = validate(new);
    }
    let addresses = items(&new["status"], "addresses");
    for (i, address) in addresses.iter().enumerate() {
        if addresses.iter().take(i).any(|other| other == address) {
            let shown = format!(
                "{{\"Type\":{},\"Address\":{}}}",
                address["type"], address["address"]
            );
            let field = format!("status.addresses[{i}]");
            causes.push(Cause::duplicate_of(field, &shown, ""));
        }
    }
    let (before, after) = (&old["spec"], &new["spec"]);
    let was = items(before, "podCIDRs");
    if !was.is_empty() && was != items(after, "podCIDRs") {
        let why = "node updates may not change podCIDR except from \"\" to valid";
        causes.push(Cause::forbidden("spec.podCIDRs", why));
    }
    match (text(before, "providerID"), text(after, "providerID")) {
        ("", _) => {}
        (_, "") => {
            let why = "field cannot be cleared once set";
            causes.push(Cause::invalid("spec.providerID", Value::Null, why));
        }
        (old, new) if old != new => {
            let why = "field cannot be modified once set";
            causes.push(Cause::invalid("spec.providerID", Value::Null, why));
        }
        _ => {}
    }
    if text(before, "externalID") != text(after, "externalID") {
        causes.push(Cause::forbidden("spec.externalID", "may not be updated"));
    }
    causes
}

/// Upstream's path is that of the metadata.
fn taints(node: &Value, causes: &mut Vec<Cause>) {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (i, taint) in items(&node["spec"], "taints").iter().enumerate() {
        let at = format!("metadata.taints[{i}]");
        let (key, value, effect) = (text(taint, "key"), text(taint, "value"), text(taint, "effect"));
        causes.extend(
            names::qualified(key)
                .iter()
                .map(|why| Cause::invalid(format!("{at}.key"), key, why)),
        );
        let wrong = names::label_value(value);
        if !wrong.is_empty() {
            causes.push(Cause::invalid(format!("{at}.value"), value, &wrong.join(";")));
        }
        let words = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
        if effect.is_empty() {
            causes.push(Cause::required(format!("{at}.effect"), ""));
        } else if !words.contains(&effect) {
            causes.push(Cause::unsupported(format!("{at}.effect"), effect, &words));
        }
        if seen.contains(&(key, effect)) {
            let shown = format!(
                "{{\"Key\":{},\"Value\":{},\"Effect\":{},\"TimeAdded\":{}}}",
                json!(key),
                json!(value),
                json!(effect),
                taint["timeAdded"]
            );
            let why = "taints must be unique by key and effect pair";
            causes.push(Cause::duplicate_of(at, &shown, why));
        }
        seen.push((key, effect));
    }
}

fn resources(node: &Value, causes: &mut Vec<Cause>) {
    for list in ["capacity", "allocatable"] {
        for (resource, amount) in entries(&node["status"], list) {
            let at = format!("status.{list}.{resource}");
            pods::quantity(resource, amount.as_str().unwrap_or_default(), &at, causes);
        }
    }
}

fn networks(node: &Value, causes: &mut Vec<Cause>) {
    let networks: Vec<&str> = items(&node["spec"], "podCIDRs")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let mut families = Vec::new();
    for (i, network) in networks.iter().enumerate() {
        if let Some(family) = family(network) {
            families.push(family);
        } else {
            let why = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
            causes.push(Cause::invalid(format!("spec.podCIDRs[{i}]"), *network, why));
        }
    }
    let dual = matches!(families.as_slice(), [one, other] if one != other);
    if networks.len() > 1 && families.len() == networks.len() && !dual {
        let why = "may specify no more than one CIDR for each IP family";
        causes.push(Cause::invalid("spec.podCIDRs", networks, why));
    }
}

/// Whether a network is one of IPv6; nothing where the text is no network.
fn family(network: &str) -> Option<bool> {
    let (address, length) = network.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let length: u8 = length.parse().ok()?;
    let longest = if address.is_ipv6() { 128 } else { 32 };
    (length <= longest).then_some(address.is_ipv6())
}
