//! What a pod asks for: its class of service, and amounts at the level of the pod.
//!
//! Source: `pkg/apis/core/helper/qos`, `pkg/api/pod/util.go` and `k8s.io/component-helpers/resource`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::demo::{
    fields::{entries, items, object_mut, set, text},
    quantities,
};

/// Amounts in billionths, by resource.
type Amounts = BTreeMap<String, i128>;

/// The list of a container's or a pod's resources: `limits` or `requests`.
pub(super) fn amounts(resources: &Value, list: &str) -> Amounts {
    entries(resources, list)
        .filter_map(|(name, amount)| Some((name.clone(), quantities::nanos(amount.as_str()?)?)))
        .collect()
}

/// What can be asked for at the level of the pod.
pub(super) fn is_pod_level(resource: &str) -> bool {
    matches!(resource, "cpu" | "memory") || is_huge_pages(resource)
}

pub(super) fn is_huge_pages(resource: &str) -> bool {
    resource.starts_with("hugepages-")
}

/// In Kubernetes' own namespace, where names need no domain.
pub(super) fn is_native(resource: &str) -> bool {
    !resource.contains('/') || resource.contains("kubernetes.io/")
}

/// Whether a node may promise more of it than it has.
pub(super) fn is_overcommitted(resource: &str) -> bool {
    is_native(resource) && !is_huge_pages(resource)
}

pub(super) fn is_sidecar(container: &Value) -> bool {
    text(container, "restartPolicy") == "Always"
}

/// What all containers take at once at most: those that run side by side together, and each that runs before them.
pub(super) fn aggregate(spec: &Value, list: &str) -> Amounts {
    let of = |container: &Value| amounts(container.get("resources").unwrap_or(&Value::Null), list);
    let add = |total: &mut Amounts, more: &Amounts| {
        for (name, amount) in more {
            let sum = total.entry(name.clone()).or_default();
            *sum = sum.saturating_add(*amount);
        }
    };
    let mut total = Amounts::new();
    for container in items(spec, "containers") {
        add(&mut total, &of(container));
    }
    let mut sidecars = Amounts::new();
    let mut peak = Amounts::new();
    for container in items(spec, "initContainers") {
        let mut now = of(container);
        if is_sidecar(container) {
            add(&mut total, &now);
            add(&mut sidecars, &now);
            now.clone_from(&sidecars);
        } else {
            add(&mut now, &sidecars);
        }
        for (name, amount) in now {
            let highest = peak.entry(name).or_insert(amount);
            *highest = amount.max(*highest);
        }
    }
    for (name, amount) in peak {
        let sum = total.entry(name).or_insert(amount);
        *sum = amount.max(*sum);
    }
    total
}

/// Whether anything is asked for at the level of the pod.
pub(super) fn has_pod_level(spec: &Value) -> bool {
    set(spec, "resources").is_some_and(|resources| {
        ["requests", "limits"]
            .iter()
            .any(|list| entries(resources, list).next().is_some())
    })
}

/// Completes what is asked for at the level of the pod from what its containers ask for.
pub(super) fn default_pod_level(spec: &mut Value) {
    if !has_pod_level(spec) {
        return;
    }
    let requested = aggregate(spec, "requests");
    let limited = aggregate(spec, "limits");
    let all_limit = |resource: &str| {
        ["initContainers", "containers"]
            .iter()
            .flat_map(|list| items(spec, list))
            .all(|container| {
                container
                    .pointer("/resources/limits")
                    .and_then(|limits| limits.get(resource))
                    .is_some()
            })
    };
    let own = spec["resources"].clone();
    let is_asked = |list: &str, resource: &str| own.get(list).and_then(|list| list.get(resource)).is_some();
    let mut limits = own["limits"].as_object().cloned().unwrap_or_default();
    let mut requests = own["requests"].as_object().cloned().unwrap_or_default();
    for (resource, amount) in &limited {
        if is_huge_pages(resource) && !is_asked("requests", resource) && !is_asked("limits", resource) {
            limits.insert(resource.clone(), show(resource, *amount));
        }
    }
    for (resource, amount) in &requested {
        if is_pod_level(resource) && is_overcommitted(resource) && !requests.contains_key(resource) {
            requests.insert(resource.clone(), show(resource, *amount));
        }
    }
    for (resource, limit) in &limits {
        if is_pod_level(resource) && !requests.contains_key(resource) {
            requests.insert(resource.clone(), limit.clone());
        }
    }
    for (resource, request) in &requests {
        if is_pod_level(resource)
            && !limits.contains_key(resource)
            && let Some(amount) = limited.get(resource)
            && all_limit(resource)
        {
            let request_amount = request.as_str().and_then(quantities::nanos).unwrap_or(0);
            let limit = if request_amount > *amount {
                request.clone()
            } else {
                show(resource, *amount)
            };
            limits.insert(resource.clone(), limit);
        }
    }
    put(spec, "limits", limits);
    put(spec, "requests", requests);
}

fn put(spec: &mut Value, list: &str, amounts: Map<String, Value>) {
    let resources = spec
        .as_object_mut()
        .and_then(|spec| object_mut(spec, "resources"));
    if let Some(resources) = resources
        && !amounts.is_empty()
    {
        resources.insert(list.into(), Value::Object(amounts));
    }
}

fn show(resource: &str, amount: i128) -> Value {
    json!(quantities::show(amount, resource != "cpu"))
}

/// The class of service that follows from requests and limits.
pub(super) fn qos_class(spec: &Value) -> &'static str {
    if has_pod_level(spec) {
        return class_of(&spec["resources"]);
    }
    let mut class = None;
    for list in ["initContainers", "containers"] {
        for container in items(spec, list) {
            let own = container.get("resources").map_or("BestEffort", class_of);
            if own == "Burstable" || class.is_some_and(|class| class != own) {
                return "Burstable";
            }
            class = Some(own);
        }
    }
    class.unwrap_or("BestEffort")
}

fn class_of(resources: &Value) -> &'static str {
    let amount = |list: &str, resource: &str| {
        let amount = resources.get(list).and_then(|list| list.get(resource));
        amount
            .and_then(Value::as_str)
            .and_then(quantities::nanos)
            .unwrap_or(0)
    };
    let class = |resource: &str| match (amount("requests", resource), amount("limits", resource)) {
        (0, 0) => "BestEffort",
        (request, limit) if request == limit => "Guaranteed",
        _ => "Burstable",
    };
    // As upstream: who asks only for other resources is of the class of who asks for nothing.
    match (class("cpu"), class("memory")) {
        (cpu, memory) if cpu == memory => cpu,
        _ => "Burstable",
    }
}
