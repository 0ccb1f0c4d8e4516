use std::convert::Infallible;

use bytes::Bytes;
use futures::FutureExt as _;
use http::{Request, Response, header};
use http_body_util::{BodyExt as _, Full, StreamBody};
use kube::client::Body;
use tower::{BoxError, Layer as _, Service as _, ServiceExt as _, service_fn};

use super::*;

const JSON: &str = "application/json";

fn answer(status: u16, kind: &str, body: &'static str) -> Response<Full<Bytes>> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, kind)
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .unwrap()
}

fn request(method: &str, path: &str, body: &'static str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, "Bearer hunter2hunter2")
        .body(Bytes::from_static(body.as_bytes()).into())
        .unwrap()
}

/// Sends `request`, to be answered with `response`, reads that, and gives what is kept of it, and how it was told.
async fn exchange(request: Request<Body>, response: Response<Full<Bytes>>) -> (Exchange, Vec<Exchange>) {
    let wire = Wire::default();
    let mut told = wire.subscribe();
    let response = Mutex::new(Some(response));
    let service = service_fn(|_| {
        let response = response.lock().unwrap().take();
        async move { Ok::<_, Infallible>(response.expect("it is asked once")) }
    });
    let answered = wire.layer(service).oneshot(request).await.unwrap();
    let _ = answered.into_body().collect().await.unwrap();
    let latest = wire.latest();
    assert_eq!(latest.len(), 1, "one request is one exchange: {latest:?}");
    let told = std::iter::from_fn(|| told.try_recv().ok()).collect();
    (latest[0].clone(), told)
}

fn text(content: Option<&Content>) -> &str {
    match content {
        Some(Content::Text { text, .. }) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_exchange_is_told_when_sent_when_answered_and_when_read() {
    let body = r#"{"kind":"Binding","target":{"name":"a"}}"#;
    let created = answer(201, JSON, r#"{"kind":"Status","status":"Success","code":201}"#);
    let sent = request("POST", "/api/v1/namespaces/x/pods/y/binding?dryRun=All", body);
    let (kept, told) = exchange(sent, created).await;
    assert_eq!((kept.verb, kept.status), ("create", Some(201)));
    assert!(text(kept.sent.as_ref()).contains("\"name\": \"a\""));
    assert!(text(kept.answer.as_ref()).contains("\"code\": 201"));
    let steps: Vec<_> = told
        .iter()
        .map(|step| {
            (
                step.id,
                step.is_open(),
                step.sent.is_some(),
                step.answer.is_some(),
            )
        })
        .collect();
    assert_eq!(
        steps,
        [
            (0, true, true, false),
            (0, false, true, false),
            (0, false, true, true)
        ]
    );
}

#[tokio::test]
async fn no_credential_is_kept() {
    let sent = request(
        "POST",
        "/api/v1/namespaces/x/serviceaccounts/y/token?token=hunter2",
        r#"{"spec":{"token":"hunter2"},"note":"Bearer hunter2hunter2"}"#,
    );
    let created = answer(
        201,
        JSON,
        r#"{"kind":"TokenRequest","status":{"token":"hunter2"}}"#,
    );
    let (kept, told) = exchange(sent, created).await;
    let all = format!("{kept:?}{told:?}");
    assert!(!all.contains("hunter2"), "{all}");
    assert!(all.contains(crate::model::mask::MASKED));
}

#[tokio::test]
async fn lists_and_streams_are_not_listened_to_and_refusals_are() {
    let list = r#"{"kind":"PodList","items":[]}"#;
    let (kept, _) = exchange(
        request("GET", "/api/v1/pods?limit=5", ""),
        answer(200, JSON, list),
    )
    .await;
    assert_eq!(
        kept.answer,
        Some(Content::LeftOut {
            bytes: None,
            why: "a list"
        })
    );
    let (kept, _) = exchange(
        request("GET", "/api/v1/pods?watch=1", ""),
        answer(200, JSON, list),
    )
    .await;
    assert_eq!(
        kept.answer,
        Some(Content::LeftOut {
            bytes: None,
            why: "a stream"
        })
    );
    let log = request("GET", "/api/v1/namespaces/a/pods/b/log", "");
    let (kept, _) = exchange(log, answer(200, JSON, "{}")).await;
    assert_eq!(
        kept.answer,
        Some(Content::LeftOut {
            bytes: None,
            why: "a stream"
        })
    );

    let refusal = answer(403, JSON, r#"{"kind":"Status","reason":"Forbidden"}"#);
    let (kept, _) = exchange(request("GET", "/api/v1/pods?watch=1", ""), refusal).await;
    assert!(text(kept.answer.as_ref()).contains("Forbidden"));
    let refusal = answer(502, "text/html", "<h1>no</h1>");
    let (kept, _) = exchange(request("GET", "/api/v1/pods", ""), refusal).await;
    assert_eq!(text(kept.answer.as_ref()), "<h1>no</h1>");
}

#[tokio::test]
async fn an_answer_that_does_not_come_says_why() {
    let wire = Wire::default();
    let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    let service = service_fn(|_| async move { Err::<Response<Full<Bytes>>, _>(refused()) });
    let asked = wire.layer(service).oneshot(request("GET", "/version", "")).await;
    assert!(asked.is_err());
    let kept = &wire.latest()[0];
    assert_eq!((kept.is_open(), kept.status), (false, None));
    assert_eq!(kept.error.as_deref(), Some("the connection is refused"));

    let service = service_fn(|_| std::future::pending::<Result<Response<Full<Bytes>>, BoxError>>());
    let waiting = wire.layer(service).oneshot(request("GET", "/version", ""));
    assert!(waiting.now_or_never().is_none());
    let kept = &wire.latest()[1];
    assert_eq!(kept.error.as_deref(), Some("given up before an answer came"));
}

#[tokio::test]
async fn an_answer_that_breaks_off_keeps_its_status() {
    let wire = Wire::default();
    let frames = || {
        futures::stream::iter([
            Ok(http_body::Frame::data(Bytes::from_static(b"{\"pass"))),
            Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)),
        ])
    };
    let service = service_fn(|_| async move {
        let response = Response::builder().header(header::CONTENT_TYPE, JSON);
        Ok::<_, BoxError>(response.body(StreamBody::new(frames())).unwrap())
    });
    let answered = wire
        .layer(service)
        .oneshot(request("GET", "/version", ""))
        .await
        .unwrap();
    assert!(answered.into_body().collect().await.is_err());
    let kept = &wire.latest()[0];
    assert_eq!(kept.status, Some(200));
    assert!(kept.error.is_some());
    assert_eq!(
        kept.answer,
        Some(Content::LeftOut {
            bytes: Some(6),
            why: "broken off"
        })
    );
}

#[tokio::test]
async fn the_log_keeps_the_latest() {
    let wire = Wire::default();
    let mut service = wire.layer(service_fn(|_| async {
        Ok::<_, Infallible>(answer(200, JSON, "{}"))
    }));
    for _ in 0..Wire::KEPT + 3 {
        let mut routine = request("GET", "/livez", "");
        routine.extensions_mut().insert(Routine);
        service.call(routine).await.unwrap();
        service.call(request("GET", "/version", "")).await.unwrap();
    }
    let ids: Vec<u64> = wire.latest().iter().map(|exchange| exchange.id).collect();
    assert_eq!(ids, (3..Wire::KEPT as u64 + 3).collect::<Vec<_>>());
}
