//! `ReplicaSets`.

use serde_json::{Value, json};

use super::{
    fields::{counts, fill, immutable, not_negative, number},
    templates,
};
use crate::demo::{
    failure::Cause,
    label_selectors,
    strategy::{self, Part, Strategy},
};

/// What the server does with replica sets.
pub(crate) static STRATEGY: Strategy = Strategy {
    default: |tree| {
        fill(tree, "/spec/replicas", json!(1));
        templates::default(tree, "/spec/template");
        counts(tree, &["replicas"]);
    },
    validate,
    validate_update: |part, old, new| {
        if part == Part::Status {
            return validate_status(new);
        }
        let mut causes = validate(new);
        immutable(old, new, &["/spec/selector"], &mut causes);
        causes
    },
    ..strategy::PLAIN
};

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    not_negative(tree, &["/spec/replicas", "/spec/minReadySeconds"], &mut causes);
    // Upstream calls it so here, too.
    if templates::validate_selector(tree, "deployment", "invalid label selector", &mut causes) {
        validate_template(tree, &mut causes);
    }
    causes
}

/// What is wrong with the counts of what makes pods in number.
pub(super) fn validate_status(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let counts = [
        "/status/replicas",
        "/status/fullyLabeledReplicas",
        "/status/readyReplicas",
        "/status/availableReplicas",
        "/status/observedGeneration",
    ];
    not_negative(tree, &counts, &mut causes);
    let count = |at: &str| number(tree, &format!("/status/{at}")).unwrap_or(0);
    for (few, many, called) in [
        ("fullyLabeledReplicas", "replicas", "status.replicas"),
        ("readyReplicas", "replicas", "status.replicas"),
        ("availableReplicas", "replicas", "status.replicas"),
        ("availableReplicas", "readyReplicas", "readyReplicas"),
    ] {
        if count(few) > count(many) {
            let why = format!("cannot be greater than {called}");
            causes.push(Cause::invalid(format!("status.{few}"), count(few), &why));
        }
    }
    causes
}

/// The template of what makes pods in number: its labels are selected, and its pods last.
pub(super) fn validate_template(tree: &Value, causes: &mut Vec<Cause>) {
    let selector = tree.pointer("/spec/selector").unwrap_or(&Value::Null);
    if selector.is_null() || !label_selectors::is_empty(selector) {
        templates::validate_match(tree, selector, causes);
    }
    templates::validate(tree, causes);
    templates::validate_lasting(tree, "ReplicaSet", causes);
}
