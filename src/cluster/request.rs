//! One request and its answer.
//!
//! Thinner than `kube::Api` on purpose: a placement has to know whether an answer was lost or was a refusal, with
//! which status and how long to wait, and lists are read while they arrive.

use std::fmt::Write as _;
use std::time::Duration;

use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::connect::Connection;
use super::transport::{Cause, diagnose};
use super::wire::Routine;
use crate::model::text::inert;

/// Why a request has no good answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// No answer, or half of one.
    Lost {
        /// What kept it.
        cause: Cause,
        /// That, for a person.
        why: String,
    },
    /// The server's refusal.
    Status(Refused),
    /// An answer that cannot be understood.
    Unreadable(String),
}

/// A status of 400 or above.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The HTTP status.
    pub(crate) code: u16,
    /// The server's words, safe to show.
    pub(crate) message: String,
    /// How long the server wants us to wait.
    pub(crate) retry_after: Option<Duration>,
}

impl RequestError {
    /// The server's status, where it gave one.
    pub(crate) const fn code(&self) -> Option<u16> {
        match self {
            Self::Status(refused) => Some(refused.code),
            _ => None,
        }
    }

    fn from_kube(error: &kube::Error) -> Self {
        let (cause, why) = diagnose(error);
        Self::Lost { cause, why }
    }

    pub(crate) fn timed_out(after: Duration) -> Self {
        Self::Lost {
            cause: Cause::TimedOut,
            why: format!("no answer within {} s", after.as_secs_f32()),
        }
    }
}

