//! `ReplicationControllers`.

use serde_json::{Value, json};

use super::{
    fields::{counts, fill, has, not_negative},
    replica_sets, templates,
};
use crate::demo::{
    failure::Cause,
    label_selectors,
    strategy::{self, Dependents, Part, Strategy},
};

/// What the server does with replication controllers.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
    validate,
    validate_update: |part, _, new| match part {
        Part::Status => replica_sets::validate_status(new),
        Part::Main | Part::Sub(_) => validate(new),
    },
    dependents: Dependents::Orphan,
    ..strategy::PLAIN
};

/// The template's labels are those of the controller, and what it selects, where it says nothing.
fn default(tree: &mut Value) {
    if let Some(labels) = tree.pointer("/spec/template/metadata/labels").cloned()
        && labels.as_object().is_some_and(|labels| !labels.is_empty())
    {
        for at in ["/spec/selector", "/metadata/labels"] {
            let there = tree.pointer(at).and_then(Value::as_object);
            if there.is_none_or(serde_json::Map::is_empty) {
                if let Some(empty) = tree.pointer_mut(at) {
                    *empty = Value::Null;
                }
                fill(tree, at, labels.clone());
            }
        }
    }
    fill(tree, "/spec/replicas", json!(1));
    templates::default(tree, "/spec/template");
    counts(tree, &["replicas"]);
}

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let labels = tree.pointer("/spec/selector").cloned().unwrap_or_default();
    let empty = labels.as_object().is_none_or(serde_json::Map::is_empty);
    if empty {
        causes.push(Cause::required("spec.selector", ""));
    }
    if has(tree, "/spec/template") {
        let selector = json!({"matchLabels": labels});
        if !label_selectors::is_empty(&selector) {
            templates::validate_match(tree, &selector, &mut causes);
        }
        templates::validate(tree, &mut causes);
        templates::validate_lasting(tree, "ReplicationController", &mut causes);
    } else {
        causes.push(Cause::required("spec.template", ""));
    }
    not_negative(tree, &["/spec/replicas", "/spec/minReadySeconds"], &mut causes);
    causes
}
