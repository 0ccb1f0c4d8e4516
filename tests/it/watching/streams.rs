//! Watch streams as servers and what stands before them can make them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use berth::cluster::Connection;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tower::{BoxError, service_fn};

use super::*;

type Stream = BoxStream<'static, Result<Frame<Bytes>, BoxError>>;

/// One answer to a list or a watch of pods.
struct Answer {
    code: u16,
    frames: Vec<Vec<u8>>,
    end: End,
}

/// What comes after the frames.
#[derive(Clone, Copy)]
enum End {
    Closed,
    Broken,
    Open,
}

impl Answer {
    fn new(end: End, frames: &[&str]) -> Self {
        Self {
            code: 200,
            frames: frames.iter().map(|frame| frame.as_bytes().to_vec()).collect(),
            end,
        }
    }

    fn status(code: u16) -> Self {
        Self {
            code,
            ..Self::new(End::Closed, &["{\"kind\": \"Status\", \"message\": \"told to\"}"])
        }
    }

    fn body(self) -> Response<StreamBody<Stream>> {
        let frames = stream::iter(self.frames).map(|frame| Ok(Frame::data(Bytes::from(frame))));
        let stream = match self.end {
            End::Closed => frames.boxed(),
            End::Broken => frames
                .chain(stream::once(async {
                    Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into())
                }))
                .boxed(),
            End::Open => frames.chain(stream::pending()).boxed(),
        };
        Response::builder()
            .status(self.code)
            .body(StreamBody::new(stream))
            .expect("a response")
    }
}

/// The pod that a watch brings when the script is over.
const LAST: &str = "the-last";

/// Answers questions for pods in turn, and then once more; there are no nodes and no namespaces.
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<String>>,
}

fn script(answers: impl IntoIterator<Item = Answer>) -> (Arc<Script>, Connection) {
    let script = Arc::new(Script {
        answers: Mutex::new(answers.into_iter().collect()),
        asked: Mutex::default(),
    });
    let service = service_fn({
        let script = Arc::clone(&script);
        move |request: Request<Body>| {
            let uri = request.uri().clone();
            let is_watch = uri.query().is_some_and(|query| query.contains("watch=1"));
            let answer = if uri.path() == "/api/v1/pods" {
                let query = uri.query().unwrap_or_default();
                let version = query.split('&').find(|part| part.starts_with("resourceVersion="));
                let asked = if is_watch {
                    version.unwrap_or("watch")
                } else {
                    "list"
                };
                script.asked.lock().unwrap().push(asked.to_owned());
                let answer = script.answers.lock().unwrap().pop_front();
                answer.unwrap_or_else(|| Answer::new(End::Open, &[&line("ADDED", LAST, "99")]))
            } else if is_watch {
                Answer::new(End::Open, &[])
            } else {
                Answer::new(End::Closed, &[&list("1", &[])])
            };
            async move { Ok::<_, BoxError>(answer.body()) }
        }
    });
    (
        script,
        Connection::in_process(Client::new(service, "default"), "script"),
    )
}

fn object(name: &str, version: &str) -> Value {
    json!({"metadata": {"namespace": "default", "name": name, "resourceVersion": version}})
}

fn list(version: &str, names: &[&str]) -> String {
    let items: Vec<Value> = names.iter().map(|name| object(name, version)).collect();
    json!({"kind": "PodList", "metadata": {"resourceVersion": version}, "items": items}).to_string()
}

fn line(kind: &str, name: &str, version: &str) -> String {
    format!("{}\n", json!({"type": kind, "object": object(name, version)}))
}

impl Script {
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Watches until the script is over; returns what is known then, and what was asked.
async fn watch(answers: Vec<Answer>) -> (Mirror, Vec<String>) {
    let (script, connection) = script(answers);
    let mut mirror = Mirror::start(&connection);
    let last = format!("default/{LAST}");
    mirror
        .until("the script is over", |mirror| mirror.pods.contains_key(&last))
        .await;
    mirror.pods.remove(&last);
    assert_eq!(mirror.status.get(&WatchKind::Pods), Some(&WatchStatus::Live));
    (mirror, script.asked())
}

fn names(mirror: &Mirror) -> Vec<&str> {
    mirror
        .pods
        .keys()
        .map(|key| key.trim_start_matches("default/"))
        .collect()
}

#[tokio::test]
async fn a_watch_that_ends_goes_on_where_it_was() {
    for end in [End::Closed, End::Broken] {
        let bookmark = format!(
            "{}\n",
            json!({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}})
        );
        let (mirror, asked) = watch(vec![
            Answer::new(End::Closed, &[&list("5", &["a", "b"])]),
            Answer::new(end, &[&line("ADDED", "c", "6"), &line("DELETED", "a", "7")]),
            Answer::new(end, &[&bookmark]),
        ])
        .await;
        assert_eq!(names(&mirror), ["b", "c"]);
        assert_eq!(
            asked,
            [
                "list",
                "resourceVersion=5",
                "resourceVersion=7",
                "resourceVersion=9"
            ]
        );
    }
}

