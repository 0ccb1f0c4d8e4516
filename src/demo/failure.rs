//! Failures as an API server tells them: a `metav1.Status` with its code, reason, message and details.
//!
//! The texts are those of `k8s.io/apimachinery/pkg/api/errors`, since clients (and people) search for them.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{kinds::Kind, warnings};

/// One thing wrong with one field: a cause of a 422.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    reason: &'static str,
    field: String,
    message: String,
}

impl Cause {
    pub(crate) fn required(field: impl Into<String>, detail: &str) -> Self {
        Self::new("FieldValueRequired", field, "Required value", detail)
    }

    pub(crate) fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new("FieldValueForbidden", field, "Forbidden", detail)
    }

    /// `value` is shown as JSON, as upstream shows it.
    pub(crate) fn invalid(field: impl Into<String>, value: impl Into<Value>, detail: &str) -> Self {
        Self::new(
            "FieldValueInvalid",
            field,
            &format!("Invalid value: {}", value.into()),
            detail,
        )
    }

    /// The same for a value that is shown otherwise than as its JSON.
    pub(crate) fn invalid_as(field: impl Into<String>, shown: &str, detail: &str) -> Self {
        Self::new(
            "FieldValueInvalid",
            field,
            &format!("Invalid value: {shown}"),
            detail,
        )
    }

    pub(crate) fn unsupported(field: impl Into<String>, value: &str, supported: &[&str]) -> Self {
        let supported: Vec<String> = supported.iter().map(|s| format!("{s:?}")).collect();
        let detail = format!("supported values: {}", supported.join(", "));
        Self::new(
            "FieldValueNotSupported",
            field,
            &format!("Unsupported value: {value:?}"),
            &detail,
        )
    }

    /// The same for a value that is shown otherwise than as text.
    pub(crate) fn unsupported_as(field: impl Into<String>, shown: &str, supported: &[&str]) -> Self {
        let supported: Vec<String> = supported.iter().map(|s| format!("{s:?}")).collect();
        let detail = format!("supported values: {}", supported.join(", "));
        Self::new(
            "FieldValueNotSupported",
            field,
            &format!("Unsupported value: {shown}"),
            &detail,
        )
    }

    /// The same cause in an object that is held by a field of another.
    pub(crate) fn under(mut self, holder: &str) -> Self {
        self.field = format!("{holder}.{}", self.field);
        self
    }

    pub(crate) fn unsupported_list(field: impl Into<String>, values: &[&String], supported: &[&str]) -> Self {
        let supported: Vec<String> = supported.iter().map(|s| format!("{s:?}")).collect();
        let detail = format!("supported values: {}", supported.join(", "));
        Self::new(
            "FieldValueNotSupported",
            field,
            &format!("Unsupported value: {}", json!(values)),
            &detail,
        )
    }

    pub(crate) fn duplicate(field: impl Into<String>, value: &str) -> Self {
        Self::new(
            "FieldValueDuplicate",
            field,
            &format!("Duplicate value: {value:?}"),
            "",
        )
    }

    /// As [`Cause::duplicate`], of a value that is no text, shown as upstream orders its fields, with why it may not come
    /// twice.
    pub(crate) fn duplicate_of(field: impl Into<String>, shown: &str, detail: &str) -> Self {
        let head = format!("Duplicate value: {shown}");
        Self::new("FieldValueDuplicate", field, &head, detail)
    }

    pub(crate) fn too_many(field: impl Into<String>, count: usize, limit: usize) -> Self {
        let head = format!("Too many: {count}");
        let detail = format!("must have at most {limit} items");
        Self::new("FieldValueTooMany", field, &head, &detail)
    }

    /// A name that should be among others and is not.
    pub(crate) fn not_found(field: impl Into<String>, name: &str, detail: &str) -> Self {
        Self::new(
            "FieldValueNotFound",
            field,
            &format!("Not found: {name:?}"),
            detail,
        )
    }

    pub(crate) fn too_long(field: impl Into<String>, limit: usize) -> Self {
        Self::new(
            "FieldValueTooLong",
            field,
            "Too long",
            &format!("may not be more than {limit} bytes"),
        )
    }

    /// A field that another manager owns, as a configuration that is applied would have it otherwise.
    pub(crate) fn conflict(field: impl Into<String>, with: &str) -> Self {
        Self::new(
            "FieldManagerConflict",
            field,
            &format!("conflict with {with}"),
            "",
        )
    }

    /// `value` is shown as JSON.
    pub(crate) fn duplicate_as(field: impl Into<String>, shown: &str) -> Self {
        Self::new(
            "FieldValueDuplicate",
            field,
            &format!("Duplicate value: {shown}"),
            "",
        )
    }

    fn new(reason: &'static str, field: impl Into<String>, head: &str, detail: &str) -> Self {
        let message = if detail.is_empty() {
            head.to_owned()
        } else {
            format!("{head}: {detail}")
        };
        Self {
            reason,
            field: field.into(),
            message,
        }
    }
}

