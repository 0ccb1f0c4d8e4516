//! Logs, and what asks for a container to be there.

use berth::demo::Server;
use serde_json::{Value, json};

use super::{PODS, call, get, make_node, make_pod, ok, pod, still};

async fn status(server: &Server, name: &str, phase: &str, state: Value) {
    let status = json!({"status": {"phase": phase, "containerStatuses": [{
        "name": "c", "image": "i", "imageID": "", "ready": false, "restartCount": 0, "state": state,
    }]}});
    ok(server, "PATCH", &format!("{PODS}/{name}/status"), &status).await;
}

async fn bound(server: &Server, name: &str) {
    let mut pod = pod(name);
    pod["spec"]["nodeName"] = "n1".into();
    ok(server, "POST", PODS, &pod).await;
}

#[tokio::test]
async fn a_log_is_one_line_that_says_what_it_is() {
    let server = still();
    bound(&server, "a").await;
    let uri = format!("{PODS}/a/log");
    status(
        &server,
        "a",
        "Running",
        json!({"running": {"startedAt": "2026-01-02T03:04:05Z"}}),
    )
    .await;
    let (code, log) = get(&server, &uri).await;
    let line = "default/a: this line is made up: the embedded cluster of berth runs no containers\n";
    assert_eq!((code, log.as_str()), (200, Some(line)));
    let (_, log) = get(&server, &format!("{uri}?container=c&timestamps=true")).await;
    assert_eq!(
        log.as_str(),
        Some(format!("2026-01-02T03:04:05.000000000Z {line}").as_str())
    );
    assert_eq!(
        get(&server, &format!("{uri}?limitBytes=7")).await.1.as_str(),
        Some("default")
    );
    for nothing in ["tailLines=0", "sinceSeconds=5"] {
        let (code, log) = get(&server, &format!("{uri}?{nothing}")).await;
        assert_eq!((code, log.as_str()), (200, Some("")), "{nothing}");
    }
    let (code, answer) = get(&server, &format!("{uri}?previous=true")).await;
    assert_eq!(code, 400);
    assert_eq!(
        answer["message"],
        "previous terminated container \"c\" in pod \"a\" not found"
    );
}

#[tokio::test]
async fn a_followed_log_ends_with_its_container() {
    let server = still();
    bound(&server, "a").await;
    status(&server, "a", "Running", json!({"running": {}})).await;
    let uri = format!("{PODS}/a/log?follow=true");
    let following = get(&server, &uri);
    let ending = async {
        tokio::task::yield_now().await;
        status(&server, "a", "Succeeded", json!({"terminated": {"exitCode": 0}})).await;
    };
    let ((code, log), ()) = tokio::join!(following, ending);
    assert_eq!(code, 200);
    assert!(
        log.as_str().is_some_and(|log| log.ends_with("containers\n")),
        "{log}"
    );
}

#[tokio::test]
async fn what_has_no_log_says_why() {
    let server = still();
    assert_eq!(get(&server, &format!("{PODS}/none/log")).await.0, 404);
    make_pod(&server, "pending").await;
    assert_eq!(get(&server, &format!("{PODS}/pending/log")).await.0, 204);
    bound(&server, "a").await;
    let uri = format!("{PODS}/a/log");
    let (code, answer) = get(&server, &uri).await;
    assert_eq!(
        (code, &answer["message"]),
        (400, &json!("container \"c\" in pod \"a\" is not available"))
    );
    let waiting = json!({"waiting": {"reason": "ContainerCreating"}});
    status(&server, "a", "Pending", waiting).await;
    let (code, answer) = get(&server, &uri).await;
    let why = "container \"c\" in pod \"a\" is waiting to start: ContainerCreating";
    assert_eq!((code, &answer["message"]), (400, &json!(why)));
    let (code, answer) = get(&server, &format!("{uri}?container=x")).await;
    assert_eq!(
        (code, &answer["message"]),
        (400, &json!("container x is not valid for pod a"))
    );
    let (code, answer) = get(&server, &format!("{uri}?tailLines=-1")).await;
    assert_eq!((code, &answer["reason"]), (422, &json!("Invalid")));
    let mut two = pod("two");
    two["spec"]["containers"] = json!([{"name": "x", "image": "i"}, {"name": "y", "image": "i"}]);
    ok(&server, "POST", PODS, &two).await;
    let (code, answer) = get(&server, &format!("{PODS}/two/log")).await;
    let why = "a container name must be specified for pod two, choose one of: [x y]";
    assert_eq!((code, &answer["message"]), (400, &json!(why)));
}

#[tokio::test]
async fn no_stream_leads_into_a_container() {
    let server = still();
    make_node(&server, "n1", json!({})).await;
    bound(&server, "a").await;
    make_pod(&server, "pending").await;
    for stream in ["exec", "attach", "portforward"] {
        let (code, answer) = call(&server, "POST", &format!("{PODS}/a/{stream}"), &Value::Null).await;
        assert_eq!(
            (code, &answer["reason"]),
            (501, &json!("NotImplemented")),
            "{stream}"
        );
        let message = answer["message"].as_str().unwrap();
        assert!(message.ends_with("the embedded cluster of berth runs no containers"));
        let (code, answer) = get(&server, &format!("{PODS}/pending/{stream}")).await;
        assert_eq!(
            (code, &answer["message"]),
            (400, &json!("pod pending does not have a host assigned"))
        );
    }
    assert_eq!(get(&server, &format!("{PODS}/a/proxy/some/path")).await.0, 400);
    assert_eq!(get(&server, "/api/v1/nodes/n1/proxy/metrics").await.0, 501);
    assert_eq!(get(&server, "/api/v1/nodes/https:none:10250/proxy/").await.0, 404);
}
