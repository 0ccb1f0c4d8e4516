//! `ControllerRevisions`: what a workload was, which never changes.

use serde_json::Value;

use super::fields::{immutable, not_negative};
use crate::demo::{
    failure::Cause,
    strategy::{self, Strategy},
};

/// What the server does with revisions.
pub(crate) static STRATEGY: Strategy = Strategy {
    validate,
    validate_update: |_, old, new| {
        let mut causes = Vec::new();
        not_negative(new, &["/revision"], &mut causes);
        immutable(old, new, &["/data"], &mut causes);
        causes
    },
    ..strategy::PLAIN
};

fn validate(tree: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    not_negative(tree, &["/revision"], &mut causes);
    match tree.get("data") {
        None | Some(Value::Null) => causes.push(Cause::required("data", "data is mandatory")),
        Some(Value::Object(_)) => {}
        Some(_) => causes.push(Cause::required("data", "data must be a valid JSON object")),
    }
    causes
}
