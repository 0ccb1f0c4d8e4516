//! What is wrong with a pod.
//!
//! Source: `pkg/apis/core/validation/validation.go`, in its order. Left unchecked, since scheduling has no use for it:
//! security contexts, seccomp and `AppArmor` annotations, probes and lifecycle hooks, host aliases, the contents of volume
//! sources beyond their names and paths, the references of environment variables, Windows and Linux options.

mod affinity;
mod containers;
mod requirements;
mod scheduling;
mod selectors;
mod volumes;

use serde_json::Value;

pub(crate) use self::requirements::quantity;
use self::{containers::Known, requirements::Scope};
use super::resources;
use crate::demo::{
    failure::Cause,
    fields::{is_true, items, number, set, text},
    names,
    object::str_at,
    quantities,
};

/// The largest `int32`.
const MAX: i64 = i32::MAX as i64;

/// What is wrong with a new pod.
pub(super) fn validate(pod: &Value) -> Vec<Cause> {
    let mut causes = validate_any(pod);
    let spec = &pod["spec"];
    if !items(spec, "ephemeralContainers").is_empty() {
        causes.push(Cause::forbidden(
            "spec.ephemeralContainers",
            "cannot be set on create",
        ));
    }
    if !text(spec, "nodeName").is_empty() && !items(spec, "schedulingGates").is_empty() {
        let why = "cannot be set until all schedulingGates have been cleared";
        causes.push(Cause::forbidden("spec.nodeName", why));
    }
    causes
}

/// What is wrong with a pod, new or changed.
pub(super) fn validate_any(pod: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    annotations(pod, &mut causes);
    validate_spec(str_at(pod, "/metadata/name"), &pod["spec"], &mut causes);
    pod_only(&pod["spec"], &mut causes);
    causes
}

fn annotations(pod: &Value, causes: &mut Vec<Cause>) {
    const MIRROR: &str = "kubernetes.io/config.mirror";
    const COST: &str = "controller.kubernetes.io/pod-deletion-cost";
    let annotation = |key: &str| {
        let all = pod.pointer("/metadata/annotations")?;
        all.get(key)?.as_str()
    };
    if let Some(mirror) = annotation(MIRROR)
        && str_at(pod, "/spec/nodeName").is_empty()
    {
        let why = "must set spec.nodeName if mirror pod annotation is set";
        causes.push(Cause::invalid(
            format!("metadata.annotations[{MIRROR}]"),
            mirror,
            why,
        ));
    }
    if let Some(cost) = annotation(COST)
        && (cost.parse::<i32>().is_err() || cost.starts_with('+') || cost.starts_with('0') && cost.len() > 1)
    {
        let why = "must be a 32bit integer";
        causes.push(Cause::invalid(format!("metadata.annotations[{COST}]"), cost, why));
    }
}

/// What is wrong with the spec of a pod, or with that of a template where `name` is empty.
fn validate_spec(name: &str, spec: &Value, causes: &mut Vec<Cause>) {
    let known = Known {
        volumes: volumes::validate(name, spec, causes),
        claims: scheduling::resource_claims(spec, causes),
        restart_policy: text(spec, "restartPolicy"),
    };
    containers::validate(spec, &known, causes);
    pod_resources(spec, causes);
    host_ports(spec, causes);
    choice(spec, "restartPolicy", &["Always", "OnFailure", "Never"], causes);
    choice(
        spec,
        "dnsPolicy",
        &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
        causes,
    );
    selectors::labels(spec.get("nodeSelector"), "spec.nodeSelector", causes);
    affinity::validate(spec, causes);
    dns(spec, causes);
    for (i, gate) in items(spec, "readinessGates").iter().enumerate() {
        let kind = text(gate, "conditionType");
        each(&names::qualified(kind), causes, |why| {
            Cause::invalid(format!("spec.readinessGates[{i}].conditionType"), kind, why)
        });
    }
    scheduling::gates(spec, causes);
    scheduling::spread(spec, causes);
    identity(spec, causes);
    scheduling::tolerations(spec, causes);
    let class = text(spec, "priorityClassName");
    named(class, "spec.priorityClassName", names::subdomain, causes);
    named(
        text(spec, "runtimeClassName"),
        "spec.runtimeClassName",
        names::subdomain,
        causes,
    );
    if set(spec, "preemptionPolicy").is_some() {
        choice(
            spec,
            "preemptionPolicy",
            &["PreemptLowerPriority", "Never"],
            causes,
        );
    }
    if let Some(os) = set(spec, "os") {
        match text(os, "name") {
            "linux" | "windows" => {}
            "" => causes.push(Cause::required("spec.os.name", "")),
            // Upstream names the field of the object, not that of its name.
            other => causes.push(Cause::unsupported("spec.os", other, &["linux", "windows"])),
        }
    }
}

/// What holds for pods and not for templates of them.
fn pod_only(spec: &Value, causes: &mut Vec<Cause>) {
    if let Some(grace) = number(spec, "terminationGracePeriodSeconds").filter(|grace| *grace < 0) {
        let why = "must be greater than or equal to 0";
        causes.push(Cause::invalid("spec.terminationGracePeriodSeconds", grace, why));
    }
    for list in ["containers", "initContainers"] {
        for (i, container) in items(spec, list).iter().enumerate() {
            trimmed_image(container, &format!("spec.{list}[{i}]"), causes);
        }
    }
}

