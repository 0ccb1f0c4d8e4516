//! Affinity to nodes and to pods.

use serde_json::Value;

use super::{each, selectors};
use crate::demo::{
    failure::Cause,
    fields::{items, number, set, text},
    names,
};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

pub(super) fn validate(spec: &Value, causes: &mut Vec<Cause>) {
    let Some(affinity) = set(spec, "affinity") else {
        return;
    };
    if let Some(node) = set(affinity, "nodeAffinity") {
        let at = "spec.affinity.nodeAffinity";
        if let Some(required) = set(node, REQUIRED) {
            node_selector(required, &format!("{at}.{REQUIRED}"), causes);
        }
        for (i, term) in items(node, PREFERRED).iter().enumerate() {
            let at = format!("{at}.{PREFERRED}[{i}]");
            weight(term, &at, causes);
            if let Some(preference) = set(term, "preference") {
                // A preference may name values that no label can have: it is then never met.
                node_term(preference, false, &format!("{at}.preference"), causes);
            }
        }
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(pods) = set(affinity, kind) else {
            continue;
        };
        let at = format!("spec.affinity.{kind}");
        for (i, term) in items(pods, REQUIRED).iter().enumerate() {
            pod_term(term, &format!("{at}.{REQUIRED}[{i}]"), causes);
        }
        for (i, weighted) in items(pods, PREFERRED).iter().enumerate() {
            let at = format!("{at}.{PREFERRED}[{i}]");
            weight(weighted, &at, causes);
            if let Some(term) = set(weighted, "podAffinityTerm") {
                pod_term(term, &format!("{at}.podAffinityTerm"), causes);
            }
        }
    }
}

fn weight(term: &Value, at: &str, causes: &mut Vec<Cause>) {
    let weight = number(term, "weight").unwrap_or(0);
    if !(1..=100).contains(&weight) {
        causes.push(Cause::invalid(
            format!("{at}.weight"),
            weight,
            "must be in the range 1-100",
        ));
    }
}

fn node_selector(selector: &Value, at: &str, causes: &mut Vec<Cause>) {
    let terms = items(selector, "nodeSelectorTerms");
    if terms.is_empty() {
        let why = "must have at least one node selector term";
        causes.push(Cause::required(format!("{at}.nodeSelectorTerms"), why));
    }
    for (i, term) in terms.iter().enumerate() {
        node_term(term, true, &format!("{at}.nodeSelectorTerms[{i}]"), causes);
    }
}

fn node_term(term: &Value, strict: bool, at: &str, causes: &mut Vec<Cause>) {
    for (i, requirement) in items(term, "matchExpressions").iter().enumerate() {
        let at = format!("{at}.matchExpressions[{i}]");
        if matches!(text(requirement, "operator"), "Gt" | "Lt") {
            if items(requirement, "values").len() != 1 {
                let why = "must be specified single value when `operator` is 'Lt' or 'Gt'";
                causes.push(Cause::required(format!("{at}.values"), why));
            }
        } else {
            selectors::operator(requirement, &at, causes);
        }
        selectors::key_of_label(text(requirement, "key"), &format!("{at}.key"), causes);
        if strict {
            selectors::values(requirement, &at, causes);
        }
    }
    for (i, requirement) in items(term, "matchFields").iter().enumerate() {
        node_field(requirement, &format!("{at}.matchFields[{i}]"), causes);
    }
}

fn node_field(requirement: &Value, at: &str, causes: &mut Vec<Cause>) {
    let values = items(requirement, "values");
    match text(requirement, "operator") {
        "In" | "NotIn" if values.len() == 1 => {}
        "In" | "NotIn" => {
            let why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            causes.push(Cause::required(format!("{at}.values"), why));
        }
        other => {
            let why = "not a valid selector operator";
            causes.push(Cause::invalid(format!("{at}.operator"), other, why));
        }
    }
    let key = text(requirement, "key");
    if key != "metadata.name" {
        let why = "not a valid field selector key";
        causes.push(Cause::invalid(format!("{at}.key"), key, why));
        return;
    }
    for (i, name) in values.iter().filter_map(Value::as_str).enumerate() {
        each(&names::subdomain(name), causes, |why| {
            Cause::invalid(format!("{at}.values[{i}]"), name, why)
        });
    }
}

fn pod_term(term: &Value, at: &str, causes: &mut Vec<Cause>) {
    for selector in ["labelSelector", "namespaceSelector"] {
        selectors::selector(term.get(selector), &format!("{at}.{selector}"), causes);
    }
    for name in items(term, "namespaces").iter().filter_map(Value::as_str) {
        each(&names::label(name), causes, |why| {
            Cause::invalid(format!("{at}.namespace"), name, why)
        });
    }
    selectors::label_keys(term, at, causes);
    let key = text(term, "topologyKey");
    if key.is_empty() {
        causes.push(Cause::required(format!("{at}.topologyKey"), "can not be empty"));
    }
    selectors::key_of_label(key, &format!("{at}.topologyKey"), causes);
}
