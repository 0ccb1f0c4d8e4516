//! The pods in workloads: their defaults and checks are those of pods, less what only a pod of its own gets.

use serde_json::{Map, Value};

use super::fields::has;
use crate::demo::{
    failure::Cause,
    label_selectors::{self, LabelSelector},
    names,
    object::str_at,
    pods,
};

/// Fills in what pods have where the template at that pointer says nothing.
pub(super) fn default(tree: &mut Value, at: &str) {
    let Some(template) = tree.pointer_mut(at).filter(|template| template.is_object()) else {
        return;
    };
    let sent = template.get("spec").cloned().unwrap_or(Value::Object(Map::new()));
    let mut pod = serde_json::json!({"metadata": {}, "spec": sent.clone()});
    (pods::STRATEGY.default)(&mut pod);
    let mut spec = pod.get_mut("spec").map_or(Value::Null, Value::take);
    for list in ["containers", "initContainers"] {
        restore_containers(&sent, &mut spec, list);
    }
    if !has(&sent, "/enableServiceLinks")
        && let Some(spec) = spec.as_object_mut()
    {
        spec.remove("enableServiceLinks");
    }
    template["spec"] = spec;
}

/// Requests from limits, and ports of the host from those of the container, are given to pods alone.
fn restore_containers(sent: &Value, spec: &mut Value, list: &str) {
    let sent = sent.get(list).and_then(Value::as_array);
    let full = spec.get_mut(list).and_then(Value::as_array_mut);
    let (Some(sent), Some(full)) = (sent, full) else {
        return;
    };
    for (sent, full) in sent.iter().zip(full) {
        restore(sent.get("resources"), full.get_mut("resources"), "requests");
        let ports = full.get_mut("ports").and_then(Value::as_array_mut);
        let before = sent.get("ports").and_then(Value::as_array);
        for (before, port) in before.into_iter().flatten().zip(ports.into_iter().flatten()) {
            restore(Some(before), Some(port), "hostPort");
        }
    }
}

fn restore(sent: Option<&Value>, full: Option<&mut Value>, field: &str) {
    let sent = sent.and_then(|sent| sent.get(field)).cloned();
    if let Some(full) = full.and_then(Value::as_object_mut) {
        match sent {
            Some(sent) => full.insert(field.to_owned(), sent),
            None => full.remove(field),
        };
    }
}

/// What is wrong with the template at `spec.template`.
pub(super) fn validate(tree: &Value, causes: &mut Vec<Cause>) {
    let template = tree.pointer("/spec/template").unwrap_or(&Value::Null);
    let labels = label_selectors::labels(template.pointer("/metadata/labels"), "spec.template.labels");
    causes.extend(labels);
    let annotations = template
        .pointer("/metadata/annotations")
        .and_then(Value::as_object);
    for (key, _) in annotations.into_iter().flatten() {
        let wrong = names::qualified(&key.to_lowercase());
        causes.extend(
            wrong
                .iter()
                .map(|why| Cause::invalid("spec.template.annotations", key.as_str(), why)),
        );
    }
    let spec = template.get("spec").cloned().unwrap_or_default();
    let pod = serde_json::json!({"metadata": {}, "spec": spec});
    causes.extend(
        (pods::STRATEGY.validate)(&pod)
            .into_iter()
            .map(|cause| cause.under("spec.template")),
    );
}

/// The template's labels must be selected.
pub(super) fn validate_match(tree: &Value, selector: &Value, causes: &mut Vec<Cause>) {
    let labels = tree.pointer("/spec/template/metadata/labels");
    if !LabelSelector::read(selector).matches(|key| labels?.get(key)?.as_str()) {
        let labels = labels.cloned().unwrap_or(Value::Null);
        let why = "`selector` does not match template `labels`";
        causes.push(Cause::invalid("spec.template.metadata.labels", labels, why));
    }
}

/// Pods that are replaced for ever must restart, and have no deadline.
pub(super) fn validate_lasting(tree: &Value, kind: &str, causes: &mut Vec<Cause>) {
    let policy = str_at(tree, "/spec/template/spec/restartPolicy");
    if policy != "Always" {
        let at = "spec.template.spec.restartPolicy";
        causes.push(Cause::unsupported(at, policy, &["Always"]));
    }
    if has(tree, "/spec/template/spec/activeDeadlineSeconds") {
        let why = format!("activeDeadlineSeconds in {kind} is not Supported");
        let at = "spec.template.spec.activeDeadlineSeconds";
        causes.push(Cause::forbidden(at, &why));
    }
}

/// A selector that must be there, select something, and be sound; with one that cannot be read, the template is not
/// looked at: the answer says whether it is to be.
pub(super) fn validate_selector(tree: &Value, kind: &str, unreadable: &str, causes: &mut Vec<Cause>) -> bool {
    match tree
        .pointer("/spec/selector")
        .filter(|selector| !selector.is_null())
    {
        None => {
            causes.push(Cause::required("spec.selector", ""));
            true
        }
        Some(selector) => {
            let wrong = label_selectors::validate(selector, "spec.selector");
            let readable = wrong.is_empty();
            causes.extend(wrong);
            if label_selectors::is_empty(selector) {
                let why = format!("empty selector is invalid for {kind}");
                causes.push(Cause::invalid_as("spec.selector", "{}", &why));
            }
            if !readable {
                let shown = label_selectors::shown(selector);
                causes.push(Cause::invalid_as("spec.selector", &shown, unreadable));
            }
            readable
        }
    }
}
