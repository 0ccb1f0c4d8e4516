//! The embedded API server, spoken to as its clients speak to it.

mod apply;
mod bindings;
mod budgets;
mod daemon_sets;
mod decoding;
mod deletions;
mod deployments;
mod discovery;
mod events;
mod evictions;
mod garbage;
mod hostile;
mod jobs;
mod kinds;
mod kubelets;
mod life;
mod lists;
mod logs;
mod namespaces;
mod negotiation;
mod node_failure;
mod nodes;
mod openapi;
mod patches;
mod pod_updates;
mod pods;
mod refusals;
mod resource_claims;
mod reviews;
mod scale;
mod scenarios;
mod serving;
mod stateful_sets;
mod stories;
mod tables;
mod volumes;
mod writes;

use std::time::Duration;

use axum::body::Body;
use berth::demo::{Pace, Scenario, Server, Settings};
use futures::StreamExt;
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

/// An answer: its code, and its body as JSON (or as a string where it is none).
type Answer = (u16, Value);

/// A server without kubelets, so that nothing happens but what a test does.
fn still() -> Server {
    Server::start_with(
        Scenario::empty(),
        Settings {
            life: false,
            ..Settings::default()
        },
    )
}

/// A server whose kubelets and controllers are in a hurry, and which writes nothing at rest.
fn hasty() -> Server {
    hasty_with(|_| ())
}

fn hasty_with(change: impl FnOnce(&mut Pace)) -> Server {
    let moment = Duration::from_millis(10);
    let mut pace = Pace {
        heartbeats: false,
        notice: moment,
        start: moment,
        stop: moment,
        job_run: moment,
        crash_back_off: moment,
        provision: moment,
        ..Pace::default()
    };
    change(&mut pace);
    let settings = Settings {
        pace,
        ..Settings::default()
    };
    Server::start_with(Scenario::empty(), settings)
}

/// Fails a test that waits in vain, saying what for.
async fn within<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let Ok(found) = tokio::time::timeout(Duration::from_secs(120), wait).await else {
        panic!("waited in vain for {what}");
    };
    found
}

/// Watches an object until it is as wanted, or gone; answers how it was then.
async fn until(server: &Server, uri: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let (base, name) = uri.rsplit_once('/').expect("the path of an object");
    let selected = format!("{base}?watch=1&fieldSelector=metadata.name%3D{name}");
    let mut watch = Events::open(server, &selected).await;
    let mut last = Value::Null;
    let wait = async {
        loop {
            let event = watch.next_at_last().await?;
            last = event["object"].clone();
            if wanted(&last) || event["type"] == "DELETED" {
                return Some(());
            }
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(120), wait).await;
    assert!(
        matches!(found, Ok(Some(()))),
        "{uri} did not become as wanted: {last}"
    );
    last
}

/// Waits until an object is gone that was once seen like this; answers its last state.
async fn until_gone(server: &Server, uri: &str, seen: &Value) -> Value {
    let (base, name) = uri.rsplit_once('/').expect("the path of an object");
    let revision = seen["metadata"]["resourceVersion"].as_str().expect("an object");
    let selected = format!("{base}?watch=1&fieldSelector=metadata.name%3D{name}&resourceVersion={revision}");
    let mut watch = Events::open(server, &selected).await;
    let gone = async {
        loop {
            let event = watch.next().await.expect("the watch goes on");
            if event["type"] == "DELETED" {
                return event["object"].clone();
            }
        }
    };
    within(&format!("the end of {uri}"), gone).await
}

/// Waits for an event about an object with that reason; answers it.
async fn event_about(server: &Server, name: &str, reason: &str) -> Value {
    let uri = format!("/api/v1/events?watch=1&fieldSelector=involvedObject.name%3D{name},reason%3D{reason}");
    let mut watch = Events::open(server, &uri).await;
    let event = within(&format!("the event {reason} about {name}"), watch.next()).await;
    event.expect("an event")["object"].clone()
}

/// The status of a condition of an object.
fn condition<'a>(object: &'a Value, kind: &str) -> &'a str {
    let conditions = object["status"]["conditions"].as_array();
    let found = conditions.into_iter().flatten().find(|c| c["type"] == kind);
    found.and_then(|c| c["status"].as_str()).unwrap_or_default()
}

async fn bind(server: &Server, name: &str, node: &str) {
    let binding = json!({"metadata": {"name": name}, "target": {"kind": "Node", "name": node}});
    ok(server, "POST", &format!("{PODS}/{name}/binding"), &binding).await;
}

