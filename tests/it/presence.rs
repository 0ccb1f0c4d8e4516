//! Operators who see each other, on the embedded cluster.

use std::sync::Arc;

use berth::cluster::Connection;
use berth::cluster::presence::{Doing, Presence};
use berth::demo::{Scenario, Server};
use berth::model::PodKey;
use jiff::{SignedDuration, Timestamp};
use kube::Client;
use serde_json::{Value, json};

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-public/leases";

async fn send(client: &Client, method: &str, path: &str, body: &Value) -> Value {
    let body = if body.is_null() {
        Vec::new()
    } else {
        body.to_string().into_bytes()
    };
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(body)
        .expect("a request");
    client.request(request).await.expect("an answer")
}

async fn leases(client: &Client) -> Vec<Value> {
    let list = send(client, "GET", LEASES, &Value::Null).await;
    list["items"].as_array().expect("a list").clone()
}

fn presence(server: &Server, user: &str) -> Presence {
    Presence::new(Connection::in_process(server.client(), "demo"), user, "screen")
}

#[tokio::test]
async fn two_operators_see_each_other_and_what_is_open() {
    let server = Server::start(Scenario::empty());
    let (mut ana, mut ben) = (presence(&server, "ana"), presence(&server, "ben"));
    ana.renew(&Doing::default()).await.expect("a lease");
    assert_eq!(ana.others().await.expect("a list"), []);
    let doing = Doing {
        open: Some(PodKey::new("shop", "cart")),
        adopts: vec![Arc::from("default-scheduler")],
    };
    ben.renew(&Doing::default()).await.expect("a lease");
    ben.renew(&doing).await.expect("a lease");
    let seen = ana.others().await.expect("a list");
    let [ben_seen] = seen.as_slice() else {
        panic!("{seen:?}")
    };
    assert!(ben_seen.who.starts_with("ben@"), "{}", ben_seen.who);
    assert_eq!(ben_seen.open, doing.open);
    assert_eq!(ben_seen.adopts, ["default-scheduler"]);
    assert_eq!(ben_seen.work, "screen");
    // What is over is told, too.
    ben.renew(&Doing::default()).await.expect("a lease");
    let seen = ana.others().await.expect("a list");
    assert_eq!((&seen[0].open, seen[0].adopts.len()), (&None, 0));
    // Who leaves takes the Lease along.
    ben.end().await;
    assert_eq!(ana.others().await.expect("a list"), []);
    ana.end().await;
    assert_eq!(leases(&server.client()).await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_was_left_behind_is_not_seen_and_is_swept() {
    let server = Server::start(Scenario::empty());
    let client = server.client();
    for (name, seconds) in [("crashed", 60), ("long-ago", 4000)] {
        let at = Timestamp::now() - SignedDuration::from_secs(seconds);
        let lease = json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": name, "labels": {"berth.dev/operator": "screen"}},
            "spec": {"holderIdentity": "eve@box", "leaseDurationSeconds": 20, "renewTime": format!("{at:.6}")},
        });
        send(&client, "POST", LEASES, &lease).await;
    }
    let foreign = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "foreign"},
        "spec": {"holderIdentity": "somebody", "renewTime": "2020-01-01T00:00:00.000000Z"},
    });
    send(&client, "POST", LEASES, &foreign).await;
    let mut ana = presence(&server, "ana");
    ana.renew(&Doing::default()).await.expect("a lease");
    assert_eq!(ana.others().await.expect("a list"), []);
    let names = |all: Vec<Value>| -> Vec<String> {
        let names = all.iter().filter_map(|lease| lease["metadata"]["name"].as_str());
        names
            .filter(|name| !name.starts_with("berth-"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(names(leases(&client).await), ["crashed", "foreign"]);
    // One that was swept by mistake is made anew.
    let own = leases(&client).await;
    let own = own.iter().filter_map(|lease| lease["metadata"]["name"].as_str());
    for name in own.filter(|name| name.starts_with("berth-")) {
        send(&client, "DELETE", &format!("{LEASES}/{name}"), &json!({})).await;
    }
    ana.renew(&Doing::default()).await.expect("a lease");
    assert_eq!(leases(&client).await.len(), 3);
}
