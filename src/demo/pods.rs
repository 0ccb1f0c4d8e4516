//! What the API server does to a pod besides storing it, in upstream's steps: defaults, admission, validation, and what
//! may change later.
//!
//! Trees are of their type by then; each step works on them as they are, since reading a pod as a type and writing it
//! back would cost more than all the steps together.

mod admission;
mod defaults;
mod resources;
mod status;
mod update;
mod validation;

use serde_json::Value;

pub(crate) use self::{admission::default_class, validation::quantity};
use super::{
    api,
    fields::{object_mut, objects_mut},
    object::child,
    strategy::{self, Part, Strategy},
    subresource::Subresource,
};

/// What the server does with pods.
pub(crate) static STRATEGY: Strategy = Strategy {
    default: defaults::default,
    admit: admission::admit,
    prepare,
    prepare_update: update::prepare,
    validate: validation::validate,
    validate_update: update::validate,
    ..strategy::PLAIN
};

/// `resize`, of pods: the one place where the resources of containers can change.
pub(crate) const RESIZE: Subresource = Subresource {
    name: "resize",
    of: ("", "v1", "Pod"),
    verbs: &["get", "patch", "update"],
    answer: |store, kind, key, call| api::object(store, kind, key, Part::Sub("resize"), call),
};

/// `ephemeralcontainers`, of pods: the one place where they can be added.
pub(crate) const EPHEMERAL_CONTAINERS: Subresource = Subresource {
    name: "ephemeralcontainers",
    of: ("", "v1", "Pod"),
    verbs: &["get", "patch", "update"],
    answer: |store, kind, key, call| api::object(store, kind, key, Part::Sub("ephemeralcontainers"), call),
};

/// What a new pod has whatever its maker says.
fn prepare(tree: &mut Value) {
    merge_label_keys(tree);
    let spec = child(tree, "spec");
    let mut own = Value::Object(std::mem::take(spec));
    resources::default_pod_level(&mut own);
    let status = status::fresh(&own);
    if let Some(tree) = tree.as_object_mut() {
        tree.insert("spec".into(), own);
        tree.insert("status".into(), status);
    }
}

/// `matchLabelKeys` and `mismatchLabelKeys` become expressions of the selectors that they stand beside.
fn merge_label_keys(tree: &mut Value) {
    let spec = tree.get("spec");
    let idle = |field: &str| spec.is_none_or(|spec| spec.get(field).is_none_or(Value::is_null));
    if idle("affinity") && idle("topologySpreadConstraints") {
        return;
    }
    let labels = tree.pointer("/metadata/labels").cloned().unwrap_or_default();
    let spec = child(tree, "spec");
    for constraint in objects_mut(spec, "topologySpreadConstraints") {
        merge_keys(constraint, &labels);
    }
    let Some(affinity) = object_mut(spec, "affinity") else {
        return;
    };
    for kind in ["podAffinity", "podAntiAffinity"] {
        let Some(affinity) = object_mut(affinity, kind) else {
            continue;
        };
        for term in objects_mut(affinity, "requiredDuringSchedulingIgnoredDuringExecution") {
            merge_keys(term, &labels);
        }
        for term in objects_mut(affinity, "preferredDuringSchedulingIgnoredDuringExecution") {
            if let Some(term) = object_mut(term, "podAffinityTerm") {
                merge_keys(term, &labels);
            }
        }
    }
}

fn merge_keys(term: &mut serde_json::Map<String, Value>, labels: &Value) {
    let mut merged = Vec::new();
    for (list, operator) in [("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")] {
        let keys = term.get(list).and_then(Value::as_array);
        for key in keys.into_iter().flatten().filter_map(Value::as_str) {
            if let Some(value) = labels.get(key) {
                merged.push(serde_json::json!({"key": key, "operator": operator, "values": [value]}));
            }
        }
    }
    // Without a selector no pod is meant, and none is made of the keys.
    if merged.is_empty() || !term.get("labelSelector").is_some_and(Value::is_object) {
        return;
    }
    if let Some(selector) = object_mut(term, "labelSelector") {
        let expressions = selector.entry("matchExpressions").or_insert(Value::Null);
        if !expressions.is_array() {
            *expressions = Value::Array(Vec::new());
        }
        if let Some(expressions) = expressions.as_array_mut() {
            expressions.extend(merged);
        }
    }
}
