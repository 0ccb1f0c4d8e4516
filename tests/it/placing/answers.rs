//! Answers that a real API server gives too seldom to wait for them.

use std::collections::VecDeque;

use berth::cluster::Identity;
use berth::placing::Refusal;
use http::{Request, Response, StatusCode};
use kube::client::Body;
use serde_json::{Value, json};
use tower::{BoxError, service_fn};

use super::*;

/// What the server does with a write.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// Does it and says so.
    Done,
    /// Refuses with this status; with seconds to wait, where given.
    Refuse(u16, Option<u32>),
    /// Does it, but says this status.
    DoneYet(u16),
    /// Does it, and half of the answer comes.
    DoneHalfSaid,
    /// Does nothing, and no answer comes.
    Silence,
}

/// An API server with the pod `shop/web` and the node `n1`.
#[derive(Debug, Default)]
struct Server {
    bindings: VecDeque<Answer>,
    events: VecDeque<Answer>,
    node_name: Option<String>,
    annotations: Value,
    /// Every write, dry runs aside: path and body.
    writes: Vec<(String, Value)>,
}

impl Server {
    async fn answer(server: Arc<Mutex<Self>>, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        let dry_run = parts.uri.query().is_some_and(|query| query.contains("dryRun"));
        let body = body.collect_bytes().await?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let mut server = server.lock().expect("no panic");
        if parts.method == "GET" {
            return match path.as_str() {
                "/api/v1/namespaces/shop/pods/web" => say(200, &server.pod()),
                "/api/v1/nodes" => say(
                    200,
                    &json!({"metadata": {}, "items": [{"metadata": {"name": "n1"}}]}),
                ),
                "/api/v1/nodes/n1" => say(200, &json!({"metadata": {"name": "n1"}})),
                _ => say(404, &json!({"kind": "Status", "message": "not found"})),
            };
        }
        if dry_run {
            return say(201, &json!({"kind": "Status", "status": "Success"}));
        }
        let is_binding = path.ends_with("/binding");
        server.writes.push((path, body.clone()));
        let answer = if is_binding {
            server.bindings.pop_front()
        } else {
            server.events.pop_front()
        };
        let answer = answer.unwrap_or(Answer::Done);
        if is_binding && matches!(answer, Answer::Done | Answer::DoneYet(_) | Answer::DoneHalfSaid) {
            server.node_name = body["target"]["name"].as_str().map(str::to_owned);
            server.annotations = body["metadata"]["annotations"].clone();
        }
        match answer {
            Answer::Done => say(201, &json!({"kind": "Status", "status": "Success"})),
            Answer::DoneYet(code) => say(code, &json!({"kind": "Status", "message": "too slow"})),
            Answer::Refuse(code, wait) => {
                let mut response = say(code, &json!({"kind": "Status", "message": "told to refuse"}))?;
                if let Some(wait) = wait {
                    response.headers_mut().insert("retry-after", wait.into());
                }
                Ok(response)
            }
            Answer::DoneHalfSaid => Ok(Response::new(Body::from(b"{\"kind\": \"Sta".to_vec()))),
            Answer::Silence => Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()),
        }
    }

    fn pod(&self) -> Value {
        json!({
            "metadata": {
                "namespace": "shop", "name": "web", "uid": "u-1", "resourceVersion": "7", "annotations": self.annotations,
            },
            "spec": {"schedulerName": "berth", "nodeName": self.node_name, "containers": []},
            "status": {"phase": "Pending"},
        })
    }
}

fn say(code: u16, body: &Value) -> Result<Response<Body>, BoxError> {
    let mut response = Response::new(Body::from(body.to_string().into_bytes()));
    *response.status_mut() = StatusCode::from_u16(code)?;
    Ok(response)
}

struct End {
    outcome: Outcome,
    stages: Vec<Stage>,
    bindings: usize,
    events: usize,
}

/// Places `shop/web` on `n1` while the server answers writes like this, in turn.
async fn place_with(bindings: &[Answer], events: &[Answer]) -> End {
    let server = Arc::new(Mutex::new(Server {
        bindings: bindings.iter().copied().collect(),
        events: events.iter().copied().collect(),
        annotations: json!({}),
        ..Server::default()
    }));
    let service = service_fn({
        let server = Arc::clone(&server);
        move |request| Server::answer(Arc::clone(&server), request)
    });
    let client = Client::new(service, "shop");
    let judge = ApiJudge::new(&client);
    let identity = Identity {
        name: "ana".to_owned(),
        ..Identity::default()
    };
    let connection = Connection::in_process(client, "mock");
    let placer = Placer::new(connection, identity, vec!["berth".into()]);
    let pod: Pod = serde_json::from_value(server.lock().expect("no panic").pod()).expect("a pod");
    let stages = Mutex::new(Vec::new());
    let during = |stage| stages.lock().expect("no panic").push(stage);
    let outcome = placer
        .place(&judge, intent(&pod, "n1"), DryRun::None, &during)
        .await;
    let server = server.lock().expect("no panic");
    let count = |what: &str| {
        server
            .writes
            .iter()
            .filter(|(path, _)| path.ends_with(what))
            .count()
    };
    let names: Vec<&Value> = server
        .writes
        .iter()
        .filter(|(path, _)| path.ends_with("/events"))
        .map(|(_, body)| &body["metadata"]["name"])
        .collect();
    assert!(
        names.windows(2).all(|pair| pair[0] == pair[1]),
        "an event keeps its name: {names:?}"
    );
    End {
        outcome,
        stages: stages.into_inner().expect("no panic"),
        bindings: count("/binding"),
        events: count("/events"),
    }
}

