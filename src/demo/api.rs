//! From an HTTP request to an answer.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::Value;

use super::{
    bindings,
    bodies::{self, Sent},
    deletions, discovery,
    failure::{Cause, Failure},
    kinds::{BINDING, Kind},
    negotiation::{self, Offer, Shape, Wanted},
    object::{Key, encode},
    openapi,
    patches::{self, Form},
    reads,
    request::{Params, Target, segments},
    store::Store,
    strategy::Part,
    subresource::Call,
    warnings, watches,
    writes::{self, Options},
};

/// The largest body that the server reads, as upstream.
const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// Answers one request.
pub(crate) async fn answer(store: Arc<Store>, request: Request) -> Response {
    let params = Params::parse(request.uri()).unwrap_or_default();
    let wanted = Wanted::of_any(request.headers(), &params);
    let head_alone = request.method() == Method::HEAD;
    let response = routed(&store, request).await;
    let wanted = if response.status().is_success() {
        wanted
    } else {
        wanted.of_failure()
    };
    let response = negotiation::dress(response, wanted).await;
    if head_alone {
        return response.map(|_| Body::empty());
    }
    response
}

async fn routed(store: &Arc<Store>, request: Request) -> Response {
    let path = segments(request.uri().path());
    let parts: Vec<&str> = path.iter().map(String::as_str).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] if discovery::has("", version) => ("", *version, rest.len()),
        ["apis", group, version, rest @ ..] if !group.is_empty() && discovery::has(group, version) => {
            (*group, *version, rest.len())
        }
        ["openapi", "v3", below @ ..] => {
            let found = openapi::answer(request.method(), request.headers(), below);
            return found.unwrap_or_else(not_found);
        }
        parts => return plain(&request, parts),
    };
    if rest == 0 {
        if request.method() != Method::GET {
            return Failure::method_not_allowed().into_response();
        }
        let accepted = negotiation::check_whole(request.headers(), Offer::Forms);
        return tree(accepted, || discovery::resources(group, version));
    }
    let resource = path.get(path.len() - rest..).unwrap_or_default();
    let outcome = match Target::parse(group, version, resource) {
        Ok(target) => resource_request(store, &target, request).await,
        Err(failure) => Err(failure),
    };
    outcome.unwrap_or_else(IntoResponse::into_response)
}

/// Paths that belong to no group and version. Those that upstream's router does not know take every method.
fn plain(request: &Request, parts: &[&str]) -> Response {
    let routed = matches!(parts, ["api" | "version"]);
    if routed && request.method() != Method::GET {
        return Failure::method_not_allowed().into_response();
    }
    let headers = request.headers();
    match parts {
        ["api"] => discovery::core(headers),
        ["apis"] => discovery::groups(headers),
        ["apis", group] => match discovery::group(group) {
            Some(group) => tree(negotiation::check_whole(headers, Offer::Unrouted), || group),
            None => not_found(),
        },
        // Versions that there are not, in groups that there are.
        ["api", ..] => Failure::no_such_resource().into_response(),
        ["apis", group, ..] if discovery::group(group).is_some() => {
            Failure::no_such_resource().into_response()
        }
        ["version"] => tree(negotiation::check_route(headers, Offer::Json), discovery::version),
        [check @ ("livez" | "readyz" | "healthz")] => health(check, request.uri().query()),
        ["livez" | "readyz" | "healthz", "ping"] => "ok".into_response(),
        [] => tree(Ok(()), discovery::paths),
        _ => not_found(),
    }
}

