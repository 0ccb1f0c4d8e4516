//! What a kubelet would answer: logs, and streams into containers.
//!
//! No container runs here. A log is one line that says so; `exec`, `attach`, `port-forward` and proxies are refused in words
//! that a client shows. What upstream checks before it asks the kubelet is checked alike
//! (`pkg/registry/core/pod/strategy.go`), and so is what the kubelet says of containers that have not started.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    failure::{Cause, Failure},
    fields::{items, set, text},
    kinds::{NODE, POD, Table},
    object::{Key, str_at},
    request::Params,
    store::Store,
    subresource::Subresource,
};

/// All that a container here ever says.
const LINE: &str = "this line is made up: the embedded cluster of berth runs no containers";
const NO_CONTAINERS: &str = "the embedded cluster of berth runs no containers";

/// `log`, of pods.
pub(crate) const SUBRESOURCE: Subresource = Subresource {
    name: "log",
    of: ("", "v1", "Pod"),
    verbs: &["get"],
    answer: |store, _, key, call| log(store, key, &call.params),
};

/// `exec`, of pods.
pub(crate) const EXEC: Subresource = Subresource {
    name: "exec",
    of: ("", "v1", "PodExecOptions"),
    verbs: &["create", "get"],
    answer: |store, _, key, call| {
        running_pod(store, key, Some(&call.params.container))?;
        Err(refused("a command cannot be run in a pod"))
    },
};

/// `attach`, of pods.
pub(crate) const ATTACH: Subresource = Subresource {
    name: "attach",
    of: ("", "v1", "PodAttachOptions"),
    verbs: &["create", "get"],
    answer: |store, _, key, call| {
        running_pod(store, key, Some(&call.params.container))?;
        Err(refused("a pod cannot be attached to"))
    },
};

/// `portforward`, of pods.
pub(crate) const PORT_FORWARD: Subresource = Subresource {
    name: "portforward",
    of: ("", "v1", "PodPortForwardOptions"),
    verbs: &["create", "get"],
    answer: |store, _, key, _| {
        running_pod(store, key, None)?;
        Err(refused("no port of a pod can be forwarded"))
    },
};

/// `proxy`, of pods.
pub(crate) const POD_PROXY: Subresource = Subresource {
    name: "proxy",
    of: ("", "v1", "PodProxyOptions"),
    verbs: &["create", "delete", "get", "patch", "update"],
    answer: |store, _, key, _| {
        let name = proxied(&key.name);
        let pod = pod(store, &Key::new(&key.namespace, name))?;
        if str_at(&pod, "/status/podIP").is_empty() {
            return Err(Failure::bad_request("address not allowed"));
        }
        Err(refused("nothing in a pod answers"))
    },
};

/// `proxy`, of nodes.
pub(crate) const NODE_PROXY: Subresource = Subresource {
    name: "proxy",
    of: ("", "v1", "NodeProxyOptions"),
    verbs: &["create", "delete", "get", "patch", "update"],
    answer: |store, _, key, _| {
        let name = proxied(&key.name);
        if store.get(Table::Nodes, &Key::new("", name)).is_none() {
            return Err(Failure::not_found(&NODE, name));
        }
        Err(refused("no kubelet of a node answers"))
    },
};

fn refused(what: &str) -> Failure {
    Failure::not_implemented(format!("{what}: {NO_CONTAINERS}"))
}

/// Who is asked for through a proxy: `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`.
fn proxied(name: &str) -> &str {
    let parts: Vec<&str> = name.split(':').collect();
    match parts.as_slice() {
        [name, _] | [_, name, _] => name,
        _ => name,
    }
}

fn pod(store: &Store, key: &Key) -> Result<Value, Failure> {
    let pod = store.get(Table::Pods, key);
    Ok(pod.ok_or_else(|| Failure::not_found(&POD, &key.name))?.tree())
}

/// The pod, if it is on a node and has that container.
fn running_pod(store: &Store, key: &Key, asked: Option<&str>) -> Result<Value, Failure> {
    let pod = pod(store, key)?;
    if let Some(asked) = asked {
        container(&pod, asked)?;
    }
    if str_at(&pod, "/spec/nodeName").is_empty() {
        let why = format!("pod {} does not have a host assigned", key.name);
        return Err(Failure::bad_request(why));
    }
    Ok(pod)
}

/// The container that is meant: the only one where none is named.
fn container<'a>(pod: &'a Value, asked: &'a str) -> Result<&'a str, Failure> {
    let name = str_at(pod, "/metadata/name");
    let spec = &pod["spec"];
    let all: Vec<&str> = ["initContainers", "containers", "ephemeralContainers"]
        .iter()
        .flat_map(|list| items(spec, list))
        .map(|container| text(container, "name"))
        .collect();
    if asked.is_empty() {
        return match items(spec, "containers") {
            [only] => Ok(text(only, "name")),
            [] => Err(Failure::bad_request(format!(
                "a container name must be specified for pod {name}"
            ))),
            _ => Err(Failure::bad_request(format!(
                "a container name must be specified for pod {name}, choose one of: [{}]",
                all.join(" ")
            ))),
        };
    }
    if all.contains(&asked) {
        Ok(asked)
    } else {
        Err(Failure::bad_request(format!(
            "container {asked} is not valid for pod {name}"
        )))
    }
}

