//! The embedded API server, spoken to as its clients speak to it.

mod bindings;
mod events;
mod hostile;
mod life;
mod lists;
mod refusals;
mod scenarios;
mod serving;
mod stories;
mod writes;

use std::time::Duration;

use axum::body::Body;
use berth::demo::{Scenario, Server, Settings};
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
    let bytes = response
        .into_body()
        .collect()
        .await
        .expect("a whole body")
        .to_bytes();
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
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).expect("an event a line"));
            }
            let piece = tokio::time::timeout(Duration::from_secs(20), self.body.next()).await;
            match piece.expect("an event within the deadline") {
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
