//! What is wrong with a service.

use std::net::IpAddr;

use serde_json::{Value, json};

use super::has_address;
use crate::demo::{
    failure::Cause,
    label_selectors, names,
    object::str_at,
    strategies::fields::{array, has, immutable, number, texts},
};

const PORT: &str = "must be between 1 and 65535, inclusive";

pub(super) fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let kind = str_at(tree, "/spec/type");
    let headless = texts(tree, "/spec/clusterIPs").first() == Some(&"None");
    let ports: Vec<&Value> = array(tree, "/spec/ports").collect();
    if ports.is_empty() && !headless && kind != "ExternalName" {
        causes.push(Cause::required("spec.ports", ""));
    }
    match kind {
        "LoadBalancer" | "NodePort" if headless => {
            let why = format!("may not be set to 'None' for {kind} services");
            causes.push(Cause::invalid("spec.clusterIPs[0]", "None", &why));
        }
        "ExternalName" => external_name(tree, &mut causes),
        _ => {}
    }
    let mut names = Vec::new();
    for (i, port) in ports.iter().enumerate() {
        let at = format!("spec.ports[{i}]");
        validate_port(port, ports.len() > 1, &mut names, &at, &mut causes);
    }
    causes.extend(label_selectors::labels(
        tree.pointer("/spec/selector"),
        "spec.selector",
    ));
    affinity(tree, &mut causes);
    if kind != "ExternalName" {
        addresses(tree, &mut causes);
    }
    let kinds = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    if !kinds.contains(&kind) {
        causes.push(Cause::unsupported("spec.type", kind, &kinds));
    }
    let mut node_ports = Vec::new();
    let mut numbers = Vec::new();
    for (i, port) in ports.iter().enumerate() {
        let at = format!("spec.ports[{i}]");
        let node_port = number(port, "/nodePort").filter(|number| *number != 0);
        if kind == "ClusterIP" && node_port.is_some() {
            let why = "may not be used when `type` is 'ClusterIP'";
            causes.push(Cause::forbidden(format!("{at}.nodePort"), why));
        }
        let protocol = str_at(port, "/protocol");
        if let Some(node_port) = node_port {
            if node_ports.contains(&(protocol, node_port)) {
                let at = format!("{at}.nodePort");
                causes.push(Cause::duplicate_as(at, &node_port.to_string()));
            }
            node_ports.push((protocol, node_port));
        }
        let own = (protocol, number(port, "/port").unwrap_or(0));
        if numbers.contains(&own) {
            let shown = format!(
                "{{\"Name\":\"\",\"Protocol\":{:?},\"AppProtocol\":null,\"Port\":{},\"TargetPort\":0,\"NodePort\":0}}",
                own.0, own.1
            );
            causes.push(Cause::duplicate_as(at, &shown));
        }
        numbers.push(own);
    }
    if has(tree, "/spec/allocateLoadBalancerNodePorts") && kind != "LoadBalancer" {
        let why = "may only be used when `type` is 'LoadBalancer'";
        causes.push(Cause::forbidden("spec.allocateLoadBalancerNodePorts", why));
    }
    causes
}

fn external_name(tree: &Value, causes: &mut Vec<Cause>) {
    let why = "may not be set for ExternalName services";
    for field in ["clusterIPs", "ipFamilies"] {
        if !texts(tree, &format!("/spec/{field}")).is_empty() {
            causes.push(Cause::forbidden(format!("spec.{field}"), why));
        }
    }
    if has(tree, "/spec/ipFamilyPolicy") {
        causes.push(Cause::forbidden("spec.ipFamilyPolicy", why));
    }
    let name = str_at(tree, "/spec/externalName");
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() {
        causes.push(Cause::required("spec.externalName", ""));
    } else {
        let wrong = names::subdomain(name);
        causes.extend(
            wrong
                .iter()
                .map(|why| Cause::invalid("spec.externalName", name, why)),
        );
    }
}