/// There is one check: that somebody answers.
fn health(check: &str, query: Option<&str>) -> Response {
    let mut parameters = query.unwrap_or_default().split('&');
    let verbose = parameters.any(|part| part.split('=').next() == Some("verbose"));
    if verbose {
        format!("[+]ping ok\n{check} check passed\n").into_response()
    } else {
        "ok".into_response()
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

/// A tree that is no object, where the client takes it.
fn tree(accepted: Result<(), Failure>, tree: impl FnOnce() -> Value) -> Response {
    match accepted {
        Ok(()) => axum::Json(tree()).into_response(),
        Err(failure) => failure.into_response(),
    }
}

async fn resource_request(
    store: &Arc<Store>,
    target: &Target,
    request: Request,
) -> Result<Response, Failure> {
    let (head, body) = request.into_parts();
    let params = Params::parse(&head.uri)?;
    let offer = match (&head.method, &target.name) {
        (&Method::GET, None) => Offer::Stream,
        (&Method::GET, _) if target.old_watch => Offer::Stream,
        _ => Offer::Forms,
    };
    // What a subresource answers need not be an object: a log is text.
    let wanted = match (Wanted::of(&head.headers, &params, offer), &target.subresource) {
        (Ok(wanted), _) => wanted,
        (Err(_), Some(name)) if name != "status" => Wanted::FALLBACK,
        (Err(failure), _) => return Err(failure),
    };
    let call = Call {
        params,
        body: match head.method {
            Method::GET => Bytes::new(),
            _ => body_bytes(body).await?,
        },
        method: head.method,
        headers: head.headers,
        wanted,
    };
    let response = stored_request(store, target, &call)?;
    if call.method == Method::GET || wanted.shape == Shape::Whole || target.subresource.is_some() {
        return Ok(response);
    }
    let (mut head, body) = response.into_parts();
    let bytes = body_bytes(body).await?;
    head.headers.remove(header::CONTENT_LENGTH);
    let shown = reads::written(target.kind, &bytes, &call.params, wanted)?;
    Ok(Response::from_parts(head, Body::from(shown.unwrap_or(bytes))))
}

fn stored_request(store: &Arc<Store>, target: &Target, call: &Call) -> Result<Response, Failure> {
    let kind = target.kind;
    if std::ptr::eq(kind, &raw const BINDING) {
        return bindings::create(store, target, call);
    }
    if let Some(review) = kind.review {
        let namespace = target.namespace.as_deref();
        if kind.namespaced && namespace.is_none() {
            return Err(Failure::no_such_resource());
        }
        if target.name.is_some() {
            return Err(Failure::no_such_resource());
        }
        if call.method != Method::POST {
            return Err(Failure::method_not_allowed());
        }
        dry_run(&call.params)?;
        let sent = bodies::read(kind, &call.headers, &call.body, &call.params)?;
        let answer = review(namespace, sent.tree)?;
        return Ok(created(encode(kind, &answer).0, &sent.warnings));
    }
    let namespace = target.namespace.as_deref();
    if target.old_watch {
        return match call.method {
            Method::GET => watches::watch(
                store,
                kind,
                namespace,
                target.name.as_deref(),
                &call.params,
                call.wanted,
            ),
            _ => Err(Failure::method_not_allowed()),
        };
    }
    let Some(name) = target.name.as_deref() else {
        return collection(store, kind, namespace, call);
    };
    let key = Key::new(namespace.unwrap_or_default(), name);
    match target.subresource.as_deref() {
        None => object(store, kind, &key, Part::Main, call),
        Some("status") if kind.has_status => object(store, kind, &key, Part::Status, call),
        Some(name) => {
            let known = kind.subresources.iter().find(|known| known.name == name);
            let subresource = known.ok_or_else(Failure::no_such_resource)?;
            if !subresource.has(&call.method) {
                return Err(Failure::method_not_allowed());
            }
            (subresource.answer)(store, kind, &key, call)
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
        "GET" if call.params.watch => watches::watch(store, kind, namespace, None, &call.params, call.wanted),
        "GET" => reads::list(store, kind, namespace, &call.params, call.wanted),
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
    make(store, kind, namespace, sent, &options)
}

fn make(
    store: &Arc<Store>,
    kind: &'static Kind,
    namespace: Option<&str>,
    sent: Sent,
    options: &Options,
) -> Result<Response, Failure> {
    let Sent { tree, warnings } = sent;
    let made = writes::create(store, kind, namespace, tree, options)
        .map_err(|failure| failure.warning(&warnings))?;
    Ok(created(made, &warnings))
}

/// A request to one object, or to a part of it.
pub(crate) fn object(
    store: &Arc<Store>,
    kind: &'static Kind,
    key: &Key,
    part: Part,
    call: &Call,
) -> Result<Response, Failure> {
    let namespace = kind.namespaced.then_some(&*key.namespace);
    match call.method.as_str() {
        // A `watch` parameter is not heeded here: one object is watched by a field selector.
        "GET" => {
            let shown = reads::get(store, kind, key, &call.params, call.wanted)?;
            Ok(json(StatusCode::OK, shown, &[]))
        }
        "PUT" => {
            let options = options(call)?;
            let sent = bodies::read(kind, &call.headers, &call.body, &call.params)?;
            bodies::check_target(&sent.tree, key)?;
            let missing = store.get(kind.table, key).is_none();
            if missing && kind.create_on_update && part == Part::Main {
                return make(store, kind, namespace, sent, &options);
            }
            let changed = writes::update(store, kind, key, part, &options, |_| Ok(sent.tree.clone()))
                .map_err(|failure| failure.warning(&sent.warnings))?;
            Ok(json(StatusCode::OK, changed, &sent.warnings))
        }
        "PATCH" => patches::answer(store, kind, key, part, call),
        "DELETE" if part == Part::Main && kind.verbs().contains(&"delete") => {
            deletions::answer(store, kind, key, call)
        }
        _ => Err(Failure::method_not_allowed()),
    }
}

/// Bytes of a field manager's name, as upstream.
const MANAGER_LIMIT: usize = 128;

/// How a request wants its write to be made. A client that gives its manager no name is called by its program.
pub(crate) fn options(call: &Call) -> Result<Options, Failure> {
    check_options(call)?;
    let agent = text(&call.headers, &header::USER_AGENT);
    let mut program = String::new();
    let letters = agent.split('/').next().unwrap_or_default().chars();
    for letter in letters.filter(|letter| !letter.is_control()) {
        if program.len() + letter.len_utf8() > MANAGER_LIMIT {
            break;
        }
        program.push(letter);
    }
    let manager = match call.params.field_manager.as_str() {
        "" if program.is_empty() => "unknown",
        "" => &program,
        named => named,
    };
    let kind = match call.method {
        Method::PUT => "UpdateOptions",
        Method::PATCH => "PatchOptions",
        _ => "CreateOptions",
    };
    let other = bodies::field_validation_cause(&call.params);
    Ok(Options {
        dry_run: check_dry_run(kind, &call.params.dry_run, other)?,
        manager: manager.to_owned(),
        ..Options::default()
    })
}

/// What is wrong with the options of a write.
fn check_options(call: &Call) -> Result<(), Failure> {
    let kind = match call.method.as_str() {
        "PATCH" => "PatchOptions",
        "PUT" => "UpdateOptions",
        _ => "CreateOptions",
    };
    let params = &call.params;
    let manager = params.field_manager.as_str();
    let mut causes = Vec::new();
    if kind == "PatchOptions" {
        let applies = Form::parse(text(&call.headers, &header::CONTENT_TYPE))? == Form::Apply;
        if applies && manager.is_empty() {
            causes.push(Cause::required("fieldManager", "is required for apply patch"));
        }
        if !applies && params.force.is_some() {
            causes.push(Cause::forbidden(
                "force",
                "may not be specified for non-apply patch",
            ));
        }
    }
    if manager.len() > MANAGER_LIMIT {
        causes.push(Cause::too_long("fieldManager", MANAGER_LIMIT));
    }
    for (at, letter) in manager.char_indices().filter(|(_, letter)| letter.is_control()) {
        let why = format!("invalid character U+{:04X} (at position {at})", letter as u32);
        causes.push(Cause::invalid("fieldManager", manager, &why));
    }
    if let Some(other) = params.dry_run.iter().find(|value| *value != "All") {
        causes.push(Cause::unsupported_list("dryRun", &[other], &["All"]));
    }
    let validation = params.field_validation.as_str();
    if !matches!(validation, "" | "Ignore" | "Warn" | "Strict") {
        let known = ["", "Ignore", "Strict", "Warn"];
        causes.push(Cause::unsupported("fieldValidation", validation, &known));
    }
    if causes.is_empty() {
        Ok(())
    } else {
        Err(Failure::invalid_kind("meta.k8s.io", kind, "", &causes))
    }
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> &'a str {
    headers
        .get(name)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
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
    check_dry_run("CreateOptions", &params.dry_run, None)
}

/// Whether nothing is to be stored; `other` is what else is wrong with the options of that kind.
fn check_dry_run(kind: &str, values: &[String], other: Option<Cause>) -> Result<bool, Failure> {
    let wrong = values.iter().any(|value| value != "All");
    let dry_run = wrong.then(|| {
        let values: Vec<&String> = values.iter().collect();
        Cause::unsupported_list("dryRun", &values, &["All"])
    });
    let causes: Vec<Cause> = dry_run.into_iter().chain(other).collect();
    if causes.is_empty() {
        Ok(!values.is_empty())
    } else {
        Err(Failure::invalid_kind("meta.k8s.io", kind, "", &causes))
    }
}

pub(crate) fn created(body: Bytes, warnings: &[String]) -> Response {
    json(StatusCode::CREATED, body, warnings)
}

pub(crate) fn json(code: StatusCode, body: Bytes, warnings: &[String]) -> Response {
    let mut response = (code, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    warnings::add(warnings, response.headers_mut());
    response
}
