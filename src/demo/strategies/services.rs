//! Services: addresses and node ports are allocated when one is made, and kept as long as it is.
//!
//! One address family, IPv4. Two services that are made at the same instant could be given the same address or node port,
//! since nothing is reserved before the service is stored. Not checked: load balancer classes and source ranges,
//! external addresses, traffic policies, dual stack.

mod allocation;
mod validation;

use serde_json::{Value, json};

use super::fields::{fill, fill_text, has, same, texts};
use crate::demo::{
    failure::Failure,
    names,
    object::{child, str_at},
    store::Store,
    strategy::{self, Part, Strategy},
};

/// What the server does with services.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
    admit,
    validate: validation::validate,
    validate_update: |part, old, new| match part {
        Part::Status => Vec::new(),
        Part::Main | Part::Sub(_) => validation::validate_update(old, new),
    },
    name: names::label,
    ..strategy::PLAIN
};

/// Reachable from outside of the cluster, too.
fn is_external(kind: &str) -> bool {
    matches!(kind, "NodePort" | "LoadBalancer")
}

/// Has an address in the cluster, or says that it wants none.
fn has_address(kind: &str) -> bool {
    is_external(kind) || kind == "ClusterIP"
}

fn default(tree: &mut Value) {
    fill_text(tree, "/spec/sessionAffinity", "None");
    if str_at(tree, "/spec/sessionAffinity") == "ClientIP" {
        let at = "/spec/sessionAffinityConfig/clientIP/timeoutSeconds";
        fill(tree, at, json!(10_800));
    } else if str_at(tree, "/spec/sessionAffinity") == "None" {
        child(tree, "spec").remove("sessionAffinityConfig");
    }
    fill_text(tree, "/spec/type", "ClusterIP");
    let kind = str_at(tree, "/spec/type").to_owned();
    let ports = tree.pointer_mut("/spec/ports").and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten() {
        fill_text(port, "/protocol", "TCP");
        let target = port.get("targetPort");
        if target.is_none_or(|target| target.is_null() || *target == json!(0) || *target == json!("")) {
            let same = port.get("port").cloned().unwrap_or_default();
            port["targetPort"] = same;
        }
    }
    if is_external(&kind) {
        fill_text(tree, "/spec/externalTrafficPolicy", "Cluster");
    }
    if has_address(&kind) {
        fill_text(tree, "/spec/internalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        fill(tree, "/spec/allocateLoadBalancerNodePorts", json!(true));
    }
    fill(tree, "/status/loadBalancer", json!({}));
}

fn admit(store: &Store, old: Option<&Value>, tree: &mut Value) -> Result<(), Failure> {
    if let Some(old) = old {
        keep_allocated(old, tree);
        drop_unneeded(old, tree);
    }
    normalise_addresses(old, tree);
    let wrong = match old {
        None => validation::validate(tree),
        Some(old) => validation::validate_update(old, tree),
    };
    // Nothing is allocated for what is refused later.
    if wrong.is_empty() {
        allocation::allocate(store, old, tree)?;
    }
    Ok(())
}

/// What was allocated stays where a client leaves it out.
fn keep_allocated(old: &Value, new: &mut Value) {
    let (was, is) = (str_at(old, "/spec/type"), str_at(new, "/spec/type").to_owned());
    if has_address(was) && has_address(&is) {
        if str_at(new, "/spec/clusterIP").is_empty() {
            for field in ["clusterIP", "clusterIPs"] {
                let value = old.pointer(&format!("/spec/{field}")).cloned();
                child(new, "spec").insert(field.into(), value.unwrap_or_default());
            }
        }
        for field in ["ipFamilies", "ipFamilyPolicy"] {
            let value = old.pointer(&format!("/spec/{field}")).cloned();
            fill(new, &format!("/spec/{field}"), value.unwrap_or_default());
        }
    }
    if is_external(was) && is_external(&is) {
        let before: Vec<Value> = super::fields::array(old, "/spec/ports").cloned().collect();
        let taken: Vec<Value> = super::fields::array(new, "/spec/ports")
            .filter_map(|port| port.get("nodePort").cloned())
            .collect();
        let ports = new.pointer_mut("/spec/ports").and_then(Value::as_array_mut);
        for port in ports.into_iter().flatten() {
            if has(port, "/nodePort") {
                continue;
            }
            let same =
                |other: &&Value| other["port"] == port["port"] && other["protocol"] == port["protocol"];
            let kept = before.iter().find(same).and_then(|other| other.get("nodePort"));
            if let Some(kept) = kept.filter(|kept| !taken.contains(kept)) {
                port["nodePort"] = kept.clone();
            }
        }
    }
}

/// What the old type needed and the new one does not goes, where the client left it as it was.
fn drop_unneeded(old: &Value, new: &mut Value) {
    let (was, is) = (str_at(old, "/spec/type"), str_at(new, "/spec/type").to_owned());
    let untouched = |new: &Value, field: &str| {
        let at = format!("/spec/{field}");
        same(old.pointer(&at), new.pointer(&at))
    };
    if has_address(was) && !has_address(&is) {
        for field in [
            "clusterIP",
            "clusterIPs",
            "ipFamilies",
            "ipFamilyPolicy",
            "internalTrafficPolicy",
        ] {
            if untouched(new, field) {
                child(new, "spec").remove(field);
            }
        }
    }
    if is_external(was) && !is_external(&is) {
        if untouched(new, "externalTrafficPolicy") {
            child(new, "spec").remove("externalTrafficPolicy");
        }
        let before: Vec<&Value> = super::fields::array(old, "/spec/ports")
            .filter_map(|port| port.get("nodePort"))
            .collect();
        let ports = new.pointer_mut("/spec/ports").and_then(Value::as_array_mut);
        for port in ports.into_iter().flatten().filter_map(Value::as_object_mut) {
            if port.get("nodePort").is_some_and(|port| before.contains(&port)) {
                port.remove("nodePort");
            }
        }
    }
    if was == "LoadBalancer" && is != "LoadBalancer" && untouched(new, "allocateLoadBalancerNodePorts") {
        child(new, "spec").remove("allocateLoadBalancerNodePorts");
    }
}

/// One address and the list that begins with it say the same.
fn normalise_addresses(old: Option<&Value>, tree: &mut Value) {
    let one = str_at(tree, "/spec/clusterIP").to_owned();
    let list = texts(tree, "/spec/clusterIPs").join(" ");
    if one.is_empty() && list.is_empty() {
        let spec = child(tree, "spec");
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
        return;
    }
    let before = old.map_or("", |old| str_at(old, "/spec/clusterIP"));
    if list.is_empty() {
        child(tree, "spec").insert("clusterIPs".into(), json!([one]));
    } else if old.is_some() && one != before && list == before {
        // The client changed the single one, as clients of before the list do.
        let list = if one.is_empty() { json!([]) } else { json!([one]) };
        child(tree, "spec").insert("clusterIPs".into(), list);
    }
}
