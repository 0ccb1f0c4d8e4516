//! From an HTTP request to an answer.

use std::sync::Arc;

use super::{
    bodies, deletions, discovery,
    failure::{Cause, Failure},
    kinds::Kind,
    object::{Key, encode},
    patches::{self, Form},
    reads,
    request::{Params, Target, segments},
    store::Store,
    strategy::Part,
    subresource::Call,
    watches,
    writes::{self, Options},
};
use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// The largest body that the server reads, as upstream.
const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// Answers one request.
pub(crate) async fn answer(store: Arc<Store>, request: Request) -> Response {
    let path = segments(request.uri().path());
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] if discovery::has("", version) => ("", *version, rest.len()),
        ["apis", group, version, rest @ ..] if !group.is_empty() && discovery::has(group, version) => {
            (*group, *version, rest.len())
        }
        parts => return plain(request.method(), parts),
    };
    if rest == 0 {
        return if request.method() == Method::GET {
            axum::Json(discovery::resources(group, version)).into_response()
        } else {
            Failure::method_not_allowed().into_response()
        };
    }
    let resource = path.get(path.len() - rest..).unwrap_or_default();
    let outcome = match Target::parse(group, version, resource) {
        Ok(target) => resource_request(&store, &target, request).await,
        Err(failure) => Err(failure),
    };
    outcome.unwrap_or_else(IntoResponse::into_response)
}

/// Paths that belong to no group and version.
fn plain(method: &Method, parts: &[&str]) -> Response {
    let found = match parts {
        ["api"] => Some(discovery::core_versions()),
        ["apis"] => Some(discovery::groups()),
        ["apis", group] => discovery::group(group),
        ["version"] => Some(discovery::version()),
        ["livez" | "readyz" | "healthz"] => return "ok".into_response(),
        _ => None,
    };
    match found {
        Some(found) if method == Method::GET => axum::Json(found).into_response(),
        Some(_) => Failure::method_not_allowed().into_response(),
        None => (StatusCode::NOT_FOUND, "404 page not found\n").into_response(),
    }
}

async fn resource_request(
    store: &Arc<Store>,
    target: &Target,
    request: Request,
) -> Result<Response, Failure> {
    let (head, body) = request.into_parts();
    acceptable(&head.headers)?;
    let call = Call {
        params: Params::parse(&head.uri)?,
        body: match head.method {
            Method::GET => Bytes::new(),
            _ => body_bytes(body).await?,
        },
        method: head.method,
        headers: head.headers,
    };
    let kind = target.kind;
    if let Some(review) = kind.review {
        let namespace = target.namespace.as_deref();
        if kind.namespaced && namespace.is_none() {
            return Err(Failure::no_such_resource());
        }
        if call.method != Method::POST || target.name.is_some() {
            return Err(Failure::method_not_allowed());
        }
        dry_run(&call.params)?;
        let sent = bodies::read(kind, &call.headers, &call.body, &call.params)?;
        let answer = review(namespace, sent.tree)?;
        return Ok(created(encode(kind, &answer).0, &sent.warnings));
    }
    let namespace = target.namespace.as_deref();
    let Some(name) = target.name.as_deref() else {
        return collection(store, kind, namespace, &call);
    };
    let key = Key::new(namespace.unwrap_or_default(), name);
    match target.subresource.as_deref() {
        None => object(store, kind, &key, Part::Main, &call),
        Some("status") if kind.has_status => object(store, kind, &key, Part::Status, &call),
        Some(name) => {
            let known = kind.subresources.iter().find(|known| known.name == name);
            let subresource = known.ok_or_else(Failure::no_such_resource)?;
            if !subresource.has(&call.method) {
                return Err(Failure::method_not_allowed());
            }
            (subresource.answer)(store, kind, &key, &call)
        }
    }
}

/// A request to all objects of a kind, or to those of a namespace.
fn collection(
    store: &Arc<Store>,
    kind: &'static Kind,
    namespace: Option<&str>,
    call: &Call,
) -> Result<Response, Failure> {
    match call.method.as_str() {
        "GET" if call.params.watch => watches::watch(store, kind, namespace, None, &call.params),
        "GET" => reads::list(store, kind, namespace, &call.params),
        // Nothing namespaced can be made without saying where.
        "POST" if kind.namespaced && namespace.is_none() => Err(Failure::method_not_allowed()),
        "POST" => create(store, kind, namespace, call),
        "DELETE" if kind.verbs().contains(&"deletecollection") && kind.namespaced == namespace.is_some() => {
            deletions::delete_collection(store, kind, namespace, call)
        }
        _ => Err(Failure::method_not_allowed()),
    }
}

