//! Reading `DeleteOptions`: from the body, or, where there is none, from the query.
//!
//! `ignoreStoreReadErrorWithClusterBreakingPotential` is read and means nothing: nothing stored here is unreadable.

use serde_json::{Map, Value};

use super::{Deletion, Propagation};
use crate::demo::{
    bodies,
    failure::{Cause, Failure},
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
        of_body(&bodies::read_delete_options(&call.headers, &call.body)?)?
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

fn of_body(tree: &Value) -> Result<Sent, Failure> {
    let empty = Map::new();
    let map = tree.as_object().unwrap_or(&empty);
    let preconditions = field(map, "preconditions", "v1.Preconditions", Value::as_object)?;
    let precondition = |name: &str, of: &str| {
        let text = preconditions.map_or(Ok(None), |map| field(map, name, of, Value::as_str));
        text.map(|text| text.unwrap_or_default().to_owned())
    };
    let dry_run = field(map, "dryRun", "[]string", Value::as_array)?;
    Ok(Sent {
        deletion: Deletion {
            grace_seconds: field(map, "gracePeriodSeconds", "int64", Value::as_i64)?,
            orphan_dependents: field(map, "orphanDependents", "bool", Value::as_bool)?,
            uid: precondition("uid", "types.UID")?,
            revision: precondition("resourceVersion", "string")?,
            ..Deletion::default()
        },
        propagation: field(map, "propagationPolicy", "v1.DeletionPropagation", Value::as_str)?
            .map(str::to_owned),
        dry_run: dry_run
            .into_iter()
            .flatten()
            .map(|value| {
                let text = value
                    .as_str()
                    .ok_or_else(|| mismatch(value, "dryRun", "string"))?;
                Ok(text.to_owned())
            })
            .collect::<Result<_, Failure>>()?,
    })
}

fn field<'a, T>(
    map: &'a Map<String, Value>,
    name: &str,
    of: &str,
    read: impl Fn(&'a Value) -> Option<T>,
) -> Result<Option<T>, Failure> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(value).map(Some).ok_or_else(|| mismatch(value, name, of)),
    }
}

fn mismatch(value: &Value, name: &str, of: &str) -> Failure {
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    Failure::bad_request(format!(
        "json: cannot unmarshal {is} into Go struct field DeleteOptions.{name} of type {of}"
    ))
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
