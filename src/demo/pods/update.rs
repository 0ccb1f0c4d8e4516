//! What may change in a pod, by an update of it or through one of its subresources.
//!
//! Source: `ValidatePodUpdate`, `ValidatePodResize` and `ValidatePodEphemeralContainersUpdate` of
//! `pkg/apis/core/validation/validation.go`, and the strategies of `pkg/registry/core/pod`. Upstream compares its own
//! types, and shows the difference in their terms; here both are those of the API.

use serde_json::{Map, Value, json};

use super::{resources, status, validation};
use crate::demo::{
    failure::Cause,
    fields::{entries, items, number, set, text},
    object::{child, metadata, str_at},
    strategy::Part,
};

const IMMUTABLE: &str = "pod updates may not change fields other than \
     `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only \
     additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
     previously negative)";
/// The largest `int32`.
const MAX: i64 = i32::MAX as i64;

/// Keeps of the old pod what this kind of change does not reach.
pub(super) fn prepare(part: Part, old: &Value, new: &mut Value) {
    match part {
        Part::Main => keep_pod_level(old, new),
        Part::Status => status::prepare_update(old, new),
        Part::Sub("resize") => prepare_resize(old, new),
        Part::Sub("ephemeralcontainers") => {
            let containers = new.pointer("/spec/ephemeralContainers").cloned();
            let mut spec = old["spec"].clone();
            put(&mut spec, "ephemeralContainers", containers.unwrap_or_default());
            replace_spec(old, new, spec);
        }
        Part::Sub(_) => {}
    }
}

/// A client that does not know of resources at the level of the pod does not remove them.
fn keep_pod_level(old: &Value, new: &mut Value) {
    if let Some(own) = old.pointer("/spec/resources")
        && set(&new["spec"], "resources").is_none()
    {
        child(new, "spec").insert("resources".into(), own.clone());
    }
}

fn replace_spec(old: &Value, new: &mut Value, spec: Value) {
    if let Some(new) = new.as_object_mut() {
        new.insert("spec".into(), spec);
    }
    let metadata = metadata(new);
    for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
        match old.pointer(&format!("/metadata/{field}")) {
            Some(value) => metadata.insert(field.into(), value.clone()),
            None => metadata.remove(field),
        };
    }
}

fn prepare_resize(old: &Value, new: &mut Value) {
    keep_pod_level(old, new);
    let mut spec = old["spec"].clone();
    for list in ["containers", "initContainers"] {
        let (before, after) = (items(&old["spec"], list), items(&new["spec"], list));
        let alike = before.len() == after.len()
            && before
                .iter()
                .zip(after)
                .all(|(before, after)| text(before, "name") == text(after, "name"));
        if !alike {
            // Validation says what is wrong with it.
            return;
        }
        let targets = spec.get_mut(list).and_then(Value::as_array_mut);
        for (target, sent) in targets.into_iter().flatten().zip(after) {
            for field in ["resources", "resizePolicy"] {
                let value = sent.get(field).cloned().unwrap_or_default();
                put(target, field, value);
            }
        }
    }
    if let Some(own) = new.pointer("/spec/resources").cloned() {
        put(&mut spec, "resources", own);
    }
    resources::default_pod_level(&mut spec);
    replace_spec(old, new, spec);
}

/// Sets a field, or removes it where there is nothing to set.
fn put(tree: &mut Value, field: &str, value: Value) {
    if let Some(map) = tree.as_object_mut() {
        if value.is_null() {
            map.remove(field);
        } else {
            map.insert(field.to_owned(), value);
        }
    }
}

/// What is wrong with a change.
pub(super) fn validate(part: Part, old: &Value, new: &Value) -> Vec<Cause> {
    match part {
        Part::Main => validate_main(old, new),
        Part::Status => status::validate_update(old, new),
        Part::Sub("resize") => validate_resize(old, new),
        Part::Sub("ephemeralcontainers") => validate_ephemeral(old, new),
        Part::Sub(_) => Vec::new(),
    }
}

