//! The reviews: questions that are answered and not kept.

use serde_json::{Value, json};

/// The one user of the embedded cluster.
const USER: &str = "berth-demo";

/// `SelfSubjectAccessReview`: there is no authorization here, and the answer says so.
pub(crate) fn access(mut review: Value) -> Value {
    review["metadata"] = json!({});
    review["status"] = json!({
        "allowed": true,
        "reason": "the embedded cluster has no authorization: everything is allowed",
    });
    review
}

/// `SelfSubjectReview`: who asks.
pub(crate) fn subject() -> Value {
    let groups = ["system:masters", "system:authenticated"];
    json!({"metadata": {}, "status": {"userInfo": {"username": USER, "groups": groups}}})
}
