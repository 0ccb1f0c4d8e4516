//! `DaemonSets`. The status is taken as it comes.

use serde_json::{Value, json};

use super::{
    fields::{
        amount, amount_or_percent, at_most_all, counts, fill, fill_text, has, immutable, not_negative, same,
    },
    templates,
};
use crate::demo::{
    failure::Cause,
    label_selectors,
    object::str_at,
    strategy::{self, Part, Strategy},
};

/// Counts the versions of the template, for clients of before the revisions.
const GENERATION: &str = "/metadata/annotations/deprecated.daemonset.template.generation";

/// What the server does with daemon sets.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
    prepare: |tree| set_generation(tree, 1),
    prepare_update: |part, old, new| {
        let before = str_at(old, GENERATION).parse().unwrap_or(0_i64);
        let changed =
            part == Part::Main && !same(old.pointer("/spec/template"), new.pointer("/spec/template"));
        set_generation(new, before.saturating_add(i64::from(changed)));
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

fn set_generation(tree: &mut Value, generation: i64) {
    if let Some(old) = tree.pointer_mut(GENERATION) {
        *old = Value::Null;
    }
    fill(tree, GENERATION, generation.to_string().into());
}

fn default(tree: &mut Value) {
    // It is there for whoever writes the object, and so is owned.
    fill_text(tree, GENERATION, "0");
    fill_text(tree, "/spec/updateStrategy/type", "RollingUpdate");
    if str_at(tree, "/spec/updateStrategy/type") == "RollingUpdate" {
        fill(
            tree,
            "/spec/updateStrategy/rollingUpdate/maxUnavailable",
            json!(1),
        );
        fill(tree, "/spec/updateStrategy/rollingUpdate/maxSurge", json!(0));
    }
    fill(tree, "/spec/revisionHistoryLimit", json!(10));
    templates::default(tree, "/spec/template");
    let numbers = [
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
    ];
    counts(tree, &numbers);
}

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let selector = tree.pointer("/spec/selector").unwrap_or(&Value::Null);
    causes.extend(label_selectors::validate(selector, "spec.selector"));
    if causes.is_empty() {
        templates::validate_match(tree, selector, &mut causes);
    }
    if !selector.is_null() && label_selectors::is_empty(selector) {
        let why = "empty selector is invalid for daemonset";
        causes.push(Cause::invalid_as("spec.selector", "{}", why));
    }
    templates::validate(tree, &mut causes);
    templates::validate_lasting(tree, "DaemonSet", &mut causes);
    not_negative(tree, &["/spec/minReadySeconds"], &mut causes);
    validate_strategy(tree, &mut causes);
    not_negative(tree, &["/spec/revisionHistoryLimit"], &mut causes);
    causes
}

fn validate_strategy(tree: &Value, causes: &mut Vec<Cause>) {
    let (unavailable, surge) = (
        "/spec/updateStrategy/rollingUpdate/maxUnavailable",
        "/spec/updateStrategy/rollingUpdate/maxSurge",
    );
    match str_at(tree, "/spec/updateStrategy/type") {
        "OnDelete" => {}
        "RollingUpdate" => {
            for at in [unavailable, surge] {
                amount_or_percent(tree, at, causes);
            }
            for at in [unavailable, surge] {
                at_most_all(tree, at, causes);
            }
            let given = has(tree, unavailable) && has(tree, surge);
            let (most, more) = (amount(tree, unavailable), amount(tree, surge));
            let value = |at: &str| tree.pointer(at).cloned().unwrap_or_default();
            if given && most > 0 && more > 0 {
                let why = "may not be set when maxUnavailable is non-zero";
                let at = "spec.updateStrategy.rollingUpdate.maxSurge";
                causes.push(Cause::invalid(at, value(surge), why));
            } else if given && most == 0 && more == 0 {
                let why = "cannot be 0 when maxSurge is 0";
                let at = "spec.updateStrategy.rollingUpdate.maxUnavailable";
                causes.push(Cause::required(at, why));
            }
        }
        other => {
            let shown = format!("{{\"Type\":{other:?},\"RollingUpdate\":null}}");
            let known = ["RollingUpdate", "OnDelete"];
            causes.push(Cause::unsupported_as("spec.updateStrategy", &shown, &known));
        }
    }
}
