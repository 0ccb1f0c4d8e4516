//! Reading `DeleteOptions`: from the body, or, where there is none, from the query.
//!
//! `ignoreStoreReadErrorWithClusterBreakingPotential` is read and means nothing: nothing stored here is unreadable.

use serde_json::Value;

use super::{Deletion, Propagation};
use crate::demo::{
    bodies,
    failure::{Cause, Failure},
    object::str_at,
    request::Params,
    subresource::Call,
};

/// The options as they came, before anything is said about their values.
#[derive(Debug, Default)]
struct Sent {
    deletion: Deletion,
    propagation: Option<String>,
    dry_run: Vec<String>,
}

/// What the client says; whatever the query says counts only where there is no body, as upstream.
pub(super) fn read(call: &Call) -> Result<Deletion, Failure> {
    let sent = if call.body.is_empty() {
        call.params.check_numbers(&["gracePeriodSeconds"])?;
        of_query(&call.params)
    } else {
        of_body(&bodies::read_delete_options(&call.headers, &call.body)?)
    };
    checked(sent)
}

fn of_query(params: &Params) -> Sent {
    Sent {
        deletion: Deletion {
            grace_seconds: params.grace_period_seconds,
            orphan_dependents: params.orphan_dependents,
            ..Deletion::default()
        },
        propagation: Some(params.propagation_policy.clone()).filter(|policy| !policy.is_empty()),
        dry_run: params.dry_run.clone(),
    }
}

/// The tree is of its type.
fn of_body(tree: &Value) -> Sent {
    let text = |at: &str| str_at(tree, at).to_owned();
    let dry_run = tree.get("dryRun").and_then(Value::as_array);
    let propagation = tree.get("propagationPolicy").and_then(Value::as_str);
    Sent {
        deletion: Deletion {
            grace_seconds: tree.get("gracePeriodSeconds").and_then(Value::as_i64),
            orphan_dependents: tree.get("orphanDependents").and_then(Value::as_bool),
            uid: text("/preconditions/uid"),
            revision: text("/preconditions/resourceVersion"),
            ..Deletion::default()
        },
        propagation: propagation.map(str::to_owned),
        dry_run: dry_run
            .into_iter()
            .flatten()
            .filter_map(|value| Some(value.as_str()?.to_owned()))
            .collect(),
    }
}

fn checked(sent: Sent) -> Result<Deletion, Failure> {
    let mut deletion = sent.deletion;
    let mut causes = Vec::new();
    if let Some(policy) = sent.propagation {
        let field = "propagationPolicy";
        if deletion.orphan_dependents.is_some() {
            let why = "orphanDependents and deletionPropagation cannot be both set";
            causes.push(Cause::invalid(field, policy.as_str(), why));
        }
        match policy.as_str() {
            "Foreground" => deletion.propagation = Some(Propagation::Foreground),
            "Background" => deletion.propagation = Some(Propagation::Background),
            "Orphan" => deletion.propagation = Some(Propagation::Orphan),
            other => {
                let known = ["Foreground", "Background", "Orphan", "nil"];
                causes.push(Cause::unsupported(field, other, &known));
            }
        }
    }
    if sent.dry_run.iter().any(|value| value != "All") {
        let values: Vec<&String> = sent.dry_run.iter().collect();
        causes.push(Cause::unsupported_list("dryRun", &values, &["All"]));
    }
    deletion.dry_run = !sent.dry_run.is_empty();
    if causes.is_empty() {
        Ok(deletion)
    } else {
        Err(Failure::invalid_kind("meta.k8s.io", "DeleteOptions", "", &causes))
    }
}
