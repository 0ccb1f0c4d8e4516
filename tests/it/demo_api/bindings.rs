//! Row by row what a real API server does with a Binding.

use berth::demo::Server;
use serde_json::{Value, json};

use super::{Answer, PODS, call, get, make_node, make_pod, ok, pod, still};

fn binding(pod: &str, node: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod},
        "target": {"kind": "Node", "name": node},
    })
}

async fn bind(server: &Server, pod: &str, body: &Value) -> Answer {
    call(server, "POST", &format!("{PODS}/{pod}/binding"), body).await
}

fn refused(answer: &Answer, code: u16, reason: &str, message: &str) {
    assert_eq!(answer.0, code, "{}", answer.1);
    assert_eq!(
        answer.1["reason"].as_str().unwrap_or_default(),
        reason,
        "{}",
        answer.1
    );
    assert!(
        answer.1["message"].as_str().unwrap_or_default().contains(message),
        "{}",
        answer.1
    );
}

#[tokio::test]
async fn a_pending_pod_is_bound_with_all_that_the_binding_says() {
    let server = still();
    let labels =
        json!({"topology.kubernetes.io/zone": "z1", "topology.kubernetes.io/region": "r1", "other": "x"});
    make_node(&server, "n1", labels).await;
    let made = make_pod(&server, "a").await;
    // A status of an earlier try, and a nomination, as preemption leaves them.
    let status = json!({"status": {
        "nominatedNodeName": "n9",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}],
    }});
    let before = ok(&server, "PATCH", &format!("{PODS}/a/status"), &status).await;
    assert_eq!(before["status"]["nominatedNodeName"], "n9");
    let mut sent = binding("a", "n1");
    sent["metadata"]["uid"] = made["metadata"]["uid"].clone();
    sent["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"].clone();
    sent["metadata"]["annotations"] = json!({"berth.dev/reason": "r"});
    sent["metadata"]["labels"] = json!({"mine": "1", "topology.kubernetes.io/zone": "lie"});
    let (code, answer) = bind(&server, "a", &sent).await;
    assert_eq!(
        (code, answer["kind"].as_str(), answer["status"].as_str()),
        (201, Some("Status"), Some("Success"))
    );
    let (_, after) = get(&server, &format!("{PODS}/a")).await;
    assert_eq!(after["spec"]["nodeName"], "n1");
    assert_eq!(after["metadata"]["annotations"], json!({"berth.dev/reason": "r"}));
    let labels =
        json!({"mine": "1", "topology.kubernetes.io/zone": "z1", "topology.kubernetes.io/region": "r1"});
    assert_eq!(after["metadata"]["labels"], labels);
    assert_eq!(after["metadata"]["generation"], made["metadata"]["generation"]);
    assert!(after["status"].get("nominatedNodeName").is_none());
    let condition = &after["status"]["conditions"][0];
    assert_eq!(
        (&condition["type"], &condition["status"]),
        (&json!("PodScheduled"), &json!("True"))
    );
    assert!(condition.get("message").is_none() && condition.get("reason").is_none());
    assert_eq!(after["status"]["conditions"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn preconditions_are_conflicts_on_pods() {
    let server = still();
    make_pod(&server, "a").await;
    let mut sent = binding("a", "n1");
    sent["metadata"]["uid"] = "another".into();
    let answer = bind(&server, "a", &sent).await;
    refused(
        &answer,
        409,
        "Conflict",
        "Precondition failed: UID in precondition: another, UID in object meta: ",
    );
    assert_eq!(answer.1["details"], json!({"name": "a", "kind": "pods"}));
    let mut sent = binding("a", "n1");
    sent["metadata"]["resourceVersion"] = "1".into();
    let answer = bind(&server, "a", &sent).await;
    refused(
        &answer,
        409,
        "Conflict",
        "Operation cannot be fulfilled on pods \"a\": ",
    );
    refused(
        &answer,
        409,
        "Conflict",
        "Precondition failed: ResourceVersion in precondition: 1, ",
    );
    assert!(
        get(&server, &format!("{PODS}/a")).await.1["spec"]
            .get("nodeName")
            .is_none()
    );
}

#[tokio::test]
async fn states_that_forbid_binding_are_conflicts_on_the_subresource() {
    let server = still();
    make_pod(&server, "a").await;
    assert_eq!(bind(&server, "a", &binding("a", "n1")).await.0, 201);
    for node in ["n1", "n2"] {
        let answer = bind(&server, "a", &binding("a", node)).await;
        let message =
            "Operation cannot be fulfilled on pods/binding \"a\": pod a is already assigned to node \"n1\"";
        refused(&answer, 409, "Conflict", message);
        assert_eq!(answer.1["details"], json!({"name": "a", "kind": "pods/binding"}));
    }
    let mut gated = pod("g");
    gated["spec"]["schedulingGates"] = json!([{"name": "example.com/wait"}]);
    let gated = ok(&server, "POST", PODS, &gated).await;
    assert_eq!(gated["status"]["conditions"][0]["reason"], "SchedulingGated");
    let answer = bind(&server, "g", &binding("g", "n1")).await;
    refused(
        &answer,
        409,
        "Conflict",
        "pod g has non-empty .spec.schedulingGates",
    );
    let mut held = pod("m");
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    ok(&server, "POST", PODS, &held).await;
    ok(&server, "DELETE", &format!("{PODS}/m"), &Value::Null).await;
    let answer = bind(&server, "m", &binding("m", "n1")).await;
    refused(
        &answer,
        409,
        "Conflict",
        "pod m is being deleted, cannot be assigned to a host",
    );
    let answer = bind(&server, "gone", &binding("gone", "n1")).await;
    refused(&answer, 404, "NotFound", "pods \"gone\" not found");
}

#[tokio::test]
async fn what_is_not_checked_is_bound() {
    let server = still();
    let mut foreign = pod("foreign");
    foreign["spec"]["schedulerName"] = "somebody-else".into();
    ok(&server, "POST", PODS, &foreign).await;
    assert_eq!(
        bind(&server, "foreign", &binding("foreign", "no-such-node"))
            .await
            .0,
        201
    );
    make_pod(&server, "failed").await;
    ok(
        &server,
        "PATCH",
        &format!("{PODS}/failed/status"),
        &json!({"status": {"phase": "Failed"}}),
    )
    .await;
    assert_eq!(bind(&server, "failed", &binding("failed", "n1")).await.0, 201);
}

#[tokio::test]
async fn names_and_namespaces_must_agree() {
    let server = still();
    make_pod(&server, "a").await;
    for name in ["b", ""] {
        let answer = bind(&server, "a", &binding(name, "n1")).await;
        refused(
            &answer,
            400,
            "BadRequest",
            "name in URL does not match name in Binding object",
        );
    }
    let mut sent = binding("a", "n1");
    sent["metadata"]["namespace"] = "elsewhere".into();
    let answer = bind(&server, "a", &sent).await;
    refused(
        &answer,
        400,
        "BadRequest",
        "namespace of the provided object does not match",
    );
}

#[tokio::test]
async fn bad_targets_are_500_without_a_reason() {
    let server = still();
    make_pod(&server, "a").await;
    for (target, message) in [
        (
            json!({"kind": "Node", "name": "No_Name"}),
            "target.name: Invalid value: \"No_Name\": a lowercase RFC 1123",
        ),
        (json!({"kind": "Node", "name": ""}), "target.name: Required value"),
        (
            json!({"kind": "Pod", "name": "n1"}),
            "target.kind: Unsupported value: \"Pod\"",
        ),
    ] {
        let mut sent = binding("a", "n1");
        sent["target"] = target;
        refused(&bind(&server, "a", &sent).await, 500, "", message);
    }
}

#[tokio::test]
async fn without_a_target_kind_no_topology_is_copied() {
    let server = still();
    make_node(&server, "n1", json!({"topology.kubernetes.io/zone": "z1"})).await;
    make_pod(&server, "a").await;
    let mut sent = binding("a", "n1");
    sent["target"] = json!({"name": "n1"});
    assert_eq!(bind(&server, "a", &sent).await.0, 201);
    let (_, after) = get(&server, &format!("{PODS}/a")).await;
    assert_eq!(after["spec"]["nodeName"], "n1");
    assert!(after["metadata"].get("labels").is_none());
}

#[tokio::test]
async fn an_illegal_annotation_is_stored_and_spoils_the_pod() {
    let server = still();
    make_pod(&server, "a").await;
    let mut sent = binding("a", "n1");
    sent["metadata"]["annotations"] = json!({"no key at all": "x"});
    assert_eq!(bind(&server, "a", &sent).await.0, 201);
    let patch = json!({"status": {"phase": "Running"}});
    let answer = call(&server, "PATCH", &format!("{PODS}/a/status"), &patch).await;
    refused(
        &answer,
        422,
        "Invalid",
        "metadata.annotations: Invalid value: \"no key at all\"",
    );
    let (code, _) = call(
        &server,
        "DELETE",
        &format!("{PODS}/a?gracePeriodSeconds=0"),
        &Value::Null,
    )
    .await;
    assert_eq!(code, 200);
}

#[tokio::test]
async fn unknown_fields_are_refused_only_where_asked() {
    let server = still();
    make_pod(&server, "a").await;
    let mut sent = binding("a", "n1");
    sent["what"] = "else".into();
    let strict = format!("{PODS}/a/binding?fieldValidation=Strict");
    let answer = call(&server, "POST", &strict, &sent).await;
    refused(&answer, 400, "BadRequest", "unknown field \"what\"");
    assert_eq!(bind(&server, "a", &sent).await.0, 201);
}

#[tokio::test]
async fn a_dry_run_answers_alike_and_stores_nothing() {
    let server = still();
    let made = make_pod(&server, "a").await;
    let dry = |name: &str| format!("{PODS}/{name}/binding?dryRun=All");
    let (code, _) = call(&server, "POST", &dry("a"), &binding("a", "no-such-node")).await;
    assert_eq!(code, 201);
    assert_eq!(get(&server, &format!("{PODS}/a")).await.1, made);
    let mut sent = binding("a", "n1");
    sent["metadata"]["uid"] = "another".into();
    assert_eq!(call(&server, "POST", &dry("a"), &sent).await.0, 409);
    assert_eq!(
        call(&server, "POST", &dry("gone"), &binding("gone", "n1"))
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn other_verbs_are_not_there() {
    let server = still();
    make_pod(&server, "a").await;
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let answer = call(&server, method, &format!("{PODS}/a/binding"), &binding("a", "n1")).await;
        refused(&answer, 405, "MethodNotAllowed", "does not allow this method");
    }
}

#[tokio::test]
async fn the_older_endpoint_takes_any_pod_of_that_name() {
    const OLDER: &str = "/api/v1/namespaces/default/bindings";
    let server = still();
    make_node(&server, "n1", json!({"topology.kubernetes.io/zone": "z1"})).await;
    make_pod(&server, "a").await;
    for method in ["GET", "DELETE"] {
        let answer = call(&server, method, OLDER, &Value::Null).await;
        refused(&answer, 405, "MethodNotAllowed", "does not allow this method");
    }
    let nameless = json!({"target": {"kind": "Node", "name": "n1"}});
    let answer = call(&server, "POST", OLDER, &nameless).await;
    refused(&answer, 400, "BadRequest", "Name parameter required.");
    let mut sent = binding("a", "n1");
    sent["metadata"]["resourceVersion"] = "1".into();
    let answer = call(&server, "POST", OLDER, &sent).await;
    refused(&answer, 409, "Conflict", "Precondition failed: ResourceVersion");
    let dry = format!("{OLDER}?dryRun=All");
    let mut sent = binding("a", "n1");
    sent["metadata"]["uid"] = "another".into();
    assert_eq!(call(&server, "POST", &dry, &sent).await.0, 201);
    assert_eq!(call(&server, "POST", OLDER, &sent).await.0, 201);
    let (_, bound) = get(&server, &format!("{PODS}/a")).await;
    assert_eq!(bound["spec"]["nodeName"], "n1");
    assert!(
        bound["metadata"].get("labels").is_none_or(Value::is_null),
        "{bound}"
    );
    assert_eq!(call(&server, "POST", OLDER, &sent).await.0, 409);
}

#[tokio::test]
async fn nothing_else_writes_the_node() {
    let server = still();
    make_node(&server, "n1", json!({"topology.kubernetes.io/zone": "z1"})).await;
    make_pod(&server, "a").await;
    let answer = call(
        &server,
        "PATCH",
        &format!("{PODS}/a"),
        &json!({"spec": {"nodeName": "n1"}}),
    )
    .await;
    refused(
        &answer,
        422,
        "Invalid",
        "pod updates may not change fields other than",
    );
    let mut placed = pod("placed");
    placed["spec"]["nodeName"] = "n1".into();
    placed["status"] = json!({"phase": "Running"});
    let placed = ok(&server, "POST", PODS, &placed).await;
    assert_eq!(placed["status"]["phase"], "Pending");
    assert!(placed["status"].get("conditions").is_none());
    assert_eq!(placed["metadata"]["labels"]["topology.kubernetes.io/zone"], "z1");
    let mut both = pod("both");
    both["spec"]["nodeName"] = "n1".into();
    both["spec"]["schedulingGates"] = json!([{"name": "x"}]);
    assert_eq!(call(&server, "POST", PODS, &both).await.0, 422);
}

#[tokio::test]
async fn of_many_binders_one_wins() {
    let server = still();
    make_pod(&server, "a").await;
    let tries = (0..20).map(|i| {
        let server = server.clone();
        tokio::spawn(async move { bind(&server, "a", &binding("a", &format!("n{i}"))).await.0 })
    });
    let mut codes = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        codes.push(one.await.unwrap());
    }
    assert_eq!(codes.iter().filter(|code| **code == 201).count(), 1);
    assert_eq!(codes.iter().filter(|code| **code == 409).count(), 19);
}