fn validate_main(old: &Value, new: &Value) -> Vec<Cause> {
    let mut causes = validation::validate_any(new);
    let (before, after) = (&old["spec"], &new["spec"]);
    for list in ["containers", "initContainers"] {
        if items(before, list).len() != items(after, list).len() {
            let why = "pod updates may not add or remove containers";
            causes.push(Cause::forbidden(format!("spec.{list}"), why));
            return causes;
        }
    }
    if !deadline(before, after, &mut causes) {
        return causes;
    }
    only_added_tolerations(before, after, &mut causes);
    only_deleted_gates(before, after, &mut causes);
    if same(before, after) {
        return causes;
    }
    let mut rest = after.clone();
    for list in ["containers", "initContainers"] {
        let targets = rest.get_mut(list).and_then(Value::as_array_mut);
        for (target, container) in targets.into_iter().flatten().zip(items(before, list)) {
            put(
                target,
                "image",
                container.get("image").cloned().unwrap_or_default(),
            );
        }
    }
    for field in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        put(&mut rest, field, before.get(field).cloned().unwrap_or_default());
    }
    if !items(before, "schedulingGates").is_empty() {
        steer(before, &mut rest, &mut causes);
    }
    if !same(&rest, before) {
        let why = format!("{IMMUTABLE}\n{}", difference(before, &rest));
        causes.push(Cause::forbidden("spec", &why));
    }
    causes
}

/// A deadline can be set, and brought forward; answers whether the rest is to be looked at.
fn deadline(before: &Value, after: &Value, causes: &mut Vec<Cause>) -> bool {
    let field = "spec.activeDeadlineSeconds";
    let was = number(before, "activeDeadlineSeconds");
    let why = match (was, number(after, "activeDeadlineSeconds")) {
        (_, Some(now)) if !(0..=MAX).contains(&now) => {
            let why = format!("must be between 0 and {MAX}, inclusive");
            causes.push(Cause::invalid(field, now, &why));
            return false;
        }
        (Some(was), Some(now)) if was < now => {
            let why = "must be less than or equal to previous value";
            causes.push(Cause::invalid(field, now, why));
            return false;
        }
        (Some(_), None) => "must not update from a positive integer to nil value",
        _ => return true,
    };
    causes.push(Cause::invalid(field, Value::Null, why));
    true
}

fn only_added_tolerations(before: &Value, after: &Value, causes: &mut Vec<Cause>) {
    let fixed = |toleration: &Value| {
        let mut fixed = toleration.as_object().cloned().unwrap_or_default();
        fixed.remove("tolerationSeconds");
        fixed
    };
    let kept: Vec<Map<String, Value>> = items(after, "tolerations").iter().map(fixed).collect();
    if items(before, "tolerations")
        .iter()
        .any(|old| !kept.contains(&fixed(old)))
    {
        let why = "existing toleration can not be modified except its tolerationSeconds";
        causes.push(Cause::forbidden("spec.tolerations", why));
    }
}

fn only_deleted_gates(before: &Value, after: &Value, causes: &mut Vec<Cause>) {
    let old = items(before, "schedulingGates");
    for (i, gate) in items(after, "schedulingGates").iter().enumerate() {
        let name = text(gate, "name");
        if !old.iter().any(|old| text(old, "name") == name) {
            let why = format!("only deletion is allowed, but found new scheduling gate '{name}'");
            causes.push(Cause::forbidden(format!("spec.schedulingGates[{i}].name"), &why));
        }
    }
}

/// Where a gated pod may go can still be narrowed: more node selector, and node affinity.
fn steer(before: &Value, rest: &mut Value, causes: &mut Vec<Cause>) {
    if !same(&before["nodeSelector"], &rest["nodeSelector"]) {
        let kept = entries(before, "nodeSelector")
            .all(|(key, value)| rest.pointer("/nodeSelector").and_then(|new| new.get(key)) == Some(value));
        if !kept {
            let why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)";
            let shown = rest["nodeSelector"].clone();
            causes.push(Cause::invalid("spec.nodeSelector", shown, why));
        }
        put(rest, "nodeSelector", before["nodeSelector"].clone());
    }
    let own = |spec: &Value| {
        spec.pointer("/affinity/nodeAffinity")
            .cloned()
            .unwrap_or_default()
    };
    let (old, new) = (own(before), own(rest));
    if same(&old, &new) {
        return;
    }
    narrowed(&old, &new, causes);
    let others = ["podAffinity", "podAntiAffinity"];
    let alone = !others.iter().any(|kind| set(&rest["affinity"], kind).is_some());
    if set(before, "affinity").is_none() && alone {
        put(rest, "affinity", Value::Null);
    } else {
        let affinity = child(rest, "affinity");
        if old.is_null() {
            affinity.remove("nodeAffinity");
        } else {
            affinity.insert("nodeAffinity".into(), old);
        }
    }
}

