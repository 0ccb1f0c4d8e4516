//! `PodDisruptionBudgets`. The conditions of the status are taken as they come.

use serde_json::Value;

use super::fields::{amount_or_percent, at_most_all, counts, has, not_negative, one_of};
use crate::demo::{
    failure::Cause,
    label_selectors,
    strategy::{self, Part, Strategy},
};

/// What the server does with budgets.
pub(crate) static STRATEGY: Strategy = Strategy {
    needs_version: true,
    default: |tree| {
        let numbers = [
            "disruptionsAllowed",
            "currentHealthy",
            "desiredHealthy",
            "expectedPods",
        ];
        counts(tree, &numbers);
    },
    validate,
    validate_update: |part, _, new| match part {
        Part::Status => {
            let mut causes = Vec::new();
            let numbers = [
                "/status/disruptionsAllowed",
                "/status/currentHealthy",
                "/status/desiredHealthy",
                "/status/expectedPods",
            ];
            not_negative(new, &numbers, &mut causes);
            causes
        }
        Part::Main | Part::Sub(_) => validate(new),
    },
    ..strategy::PLAIN
};

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let bounds = ["/spec/minAvailable", "/spec/maxUnavailable"];
    if bounds.iter().all(|at| has(tree, at)) {
        let why = "minAvailable and maxUnavailable cannot be both set";
        causes.push(Cause::invalid_as("spec", &shown(tree), why));
    }
    for at in bounds {
        amount_or_percent(tree, at, &mut causes);
        at_most_all(tree, at, &mut causes);
    }
    let selector = tree.pointer("/spec/selector").unwrap_or(&Value::Null);
    causes.extend(label_selectors::validate(selector, "spec.selector"));
    let policies = ["AlwaysAllow", "IfHealthyBudget"];
    one_of(tree, "/spec/unhealthyPodEvictionPolicy", &policies, &mut causes);
    causes
}

/// The spec as upstream shows it: with the names of its own fields.
fn shown(tree: &Value) -> String {
    let fields = [
        ("MinAvailable", "minAvailable"),
        ("Selector", "selector"),
        ("MaxUnavailable", "maxUnavailable"),
        ("UnhealthyPodEvictionPolicy", "unhealthyPodEvictionPolicy"),
    ];
    let parts = fields.map(|(shown, field)| {
        let value = tree.pointer(&format!("/spec/{field}")).unwrap_or(&Value::Null);
        format!("\"{shown}\":{value}")
    });
    format!("{{{}}}", parts.join(","))
}
