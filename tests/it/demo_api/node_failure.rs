//! Nodes whose kubelet falls silent: what the controllers make of it, and what of its return.

use std::time::Duration;

use berth::demo::Server;
use serde_json::{Value, json};

use super::{
    PODS, bind, condition, event_about, get, hasty, hasty_with, make_node, ok, pod, until, until_gone,
};

const NODE: &str = "/api/v1/nodes/n1";

fn watchful() -> Server {
    hasty_with(|pace| {
        pace.heartbeats = true;
        pace.lease_renewal = Duration::from_millis(100);
        pace.node_grace = Duration::from_secs(2);
    })
}

async fn say(server: &Server, word: Value) {
    let annotation = json!({"metadata": {"annotations": {"demo.berth.dev/kubelet": word}}});
    ok(server, "PATCH", NODE, &annotation).await;
}

async fn run(server: &Server, name: &str, tolerations: Value) -> Value {
    let mut manifest = pod(name);
    manifest["spec"]["tolerations"] = tolerations;
    ok(server, "POST", PODS, &manifest).await;
    bind(server, name, "n1").await;
    until(server, &format!("{PODS}/{name}"), |pod| {
        condition(pod, "Ready") == "True"
    })
    .await
}

fn taints(node: &Value) -> Vec<String> {
    let taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
    let text = |taint: &Value, field: &str| taint[field].as_str().unwrap_or_default().to_owned();
    taints
        .iter()
        .map(|taint| format!("{}:{}", text(taint, "key"), text(taint, "effect")))
        .collect()
}

#[tokio::test]
async fn a_silent_node_is_unknown_and_comes_back() {
    let server = watchful();
    make_node(&server, "n1", json!({})).await;
    until(&server, NODE, |node| condition(node, "Ready") == "True").await;
    let short = json!([
        {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0},
    ]);
    run(&server, "leaves", short).await;
    run(&server, "stays", json!([])).await;
    say(&server, json!("silent")).await;
    let node = until(&server, NODE, |node| taints(node).len() == 2).await;
    for kind in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
        assert_eq!(condition(&node, kind), "Unknown");
    }
    assert_eq!(
        taints(&node),
        [
            "node.kubernetes.io/unreachable:NoSchedule",
            "node.kubernetes.io/unreachable:NoExecute"
        ]
    );
    assert!(node["spec"]["taints"][1]["timeAdded"].is_string());
    until(&server, &format!("{PODS}/stays"), |pod| {
        condition(pod, "Ready") == "False"
    })
    .await;
    event_about(&server, "n1", "NodeNotReady").await;
    event_about(&server, "stays", "NodeNotReady").await;
    // Nobody is there to stop the pod that has to leave.
    let leaving = until(&server, &format!("{PODS}/leaves"), |pod| {
        pod["metadata"]["deletionTimestamp"].is_string()
    })
    .await;
    assert_eq!(condition(&leaving, "DisruptionTarget"), "True");
    let event = event_about(&server, "leaves", "TaintManagerEviction").await;
    assert_eq!(event["message"], "Marking for deletion Pod default/leaves");
    assert_eq!(get(&server, &format!("{PODS}/leaves")).await.0, 200);
    say(&server, Value::Null).await;
    until(&server, NODE, |node| {
        condition(node, "Ready") == "True" && node["spec"].get("taints").is_none()
    })
    .await;
    until_gone(&server, &format!("{PODS}/leaves"), &leaving).await;
    until(&server, &format!("{PODS}/stays"), |pod| {
        condition(pod, "Ready") == "True"
    })
    .await;
}

#[tokio::test]
async fn pods_of_a_silent_node_go_with_it() {
    let server = hasty_with(|pace| pace.orphan_quarantine = Duration::from_millis(50));
    make_node(&server, "n1", json!({})).await;
    let seen = run(&server, "a", json!([])).await;
    say(&server, json!("silent")).await;
    ok(&server, "DELETE", &format!("{PODS}/a"), &Value::Null).await;
    ok(&server, "DELETE", NODE, &Value::Null).await;
    let last = until_gone(&server, &format!("{PODS}/a"), &seen).await;
    assert_eq!(last["status"]["phase"], "Failed");
}

#[tokio::test]
async fn a_taint_drives_off_who_does_not_tolerate_it() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    let leaves = run(&server, "leaves", json!([])).await;
    run(&server, "stays", json!([{"key": "broken", "operator": "Exists"}])).await;
    let later =
        json!([{"key": "broken", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 100}]);
    run(&server, "later", later).await;
    let taint = json!({"spec": {"taints": [{"key": "broken", "effect": "NoExecute"}]}});
    ok(&server, "PATCH", NODE, &taint).await;
    until_gone(&server, &format!("{PODS}/leaves"), &leaves).await;
    ok(&server, "PATCH", NODE, &json!({"spec": {"taints": null}})).await;
    let event = event_about(&server, "later", "TaintManagerEviction").await;
    assert_eq!(event["message"], "Cancelling deletion of Pod default/later");
    for name in ["stays", "later"] {
        let (_, pod) = get(&server, &format!("{PODS}/{name}")).await;
        assert!(pod["metadata"].get("deletionTimestamp").is_none(), "{name}");
    }
}

#[tokio::test]
async fn taints_follow_what_is_said_of_a_node() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    let ready = |node: &Value| condition(node, "Ready") == "True" && taints(node).is_empty();
    let mut node = until(&server, NODE, ready).await;
    for condition in node["status"]["conditions"].as_array_mut().unwrap() {
        match condition["type"].as_str() {
            Some("Ready") => condition["status"] = "False".into(),
            Some("DiskPressure") => condition["status"] = "True".into(),
            _ => {}
        }
    }
    ok(&server, "PUT", &format!("{NODE}/status"), &node).await;
    let node = until(&server, NODE, |node| taints(node).len() == 3).await;
    let mut found = taints(&node);
    found.sort();
    assert_eq!(
        found,
        [
            "node.kubernetes.io/disk-pressure:NoSchedule",
            "node.kubernetes.io/not-ready:NoExecute",
            "node.kubernetes.io/not-ready:NoSchedule",
        ]
    );
}
