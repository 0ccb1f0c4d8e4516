//! Evictions and the budgets that they ask. Each answer is that of kube-apiserver 1.37.2.

use axum::body::Body;
use berth::demo::Server;
use serde_json::{Value, json};

use super::{PODS, call, get, make_pod, ok, pod, read, send, still};

const BUDGETS: &str = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
const REFUSED: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

fn eviction(pod: &str) -> Value {
    json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}})
}

async fn evict(server: &Server, pod: &str, body: &Value) -> (u16, Value) {
    call(server, "POST", &format!("{PODS}/{pod}/eviction"), body).await
}

/// A pod on a node that runs, and is ready or not.
async fn run(server: &Server, name: &str, app: &str, ready: &str) {
    let mut running = pod(name);
    running["metadata"]["labels"] = json!({"app": app});
    running["spec"]["nodeName"] = "n1".into();
    ok(server, "POST", PODS, &running).await;
    let status = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]}});
    ok(server, "PATCH", &format!("{PODS}/{name}/status"), &status).await;
}

/// A budget for the pods of an app, as its controller counted it.
async fn budget(server: &Server, name: &str, app: &str, status: Value) {
    let budget = json!({
        "metadata": {"name": name}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": app}}},
    });
    ok(server, "POST", BUDGETS, &budget).await;
    count(server, name, status).await;
}

async fn count(server: &Server, name: &str, status: Value) {
    let uri = format!("{BUDGETS}/{name}/status");
    ok(server, "PATCH", &uri, &json!({"status": status})).await;
}

#[tokio::test]
async fn a_pod_without_a_budget_goes() {
    let server = still();
    make_pod(&server, "a").await;
    for (body, message) in [
        (
            eviction("b"),
            "name in URL does not match name in Eviction object",
        ),
        (
            json!({"metadata": {"name": "a", "namespace": "other"}}),
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
    ] {
        let (code, answer) = evict(&server, "a", &body).await;
        assert_eq!((code, answer["message"].as_str()), (400, Some(message)));
    }
    let mut tried = eviction("a");
    tried["deleteOptions"] = json!({"dryRun": ["All"]});
    assert_eq!(evict(&server, "a", &tried).await.0, 201);
    let mut other = eviction("a");
    other["deleteOptions"] = json!({"preconditions": {"uid": "x"}});
    let (code, answer) = evict(&server, "a", &other).await;
    assert_eq!(code, 409);
    let why = "Operation cannot be fulfilled on Pod \"a\": the UID in the precondition (x) does not match the UID in";
    assert!(answer["message"].as_str().unwrap().starts_with(why), "{answer}");
    assert_eq!(get(&server, &format!("{PODS}/a")).await.0, 200);
    let (code, answer) = evict(&server, "a", &eviction("a")).await;
    assert_eq!((code, &answer["status"]), (201, &json!("Success")));
    assert_eq!(get(&server, &format!("{PODS}/a")).await.0, 404);
    assert_eq!(evict(&server, "a", &eviction("a")).await.0, 404);
}

#[tokio::test]
async fn a_budget_refuses_and_says_why() {
    let server = still();
    run(&server, "a", "web", "True").await;
    let status = json!({
        "observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1,
    });
    budget(&server, "pdb", "web", status).await;
    let (code, answer) = evict(&server, "a", &eviction("a")).await;
    assert_eq!(code, 429);
    assert_eq!(
        (&answer["reason"], &answer["message"]),
        (&json!("TooManyRequests"), &json!(REFUSED))
    );
    let why = "The disruption budget pdb needs 1 healthy pods and has 1 currently";
    assert_eq!(
        answer["details"],
        json!({"causes": [{"reason": "DisruptionBudget", "message": why}]})
    );
    count(
        &server,
        "pdb",
        json!({"observedGeneration": 0, "disruptionsAllowed": 1}),
    )
    .await;
    let uri = format!("{PODS}/a/eviction");
    let body = Body::from(eviction("a").to_string());
    let response = send(&server, "POST", &uri, "application/json", body).await;
    assert_eq!(response.headers()["retry-after"], "10");
    let (code, answer) = read(response).await;
    assert_eq!((code, &answer["details"]["retryAfterSeconds"]), (429, &json!(10)));
    assert_eq!(
        answer["details"]["causes"][0]["message"],
        "The disruption budget pdb is still being processed by the server."
    );
    assert_eq!(get(&server, &format!("{PODS}/a")).await.0, 200);
}

#[tokio::test]
async fn an_allowed_eviction_is_counted_and_marked() {
    let server = still();
    run(&server, "a", "web", "True").await;
    let status = json!({
        "observedGeneration": 1, "disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2,
    });
    budget(&server, "pdb", "web", status).await;
    assert_eq!(evict(&server, "a", &eviction("a")).await.0, 201);
    let (_, budget) = get(&server, &format!("{BUDGETS}/pdb")).await;
    assert_eq!(budget["status"]["disruptionsAllowed"], 0);
    assert!(budget["status"]["disruptedPods"]["a"].is_string(), "{budget}");
    let condition = &budget["status"]["conditions"][0];
    assert_eq!(
        (&condition["type"], &condition["reason"]),
        (&json!("DisruptionAllowed"), &json!("InsufficientPods"))
    );
    // On a node it has its grace, and says what it goes for.
    let (_, pod) = get(&server, &format!("{PODS}/a")).await;
    assert!(pod["metadata"]["deletionTimestamp"].is_string(), "{pod}");
    let conditions = pod["status"]["conditions"].as_array().unwrap();
    let mark = conditions
        .iter()
        .find(|condition| condition["type"] == "DisruptionTarget");
    assert_eq!(
        mark.map(|mark| &mark["reason"]),
        Some(&json!("EvictionByEvictionAPI"))
    );
    // Being deleted, it is asked for no budget again.
    assert_eq!(evict(&server, "a", &eviction("a")).await.0, 201);
}

#[tokio::test]
async fn what_is_not_ready_disrupts_nothing_while_the_rest_is_well() {
    let server = still();
    run(&server, "a", "web", "False").await;
    let status = |current: i64| {
        json!({
            "observedGeneration": 1, "disruptionsAllowed": 0, "currentHealthy": current, "desiredHealthy": 1,
            "expectedPods": 2,
        })
    };
    budget(&server, "pdb", "web", status(0)).await;
    assert_eq!(evict(&server, "a", &eviction("a")).await.0, 429);
    count(&server, "pdb", status(1)).await;
    assert_eq!(evict(&server, "a", &eviction("a")).await.0, 201);
    let (_, budget) = get(&server, &format!("{BUDGETS}/pdb")).await;
    assert!(budget["status"].get("disruptedPods").is_none_or(Value::is_null));
}

#[tokio::test]
async fn two_budgets_are_more_than_an_eviction_can_ask() {
    let server = still();
    run(&server, "a", "web", "True").await;
    for name in ["one", "two"] {
        budget(
            &server,
            name,
            "web",
            json!({"observedGeneration": 1, "disruptionsAllowed": 1}),
        )
        .await;
    }
    let (code, answer) = evict(&server, "a", &eviction("a")).await;
    assert_eq!(code, 500);
    assert_eq!(
        answer["message"],
        "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
    );
}
