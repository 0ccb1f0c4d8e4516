//! Leases.

use serde_json::Value;

use super::fields::{not_negative, number};
use crate::demo::{
    failure::Cause,
    strategy::{self, Strategy},
};

/// What the server does with leases.
pub(crate) static STRATEGY: Strategy = Strategy {
    validate,
    validate_update: |_, _, new| validate(new),
    ..strategy::PLAIN
};

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some(seconds) = number(tree, "/spec/leaseDurationSeconds").filter(|seconds| *seconds <= 0) {
        let why = "must be greater than 0";
        causes.push(Cause::invalid("spec.leaseDurationSeconds", seconds, why));
    }
    not_negative(tree, &["/spec/leaseTransitions"], &mut causes);
    causes
}
