//! Who is let in, and how much may go on at once.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, HttpBody},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderMap, StatusCode, Uri, header};

use serde_json::json;
use tokio::sync::{Semaphore, watch::Receiver};
use tower::ServiceExt;

use super::token::Token;

/// Requests answered at a time, watches aside: upstream's `--max-requests-inflight` and `--max-mutating-requests-inflight`.
const REQUESTS: usize = 400 + 200;
/// Watches at a time.
const WATCHES: usize = 2_000;
/// How long a client may take to send a body.
const BODY_TIME: Duration = Duration::from_secs(60);
/// What anyone may see, as upstream's `system:public-info-viewer`.
const PUBLIC: [&str; 5] = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

/// The API behind its token.
#[derive(Clone)]
pub(super) struct Guard {
    api: Router,
    token: Token,
    requests: Arc<Semaphore>,
    watches: Arc<Semaphore>,
    stopped: Receiver<bool>,
}

impl Guard {
    pub(super) fn new(api: Router, token: Token, stopped: Receiver<bool>) -> Self {
        Self {
            api,
            token,
            requests: Arc::new(Semaphore::new(REQUESTS)),
            watches: Arc::new(Semaphore::new(WATCHES)),
            stopped,
        }
    }

    /// Answers one request, or says why not.
    pub(super) async fn answer<B>(self, request: http::Request<B>) -> Result<Response, Infallible>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        if !self.admits(request.headers(), request.uri().path()) {
            return Ok(refused(
                StatusCode::UNAUTHORIZED,
                "Unauthorized",
                "Unauthorized",
                &[],
            ));
        }
        let long = is_long(request.uri());
        let room = if long { &self.watches } else { &self.requests };
        let Ok(permit) = Arc::clone(room).try_acquire_owned() else {
            return Ok(busy());
        };
        let request = request.map(patient);
        let response = match self.api.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if response.body().size_hint().exact().is_some() {
            return Ok(response);
        }
        // What is sent piece by piece takes its place until it is sent, and watches end with the server.
        let mut stopped = self.stopped;
        let stopped = async move {
            if !long || stopped.wait_for(|stopped| *stopped).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        Ok(response.map(|body| {
            let pieces = body.into_data_stream().take_until(Box::pin(stopped));
            Body::from_stream(pieces.inspect(move |_| {
                let _held = &permit;
            }))
        }))
    }

    fn admits(&self, headers: &HeaderMap, path: &str) -> bool {
        match bearer(headers) {
            Some(token) => self.token.is(token),
            None => PUBLIC.contains(&path),
        }
    }
}

/// The bearer token of a request. As upstream, another way to say who one is counts as saying nothing.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes().trim_ascii();
    let (scheme, token) = value.split_at_checked(7)?;
    (scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token)
}

/// Whether a request goes on for as long as the client likes: a watch, or a log that is followed.
fn is_long(uri: &Uri) -> bool {
    let pairs = uri.query().unwrap_or_default().split('&');
    let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.any(|(key, value)| matches!(key, "watch" | "follow") && !matches!(value, "0" | "false"))
}

/// The body, as long as it comes within its time.
fn patient<B>(body: B) -> Body
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let body = Body::new(body);
    if body.is_end_stream() {
        return body;
    }
    let late = futures::stream::once(async {
        tokio::time::sleep(BODY_TIME).await;
        Err(axum::Error::new(std::io::Error::from(
            std::io::ErrorKind::TimedOut,
        )))
    });
    // Whichever comes first ends it: the body, or its time.
    let pieces = body
        .into_data_stream()
        .map(Some)
        .chain(futures::stream::once(async { None }));
    let pieces = futures::stream::select(pieces, late.map(Some));
    Body::from_stream(
        pieces
            .take_while(|piece| std::future::ready(piece.is_some()))
            .filter_map(std::future::ready),
    )
}

fn busy() -> Response {
    refused(
        StatusCode::TOO_MANY_REQUESTS,
        "TooManyRequests",
        "Too many requests, please try again later.",
        &[("retry-after", "1")],
    )
}

fn refused(code: StatusCode, reason: &str, message: &str, headers: &[(&str, &str)]) -> Response {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code.as_u16(),
    });
    let mut response = (code, axum::Json(status)).into_response();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (
            http::HeaderName::try_from(*name),
            http::HeaderValue::from_str(value),
        ) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_is_told_from_a_list() {
        let long = |text: &'static str| is_long(&Uri::from_static(text));
        assert!(long("/api/v1/pods?watch=true"));
        assert!(long("/api/v1/pods?limit=5&watch=1"));
        assert!(long("/api/v1/pods?watch"));
        assert!(!long("/api/v1/pods?watch=false"));
        assert!(!long("/api/v1/pods?labelSelector=watch"));
        assert!(!long("/api/v1/pods"));
    }
}