fn validate_port<'a>(
    port: &'a Value,
    named: bool,
    seen: &mut Vec<&'a str>,
    at: &str,
    causes: &mut Vec<Cause>,
) {
    let name = str_at(port, "/name");
    if name.is_empty() {
        if named {
            causes.push(Cause::required(format!("{at}.name"), ""));
        }
    } else {
        let wrong = names::label(name);
        causes.extend(
            wrong
                .iter()
                .map(|why| Cause::invalid(format!("{at}.name"), name, why)),
        );
        if seen.contains(&name) {
            causes.push(Cause::duplicate(format!("{at}.name"), name));
        }
        seen.push(name);
    }
    let own = number(port, "/port").unwrap_or(0);
    if !(1..=65_535).contains(&own) {
        causes.push(Cause::invalid(format!("{at}.port"), own, PORT));
    }
    let protocol = str_at(port, "/protocol");
    let protocols = ["SCTP", "TCP", "UDP"];
    if !protocols.contains(&protocol) {
        causes.push(Cause::unsupported(format!("{at}.protocol"), protocol, &protocols));
    }
    let target = format!("{at}.targetPort");
    match port.get("targetPort") {
        Some(Value::String(name)) => {
            let wrong = names::port(name);
            causes.extend(
                wrong
                    .iter()
                    .map(|why| Cause::invalid(target.as_str(), name.as_str(), why)),
            );
        }
        Some(number) if !number.as_i64().is_some_and(|n| (1..=65_535).contains(&n)) => {
            causes.push(Cause::invalid(target, number.clone(), PORT));
        }
        _ => {}
    }
}

fn affinity(tree: &Value, causes: &mut Vec<Cause>) {
    let affinity = str_at(tree, "/spec/sessionAffinity");
    let known = ["ClientIP", "None"];
    if !known.contains(&affinity) {
        causes.push(Cause::unsupported("spec.sessionAffinity", affinity, &known));
    }
    if affinity == "ClientIP" {
        let seconds = number(tree, "/spec/sessionAffinityConfig/clientIP/timeoutSeconds").unwrap_or(0);
        if !(1..=86_400).contains(&seconds) {
            let at = "spec.sessionAffinityConfig.clientIP.timeoutSeconds";
            let why = "must be greater than 0 and less than 86400";
            causes.push(Cause::invalid(at, seconds, why));
        }
    } else if affinity == "None" && has(tree, "/spec/sessionAffinityConfig") {
        let why = "must not be set when session affinity is None";
        causes.push(Cause::forbidden("spec.sessionAffinityConfig", why));
    }
}

fn addresses(tree: &Value, causes: &mut Vec<Cause>) {
    let one = str_at(tree, "/spec/clusterIP");
    let list = texts(tree, "/spec/clusterIPs");
    let at = "spec.clusterIPs";
    if !one.is_empty() && list.first().is_some_and(|first| *first != one) {
        let why = "first value must match `clusterIP`";
        causes.push(Cause::invalid(at, json!(list), why));
    } else if one.is_empty() && !list.is_empty() {
        let why = "must be empty when `clusterIP` is not specified";
        causes.push(Cause::invalid(at, json!(list), why));
    }
    for (i, address) in list.iter().enumerate() {
        if i == 0 && *address == "None" {
            if list.len() > 1 {
                let why = "'None' must be the first and only value";
                causes.push(Cause::invalid(at, json!(list), why));
            }
        } else if address.parse::<IpAddr>().is_err() {
            let why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            causes.push(Cause::invalid(format!("{at}[{i}]"), *address, why));
        }
    }
    if list.len() > 2 {
        let why = "may only hold up to 2 values";
        causes.push(Cause::invalid(at, json!(list), why));
    }
}

pub(super) fn validate_update(old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let (before, after) = (
        texts(old, "/spec/clusterIPs")
            .first()
            .copied()
            .unwrap_or_default(),
        texts(new, "/spec/clusterIPs")
            .first()
            .copied()
            .unwrap_or_default(),
    );
    let both = has_address(str_at(old, "/spec/type")) && has_address(str_at(new, "/spec/type"));
    if both && !before.is_empty() && before != after {
        let list = json!(texts(new, "/spec/clusterIPs"));
        let why = "may not change once set";
        causes.push(Cause::invalid("spec.clusterIPs[0]", list, why));
    }
    if str_at(old, "/spec/type") == "LoadBalancer" && str_at(new, "/spec/type") == "LoadBalancer" {
        immutable(old, new, &["/spec/loadBalancerClass"], &mut causes);
    }
    causes.extend(validate(new));
    causes
}
