//! A road to an API server, without TLS, on which a write can be held, cut off, answered by somebody else or by half.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::DEADLINE;

/// What becomes of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is held until [`Road::let_go`].
    Hold(Side),
    /// The connection is cut.
    Cut(Side),
    /// The server's answer is cut in the middle.
    Half,
    /// This code comes instead of the server's answer, as from something between.
    Answer(u16, Side),
}

/// On which side of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Before it: it never sees the write.
    Before,
    /// Behind it: it does as it was asked.
    Behind,
}

impl Fault {
    /// Whether the server sees the write.
    pub(crate) fn arrives(self) -> bool {
        !matches!(
            self,
            Self::Hold(Side::Before) | Self::Cut(Side::Before) | Self::Answer(_, Side::Before)
        )
    }
}

type Handler = Arc<dyn Fn(Request<Bytes>) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// The road. Writes are requests other than GET, without reviews, dry runs, and what operators tell each other.
pub(crate) struct Road {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    writes: AtomicUsize,
    /// Which writes are to meet what.
    fault: Mutex<Option<(Which, Fault)>>,
    /// Bindings that the server took.
    bound: AtomicUsize,
    /// How many writes met their fault.
    met: watch::Sender<usize>,
    /// Whether what is held goes on.
    goes_on: watch::Sender<bool>,
}

/// Which writes.
enum Which {
    /// Those of these numbers, counted from 1.
    Numbers(RangeInclusive<usize>),
    /// Those to paths that end so.
    To(&'static str),
}

impl Road {
    /// To an embedded cluster.
    pub(crate) async fn to_embedded(server: &berth::demo::Server) -> Self {
        let service = server.service();
        Self::to(Arc::new(move |request| {
            let service = service.clone();
            Box::pin(async move {
                let answer: Result<Response<Body>, Infallible> =
                    service.oneshot(request.map(Body::from)).await;
                answer.unwrap_or_else(|never| match never {})
            })
        }))
        .await
    }

    /// To the server of `client`, with its credentials.
    pub(crate) async fn to_server_of(client: kube::Client) -> Self {
        Self::to(Arc::new(move |mut request| {
            let client = client.clone();
            Box::pin(async move {
                request.headers_mut().remove("host");
                let request = request.map(kube::client::Body::from);
                match client.send(request).await {
                    Ok(answer) => answer.map(Body::new),
                    Err(error) => {
                        let mut answer = Response::new(Body::from(error.to_string()));
                        *answer.status_mut() = http::StatusCode::BAD_GATEWAY;
                        answer
                    }
                }
            })
        }))
        .await
    }

    async fn to(handler: Handler) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State::default());
        tokio::spawn({
            let state = Arc::clone(&state);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, Arc::clone(&handler), Arc::clone(&state)));
                }
            }
        });
        Self { address, state }
    }

    /// A kubeconfig in `folder` that leads along here, for a user `ana`.
    pub(crate) fn kubeconfig(&self, folder: &Path) -> PathBuf {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": format!("http://{}", self.address)}}],
            "users": [{"name": "ana", "user": {}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "ana", "namespace": "default"}}],
        });
        let path = folder.join("kubeconfig");
        std::fs::write(&path, config.to_string()).expect("a kubeconfig");
        path
    }

    /// Has the `at`-th write from now on meet `fault`.
    pub(crate) fn lay(&self, at: usize, fault: Fault) {
        self.lay_over(at..=at, fault);
    }

    /// Has the writes of these numbers, from now on, meet `fault`.
    pub(crate) fn lay_over(&self, writes: RangeInclusive<usize>, fault: Fault) {
        self.lay_on(Which::Numbers(writes), fault);
    }

    /// Holds the writes to paths that end so, until [`Road::let_go`].
    pub(crate) fn hold(&self, path: &'static str) {
        self.lay_on(Which::To(path), Fault::Hold(Side::Before));
    }

    fn lay_on(&self, which: Which, fault: Fault) {
        self.state.writes.store(0, Ordering::SeqCst);
        self.state.met.send_replace(0);
        self.state.goes_on.send_replace(false);
        *self.state.fault.lock().expect("it is there") = Some((which, fault));
    }

    /// Lets go on what is held.
    pub(crate) fn let_go(&self) {
        self.state.goes_on.send_replace(true);
    }

    /// How many Bindings the server took since this was asked last.
    pub(crate) fn take_bound(&self) -> usize {
        self.state.bound.swap(0, Ordering::SeqCst)
    }

    /// From now on nothing happens to writes.
    pub(crate) fn clear(&self) {
        *self.state.fault.lock().expect("it is there") = None;
    }

    /// How many writes met their fault.
    pub(crate) fn met(&self) -> usize {
        *self.state.met.borrow()
    }

    /// Whether a write met its fault.
    pub(crate) fn has_met(&self) -> bool {
        self.met() > 0
    }

    /// Waits until a write has met its fault.
    pub(crate) async fn meet(&self, case: &str) {
        self.meet_all(1, case).await;
    }

    /// Waits until so many writes have met their fault.
    pub(crate) async fn meet_all(&self, writes: usize, case: &str) {
        let mut met = self.state.met.subscribe();
        let wait = tokio::time::timeout(DEADLINE, met.wait_for(|met| *met >= writes)).await;
        let came = self.state.met.borrow();
        assert!(
            matches!(wait, Ok(Ok(_))),
            "{case}: {} of {writes} writes came",
            *came
        );
    }
}

