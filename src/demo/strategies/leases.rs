//! Leases. What coordinated leader election would add to them is dropped: it is off by default.

use serde_json::Value;

use super::fields::{not_negative, number};
use crate::demo::{
    failure::Cause,
    strategy::{self, Strategy},
};

/// What the server does with leases.
pub(crate) static STRATEGY: Strategy = Strategy {
    needs_version: true,
    prepare: drop_disabled,
    prepare_update: |_, _, new| drop_disabled(new),
    validate,
    validate_update: |_, _, new| validate(new),
    ..strategy::PLAIN
};

fn drop_disabled(tree: &mut Value) {
    if let Some(spec) = tree.get_mut("spec").and_then(Value::as_object_mut) {
        spec.remove("strategy");
        spec.remove("preferredHolder");
    }
}

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some(seconds) = number(tree, "/spec/leaseDurationSeconds").filter(|seconds| *seconds <= 0) {
        let why = "must be greater than 0";
        causes.push(Cause::invalid("spec.leaseDurationSeconds", seconds, why));
    }
    not_negative(tree, &["/spec/leaseTransitions"], &mut causes);
    causes
}
