//! What PodDisruptionBudgets allow.

use serde_json::{Value, json};

use super::{condition, hasty, make_node, ok, place_all, until, workload};

const BUDGETS: &str = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

fn budget(name: &str, mut spec: Value) -> Value {
    spec["selector"] = json!({"matchLabels": {"app": "web"}});
    json!({"metadata": {"name": name}, "spec": spec})
}

#[tokio::test(start_paused = true)]
async fn budgets_count_healthy_pods_and_follow_the_size_of_the_workload() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    ok(
        &server,
        "POST",
        BUDGETS,
        &budget("most", json!({"maxUnavailable": "25%"})),
    )
    .await;
    ok(
        &server,
        "POST",
        BUDGETS,
        &budget("least", json!({"minAvailable": 3})),
    )
    .await;
    let deployments = "/apis/apps/v1/namespaces/default/deployments";
    ok(
        &server,
        "POST",
        deployments,
        &workload("apps/v1", "Deployment", "web", json!({"replicas": 4})),
    )
    .await;
    let (most, least) = (format!("{BUDGETS}/most"), format!("{BUDGETS}/least"));
    let waiting = until(&server, &most, |budget| budget["status"]["expectedPods"] == 4).await;
    assert_eq!(
        (
            &waiting["status"]["desiredHealthy"],
            &waiting["status"]["currentHealthy"]
        ),
        (&json!(3), &json!(0))
    );
    assert_eq!(condition(&waiting, "DisruptionAllowed"), "False");
    let _placing = place_all(&server, "n1");
    for path in [&most, &least] {
        let allowed = until(&server, path, |budget| {
            budget["status"]["disruptionsAllowed"] == 1
        })
        .await;
        assert_eq!(allowed["status"]["currentHealthy"], 4);
        assert_eq!(allowed["status"]["conditions"][0]["reason"], "SufficientPods");
    }
    ok(
        &server,
        "PATCH",
        &format!("{deployments}/web"),
        &json!({"spec": {"replicas": 2}}),
    )
    .await;
    until(&server, &least, |budget| {
        let status = &budget["status"];
        status["disruptionsAllowed"] == 0 && status["currentHealthy"] == 2 && status["desiredHealthy"] == 3
    })
    .await;
    let shrunk = until(&server, &most, |budget| budget["status"]["expectedPods"] == 2).await;
    assert_eq!(shrunk["status"]["desiredHealthy"], 1);
}