fn log(store: &Arc<Store>, key: &Key, params: &Params) -> Result<Response, Failure> {
    params.check_numbers(&["sinceSeconds", "tailLines", "limitBytes"])?;
    let causes = check(params);
    if !causes.is_empty() {
        return Err(Failure::invalid_kind("", "PodLogOptions", &key.name, &causes));
    }
    let pod = pod(store, key)?;
    let container = container(&pod, &params.container)?;
    if str_at(&pod, "/spec/nodeName").is_empty() {
        // There is no kubelet to ask, which is no failure.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let started = started(&pod, container, params.previous)?;
    let line = Bytes::from(written(&pod, started, params));
    if !params.follow || ended(&pod, container) {
        return Ok(plain(Body::from(line)));
    }
    Ok(plain(follow(
        Arc::clone(store),
        key,
        str_at(&pod, "/metadata/uid"),
        container,
        line,
    )))
}

fn check(params: &Params) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some(lines) = params.tail_lines.filter(|lines| *lines < 0) {
        let why = "must be greater than or equal to 0";
        causes.push(Cause::invalid("tailLines", lines, why));
    }
    if let Some(bytes) = params.limit_bytes.filter(|bytes| *bytes < 1) {
        causes.push(Cause::invalid("limitBytes", bytes, "must be greater than 0"));
    }
    if let Some(seconds) = params.since_seconds {
        if !params.since_time.is_empty() {
            let why = "at most one of `sinceTime` or `sinceSeconds` may be specified";
            causes.push(Cause::forbidden("", why));
        } else if seconds < 1 {
            causes.push(Cause::invalid("sinceSeconds", seconds, "must be greater than 0"));
        }
    }
    causes
}

/// The status of a container, if there is one yet.
fn status_of<'a>(pod: &'a Value, container: &str) -> Option<&'a Value> {
    [
        "containerStatuses",
        "initContainerStatuses",
        "ephemeralContainerStatuses",
    ]
    .iter()
    .flat_map(|list| items(&pod["status"], list))
    .find(|status| text(status, "name") == container)
}

/// When a container started, or what a kubelet says of one that has not.
fn started(pod: &Value, container: &str, previous: bool) -> Result<Timestamp, Failure> {
    let name = str_at(pod, "/metadata/name");
    let about = format!("container {container:?} in pod {name:?}");
    let Some(status) = status_of(pod, container) else {
        return Err(Failure::bad_request(format!("{about} is not available")));
    };
    let last = status
        .pointer("/lastState/terminated")
        .filter(|state| !state.is_null());
    if previous && last.is_none() {
        return Err(Failure::bad_request(format!(
            "previous terminated {about} not found"
        )));
    }
    let state = |name: &str| set(&status["state"], name);
    let of = match (previous, state("running").or_else(|| state("terminated"))) {
        (true, _) => last,
        (false, Some(state)) => Some(state),
        (false, None) => None,
    };
    if let Some(state) = of {
        return Ok(text(state, "startedAt").parse().unwrap_or(Timestamp::UNIX_EPOCH));
    }
    let why = match state("waiting").map(|waiting| text(waiting, "reason")) {
        Some("ErrImagePull") => ": image can't be pulled".to_owned(),
        Some("ImagePullBackOff") => ": trying and failing to pull image".to_owned(),
        Some(reason) => format!(": {reason}"),
        None => " - no logs yet".to_owned(),
    };
    Err(Failure::bad_request(format!("{about} is waiting to start{why}")))
}

/// The log, as far as it is asked for.
fn written(pod: &Value, started: Timestamp, params: &Params) -> String {
    let since = match params.since_seconds {
        Some(seconds) => Timestamp::now()
            .checked_sub(SignedDuration::from_secs(seconds))
            .ok(),
        None => params.since_time.parse().ok(),
    };
    if params.tail_lines == Some(0) || since.is_some_and(|since| started < since) {
        return String::new();
    }
    let (namespace, name) = (str_at(pod, "/metadata/namespace"), str_at(pod, "/metadata/name"));
    let stamp = if params.timestamps {
        started.strftime("%Y-%m-%dT%H:%M:%S.%9fZ ").to_string()
    } else {
        String::new()
    };
    let mut log = format!("{stamp}{namespace}/{name}: {LINE}\n");
    if let Some(limit) = params.limit_bytes.and_then(|limit| usize::try_from(limit).ok())
        && limit < log.len()
    {
        // Names and the line are ASCII, but nothing depends on it.
        let end = (0..=limit).rev().find(|end| log.is_char_boundary(*end));
        log.truncate(end.unwrap_or(0));
    }
    log
}

fn ended(pod: &Value, container: &str) -> bool {
    matches!(str_at(pod, "/status/phase"), "Succeeded" | "Failed")
        || status_of(pod, container).is_some_and(|status| {
            status
                .pointer("/state/terminated")
                .is_some_and(|state| !state.is_null())
        })
}

/// The log, and then nothing, until the container has ended or the pod is gone.
fn follow(store: Arc<Store>, key: &Key, uid: &str, container: &str, line: Bytes) -> Body {
    let (key, uid, container) = (key.clone(), uid.to_owned(), container.to_owned());
    let end = async move {
        let Some(mut changes) = store.subscribe(Table::Pods) else {
            return;
        };
        let mut seen = 0;
        loop {
            changes.borrow_and_update();
            let pod = store.get(Table::Pods, &key).filter(|pod| *pod.uid == *uid);
            let Some(pod) = pod else {
                return;
            };
            // Other pods change, too: this one is read only when it has.
            if pod.revision != seen && ended(&pod.tree(), &container) {
                return;
            }
            seen = pod.revision;
            if changes.changed().await.is_err() {
                return;
            }
        }
    };
    let line = stream::once(async move { Ok::<Bytes, Infallible>(line) });
    Body::from_stream(line.chain(stream::once(end).filter_map(|()| std::future::ready(None))))
}

fn plain(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "text/plain")], body).into_response()
}