async fn send(
    server: &Server,
    method: &str,
    uri: &str,
    media: &str,
    body: impl Into<Body>,
) -> Response<Body> {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("content-type", media);
    server
        .service()
        .oneshot(request.body(body.into()).expect("a sound request"))
        .await
        .unwrap()
}

async fn read(response: Response<Body>) -> Answer {
    let code = response.status().as_u16();
    let body = within("the end of an answer", response.into_body().collect()).await;
    let bytes = body.expect("a whole body").to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    (code, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

async fn call(server: &Server, method: &str, uri: &str, body: &Value) -> Answer {
    let media = match method {
        "PATCH" => "application/merge-patch+json",
        _ => "application/json",
    };
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    read(send(server, method, uri, media, body).await).await
}

async fn get(server: &Server, uri: &str) -> Answer {
    call(server, "GET", uri, &Value::Null).await
}

/// The answer must have that code; then its body.
async fn ok(server: &Server, method: &str, uri: &str, body: &Value) -> Value {
    let (code, answer) = call(server, method, uri, body).await;
    assert!((200..300).contains(&code), "{method} {uri}: {code} {answer}");
    answer
}

fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"schedulerName": "berth", "containers": [{"name": "c", "image": "i:1"}]},
    })
}

/// A workload of pods with the label `app`, which is its name.
fn workload(version: &str, kind: &str, name: &str, mut spec: Value) -> Value {
    let labels = json!({"app": name});
    spec["selector"] = json!({"matchLabels": labels});
    spec["template"] = json!({
        "metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i:1"}]},
    });
    json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec})
}

/// Waits until the objects with a label are as wanted; answers them.
async fn pick(server: &Server, uri: &str, label: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let picked = format!("{uri}?labelSelector={label}");
    let pick = async {
        loop {
            let list = ok(server, "GET", &picked, &Value::Null).await;
            let items = list["items"].as_array().cloned().unwrap_or_default();
            if wanted(&items) {
                return items;
            }
            let revision = list["metadata"]["resourceVersion"].as_str().expect("a list");
            let mut watch = Events::open(server, &format!("{uri}?watch=1&resourceVersion={revision}")).await;
            watch.next().await.expect("the watch goes on");
        }
    };
    within(&picked, pick).await
}

/// Ends a task with the test.
struct Task(tokio::task::JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Binds whatever waits to a node, until what is answered is dropped.
fn place_all(server: &Server, node: &str) -> Task {
    let (server, node) = (server.clone(), node.to_owned());
    Task(tokio::spawn(async move {
        let mut waiting = Events::open(&server, "/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3D").await;
        while let Some(event) = waiting.next().await {
            if event["type"] == "ADDED" {
                let name = &event["object"]["metadata"]["name"];
                let binding = json!({"metadata": {"name": name}, "target": {"kind": "Node", "name": node}});
                let path = format!("{PODS}/{}/binding", name.as_str().unwrap_or_default());
                // A pod may be gone by now.
                call(&server, "POST", &path, &binding).await;
            }
        }
    }))
}

const PODS: &str = "/api/v1/namespaces/default/pods";

async fn make_pod(server: &Server, name: &str) -> Value {
    ok(server, "POST", PODS, &pod(name)).await
}

async fn make_node(server: &Server, name: &str, labels: Value) -> Value {
    let node = json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
        "status": {"capacity": {"cpu": "4", "memory": "8Gi", "pods": "20"}},
    });
    ok(server, "POST", "/api/v1/nodes", &node).await
}

/// A watch, read event by event.
struct Events {
    body: axum::body::BodyDataStream,
    buffer: Vec<u8>,
}

impl Events {
    async fn open(server: &Server, uri: &str) -> Self {
        let response = send(server, "GET", uri, "", Body::empty()).await;
        assert_eq!(response.status(), 200, "{uri}");
        Self {
            body: response.into_body().into_data_stream(),
            buffer: Vec::new(),
        }
    }

    /// The next event; `None` where the watch has ended.
    async fn next(&mut self) -> Option<Value> {
        within("an event", self.next_at_last()).await
    }

    /// The next event, however long that takes.
    async fn next_at_last(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).expect("an event a line"));
            }
            match self.body.next().await {
                Some(bytes) => self
                    .buffer
                    .extend_from_slice(&bytes.expect("a piece of the watch")),
                None => return None,
            }
        }
    }

    /// Type, name and revision of the next event.
    async fn brief(&mut self) -> (String, String, String) {
        let event = self.next().await.expect("one more event");
        let text = |at: &str| {
            event
                .pointer(at)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        (
            text("/type"),
            text("/object/metadata/name"),
            text("/object/metadata/resourceVersion"),
        )
    }
}
