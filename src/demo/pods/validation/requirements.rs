//! Requests and limits.

use serde_json::Value;

use super::each;
use crate::demo::{
    failure::Cause,
    fields::{entries, items, text},
    names,
    pods::resources::{is_huge_pages, is_native, is_overcommitted, is_pod_level},
    quantities,
};

/// Whose resources they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Container,
    Pod,
}

/// A unit, in billionths.
const ONE: i128 = 1_000_000_000;
/// Resources that come whole, beside the extended ones.
const WHOLE: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];
/// Resources without a domain, beside the whole ones.
const STANDARD: [&str; 11] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "storage",
    "requests.storage",
];

pub(super) fn validate(resources: &Value, at: &str, scope: Scope, claims: &[&str], causes: &mut Vec<Cause>) {
    let mut huge_pages = false;
    let mut compute = false;
    for list in ["limits", "requests"] {
        for (resource, amount) in entries(resources, list) {
            let field = format!("{at}.{list}[{resource}]");
            resource_name(resource, scope, &field, causes);
            let amount = amount.as_str().unwrap_or_default();
            quantity(resource, amount, &field, causes);
            let requests = list == "requests";
            if requests {
                compare(resources, resource, amount, at, causes);
            }
            if is_huge_pages(resource) {
                huge_pages = true;
                if !is_divisible(resource, amount) {
                    let why = format!("{amount} is not positive integer multiple of {resource}");
                    causes.push(Cause::invalid(field, amount, &why));
                }
            }
            compute |= matches!(resource.as_str(), "cpu" | "memory");
        }
    }
    if huge_pages && !compute {
        causes.push(Cause::forbidden(at, "HugePages require cpu or memory"));
    }
    claim_names(resources, &format!("{at}.claims"), claims, causes);
}

fn resource_name(resource: &str, scope: Scope, at: &str, causes: &mut Vec<Cause>) {
    let wrong = names::qualified(resource);
    each(&wrong, causes, |why| Cause::invalid(at, resource, why));
    let bare = !resource.contains('/');
    let known = STANDARD.contains(&resource)
        || WHOLE.contains(&resource)
        || is_huge_pages(resource)
        || resource.starts_with("requests.hugepages-");
    let mut stop = !wrong.is_empty();
    if !stop && bare && !known {
        let why = "must be a standard resource type or fully qualified";
        causes.push(Cause::invalid(at, resource, why));
        stop = true;
    }
    match scope {
        Scope::Pod => {
            if !stop && !is_pod_level(resource) {
                causes.push(Cause::unsupported(at, resource, &["cpu", "hugepages-", "memory"]));
            }
        }
        Scope::Container if bare => {
            if !matches!(resource, "cpu" | "memory" | "ephemeral-storage") && !is_huge_pages(resource) {
                let why = "must be a standard resource for containers";
                causes.push(Cause::invalid(at, resource, why));
            }
        }
        Scope::Container => {
            if !is_native(resource) && !is_extended(resource) {
                let why = "doesn't follow extended resource name standard";
                causes.push(Cause::invalid(at, resource, why));
            }
        }
    }
}

fn is_extended(resource: &str) -> bool {
    !is_native(resource)
        && !resource.starts_with("requests.")
        && names::qualified(&format!("requests.{resource}")).is_empty()
}

/// What is wrong with an amount of a resource.
pub(crate) fn quantity(resource: &str, amount: &str, at: &str, causes: &mut Vec<Cause>) {
    let Some(nanos) = quantities::nanos(amount) else {
        return;
    };
    if nanos < 0 {
        let why = "must be greater than or equal to 0";
        causes.push(Cause::invalid(at, amount, why));
    }
    let whole = WHOLE.contains(&resource) || is_extended(resource);
    if whole && nanos % ONE != 0 {
        causes.push(Cause::invalid(at, amount, "must be an integer"));
    }
}

fn compare(resources: &Value, resource: &str, amount: &str, at: &str, causes: &mut Vec<Cause>) {
    let limit = resources.get("limits").and_then(|limits| limits.get(resource));
    let Some(limit) = limit.and_then(Value::as_str) else {
        if !is_overcommitted(resource) {
            let why = "Limit must be set for non overcommitable resources";
            causes.push(Cause::required(format!("{at}.limits"), why));
        }
        return;
    };
    let (request, most) = (quantities::nanos(amount), quantities::nanos(limit));
    let relation = if request != most && !is_overcommitted(resource) {
        "equal to"
    } else if request > most {
        "less than or equal to"
    } else {
        return;
    };
    let why = format!("must be {relation} {resource} limit of {limit}");
    causes.push(Cause::invalid(format!("{at}.requests"), amount, &why));
}

fn is_divisible(resource: &str, amount: &str) -> bool {
    let size = resource.strip_prefix("hugepages-").and_then(quantities::nanos);
    match (size, quantities::nanos(amount)) {
        (Some(size), Some(amount)) if size > 0 && size % ONE == 0 => amount % size == 0,
        _ => false,
    }
}

/// Claims of a container must be among those of its pod, each named once.
fn claim_names(resources: &Value, at: &str, known: &[&str], causes: &mut Vec<Cause>) {
    let mut seen: Vec<String> = Vec::new();
    for (i, claim) in items(resources, "claims").iter().enumerate() {
        let at = format!("{at}[{i}]");
        let name = text(claim, "name");
        if name.is_empty() {
            causes.push(Cause::required(at, ""));
            continue;
        }
        let request = text(claim, "request");
        let covered = seen.iter().any(|seen| seen == name);
        let key = if request.is_empty() || covered {
            name.to_owned()
        } else {
            each(&names::label(request), causes, |why| {
                Cause::invalid(format!("{at}.request"), request, why)
            });
            format!("{name}/{request}")
        };
        let again = seen.contains(&key);
        let overlaps = seen
            .iter()
            .any(|seen| request.is_empty() && seen.split('/').next() == Some(name));
        if again || overlaps {
            causes.push(Cause::duplicate(&at, &key));
        }
        seen.push(key);
        if !known.contains(&name) {
            let mut names: Vec<&str> = known.to_vec();
            names.sort_unstable();
            let among = if names.is_empty() {
                " which is empty".to_owned()
            } else {
                format!(": {}", names.join(", "))
            };
            let why = format!("must be one of the names in pod.spec.resourceClaims{among}");
            causes.push(Cause::not_found(&at, name, &why));
        }
    }
}
