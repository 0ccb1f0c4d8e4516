//! The status of pods: as the server begins it, and what may be written to it.

use serde_json::{Map, Value, json};

use super::resources;
use crate::demo::{
    clock,
    failure::Cause,
    fields::{items, number, objects_mut, set, text},
    names,
    object::{child, str_at},
};

const GATED: &str = "Scheduling is blocked due to non-empty scheduling gates";

/// The status of a new pod, whatever was sent.
pub(super) fn fresh(spec: &Value) -> Value {
    let mut status = json!({"phase": "Pending", "qosClass": resources::qos_class(spec)});
    if !items(spec, "schedulingGates").is_empty() {
        status["conditions"] = json!([{
            "type": "PodScheduled", "status": "False", "reason": "SchedulingGated", "message": GATED,
            "lastProbeTime": null, "lastTransitionTime": clock::now(),
        }]);
    }
    status
}

/// Keeps what a writer of the status leaves out and has no say in.
pub(super) fn prepare_update(old: &Value, new: &mut Value) {
    if let Some(owners) = old.pointer("/metadata/ownerReferences") {
        child(new, "metadata").insert("ownerReferences".into(), owners.clone());
    } else {
        child(new, "metadata").remove("ownerReferences");
    }
    let Some(before) = old.get("status") else {
        return;
    };
    let status = child(new, "status");
    for field in [
        "qosClass",
        "resourceClaimStatuses",
        "extendedResourceClaimStatus",
        "nodeAllocatableResourceClaimStatuses",
    ] {
        keep(before, status, field);
    }
    if status
        .get("observedGeneration")
        .and_then(Value::as_i64)
        .unwrap_or(0)
        == 0
    {
        status.remove("observedGeneration");
        keep(before, status, "observedGeneration");
    }
    for condition in objects_mut(status, "conditions") {
        let kind = condition.get("type").and_then(Value::as_str).unwrap_or_default();
        let seen = items(before, "conditions")
            .iter()
            .find(|old| text(old, "type") == kind)
            .and_then(|old| number(old, "observedGeneration"))
            .filter(|seen| *seen != 0);
        if condition
            .get("observedGeneration")
            .and_then(Value::as_i64)
            .unwrap_or(0)
            == 0
            && let Some(seen) = seen
        {
            condition.insert("observedGeneration".into(), seen.into());
        }
    }
}

fn keep(before: &Value, status: &mut Map<String, Value>, field: &str) {
    if let Some(value) = set(before, field)
        && status
            .get(field)
            .is_none_or(|value| value.is_null() || value == "")
    {
        status.insert(field.into(), value.clone());
    }
}

/// What is wrong with a change of the status.
pub(super) fn validate_update(old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let (before, status) = (&old["status"], &new["status"]);
    for (i, condition) in items(status, "conditions").iter().enumerate() {
        let at = format!("status.conditions[{i}]");
        if let Some(seen) = number(condition, "observedGeneration").filter(|seen| *seen < 0) {
            let why = "must be a non-negative integer";
            causes.push(Cause::invalid(format!("{at}.observedGeneration"), seen, why));
        }
        let kind = text(condition, "type");
        causes.extend(
            names::qualified(kind)
                .iter()
                .map(|why| Cause::invalid(format!("{at}.Type"), kind, why)),
        );
    }
    nomination(old, new, &mut causes);
    if let Some(seen) = number(status, "observedGeneration").filter(|seen| *seen < 0) {
        let why = "must be a non-negative integer";
        causes.push(Cause::invalid("status.observedGeneration", seen, why));
    }
    if text(before, "qosClass") != text(status, "qosClass") {
        let class = text(status, "qosClass");
        causes.push(Cause::invalid("status.qosClass", class, "field is immutable"));
    }
    for (list, containers) in [
        ("containerStatuses", "containers"),
        ("initContainerStatuses", "initContainers"),
        ("ephemeralContainerStatuses", "ephemeralContainers"),
    ] {
        revivals(old, new, list, containers, &mut causes);
    }
    claims(&new["spec"], status, &mut causes);
    causes
}

fn nomination(old: &Value, new: &Value, causes: &mut Vec<Cause>) {
    let node = str_at(new, "/status/nominatedNodeName");
    if node.is_empty() || node == str_at(old, "/status/nominatedNodeName") {
        return;
    }
    let at = "status.nominatedNodeName";
    causes.extend(
        names::subdomain(node)
            .iter()
            .map(|why| Cause::invalid(at, node, why)),
    );
    if !str_at(old, "/spec/nodeName").is_empty() {
        let why = "may not be set on pods that are already bound to a node";
        causes.push(Cause::forbidden(at, why));
    }
}

/// A container that has ended and is not to be started again stays ended.
fn revivals(old: &Value, new: &Value, list: &str, containers: &str, causes: &mut Vec<Cause>) {
    for (i, before) in items(&old["status"], list).iter().enumerate() {
        let Some(ended) = before
            .pointer("/state/terminated")
            .filter(|ended| !ended.is_null())
        else {
            continue;
        };
        let name = text(before, "name");
        let after = items(&new["status"], list)
            .iter()
            .find(|after| text(after, "name") == name);
        let runs_again =
            after.is_some_and(|after| after.pointer("/state/terminated").is_none_or(Value::is_null));
        let code = number(ended, "exitCode").unwrap_or(0);
        if runs_again && !may_restart(&old["spec"], containers, name, code) {
            let why = "may not be transitioned to non-terminated state";
            causes.push(Cause::forbidden(format!("status.{list}[{i}].state"), why));
        }
    }
}

fn may_restart(spec: &Value, containers: &str, name: &str, code: i64) -> bool {
    let container = items(spec, containers)
        .iter()
        .find(|container| text(container, "name") == name);
    let Some(container) = container.filter(|_| containers != "ephemeralContainers") else {
        return false;
    };
    // Rules about exit codes are a kubelet's to weigh: what they could allow is allowed.
    let own = text(container, "restartPolicy");
    let policy = if own.is_empty() {
        text(spec, "restartPolicy")
    } else {
        own
    };
    !items(container, "restartPolicyRules").is_empty()
        || match policy {
            "Always" => true,
            "OnFailure" => code != 0,
            _ => false,
        }
}

fn claims(spec: &Value, status: &Value, causes: &mut Vec<Cause>) {
    let mut seen = Vec::new();
    for (i, claim) in items(status, "resourceClaimStatuses").iter().enumerate() {
        let at = format!("status.resourceClaimStatuses[{i}]");
        let name = text(claim, "name");
        if !items(spec, "resourceClaims")
            .iter()
            .any(|known| text(known, "name") == name)
        {
            let why = "must match the name of an entry in `spec.resourceClaims`";
            causes.push(Cause::invalid(format!("{at}.name"), name, why));
        }
        if seen.contains(&name) {
            causes.push(Cause::duplicate(format!("{at}.name"), name));
        }
        seen.push(name);
        if let Some(of) = set(claim, "resourceClaimName").and_then(Value::as_str) {
            causes.extend(
                names::subdomain(of)
                    .iter()
                    .map(|why| Cause::invalid(format!("{at}.resourceClaimName"), of, why)),
            );
        }
    }
}
