//! Cluster addresses and node ports.

use std::{
    collections::{BTreeSet, HashSet},
    net::Ipv4Addr,
    sync::Arc,
};

use serde_json::{Value, json};

use super::{has_address, is_external};
use crate::demo::{
    failure::{Cause, Failure},
    kinds::SERVICE,
    object::{Object, child, str_at},
    store::Store,
    strategies::fields::{array, fill, has, texts},
};

/// Where cluster addresses come from, and how many there are.
const RANGE: &str = "10.96.0.0/16";
const FIRST: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 0);
const SIZE: u32 = 1 << 16;
/// Kept for the service of the API itself.
const RESERVED: u32 = 1;
/// Node ports, both ends included.
const PORTS: (i64, i64) = (30_000, 32_767);

/// Gives a service what it needs and has not got.
pub(super) fn allocate(store: &Store, old: Option<&Value>, tree: &mut Value) -> Result<(), Failure> {
    let kind = str_at(tree, "/spec/type").to_owned();
    if !has_address(&kind) {
        return Ok(());
    }
    let key = (
        str_at(tree, "/metadata/namespace").to_owned(),
        str_at(tree, "/metadata/name").to_owned(),
    );
    let others = || {
        store.find(SERVICE.table, |other| {
            (&*other.key.namespace, &*other.key.name) != (key.0.as_str(), key.1.as_str())
        })
    };
    let before = old.map_or("", |old| str_at(old, "/spec/clusterIP"));
    let wanted = str_at(tree, "/spec/clusterIP").to_owned();
    if wanted != "None" && (wanted.is_empty() || wanted != before) {
        let given = address(&others(), tree, &wanted)?;
        let spec = child(tree, "spec");
        spec.insert("clusterIP".into(), given.as_str().into());
        spec.insert("clusterIPs".into(), json!([given]));
    }
    // Nothing selects the endpoints of such a service, so they may be of any family.
    let selects = tree
        .pointer("/spec/selector")
        .and_then(Value::as_object)
        .is_some_and(|selector| !selector.is_empty());
    let headless = wanted == "None" && !selects;
    let (families, policy) = if headless {
        (json!(["IPv4", "IPv6"]), "RequireDualStack")
    } else {
        (json!(["IPv4"]), "SingleStack")
    };
    fill(tree, "/spec/ipFamilies", families);
    fill(tree, "/spec/ipFamilyPolicy", policy.into());
    let wants_ports = kind == "NodePort"
        || kind == "LoadBalancer"
            && tree.pointer("/spec/allocateLoadBalancerNodePorts") != Some(&json!(false));
    if is_external(&kind) && wants_ports {
        node_ports(&others(), old, tree)?;
    }
    Ok(())
}

fn address(others: &[Arc<Object>], tree: &Value, wanted: &str) -> Result<String, Failure> {
    let taken: HashSet<&str> = others
        .iter()
        .map(|other| other.field(&SERVICE, "spec.clusterIP"))
        .collect();
    let refused = |why: &str| {
        let list = texts(tree, "/spec/clusterIPs");
        let why = format!("failed to allocate IP {wanted}: {why}");
        let cause = Cause::invalid("spec.clusterIPs", json!(list), &why);
        Failure::invalid(&SERVICE, str_at(tree, "/metadata/name"), &[cause])
    };
    if wanted.is_empty() {
        // The lower part is left to those who ask for an address of their own.
        let start = fastrand::u32(256..SIZE - 1);
        let free = (0..SIZE)
            .map(|step| (start + step) % SIZE)
            .filter(|at| *at > RESERVED && *at < SIZE - 1)
            .map(|at| Ipv4Addr::from(u32::from(FIRST) + at).to_string())
            .find(|address| !taken.contains(address.as_str()));
        return free.ok_or_else(|| Failure::internal("failed to allocate a serviceIP: range is full"));
    }
    let inside = wanted
        .parse::<Ipv4Addr>()
        .is_ok_and(|address| u32::from(address) ^ u32::from(FIRST) < SIZE);
    if !inside {
        return Err(refused(&format!(
            "the provided IP ({wanted}) is not in the valid range. The range of valid IPs is {RANGE}"
        )));
    }
    if taken.contains(wanted) {
        return Err(refused("provided IP is already allocated"));
    }
    Ok(wanted.to_owned())
}

fn node_ports(others: &[Arc<Object>], old: Option<&Value>, tree: &mut Value) -> Result<(), Failure> {
    let numbers = |tree: &Value| -> BTreeSet<i64> {
        array(tree, "/spec/ports")
            .filter_map(|port| port.get("nodePort")?.as_i64())
            .collect()
    };
    let own = old.map(&numbers).unwrap_or_default();
    let mut taken: BTreeSet<i64> = others
        .iter()
        .filter(|other| is_external(other.field(&SERVICE, "spec.type")))
        .flat_map(|other| numbers(&other.tree()))
        .collect();
    for (i, port) in array(tree, "/spec/ports").enumerate() {
        let Some(number) = port.get("nodePort").and_then(Value::as_i64).filter(|n| *n != 0) else {
            continue;
        };
        let why = if !(PORTS.0..=PORTS.1).contains(&number) {
            let (first, last) = PORTS;
            format!("provided port is not in the valid range. The range of valid ports is {first}-{last}")
        } else if taken.contains(&number) && !own.contains(&number) {
            "provided port is already allocated".to_owned()
        } else {
            continue;
        };
        let cause = Cause::invalid(format!("spec.ports[{i}].nodePort"), number, &why);
        return Err(Failure::invalid(
            &SERVICE,
            str_at(tree, "/metadata/name"),
            &[cause],
        ));
    }
    taken.extend(numbers(tree));
    let ports = tree.pointer_mut("/spec/ports").and_then(Value::as_array_mut);
    for port in ports.into_iter().flatten() {
        if has(port, "/nodePort") && port["nodePort"] != json!(0) {
            continue;
        }
        let count = PORTS.1 - PORTS.0 + 1;
        let start = fastrand::i64(0..count);
        let free = (0..count)
            .map(|step| PORTS.0 + (start + step) % count)
            .find(|number| !taken.contains(number));
        let free = free.ok_or_else(|| Failure::internal("failed to allocate a nodePort: range is full"))?;
        taken.insert(free);
        port["nodePort"] = free.into();
    }
    Ok(())
}