impl Cause {
    fn json(&self) -> Value {
        json!({"reason": self.reason, "message": self.message, "field": self.field})
    }
}

/// What several causes say together: one as it is, more in brackets.
pub(crate) fn aggregate(causes: &[Cause]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for text in causes.iter().map(|c| format!("{}: {}", c.field, c.message)) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    if texts.len() == 1 {
        texts.concat()
    } else {
        format!("[{}]", texts.join(", "))
    }
}

/// A request that was refused.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    code: StatusCode,
    reason: &'static str,
    message: String,
    details: Option<Value>,
    /// What else the client is to know, such as fields that were dropped.
    warnings: Vec<String>,
}

impl Failure {
    fn new(
        code: StatusCode,
        reason: &'static str,
        message: impl Into<String>,
        details: Option<Value>,
    ) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details,
            warnings: Vec::new(),
        }
    }

    /// The same failure with what was to be warned of before it.
    pub(crate) fn warning(mut self, warnings: &[String]) -> Self {
        self.warnings.extend_from_slice(warnings);
        self
    }

    pub(crate) fn code(&self) -> StatusCode {
        self.code
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {name:?} not found", kind.resource());
        Self::new(
            StatusCode::NOT_FOUND,
            "NotFound",
            message,
            Some(about(kind.group, kind.plural, name)),
        )
    }

    /// A path inside a known group and version that leads to no resource.
    pub(crate) fn no_such_resource() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(StatusCode::NOT_FOUND, "NotFound", message, Some(json!({})))
    }

    pub(crate) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            message,
            Some(json!({})),
        )
    }

    pub(crate) fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", kind.resource());
        Self::new(
            StatusCode::CONFLICT,
            "AlreadyExists",
            message,
            Some(about(kind.group, kind.plural, name)),
        )
    }

    pub(crate) fn is_already_exists(&self) -> bool {
        self.reason == "AlreadyExists"
    }

    pub(crate) fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        Self::conflict_on(kind.group, kind.plural, &kind.resource(), name, why)
    }

    /// A conflict on `pods/binding`: upstream names the subresource as if it were a resource.
    pub(crate) fn binding_conflict(name: &str, why: &str) -> Self {
        Self::conflict_on("", "pods/binding", "pods/binding", name, why)
    }

    /// A deletion that means another object: upstream names the kind, not the resource.
    pub(crate) fn deletion_conflict(kind: &Kind, name: &str, why: &str) -> Self {
        Self::conflict_on(kind.group, kind.kind, kind.kind, name, why)
    }

    fn conflict_on(group: &str, kind: &str, resource: &str, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {resource} {name:?}: {why}");
        Self::new(
            StatusCode::CONFLICT,
            "Conflict",
            message,
            Some(about(group, kind, name)),
        )
    }

    /// A configuration that would take fields from other managers.
    pub(crate) fn apply_conflict(message: String, causes: &[Cause]) -> Self {
        let causes: Vec<Value> = causes.iter().map(Cause::json).collect();
        let details = json!({"causes": causes});
        Self::new(StatusCode::CONFLICT, "Conflict", message, Some(details))
    }

    pub(crate) fn invalid(kind: &Kind, name: &str, causes: &[Cause]) -> Self {
        Self::invalid_kind(kind.group, kind.kind, name, causes)
    }

    pub(crate) fn invalid_kind(group: &str, kind: &str, name: &str, causes: &[Cause]) -> Self {
        let qualified = if group.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}.{group}")
        };
        let message = format!("{qualified} {name:?} is invalid: {}", aggregate(causes));
        let mut details = about(group, kind, name);
        details["causes"] = causes
            .iter()
            .enumerate()
            .filter(|(i, cause)| !causes.iter().take(*i).any(|earlier| earlier == *cause))
            .map(|(_, cause)| cause.json())
            .collect();
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Invalid",
            message,
            Some(details),
        )
    }

    pub(crate) fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        Self::forbidden_named(kind.group, kind.plural, name, why)
    }

    /// The same of a resource by the name that upstream gives it there.
    pub(crate) fn forbidden_named(group: &str, resource: &str, name: &str, why: &str) -> Self {
        let dot = if group.is_empty() { "" } else { "." };
        let message = format!("{resource}{dot}{group} {name:?} is forbidden: {why}");
        Self::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            message,
            Some(about(group, resource, name)),
        )
    }

    /// Nothing is made in a namespace that is being deleted.
    pub(crate) fn namespace_terminating(kind: &Kind, name: &str, namespace: &str) -> Self {
        let why =
            format!("unable to create new content in namespace {namespace} because it is being terminated");
        let mut failure = Self::forbidden(kind, name, &why);
        if let Some(details) = &mut failure.details {
            details["causes"] = json!([{
                "reason": "NamespaceTerminating",
                "message": format!("namespace {namespace} is being terminated"),
                "field": "metadata.namespace",
            }]);
        }
        failure
    }

    /// A refusal for now, with when to ask again (in seconds; 0 where nobody knows) and a cause of its own.
    pub(crate) fn too_many_requests(message: &str, after: u64, cause: &str, why: &str) -> Self {
        let mut details = json!({"causes": [{"reason": cause, "message": why}]});
        if after > 0 {
            details["retryAfterSeconds"] = after.into();
        }
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequests",
            message,
            Some(details),
        )
    }

    /// The same failure, with a cause that is no field's.
    pub(crate) fn because(mut self, cause: &str, why: &str) -> Self {
        let details = self.details.get_or_insert_with(|| json!({}));
        details["causes"] = json!([{"reason": cause, "message": why}]);
        self
    }

    /// What this server has no way of doing, and why.
    pub(crate) fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message, None)
    }

    /// A JSON patch that cannot be applied to this object: upstream does not say why.
    pub(crate) fn invalid_patch() -> Self {
        let message = "the server rejected our request due to an error in our request";
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Invalid",
            message,
            Some(json!({})),
        )
    }

    pub(crate) fn too_many_operations(limit: usize, got: usize) -> Self {
        let message = format!(
            "Request entity too large: The allowed maximum operations in a JSON patch is {limit}, got {got}"
        );
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            message,
            None,
        )
    }

    /// What was wrong with a patched object, said of the patch; `shown` is what upstream shows of it.
    pub(crate) fn of_patch(self, kind: &Kind, shown: &str) -> Self {
        let head = format!(
            "{0} in version {1:?} cannot be handled as a {0}: ",
            kind.kind, kind.version
        );
        let why = self.message.strip_prefix(&head).unwrap_or(&self.message);
        Self::invalid_kind("", "", "", &[Cause::invalid("patch", shown, why)])
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message, None)
    }

    /// A 500 that gives a message and no reason: what upstream makes of an error without a status.
    pub(crate) fn unclassified(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "", message, None)
    }

    pub(crate) fn internal(message: &str) -> Self {
        let details = json!({"causes": [{"message": message}]});
        let message = format!("Internal error occurred: {message}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            message,
            Some(details),
        )
    }

    pub(crate) fn expired(message: impl Into<String>, continue_at: Option<String>) -> Self {
        // Upstream puts the token that starts over into the list metadata of the Status.
        let details = continue_at.map(|token| json!({"continue": token}));
        Self::new(StatusCode::GONE, "Expired", message, details)
    }

    pub(crate) fn too_old(asked: u64, oldest: u64) -> Self {
        Self::expired(format!("too old resource version: {asked} ({oldest})"), None)
    }

    pub(crate) fn too_large_revision(asked: u64, current: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
        let details = json!({
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        });
        Self::new(StatusCode::GATEWAY_TIMEOUT, "Timeout", message, Some(details))
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        let message = format!("Request entity too large: limit is {limit}");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            message,
            None,
        )
    }

    pub(crate) fn unsupported_media_type(accepted: &[&str]) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UnsupportedMediaType",
            message,
            None,
        )
    }

    /// A patch of a form that there is not.
    pub(crate) fn unknown_patch() -> Self {
        let message = "415: Unsupported Media Type";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UnsupportedMediaType",
            message,
            Some(json!({})),
        )
    }

    /// Upstream's router adds details that say nothing; what comes after it gives none.
    pub(crate) fn not_acceptable(message: &str, routing: bool) -> Self {
        let details = routing.then(|| json!({}));
        Self::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message, details)
    }

    /// The `Status` object itself, as it also stands in the `ERROR` event of a watch.
    pub(crate) fn status(&self) -> Value {
        let mut status = Map::new();
        status.insert("kind".into(), "Status".into());
        status.insert("apiVersion".into(), "v1".into());
        let mut metadata = json!({});
        let mut details = self.details.clone();
        if let Some(token) = details
            .as_mut()
            .and_then(|d| d.as_object_mut()?.remove("continue"))
        {
            metadata["continue"] = token;
            details = None;
        }
        status.insert("metadata".into(), metadata);
        status.insert("status".into(), "Failure".into());
        status.insert("message".into(), self.message.clone().into());
        if !self.reason.is_empty() {
            status.insert("reason".into(), self.reason.into());
        }
        if let Some(details) = details {
            status.insert("details".into(), details);
        }
        status.insert("code".into(), self.code.as_u16().into());
        Value::Object(status)
    }
}

fn about(group: &str, kind: &str, name: &str) -> Value {
    let mut details = Map::new();
    for (key, value) in [("name", name), ("group", group), ("kind", kind)] {
        if !value.is_empty() {
            details.insert(key.into(), value.into());
        }
    }
    Value::Object(details)
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let again = self
            .details
            .as_ref()
            .and_then(|details| details.get("retryAfterSeconds"));
        let again = again
            .and_then(Value::as_u64)
            .map(|seconds| [("retry-after", seconds.to_string())]);
        let mut response = (self.code, again, axum::Json(self.status())).into_response();
        warnings::add(&self.warnings, response.headers_mut());
        response
    }
}