#[tokio::test]
async fn lines_may_be_cut_anywhere_and_empty() {
    let text = format!("\n{}\n{}", line("ADDED", "ä", "6"), line("MODIFIED", "a", "7"));
    let cuts = (0..text.len()).map(|at| {
        let (head, tail) = text.as_bytes().split_at(at);
        let mut split = Answer::new(End::Closed, &[]);
        split.frames = vec![head.to_vec(), tail.to_vec()];
        async move {
            let (mirror, asked) = watch(vec![Answer::new(End::Closed, &[&list("5", &["a"])]), split]).await;
            assert_eq!(names(&mirror), ["a", "ä"], "cut at {at}");
            assert_eq!(mirror.pods["default/a"], "7");
            assert_eq!(asked.last().map(String::as_str), Some("resourceVersion=7"));
        }
    });
    futures::future::join_all(cuts).await;
}

#[tokio::test]
async fn a_version_that_is_too_old_or_too_new_means_a_new_list() {
    let error = |status: Value| format!("{}\n", json!({"type": "ERROR", "object": status}));
    let gone = error(
        json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}),
    );
    let future = error(
        json!({"kind": "Status", "code": 504, "message": "Timeout: Too large resource version: 9, current: 3"}),
    );
    for answer in [
        Answer::status(410),
        Answer::new(End::Closed, &[&gone]),
        Answer::new(End::Closed, &[&future]),
    ] {
        let (mirror, asked) = watch(vec![
            Answer::new(End::Closed, &[&list("5", &["a", "b"])]),
            answer,
            Answer::new(End::Closed, &[&list("8", &["b", "c"])]),
        ])
        .await;
        assert_eq!(names(&mirror), ["b", "c"]);
        assert_eq!(asked, ["list", "resourceVersion=5", "list", "resourceVersion=8"]);
    }
}

#[tokio::test]
async fn a_server_in_trouble_is_asked_again_from_where_we_are() {
    for code in [429, 500, 503] {
        let (mirror, asked) = watch(vec![
            Answer::new(End::Closed, &[&list("5", &["a"])]),
            Answer::status(code),
            Answer::status(code),
        ])
        .await;
        assert_eq!(names(&mirror), ["a"]);
        assert_eq!(
            asked,
            [
                "list",
                "resourceVersion=5",
                "resourceVersion=5",
                "resourceVersion=5"
            ],
            "{code}"
        );
    }
}

#[tokio::test]
async fn a_list_that_breaks_off_loses_nothing() {
    let whole = list("9", &["b", "c"]);
    let (half, _) = whole.split_at(whole.len() - 20);
    let (mirror, asked) = watch(vec![
        Answer::new(End::Closed, &[&list("5", &["a", "b"])]),
        Answer::status(410),
        Answer::new(End::Broken, &[half]),
        Answer::new(End::Closed, &[half]),
        Answer::new(End::Closed, &[&whole]),
    ])
    .await;
    assert_eq!(names(&mirror), ["b", "c"]);
    assert_eq!(asked[2..], ["list", "list", "list", "resourceVersion=9"]);
}

#[tokio::test]
async fn what_is_no_watch_event_is_told() {
    let (script, connection) = script([
        Answer::new(End::Closed, &[&list("5", &["a"])]),
        Answer::new(End::Open, &["<html>\n"]),
    ]);
    let mut mirror = Mirror::start(&connection);
    let mut told = None;
    while told.is_none() {
        let event = mirror.feed.recv().await.expect("the watches live");
        if let FeedEvent::Status(WatchKind::Pods, WatchStatus::Down { error, .. }) = &event {
            told = Some(error.clone());
        }
        mirror.take(event);
    }
    let told = told.unwrap();
    assert!(
        told.contains("watching pods") && told.contains("cannot understand"),
        "{told}"
    );
    assert_eq!(names(&mirror), ["a"], "what was known is kept");
    assert_eq!(script.asked()[..2], ["list", "resourceVersion=5"]);
}

#[tokio::test]
async fn the_watches_end_when_nobody_wants_them() {
    let (_, connection) = script([Answer::new(End::Closed, &[&list("5", &["a"])])]);
    let mut mirror = Mirror::start(&connection);
    mirror.until_live().await;
    drop(mirror.watches);
    while mirror.feed.recv().await.is_some() {}
}