fn create(
    store: &Arc<Store>,
    kind: &'static Kind,
    namespace: Option<&str>,
    call: &Call,
) -> Result<Response, Failure> {
    let options = options(call)?;
    let sent = bodies::read(kind, &call.headers, &call.body, &call.params)?;
    let made = writes::create(store, kind, namespace, sent.tree, &options)?;
    Ok(created(made, &sent.warnings))
}

/// A request to one object, or to its status.
fn object(
    store: &Arc<Store>,
    kind: &'static Kind,
    key: &Key,
    part: Part,
    call: &Call,
) -> Result<Response, Failure> {
    let namespace = kind.namespaced.then_some(&*key.namespace);
    match call.method.as_str() {
        "GET" if call.params.watch && part == Part::Main => {
            watches::watch(store, kind, namespace, Some(&key.name), &call.params)
        }
        "GET" => Ok(json(StatusCode::OK, reads::get(store, kind, key)?, &[])),
        "PUT" => {
            let missing = store.get(kind.table, key).is_none();
            if missing && kind.create_on_update && part == Part::Main {
                return create(store, kind, namespace, call);
            }
            let options = options(call)?;
            let sent = bodies::read(kind, &call.headers, &call.body, &call.params)?;
            let changed = writes::update(store, kind, key, part, &options, |_| Ok(sent.tree.clone()))?;
            Ok(json(StatusCode::OK, changed, &sent.warnings))
        }
        "PATCH" => {
            let options = options(call)?;
            let form = Form::parse(text(&call.headers, &header::CONTENT_TYPE))?;
            let mut warnings = Vec::new();
            let changed = writes::update(store, kind, key, part, &options, |old| {
                let patched = patches::apply(form, old, &call.body)?;
                // Types are the patch's fault here, and not the body's.
                let patched = bodies::normalise(kind, patched, &call.params).map_err(Failure::of_patch)?;
                warnings = patched.warnings;
                Ok(patched.tree)
            })?;
            Ok(json(StatusCode::OK, changed, &warnings))
        }
        "DELETE" if part == Part::Main && kind.verbs().contains(&"delete") => {
            deletions::answer(store, kind, key, call)
        }
        _ => Err(Failure::method_not_allowed()),
    }
}

/// How a request wants its write to be made. A client that gives its manager no name is called by its program.
pub(crate) fn options(call: &Call) -> Result<Options, Failure> {
    let agent = text(&call.headers, &header::USER_AGENT);
    let program = agent.split('/').next().filter(|program| !program.is_empty());
    let manager = match call.params.field_manager.as_str() {
        "" => program.unwrap_or("unknown"),
        named => named,
    };
    Ok(Options {
        dry_run: dry_run(&call.params)?,
        manager: manager.to_owned(),
    })
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> &'a str {
    headers
        .get(name)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
}

/// JSON is all this server speaks; whoever asks for a table or for protobuf alone is told so.
fn acceptable(headers: &HeaderMap) -> Result<(), Failure> {
    let accept = text(headers, &header::ACCEPT);
    let fits = |range: &str| {
        let mut parts = range.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default();
        matches!(essence, "application/json" | "application/*" | "*/*")
            && !parts.any(|p| p.strip_prefix("as=").is_some_and(|shape| !shape.is_empty()))
    };
    if accept.is_empty() || accept.split(',').any(|range| fits(range.trim())) {
        Ok(())
    } else {
        Err(Failure::not_acceptable())
    }
}

async fn body_bytes(body: Body) -> Result<Bytes, Failure> {
    axum::body::to_bytes(body, BODY_LIMIT).await.map_err(|error| {
        let limited = std::error::Error::source(&error)
            .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
        if limited {
            Failure::body_too_large(BODY_LIMIT)
        } else {
            Failure::bad_request(format!("the body could not be read: {error}"))
        }
    })
}

pub(crate) fn dry_run(params: &Params) -> Result<bool, Failure> {
    check_dry_run(&params.dry_run)
}

fn check_dry_run(values: &[String]) -> Result<bool, Failure> {
    match values.iter().find(|value| *value != "All") {
        None => Ok(!values.is_empty()),
        Some(other) => {
            let cause = Cause::unsupported_list("dryRun", &[other], &["All"]);
            Err(Failure::invalid_kind(
                "meta.k8s.io",
                "CreateOptions",
                "",
                &[cause],
            ))
        }
    }
}

pub(crate) fn created(body: Bytes, warnings: &[String]) -> Response {
    json(StatusCode::CREATED, body, warnings)
}

pub(crate) fn json(code: StatusCode, body: Bytes, warnings: &[String]) -> Response {
    let mut response = (code, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    for warning in warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
    response
}
