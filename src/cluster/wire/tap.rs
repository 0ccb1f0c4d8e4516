//! The service that listens: requests on their way out, answers on their way in. Nothing waits for it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::FutureExt as _;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use jiff::Timestamp;
use kube::client::Body;
use tower::{BoxError, Layer, Service};

use super::content::{Content, LONGEST};
use super::{Exchange, Routine, Wire};
use crate::cluster::transport;
use crate::model::mask;

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
    B: HttpBody<Data = Bytes> + Unpin + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Heard<B>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let routine = request.extensions().get::<Routine>().is_some();
        let open = (!routine).then(|| Open::new(&self.wire, &request));
        let answer = self.inner.call(request);
        Box::pin(async move {
            match answer.await {
                Ok(response) => Ok(match open {
                    Some(open) => open.answered(response),
                    None => response.map(Heard::unheard),
                }),
                Err(error) => {
                    let error = error.into();
                    if let Some(open) = open {
                        open.lost(&*error);
                    }
                    Err(error)
                }
            }
        })
    }
}

/// An exchange that is under way; where it is dropped, nobody waits for the answer any more.
#[derive(Debug)]
struct Open {
    wire: Wire,
    exchange: Exchange,
    sent: Instant,
}

impl Open {
    fn new(wire: &Wire, request: &Request<Body>) -> Self {
        let path = request
            .uri()
            .path_and_query()
            .map_or_else(String::new, ToString::to_string);
        let mut exchange = Exchange {
            id: 0,
            started: Timestamp::now(),
            verb: verb(request),
            method: request.method().to_string(),
            sent: sent(request.body(), &path),
            path: mask::query(&path).into_owned(),
            status: None,
            error: None,
            latency: Duration::ZERO,
            answer: None,
        };
        wire.open(&mut exchange);
        Self {
            wire: wire.clone(),
            exchange,
            sent: Instant::now(),
        }
    }

    /// The head of the answer is there.
    fn answered<B>(mut self, response: Response<B>) -> Response<Heard<B>> {
        self.exchange.latency = self.sent.elapsed();
        self.exchange.status = Some(response.status().as_u16());
        let silent = unheard(
            self.exchange.verb,
            &self.exchange.path,
            response.status(),
            response.headers(),
        );
        self.exchange.answer = silent.map(|why| Content::LeftOut { bytes: None, why });
        self.wire.renew(&self.exchange);
        let heard = silent.is_none().then_some((self, Vec::new(), 0));
        response.map(|inner| Heard { inner, heard })
    }

    fn lost(mut self, error: &(dyn std::error::Error + 'static)) {
        let (_, why) = transport::diagnose(error);
        self.exchange.latency = self.sent.elapsed();
        self.exchange.error = Some(mask::text(&why).into());
        self.wire.renew(&self.exchange);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.exchange.is_open() {
            self.exchange.latency = self.sent.elapsed();
            self.exchange.error = Some("given up before an answer came".into());
            self.wire.renew(&self.exchange);
        }
    }
}

/// What is sent, as far as it is kept.
fn sent(body: &Body, path: &str) -> Option<Content> {
    match body.try_clone() {
        Some(body) => {
            let bytes = body.collect_bytes().now_or_never()?.ok()?;
            Content::of(&bytes, path)
        }
        None => Some(Content::LeftOut {
            bytes: None,
            why: "a stream",
        }),
    }
}

/// Why the body of an answer is not listened to, where it is not.
fn unheard(verb: &str, path: &str, status: StatusCode, headers: &HeaderMap) -> Option<&'static str> {
    if !status.is_success() {
        return None;
    }
    let path = path.split('?').next().unwrap_or_default();
    let streams = ["log", "exec", "attach", "portforward", "proxy"];
    let streamed = path.split('/').skip(5).any(|segment| streams.contains(&segment));
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    match verb {
        "watch" => Some("a stream"),
        "list" => Some("a list"),
        _ if streamed => Some("a stream"),
        _ if kind.is_some_and(|kind| kind.starts_with("application/json")) => None,
        _ => Some("not JSON"),
    }
}

/// The body of an answer, listened to while it is read.
#[derive(Debug)]
pub struct Heard<B> {
    inner: B,
    /// The exchange, what came so far of what may be kept, and how many bytes came.
    heard: Option<(Open, Vec<u8>, usize)>,
}

impl<B> Heard<B> {
    fn unheard(inner: B) -> Self {
        Self { inner, heard: None }
    }

    fn hear(&mut self, data: &[u8]) {
        if let Some((_, kept, bytes)) = &mut self.heard {
            *bytes = bytes.saturating_add(data.len());
            if *bytes <= LONGEST {
                kept.extend_from_slice(data);
            } else {
                *kept = Vec::new();
            }
        }
    }

    /// The answer is over: whole, broken off, or not read to its end.
    fn over(&mut self, ended: Ended<'_>) {
        let Some((mut open, kept, bytes)) = self.heard.take() else {
            return;
        };
        let left_out = |why| {
            Some(Content::LeftOut {
                bytes: Some(bytes),
                why,
            })
        };
        open.exchange.answer = match ended {
            Ended::Whole if bytes > LONGEST => left_out("long"),
            Ended::Whole => Content::of(&kept, &open.exchange.path),
            Ended::Unread if bytes == 0 => None,
            Ended::Unread => left_out("not read to its end"),
            Ended::Broken(error) => {
                let (_, why) = transport::diagnose(error);
                open.exchange.error = Some(mask::text(&why).into());
                left_out("broken off")
            }
        };
        open.wire.renew(&open.exchange);
    }
}

#[derive(Clone, Copy)]
enum Ended<'a> {
    Whole,
    Unread,
    Broken(&'a (dyn std::error::Error + 'static)),
}

impl<B> HttpBody for Heard<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        polled.map(|frame| match frame {
            None => {
                self.over(Ended::Whole);
                None
            }
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.hear(data);
                }
                if self.inner.is_end_stream() {
                    self.over(Ended::Whole);
                }
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                let error = error.into();
                self.over(Ended::Broken(&*error));
                Some(Err(error))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B> Drop for Heard<B> {
    fn drop(&mut self) {
        self.over(Ended::Unread);
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