fn narrowed(old: &Value, new: &Value, causes: &mut Vec<Cause>) {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    let terms = |affinity: &Value| {
        affinity
            .get(REQUIRED)
            .map(|required| items(required, "nodeSelectorTerms").to_vec())
            .unwrap_or_default()
    };
    let (old, new) = (terms(old), terms(new));
    let at = format!("spec.affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms");
    if old.is_empty() {
        return;
    }
    if old.len() != new.len() {
        let why = "no additions/deletions to non-empty NodeSelectorTerms list are allowed";
        let shown = match new.as_slice() {
            [] => Value::Null,
            terms => terms.iter().map(go_term).collect(),
        };
        causes.push(Cause::invalid(at, shown, why));
        return;
    }
    for (i, (old, new)) in old.iter().zip(&new).enumerate() {
        let lists = ["matchExpressions", "matchFields"];
        let empty = |term: &Value| lists.iter().all(|list| items(term, list).is_empty());
        let grown = lists
            .iter()
            .all(|list| items(new, list).starts_with(items(old, list)));
        if !grown || empty(old) && !empty(new) {
            let why = "only additions are allowed (no mutations or deletions)";
            causes.push(Cause::invalid(format!("{at}[{i}]"), go_term(new), why));
        }
    }
}

/// A term under the names that its fields have in upstream's own type, as refusals show it.
fn go_term(term: &Value) -> Value {
    let list = |list: &str| -> Value {
        let of = |requirement: &Value| {
            json!({
                "Key": requirement["key"], "Operator": requirement["operator"], "Values": requirement["values"],
            })
        };
        match items(term, list) {
            [] => Value::Null,
            requirements => requirements.iter().map(of).collect(),
        }
    };
    json!({"MatchExpressions": list("matchExpressions"), "MatchFields": list("matchFields")})
}

/// Equal but for fields that say nothing.
fn same(a: &Value, b: &Value) -> bool {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    match (a, b) {
        (Value::Object(one), Value::Object(other)) => {
            one.iter().all(|(key, value)| same(value, &b[key.as_str()]))
                && other
                    .iter()
                    .all(|(key, value)| one.contains_key(key) || empty(value))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(a, b))
        }
        _ => a == b || empty(a) && empty(b),
    }
}

