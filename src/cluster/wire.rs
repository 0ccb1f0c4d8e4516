//! The wire: every request that was made, with its answer.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::{Request, Response};
use jiff::Timestamp;
use kube::client::Body;
use tokio::sync::broadcast;
use tower::{BoxError, Layer, Service};

/// A request and how it was answered.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// When it was sent.
    pub started: Timestamp,
    /// RBAC's verb for it: `get`, `list`, `watch`, `create` …
    pub verb: &'static str,
    /// The HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The HTTP status; `None` where no answer came.
    pub status: Option<u16>,
    /// From sending it to the head of the answer.
    pub latency: Duration,
}

/// A log of the latest [`Exchange`]s. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Wire(Arc<Log>);

#[derive(Debug)]
struct Log {
    latest: Mutex<VecDeque<Exchange>>,
    live: broadcast::Sender<Exchange>,
}

/// Marks a request that repeats for ever and says nothing new: it stays out of the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Routine;

impl Wire {
    /// How many exchanges are kept.
    pub const KEPT: usize = 500;

    /// The exchanges kept, oldest first.
    pub fn latest(&self) -> Vec<Exchange> {
        self.kept().iter().cloned().collect()
    }

    /// Exchanges from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Exchange> {
        self.0.live.subscribe()
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, VecDeque<Exchange>> {
        self.0.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, exchange: Exchange) {
        let mut kept = self.kept();
        if kept.len() >= Self::KEPT {
            kept.pop_front();
        }
        kept.push_back(exchange.clone());
        drop(kept);
        // Nobody listening is no fault.
        let _ = self.0.live.send(exchange);
    }
}

impl Default for Wire {
    fn default() -> Self {
        Self(Arc::new(Log {
            latest: Mutex::default(),
            live: broadcast::Sender::new(256),
        }))
    }
}

impl<S> Layer<S> for Wire {
    type Service = Tapped<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Tapped {
            inner,
            wire: self.clone(),
        }
    }
}

/// A service whose requests are recorded.
#[derive(Clone, Debug)]
pub struct Tapped<S> {
    inner: S,
    wire: Wire,
}

impl<S, B> Service<Request<Body>> for Tapped<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: 'static,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.extensions().get::<Routine>().is_some() {
            return Box::pin(self.inner.call(request));
        }
        let mut exchange = Exchange {
            started: Timestamp::now(),
            verb: verb(&request),
            method: request.method().to_string(),
            path: request
                .uri()
                .path_and_query()
                .map_or_else(String::new, ToString::to_string),
            status: None,
            latency: Duration::ZERO,
        };
        let (wire, sent) = (self.wire.clone(), Instant::now());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            exchange.latency = sent.elapsed();
            exchange.status = answer.as_ref().ok().map(|response| response.status().as_u16());
            wire.record(exchange);
            answer
        })
    }
}

fn verb(request: &Request<Body>) -> &'static str {
    let uri = request.uri();
    match request.method().as_str() {
        "GET"
            if uri
                .query()
                .is_some_and(|query| query.split('&').any(|part| part.starts_with("watch="))) =>
        {
            "watch"
        }
        "GET" if is_collection(uri.path()) => "list",
        "GET" => "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        _ => "",
    }
}

/// Whether `path` names a kind and not an object: `/api/v1/pods`, `/apis/GROUP/v1/namespaces/NS/leases`.
fn is_collection(path: &str) -> bool {
    let mut parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let head = match parts.first() {
        Some(&"api") => 2,
        Some(&"apis") => 3,
        _ => return false,
    };
    parts.drain(..head.min(parts.len()));
    matches!(parts.as_slice(), [_] | ["namespaces", _, _])
}
