//! Deployments. `paused` and the revision annotations mean nothing here; the status is taken as it comes.
//!
//! Source of the rules: `pkg/apis/apps/v1/defaults.go` and `pkg/apis/apps/validation`.

use serde_json::{Value, json};

use super::{
    fields::{amount, amount_or_percent, at_most_all, fill, fill_text, has, immutable, not_negative, number},
    templates,
};
use crate::demo::{
    failure::Cause,
    object::str_at,
    strategy::{self, Part, Strategy},
};

/// What the server does with deployments.
pub(crate) static STRATEGY: Strategy = Strategy {
    default,
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

fn default(tree: &mut Value) {
    fill(tree, "/spec/replicas", json!(1));
    fill_text(tree, "/spec/strategy/type", "RollingUpdate");
    if str_at(tree, "/spec/strategy/type") == "RollingUpdate" {
        for field in ["maxUnavailable", "maxSurge"] {
            fill(
                tree,
                &format!("/spec/strategy/rollingUpdate/{field}"),
                json!("25%"),
            );
        }
    }
    fill(tree, "/spec/revisionHistoryLimit", json!(10));
    fill(tree, "/spec/progressDeadlineSeconds", json!(600));
    templates::default(tree, "/spec/template");
}

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    not_negative(tree, &["/spec/replicas"], &mut causes);
    if templates::validate_selector(tree, "deployment", "invalid label selector", &mut causes) {
        super::replica_sets::validate_template(tree, &mut causes);
    }
    validate_strategy(tree, &mut causes);
    let counts = [
        "/spec/minReadySeconds",
        "/spec/revisionHistoryLimit",
        "/spec/progressDeadlineSeconds",
    ];
    not_negative(tree, &counts, &mut causes);
    let ready = number(tree, "/spec/minReadySeconds").unwrap_or(0);
    if let Some(deadline) = number(tree, "/spec/progressDeadlineSeconds").filter(|d| *d <= ready) {
        let why = "must be greater than minReadySeconds";
        causes.push(Cause::invalid("spec.progressDeadlineSeconds", deadline, why));
    }
    causes
}

fn validate_strategy(tree: &Value, causes: &mut Vec<Cause>) {
    let rolling = "/spec/strategy/rollingUpdate";
    match str_at(tree, "/spec/strategy/type") {
        "Recreate" => {
            if has(tree, rolling) {
                let why = "may not be specified when strategy `type` is 'Recreate'";
                causes.push(Cause::forbidden("spec.strategy.rollingUpdate", why));
            }
        }
        "RollingUpdate" => {
            let (unavailable, surge) = (
                "/spec/strategy/rollingUpdate/maxUnavailable",
                "/spec/strategy/rollingUpdate/maxSurge",
            );
            amount_or_percent(tree, unavailable, causes);
            amount_or_percent(tree, surge, causes);
            if amount(tree, unavailable) == 0 && amount(tree, surge) == 0 {
                let value = tree.pointer(unavailable).cloned().unwrap_or_default();
                let why = "may not be 0 when `maxSurge` is 0";
                let at = "spec.strategy.rollingUpdate.maxUnavailable";
                causes.push(Cause::invalid(at, value, why));
            }
            at_most_all(tree, unavailable, causes);
        }
        other => {
            let shown = format!("{{\"Type\":{other:?},\"RollingUpdate\":null}}");
            let known = ["Recreate", "RollingUpdate"];
            causes.push(Cause::unsupported_as("spec.strategy", &shown, &known));
        }
    }
}
