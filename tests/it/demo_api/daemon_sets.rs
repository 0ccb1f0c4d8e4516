//! DaemonSets.

use serde_json::json;

use super::{PODS, hasty, make_node, ok, pick, until, workload};

const SETS: &str = "/apis/apps/v1/namespaces/default/daemonsets";

#[tokio::test(start_paused = true)]
async fn each_node_that_fits_gets_a_pod_that_waits_for_a_scheduler() {
    let server = hasty();
    make_node(&server, "n1", json!({"disk": "ssd"})).await;
    make_node(&server, "n2", json!({})).await;
    let mut set = workload("apps/v1", "DaemonSet", "agent", json!({}));
    set["spec"]["template"]["spec"]["nodeSelector"] = json!({"disk": "ssd"});
    ok(&server, "POST", SETS, &set).await;
    let agent = format!("{SETS}/agent");
    until(&server, &agent, |set| {
        set["status"]["currentNumberScheduled"] == 1
    })
    .await;
    let pods = pick(&server, PODS, "app=agent", |pods| pods.len() == 1).await;
    let spec = &pods[0]["spec"];
    assert!(spec.get("nodeName").is_none());
    let required = &spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    let field = json!({"key": "metadata.name", "operator": "In", "values": ["n1"]});
    assert_eq!(required["nodeSelectorTerms"], json!([{"matchFields": [field]}]));
    let tolerations = spec["tolerations"].as_array().unwrap();
    let cordon = |t: &&serde_json::Value| t["key"] == "node.kubernetes.io/unschedulable";
    assert_eq!(tolerations.iter().filter(cordon).count(), 1);
    // Another node comes to fit, and the first no longer does.
    ok(
        &server,
        "PATCH",
        "/api/v1/nodes/n2",
        &json!({"metadata": {"labels": {"disk": "ssd"}}}),
    )
    .await;
    pick(&server, PODS, "app=agent", |pods| pods.len() == 2).await;
    ok(
        &server,
        "PATCH",
        "/api/v1/nodes/n1",
        &json!({"metadata": {"labels": {"disk": null}}}),
    )
    .await;
    let left = pick(&server, PODS, "app=agent", |pods| pods.len() == 1).await;
    let affinity = left[0]["spec"]["affinity"].to_string();
    assert!(affinity.contains("n2"), "{affinity}");
    until(&server, &agent, |set| {
        set["status"]["desiredNumberScheduled"] == 1 && set["status"]["numberUnavailable"] == 1
    })
    .await;
}
