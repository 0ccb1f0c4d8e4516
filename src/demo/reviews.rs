//! The reviews: questions that are answered and not kept.
//!
//! There is no authorization in the embedded cluster, so everybody may do everything, and the answers say so. Questions
//! are checked as upstream checks them (`pkg/apis/authorization/validation`), but for the selectors in them.

use serde_json::{Map, Value, json};

use super::{
    clock,
    failure::{Cause, Failure},
    object::{child, str_at},
    subresource::Subresource,
};

/// The one user of the embedded cluster.
const USER: &str = "berth-demo";
const REASON: &str = "the embedded cluster has no authorization: everything is allowed";

/// What answers a review: the namespace of the request, where there is one, and what was sent.
pub(crate) type Answer = fn(Option<&str>, Value) -> Result<Value, Failure>;

/// `token`, of service accounts: nobody here checks one, so none is made.
pub(crate) const TOKEN: Subresource = Subresource {
    name: "token",
    of: ("authentication.k8s.io", "v1", "TokenRequest"),
    verbs: &["create"],
    answer: |store, kind, key, _| {
        if store.get(kind.table, key).is_none() {
            return Err(Failure::not_found(kind, &key.name));
        }
        let why = "the embedded cluster makes no tokens of service accounts: the credentials of its kubeconfig are \
                   everybody's";
        Err(Failure::forbidden(kind, &key.name, why))
    },
};

/// `SelfSubjectAccessReview`: may the caller do this?
pub(crate) fn own_access(_: Option<&str>, review: Value) -> Result<Value, Failure> {
    let mut causes = attributes(&review);
    empty_metadata(&review, &[], "must be empty", &mut causes);
    allowed(review, &causes)
}

/// `SubjectAccessReview`: may somebody do this?
pub(crate) fn access(_: Option<&str>, review: Value) -> Result<Value, Failure> {
    let mut causes = attributes(&review);
    subject(&review, &mut causes);
    empty_metadata(&review, &[], "must be empty", &mut causes);
    allowed(review, &causes)
}

/// `LocalSubjectAccessReview`: may somebody do this in the namespace of the request?
pub(crate) fn local_access(namespace: Option<&str>, mut review: Value) -> Result<Value, Failure> {
    let namespace = namespace.unwrap_or_default();
    let sent = str_at(&review, "/metadata/namespace");
    if !sent.is_empty() && sent != namespace {
        return Err(Failure::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    child(&mut review, "metadata").insert("namespace".into(), namespace.into());
    let mut causes = attributes(&review);
    subject(&review, &mut causes);
    let why = "must be empty except for namespace";
    empty_metadata(&review, &["namespace"], why, &mut causes);
    if let Some(resource) = said(&review, "/spec/resourceAttributes") {
        let of = str_at(resource, "/namespace");
        if of != namespace {
            let at = "spec.resourceAttributes.namespace";
            causes.push(Cause::invalid(at, of, "must match metadata.namespace"));
        }
    }
    if let Some(path) = said(&review, "/spec/nonResourceAttributes") {
        let why = "disallowed on this kind of request";
        let shown = shown(Some(path));
        causes.push(Cause::invalid_as("spec.nonResourceAttributes", &shown, why));
    }
    allowed(review, &causes)
}

/// `SelfSubjectRulesReview`: what may the caller do in a namespace?
#[expect(
    clippy::needless_pass_by_value,
    reason = "one of several answers, which change the question"
)]
pub(crate) fn own_rules(_: Option<&str>, review: Value) -> Result<Value, Failure> {
    if str_at(&review, "/spec/namespace").is_empty() {
        return Err(Failure::bad_request("no namespace on request"));
    }
    Ok(json!({
        "metadata": {},
        "spec": {},
        "status": {
            "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            "incomplete": false,
        },
    }))
}

/// `SelfSubjectReview`: who asks?
#[expect(
    clippy::unnecessary_wraps,
    reason = "one of several answers, which may refuse"
)]
pub(crate) fn own_subject(_: Option<&str>, _: Value) -> Result<Value, Failure> {
    let groups = ["system:masters", "system:authenticated"];
    Ok(json!({
        "metadata": {"creationTimestamp": clock::now()},
        "status": {"userInfo": {"username": USER, "groups": groups}},
    }))
}

fn said<'a>(review: &'a Value, at: &str) -> Option<&'a Value> {
    review.pointer(at).filter(|value| !value.is_null())
}

/// The attributes of a path as upstream shows them: with the names of its own fields.
fn shown(path: Option<&Value>) -> String {
    path.map_or_else(
        || "null".to_owned(),
        |path| {
            let part = |at: &str| Value::from(str_at(path, at)).to_string();
            format!("{{\"Path\":{},\"Verb\":{}}}", part("/path"), part("/verb"))
        },
    )
}

/// It is asked either about a resource or about a path.
fn attributes(review: &Value) -> Vec<Cause> {
    let resource = said(review, "/spec/resourceAttributes");
    let path = said(review, "/spec/nonResourceAttributes");
    if resource.is_some() == path.is_some() {
        let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        vec![Cause::invalid_as("spec", &shown(path), why)]
    } else {
        Vec::new()
    }
}

fn subject(review: &Value, causes: &mut Vec<Cause>) {
    let groups = review.pointer("/spec/groups").and_then(Value::as_array);
    if str_at(review, "/spec/user").is_empty() && groups.is_none_or(Vec::is_empty) {
        let why = "at least one of user or group must be specified";
        causes.push(Cause::invalid("spec.user", "", why));
    }
}

/// A question has no name.
fn empty_metadata(review: &Value, but: &[&str], why: &str, causes: &mut Vec<Cause>) {
    let metadata = review.get("metadata").and_then(Value::as_object);
    let extra: Map<String, Value> = metadata
        .into_iter()
        .flatten()
        .filter(|(key, value)| *key != "managedFields" && !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if extra.keys().any(|key| !but.contains(&key.as_str())) {
        causes.push(Cause::invalid("metadata", extra, why));
    }
}

fn allowed(mut review: Value, causes: &[Cause]) -> Result<Value, Failure> {
    if !causes.is_empty() {
        // Upstream leaves the kind out here.
        return Err(Failure::invalid_kind("authorization.k8s.io", "", "", causes));
    }
    let metadata = child(&mut review, "metadata");
    metadata.retain(|key, _| key == "namespace");
    review["status"] = json!({"allowed": true, "reason": REASON});
    Ok(review)
}
