//! The kubelets behind the server.

use berth::demo::{Scenario, Server};
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    runtime::{WatchStreamExt, watcher},
};
use serde_json::{Value, json};

use super::{PODS, bind, call, get, make_node, ok, pod, until, until_gone, within};

fn ready(node: &Value) -> bool {
    let conditions = node["status"]["conditions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    conditions
        .iter()
        .any(|c| c["type"] == "Ready" && c["status"] == "True")
}

#[tokio::test]
async fn from_a_node_and_a_pod_to_running_and_away() {
    let server = Server::start(Scenario::empty());
    let made = make_node(&server, "n1", json!({})).await;
    assert_eq!(made["spec"]["taints"][0]["key"], "node.kubernetes.io/not-ready");
    assert_eq!(made["status"]["allocatable"], made["status"]["capacity"]);
    // The kubelet reports, and the node lifecycle controller lifts the taint.
    until(&server, "/api/v1/nodes/n1", |node| {
        ready(node) && node["spec"].get("taints").is_none()
    })
    .await;
    ok(&server, "POST", PODS, &pod("a")).await;
    bind(&server, "a", "n1").await;
    let running = until(&server, &format!("{PODS}/a"), |pod| {
        pod["status"]["phase"] == "Running"
    })
    .await;
    let status = &running["status"];
    assert!(status["podIP"].is_string() && status["startTime"].is_string() && status["hostIP"].is_string());
    assert_eq!(status["containerStatuses"][0]["ready"], true);
    assert_eq!(status["containerStatuses"][0]["name"], "c");
    for kind in ["PodScheduled", "Initialized", "ContainersReady", "Ready"] {
        let conditions = status["conditions"].as_array().unwrap();
        assert!(
            conditions
                .iter()
                .any(|c| c["type"] == kind && c["status"] == "True"),
            "{kind}"
        );
    }
    let marked = ok(&server, "DELETE", &format!("{PODS}/a"), &Value::Null).await;
    assert!(marked["metadata"]["deletionTimestamp"].is_string());
    let last = until_gone(&server, &format!("{PODS}/a"), &marked).await;
    assert!(last["status"]["containerStatuses"][0]["state"]["terminated"].is_object());
}

#[tokio::test]
async fn a_pod_that_does_not_fit_is_failed_by_the_kubelet() {
    let server = Server::start(Scenario::empty());
    make_node(&server, "n1", json!({})).await;
    let mut big = pod("big");
    big["spec"]["containers"][0]["resources"] = json!({"requests": {"cpu": "5"}});
    ok(&server, "POST", PODS, &big).await;
    bind(&server, "big", "n1").await;
    let failed = until(&server, &format!("{PODS}/big"), |pod| {
        pod["status"]["phase"] == "Failed"
    })
    .await;
    assert_eq!(failed["status"]["reason"], "OutOfcpu");
    let message =
        "Pod was rejected: Node didn't have enough resource: cpu, requested: 5000, used: 0, capacity: 4000";
    assert_eq!(failed["status"]["message"], message);
    let mut picky = pod("picky");
    picky["spec"]["nodeSelector"] = json!({"disk": "ssd"});
    ok(&server, "POST", PODS, &picky).await;
    bind(&server, "picky", "n1").await;
    let failed = until(&server, &format!("{PODS}/picky"), |pod| {
        pod["status"]["phase"] == "Failed"
    })
    .await;
    assert_eq!(failed["status"]["reason"], "NodeAffinity");
}

#[tokio::test]
async fn pods_wait_for_a_silent_kubelet() {
    let server = Server::start(Scenario::empty());
    ok(&server, "POST", PODS, &pod("a")).await;
    bind(&server, "a", "late").await;
    // Another pod on a node that is there shows that the kubelets have been round.
    make_node(&server, "n1", json!({})).await;
    ok(&server, "POST", PODS, &pod("b")).await;
    bind(&server, "b", "n1").await;
    until(&server, &format!("{PODS}/b"), |pod| {
        pod["status"]["phase"] == "Running"
    })
    .await;
    assert_eq!(
        get(&server, &format!("{PODS}/a")).await.1["status"]["phase"],
        "Pending"
    );
    make_node(&server, "late", json!({})).await;
    until(&server, &format!("{PODS}/a"), |pod| {
        pod["status"]["phase"] == "Running"
    })
    .await;
}

#[tokio::test]
async fn a_cordon_is_followed_by_its_taint() {
    let server = Server::start(Scenario::empty());
    make_node(&server, "n1", json!({})).await;
    until(&server, "/api/v1/nodes/n1", ready).await;
    ok(
        &server,
        "PATCH",
        "/api/v1/nodes/n1",
        &json!({"spec": {"unschedulable": true}}),
    )
    .await;
    let tainted = |node: &Value| node["spec"]["taints"][0]["key"] == "node.kubernetes.io/unschedulable";
    until(&server, "/api/v1/nodes/n1", tainted).await;
    ok(
        &server,
        "PATCH",
        "/api/v1/nodes/n1",
        &json!({"spec": {"unschedulable": null}}),
    )
    .await;
    until(&server, "/api/v1/nodes/n1", |node| {
        node["spec"].get("taints").is_none()
    })
    .await;
}

#[tokio::test]
async fn a_kube_client_sees_it_all() {
    let server = Server::start(Scenario::named(Scenario::DEFAULT).unwrap());
    let client = server.client();
    let version = client.apiserver_version().await.unwrap();
    assert_eq!(version.minor, "37");
    let api: Api<Pod> = Api::namespaced(client.clone(), "shop");
    let waiting = api
        .list(&kube::api::ListParams::default().fields("spec.nodeName=,spec.schedulerName=berth"))
        .await;
    let name = waiting.unwrap().items[0].metadata.name.clone().unwrap();
    let binding = json!({
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": name},
        "target": {"apiVersion": "v1", "kind": "Node", "name": "ip-10-20-1-37"},
    });
    let status: k8s_openapi::apimachinery::pkg::apis::meta::v1::Status = api
        .create_subresource("binding", &name, &kube::api::PostParams::default(), &binding)
        .await
        .unwrap();
    assert_eq!(status.status.as_deref(), Some("Success"));
    let config = watcher::Config::default()
        .fields(&format!("metadata.name={name}"))
        .streaming_lists();
    let mut stream = watcher(api, config).applied_objects().boxed();
    let run = async {
        while let Some(pod) = stream.try_next().await.unwrap() {
            if pod.status.and_then(|s| s.phase).as_deref() == Some("Running") {
                return;
            }
        }
        panic!("the watch ended before the pod ran");
    };
    within("a pod that runs", run).await;
}

#[tokio::test]
async fn a_dropped_server_still_serves_its_clients() {
    let server = Server::start(Scenario::empty());
    let clone = server.clone();
    drop(server);
    make_node(&clone, "n1", json!({})).await;
    until(&clone, "/api/v1/nodes/n1", ready).await;
    assert_eq!(
        call(&clone, "DELETE", "/api/v1/nodes/n1", &Value::Null).await.0,
        200
    );
}