fn trimmed_image(container: &Value, at: &str, causes: &mut Vec<Cause>) {
    let image = text(container, "image");
    if image.trim() != image {
        let why = "must not have leading or trailing whitespace";
        causes.push(Cause::invalid(format!("{at}.image"), image, why));
    }
}

/// Pushes a cause for each sentence.
fn each(wrong: &[String], causes: &mut Vec<Cause>, cause: impl Fn(&str) -> Cause) {
    causes.extend(wrong.iter().map(|why| cause(why)));
}

/// A name that may be left out.
fn named(name: &str, at: &str, rule: fn(&str) -> Vec<String>, causes: &mut Vec<Cause>) {
    if !name.is_empty() {
        each(&rule(name), causes, |why| Cause::invalid(at, name, why));
    }
}

/// A field of the spec that is one of a few words.
fn choice(spec: &Value, field: &str, words: &[&str], causes: &mut Vec<Cause>) {
    match text(spec, field) {
        "" => causes.push(Cause::required(format!("spec.{field}"), "")),
        word if words.contains(&word) => {}
        other => causes.push(Cause::unsupported(format!("spec.{field}"), other, words)),
    }
}

fn pod_resources(spec: &Value, causes: &mut Vec<Cause>) {
    let Some(own) = set(spec, "resources") else {
        return;
    };
    let at = "spec.resources";
    if !items(own, "claims").is_empty() {
        let why = "claims may not be set for Resources at pod-level";
        causes.push(Cause::forbidden(format!("{at}.claims"), why));
    }
    requirements::validate(own, at, Scope::Pod, &[], causes);
    let shown = |resource: &str, amount: i128| quantities::show(amount, resource != "cpu");
    for (list, only_huge_pages) in [("requests", false), ("limits", true)] {
        let asked = resources::amounts(own, list);
        for (resource, total) in resources::aggregate(spec, list) {
            if only_huge_pages && !resources::is_huge_pages(&resource) {
                continue;
            }
            if let Some(asked) = asked.get(&resource).filter(|asked| total > **asked) {
                let why = format!(
                    "must be greater than or equal to aggregate container {list} of {}",
                    shown(&resource, total)
                );
                let value = shown(&resource, *asked);
                causes.push(Cause::invalid(format!("{at}.{list}[{resource}]"), value, &why));
            }
        }
    }
    let limits = resources::amounts(own, "limits");
    for (i, container) in items(spec, "containers").iter().enumerate() {
        let Some(of) = set(container, "resources") else {
            continue;
        };
        for (resource, limit) in resources::amounts(of, "limits") {
            if let Some(most) = limits.get(&resource).filter(|most| limit > **most) {
                let why = format!(
                    "must be less than or equal to pod limits of {}",
                    shown(&resource, *most)
                );
                let field = format!("{at}.containers[{i}][{resource}].limits");
                causes.push(Cause::invalid(field, shown(&resource, limit), &why));
            }
        }
    }
}

fn host_ports(spec: &Value, causes: &mut Vec<Cause>) {
    if !is_true(spec, "hostNetwork") {
        return;
    }
    for (i, container) in items(spec, "containers").iter().enumerate() {
        for (j, port) in items(container, "ports").iter().enumerate() {
            let host = number(port, "hostPort").unwrap_or(0);
            if Some(host) != number(port, "containerPort") {
                let field = format!("spec.containers[{i}].ports[{j}].hostPort");
                let why = "must match `containerPort` when `hostNetwork` is true";
                causes.push(Cause::invalid(field, host, why));
            }
        }
    }
}

fn dns(spec: &Value, causes: &mut Vec<Cause>) {
    if text(spec, "dnsPolicy") != "None" {
        return;
    }
    match set(spec, "dnsConfig") {
        None => {
            let why = "must provide `dnsConfig` when `dnsPolicy` is None";
            causes.push(Cause::required("spec.dnsConfig", why));
        }
        Some(config) if items(config, "nameservers").is_empty() => {
            let why = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            causes.push(Cause::required("spec.dnsConfig.nameservers", why));
        }
        Some(_) => {}
    }
}

/// Who the pod is, where, and for how long.
fn identity(spec: &Value, causes: &mut Vec<Cause>) {
    let of = |field: &str| text(spec, field);
    named(
        of("serviceAccountName"),
        "spec.serviceAccountName",
        names::subdomain,
        causes,
    );
    named(of("nodeName"), "spec.nodeName", names::subdomain, causes);
    if let Some(deadline) = number(spec, "activeDeadlineSeconds").filter(|s| !(1..=MAX).contains(s)) {
        let why = format!("must be between 1 and {MAX}, inclusive");
        causes.push(Cause::invalid("spec.activeDeadlineSeconds", deadline, &why));
    }
    named(of("hostname"), "spec.hostname", names::label, causes);
    named(of("subdomain"), "spec.subdomain", names::label, causes);
}