fn is_placed(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Placed {
            event_error: None,
            ..
        }
    )
}

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_says() {
    let end = place_with(&[Answer::Refuse(429, Some(0)), Answer::Refuse(429, Some(0))], &[]).await;
    assert!(is_placed(&end.outcome), "{:?}", end.outcome);
    assert_eq!(end.bindings, 3);
    let end = place_with(&[Answer::Refuse(429, Some(0)); 9], &[]).await;
    assert!(
        matches!(end.outcome, Outcome::Refused(Refusal::Rejected(_))),
        "{:?}",
        end.outcome
    );
    assert_eq!((end.bindings, end.events), (3, 0), "and not for ever");
    let end = place_with(&[Answer::Refuse(429, Some(3600))], &[]).await;
    assert!(
        matches!(end.outcome, Outcome::Refused(Refusal::Rejected(_))),
        "{:?}",
        end.outcome
    );
    assert_eq!(end.bindings, 1, "nobody waits an hour");
}

#[tokio::test]
async fn a_refusal_is_final() {
    for code in [400, 401, 403, 422] {
        let end = place_with(&[Answer::Refuse(code, None)], &[]).await;
        assert_eq!((end.bindings, end.events), (1, 0), "{code}");
        match (code, &end.outcome) {
            (401 | 403, Outcome::Refused(Refusal::Forbidden(_)))
            | (400 | 422, Outcome::Refused(Refusal::Rejected(_))) => {}
            other => panic!("{other:?}"),
        }
        assert!(!end.stages.contains(&Stage::Resolving), "{code}");
    }
    // The pod tells why, where it does; here it does not.
    let end = place_with(&[Answer::Refuse(409, None)], &[]).await;
    let Outcome::Refused(Refusal::Rejected(why)) = &end.outcome else {
        panic!("{:?}", end.outcome)
    };
    assert!(why.contains("told to refuse"), "{why}");
    assert_eq!(end.bindings, 1);
}

#[tokio::test]
async fn a_server_error_is_never_answered_with_another_binding() {
    for code in [500, 502, 503, 504] {
        let end = place_with(&[Answer::Refuse(code, None)], &[]).await;
        assert!(
            matches!(end.outcome, Outcome::Refused(Refusal::NotBound(_))),
            "{code}: {:?}",
            end.outcome
        );
        assert_eq!((end.bindings, end.events), (1, 0), "{code}");
        // It may have been carried out all the same.
        let end = place_with(&[Answer::DoneYet(code)], &[]).await;
        assert!(is_placed(&end.outcome), "{code}: {:?}", end.outcome);
        assert_eq!((end.bindings, end.events), (1, 1), "{code}");
        assert!(end.stages.contains(&Stage::Resolving), "{code}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_looked_up() {
    let end = place_with(&[Answer::DoneHalfSaid], &[]).await;
    assert!(is_placed(&end.outcome), "{:?}", end.outcome);
    assert_eq!((end.bindings, end.events), (1, 1));
    let end = place_with(&[Answer::Silence], &[]).await;
    assert!(
        matches!(end.outcome, Outcome::Refused(Refusal::NotBound(_))),
        "{:?}",
        end.outcome
    );
    assert_eq!((end.bindings, end.events), (1, 0));
}

#[tokio::test]
async fn a_binding_that_arrived_twice_is_still_ours() {
    let end = place_with(&[Answer::DoneYet(409)], &[]).await;
    assert!(is_placed(&end.outcome), "{:?}", end.outcome);
}

#[tokio::test]
async fn an_event_is_tried_a_few_times_and_never_undoes_anything() {
    for (events, tries, placed_well) in [
        (&[Answer::Silence][..], 2, true),
        // The first was stored, though its answer was lost.
        (&[Answer::Silence, Answer::Refuse(409, None)], 2, true),
        (
            &[Answer::Refuse(503, None), Answer::Refuse(429, Some(0))],
            3,
            true,
        ),
        (&[Answer::Refuse(500, None); 9], 3, false),
        (&[Answer::Refuse(403, None)], 1, false),
        (&[Answer::Refuse(422, None)], 1, false),
    ] {
        let end = place_with(&[], events).await;
        let Outcome::Placed { event_error, .. } = &end.outcome else {
            panic!("{:?}", end.outcome)
        };
        assert_eq!(event_error.is_none(), placed_well, "{events:?}: {event_error:?}");
        assert_eq!((end.bindings, end.events), (1, tries), "{events:?}");
        assert_eq!(end.outcome.exit_code(), 0);
    }
}