/// The lines that differ between two trees, in the form of a unified diff with one hunk.
fn difference(old: &Value, new: &Value) -> String {
    const CONTEXT: usize = 3;
    let pretty = |tree: &Value| serde_json::to_string_pretty(tree).unwrap_or_default();
    let (old, new) = (pretty(old), pretty(new));
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let alike = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(&new).take_while(alike).count();
    let (old_rest, new_rest) = (
        old.get(head..).unwrap_or_default(),
        new.get(head..).unwrap_or_default(),
    );
    let tail = old_rest
        .iter()
        .rev()
        .zip(new_rest.iter().rev())
        .take_while(alike)
        .count();
    let removed = old_rest
        .get(..old_rest.len().saturating_sub(tail))
        .unwrap_or_default();
    let added = new_rest
        .get(..new_rest.len().saturating_sub(tail))
        .unwrap_or_default();
    let first = head.saturating_sub(CONTEXT);
    let before = old.get(first..head).unwrap_or_default();
    let after: Vec<&str> = old_rest
        .iter()
        .skip(removed.len())
        .take(CONTEXT)
        .copied()
        .collect();
    let context = before.len() + after.len();
    let mut text = format!(
        "@@ -{},{} +{},{} @@\n",
        first + 1,
        context + removed.len(),
        first + 1,
        context + added.len()
    );
    let marked = before.iter().map(|line| (' ', line));
    let marked = marked.chain(removed.iter().map(|line| ('-', line)));
    let marked = marked.chain(added.iter().map(|line| ('+', line)));
    for (mark, line) in marked.chain(after.iter().map(|line| (' ', line))) {
        text.push(mark);
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn is_mirror(pod: &Value) -> bool {
    pod.pointer("/metadata/annotations")
        .and_then(|annotations| annotations.get("kubernetes.io/config.mirror"))
        .is_some()
}

fn validate_resize(old: &Value, new: &Value) -> Vec<Cause> {
    let (before, after) = (&old["spec"], &new["spec"]);
    if is_mirror(old) {
        return vec![Cause::forbidden("", "static pods cannot be resized")];
    }
    if str_at(before, "/os/name") == "windows" {
        return vec![Cause::forbidden("", "windows pods cannot be resized")];
    }
    let mut causes = validation::validate_any(new);
    let class = str_at(old, "/status/qosClass");
    if class != resources::qos_class(after) {
        let why = "Pod QOS Class may not change as a result of resizing";
        causes.push(Cause::invalid("spec", class, why));
    }
    let running = items(&old["status"], "containerStatuses")
        .iter()
        .find(|status| status.pointer("/state/running").is_some());
    if running.is_some_and(|status| set(status, "resources").is_none()) {
        let why = "Pod running on node without support for resize";
        causes.push(Cause::forbidden("spec", why));
    }
    pod_level_resize(before, after, &mut causes);
    if !same_order(before, after, &mut causes) {
        return causes;
    }
    for list in ["initContainers", "containers"] {
        for (i, (old, new)) in items(before, list).iter().zip(items(after, list)).enumerate() {
            let at = format!("spec.{list}[{i}]");
            let own = |container: &Value| set(container, "resources").cloned().unwrap_or_default();
            not_removed(
                &own(old),
                &own(new),
                &format!("{at}.resources"),
                "resource",
                &mut causes,
            );
            if only_compute(&own(old), &own(new)) && same(&old["resizePolicy"], &new["resizePolicy"]) {
                continue;
            }
            causes.push(if list == "containers" {
                Cause::forbidden("spec", "only cpu and memory resources are mutable")
            } else {
                let why = "only cpu and memory resources for init or sidecar containers are mutable";
                Cause::forbidden(at, why)
            });
        }
    }
    causes
}

fn pod_level_resize(before: &Value, after: &Value, causes: &mut Vec<Cause>) {
    if !resources::has_pod_level(before) && !resources::has_pod_level(after) {
        return;
    }
    let own = |spec: &Value| set(spec, "resources").cloned().unwrap_or_default();
    let (old, new) = (own(before), own(after));
    not_removed(&old, &new, "spec.resources", "pod-level resource", causes);
    if !only_compute(&old, &new) {
        let why = "only cpu and memory resources are mutable at pod-level";
        causes.push(Cause::forbidden("spec", why));
    }
}

fn same_order(before: &Value, after: &Value, causes: &mut Vec<Cause>) -> bool {
    let found = causes.len();
    for list in ["containers", "initContainers"] {
        let (old, new) = (items(before, list), items(after, list));
        if old.len() != new.len() {
            let why = format!("{list} may not be added or removed on resize");
            causes.push(Cause::forbidden(format!("spec.{list}"), &why));
            continue;
        }
        for (i, (old, new)) in old.iter().zip(new).enumerate() {
            if text(old, "name") != text(new, "name") {
                let why = format!("{list} may not be renamed or reordered on resize");
                causes.push(Cause::forbidden(format!("spec.{list}[{i}].name"), &why));
            }
        }
    }
    causes.len() == found
}

fn not_removed(old: &Value, new: &Value, at: &str, what: &str, causes: &mut Vec<Cause>) {
    for list in ["requests", "limits"] {
        let kept = entries(old, list)
            .all(|(name, _)| new.get(list).is_some_and(|amounts| amounts.get(name).is_some()));
        if !kept {
            let why = format!("{what} {list} cannot be removed");
            causes.push(Cause::forbidden(format!("{at}.{list}"), &why));
        }
    }
}

/// Whether nothing but processors and memory differs.
fn only_compute(old: &Value, new: &Value) -> bool {
    let rest = |resources: &Value| {
        let mut rest = resources.clone();
        for list in ["requests", "limits"] {
            if let Some(amounts) = rest.get_mut(list).and_then(Value::as_object_mut) {
                amounts.remove("cpu");
                amounts.remove("memory");
            }
        }
        rest
    };
    same(&rest(old), &rest(new))
}

fn validate_ephemeral(old: &Value, new: &Value) -> Vec<Cause> {
    if is_mirror(old) {
        let why = "static pods do not support ephemeral containers";
        return vec![Cause::forbidden("", why)];
    }
    let mut causes = validation::validate_any(new);
    let at = "spec.ephemeralContainers";
    let now = items(&new["spec"], "ephemeralContainers");
    for container in items(&old["spec"], "ephemeralContainers") {
        let name = text(container, "name");
        match now.iter().find(|new| text(new, "name") == name) {
            None => {
                let why = format!("existing ephemeral containers {name:?} may not be removed\n");
                causes.push(Cause::forbidden(at, &why));
            }
            Some(new) if !same(container, new) => {
                let why = format!(
                    "existing ephemeral containers {name:?} may not be changed\n{}",
                    difference(container, new)
                );
                causes.push(Cause::forbidden(at, &why));
            }
            Some(_) => {}
        }
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_the_lines_around_it() {
        let text = difference(&json!({"a": 1, "b": 2, "c": 3}), &json!({"a": 1, "b": 4, "c": 3}));
        assert_eq!(
            text,
            "@@ -1,5 +1,5 @@\n {\n   \"a\": 1,\n-  \"b\": 2,\n+  \"b\": 4,\n   \"c\": 3\n }\n"
        );
    }

    #[test]
    fn what_says_nothing_does_not_differ() {
        assert!(same(&json!({"a": [], "b": {"c": null}}), &json!({"b": {}})));
        assert!(!same(&json!({"a": [1]}), &json!({})));
        assert!(!same(&json!({}), &json!({"a": 0})));
    }
}
