//! `ReplicaSets`. The status is taken as it comes.

use serde_json::{Value, json};

use super::{
    fields::{counts, fill, immutable, not_negative},
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
            return Vec::new();
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

/// The template of what makes pods in number: its labels are selected, and its pods last.
pub(super) fn validate_template(tree: &Value, causes: &mut Vec<Cause>) {
    let selector = tree.pointer("/spec/selector").unwrap_or(&Value::Null);
    if selector.is_null() || !label_selectors::is_empty(selector) {
        templates::validate_match(tree, selector, causes);
    }
    templates::validate(tree, causes);
    templates::validate_lasting(tree, "ReplicaSet", causes);
}