impl Connection {
    /// Reads what `path` has.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, RequestError> {
        parse(&self.exchange(request(Method::GET, path, None)?).await?)
    }

    /// As [`Connection::get`], for what is asked again and again: it stays out of the log of requests.
    pub(crate) async fn get_again<T: DeserializeOwned>(&self, path: &str) -> Result<T, RequestError> {
        let mut request = request(Method::GET, path, None)?;
        request.extensions_mut().insert(Routine);
        parse(&self.exchange(request).await?)
    }

    /// Posts `body` to `path` and reads the answer.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, RequestError> {
        let body = serde_json::to_vec(body).map_err(|error| RequestError::Unreadable(error.to_string()))?;
        parse(&self.exchange(request(Method::POST, path, Some(body))?).await?)
    }

    /// Puts `body` in the place of what `path` has, and reads the answer.
    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, RequestError> {
        let body = serde_json::to_vec(body).map_err(|error| RequestError::Unreadable(error.to_string()))?;
        parse(&self.exchange(request(Method::PUT, path, Some(body))?).await?)
    }

    /// As [`Connection::put`], for what is done again and again: it stays out of the log of requests.
    pub(crate) async fn put_again<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, RequestError> {
        let body = serde_json::to_vec(body).map_err(|error| RequestError::Unreadable(error.to_string()))?;
        let mut request = request(Method::PUT, path, Some(body))?;
        request.extensions_mut().insert(Routine);
        parse(&self.exchange(request).await?)
    }

    /// As [`Connection::post`], for what is done again and again: it stays out of the log of requests.
    pub(crate) async fn post_again<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, RequestError> {
        let body = serde_json::to_vec(body).map_err(|error| RequestError::Unreadable(error.to_string()))?;
        let mut request = request(Method::POST, path, Some(body))?;
        request.extensions_mut().insert(Routine);
        parse(&self.exchange(request).await?)
    }

    /// Merges `body` into what `path` has (a JSON merge patch), and reads the answer.
    pub(crate) async fn merge<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, RequestError> {
        let request = patching(path, body, "application/merge-patch+json")?;
        parse(&self.exchange(request).await?)
    }

    /// As [`Connection::merge`], but lists are merged by the keys that the API gives them (a strategic merge patch).
    pub(crate) async fn merge_strategically<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, RequestError> {
        let request = patching(path, body, "application/strategic-merge-patch+json")?;
        parse(&self.exchange(request).await?)
    }

    /// As [`Connection::merge`], for what is done again and again: it stays out of the log of requests.
    pub(crate) async fn merge_again<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, RequestError> {
        let mut request = patching(path, body, "application/merge-patch+json")?;
        request.extensions_mut().insert(Routine);
        parse(&self.exchange(request).await?)
    }

    /// Deletes what `path` has, with `options`, and reads the answer.
    pub(crate) async fn delete<T: DeserializeOwned>(
        &self,
        path: &str,
        options: &impl Serialize,
    ) -> Result<T, RequestError> {
        let body =
            serde_json::to_vec(options).map_err(|error| RequestError::Unreadable(error.to_string()))?;
        parse(&self.exchange(request(Method::DELETE, path, Some(body))?).await?)
    }

    /// Asks `path` for a sign of life, which any answer but a server error is.
    pub(crate) async fn knock(&self, path: &str, timeout: Duration) -> Result<(), RequestError> {
        let mut request = request(Method::GET, path, None)?;
        request.extensions_mut().insert(Routine);
        match tokio::time::timeout(timeout, self.collect(request)).await {
            Err(_) => Err(RequestError::timed_out(timeout)),
            Ok(Err(error)) if error.code().is_some_and(|code| code < 500) => Ok(()),
            Ok(answer) => answer.map(drop),
        }
    }

    /// Opens a stream: returns as soon as the server says that there will be one.
    pub(crate) async fn open(&self, path: &str, compressed: bool) -> Result<Body, RequestError> {
        let mut request = request(Method::GET, path, None)?;
        if !compressed {
            let identity = header::HeaderValue::from_static("identity");
            request.headers_mut().insert(header::ACCEPT_ENCODING, identity);
        }
        let timeout = self.request_timeout();
        match tokio::time::timeout(timeout, self.answer(request)).await {
            Ok(answer) => Ok(answer?.into_body()),
            Err(_) => Err(RequestError::timed_out(timeout)),
        }
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Vec<u8>, RequestError> {
        let timeout = self.request_timeout();
        tokio::time::timeout(timeout, self.collect(request))
            .await
            .unwrap_or_else(|_| Err(RequestError::timed_out(timeout)))
    }

    async fn collect(&self, request: Request<Body>) -> Result<Vec<u8>, RequestError> {
        let response = self.answer(request).await?;
        let body = response.into_body().collect().await;
        Ok(body
            .map_err(|error| RequestError::from_kube(&error))?
            .to_bytes()
            .into())
    }

    /// The response, if it is a good one.
    async fn answer(&self, request: Request<Body>) -> Result<Response<Body>, RequestError> {
        let response = self
            .client()
            .send(request)
            .await
            .map_err(|error| RequestError::from_kube(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        // The status alone says enough where the body breaks off.
        let body = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        Err(RequestError::Status(refused(parts.status, &parts.headers, &body)))
    }
}

/// A patch of what `path` has, of this media type.
fn patching(path: &str, body: &impl Serialize, kind: &'static str) -> Result<Request<Body>, RequestError> {
    let body = serde_json::to_vec(body).map_err(|error| RequestError::Unreadable(error.to_string()))?;
    let mut request = request(Method::PATCH, path, Some(body))?;
    let kind = header::HeaderValue::from_static(kind);
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(request)
}

/// The next frame of a body: `None` at its end.
pub(crate) async fn next_frame(
    body: &mut Body,
    idle: Duration,
) -> Result<Option<bytes::Bytes>, RequestError> {
    loop {
        match tokio::time::timeout(idle, body.frame()).await {
            Err(_) => return Err(RequestError::timed_out(idle)),
            Ok(None) => return Ok(None),
            Ok(Some(Err(error))) => return Err(RequestError::from_kube(&error)),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

fn request(method: Method, path: &str, body: Option<Vec<u8>>) -> Result<Request<Body>, RequestError> {
    let builder = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, "application/json");
    let built = match body {
        Some(body) => builder
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.into()),
        None => builder.body(Body::empty()),
    };
    built.map_err(|error| RequestError::Unreadable(format!("no request can be made of '{path}': {error}")))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, RequestError> {
    serde_json::from_slice(body).map_err(|error| RequestError::Unreadable(error.to_string()))
}

fn refused(code: StatusCode, headers: &HeaderMap, body: &[u8]) -> Refused {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Status {
        message: String,
        details: Option<Details>,
    }
    #[derive(Default, serde::Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Details {
        retry_after_seconds: Option<u64>,
    }
    let status: Status = serde_json::from_slice(body).unwrap_or_default();
    let retry_after = headers
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
        .or(status.details.and_then(|details| details.retry_after_seconds));
    let message = if status.message.is_empty() {
        let text = String::from_utf8_lossy(body);
        let line = text.lines().map(str::trim).find(|line| !line.is_empty());
        match line {
            Some(line) => line.chars().take(300).collect(),
            None => code.canonical_reason().unwrap_or("no reason given").to_owned(),
        }
    } else {
        status.message
    };
    Refused {
        code: code.as_u16(),
        message: inert(&message).into_owned(),
        retry_after: retry_after.map(Duration::from_secs),
    }
}

/// The path of the pod called `name` in `namespace`.
pub(crate) fn pod_path(namespace: &str, name: &str) -> String {
    format!("/api/v1/namespaces/{}/pods/{}", segment(namespace), segment(name))
}

/// `text` as one segment of a path, whatever it holds.
pub(crate) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric()
            || b"-_~".contains(&byte)
            || (byte == b'.' && !matches!(text, "." | ".."))
        {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_cannot_leave_its_place() {
        assert_eq!(segment("web-1.a"), "web-1.a");
        assert_eq!(segment("../x?y#z"), "..%2Fx%3Fy%23z");
        assert_eq!(segment(".."), "%2E%2E");
        assert_eq!(segment("ä"), "%C3%A4");
    }

    #[test]
    fn a_refusal_is_read_from_a_status_or_from_plain_text() {
        let status =
            br#"{"kind":"Status","message":"slow\u001b[2J","code":429,"details":{"retryAfterSeconds":3}}"#;
        let read = refused(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new(), status);
        assert_eq!((read.code, read.retry_after), (429, Some(Duration::from_secs(3))));
        assert_eq!(read.message, "slow\u{fffd}[2J");

        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static("7"));
        let read = refused(StatusCode::BAD_GATEWAY, &headers, b"\n<h1>no</h1>\n");
        assert_eq!(
            (read.message.as_str(), read.retry_after),
            ("<h1>no</h1>", Some(Duration::from_secs(7)))
        );
        assert_eq!(
            refused(StatusCode::BAD_GATEWAY, &HeaderMap::new(), b"").message,
            "Bad Gateway"
        );
    }
}