impl State {
    /// What becomes of a request.
    fn fault(&self, request: &Request<Bytes>) -> Option<Fault> {
        let uri = request.uri();
        let writes = request.method() != "GET"
            && !uri.path().contains("reviews")
            && !uri.path().contains("/kube-public/leases")
            && uri.query().is_none_or(|query| !query.contains("dryRun"));
        if !writes {
            return None;
        }
        let number = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        let fault = self.fault.lock().expect("it is there");
        let fault = fault.as_ref().filter(|(which, _)| match which {
            Which::Numbers(numbers) => numbers.contains(&number),
            Which::To(path) => uri.path().ends_with(path),
        });
        fault.map(|(_, fault)| *fault)
    }
}

impl State {
    async fn held(&self) {
        let mut goes_on = self.goes_on.subscribe();
        // The sender is here, so that it cannot be gone.
        let _ = goes_on.wait_for(|goes_on| *goes_on).await;
    }

    async fn ask(&self, request: Request<Bytes>, handler: &Handler) -> Response<Body> {
        let uri = request.uri();
        let binds =
            uri.path().ends_with("/binding") && uri.query().is_none_or(|query| !query.contains("dryRun"));
        let answer = handler(request).await;
        if binds && answer.status().is_success() {
            self.bound.fetch_add(1, Ordering::SeqCst);
        }
        answer
    }
}

async fn serve(stream: TcpStream, handler: Handler, state: Arc<State>) {
    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        let (handler, state) = (Arc::clone(&handler), Arc::clone(&state));
        async move { pass(request, &handler, &state).await }
    });
    let server = hyper::server::conn::http1::Builder::new();
    // It ends with an error where a fault wants it cut.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

/// Hands a request on, and its answer back. An error cuts the connection.
async fn pass(
    request: Request<hyper::body::Incoming>,
    handler: &Handler,
    state: &State,
) -> Result<Response<Body>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let request = Request::from_parts(head, body);
    let Some(fault) = state.fault(&request) else {
        return Ok(state.ask(request, handler).await);
    };
    if fault == Fault::Hold(Side::Before) {
        state.met.send_modify(|met| *met += 1);
        state.held().await;
        return Ok(state.ask(request, handler).await);
    }
    let answer = if fault.arrives() {
        Some(state.ask(request, handler).await)
    } else {
        None
    };
    state.met.send_modify(|met| *met += 1);
    match fault {
        Fault::Hold(_) => {
            state.held().await;
            Ok(answer.expect("it arrived"))
        }
        Fault::Cut(_) => Err(io::ErrorKind::ConnectionReset.into()),
        Fault::Half => {
            let (head, body) = answer.expect("it arrived").into_parts();
            let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
            let half = body.slice(..body.len() / 2);
            let parts = [Ok(half), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
            Ok(Response::from_parts(
                head,
                Body::from_stream(futures::stream::iter(parts)),
            ))
        }
        Fault::Answer(code, _) => {
            let status = json!({
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
                "message": "injected", "reason": reason(code),
            });
            let mut answer = Response::builder()
                .status(code)
                .header("content-type", "application/json");
            if code == 429 {
                answer = answer.header("retry-after", "1");
            }
            Ok(answer.body(Body::from(status.to_string())).expect("an answer"))
        }
    }
}

/// What the API server calls the code.
fn reason(code: u16) -> &'static str {
    match code {
        409 => "Conflict",
        429 => "TooManyRequests",
        500 => "InternalError",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "Unknown",
    }
}
