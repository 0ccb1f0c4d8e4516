//! The control plane behaves as a cluster does, as far as the other tests lean on it.

use std::collections::BTreeMap;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Namespace, Node, Pod};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;
use kube::api::{Api, ListParams, PostParams};
use kube::{Client, Error};

use crate::support::{ControlPlane, eventually, node, pod};

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_bound_pod_runs_on_a_ready_node() {
    let plane = ControlPlane::shared().await;
    let client = plane.client().await;
    let namespace = plane.namespace("binding").await;
    node("binding-node")
        .cpu("2")
        .memory("4Gi")
        .label("zone", "a")
        .create(&client)
        .await;
    let nodes: Api<Node> = Api::all(client.clone());
    eventually("kwok makes the node Ready", async || {
        let conditions = nodes.get_status("binding-node").await.ok()?.status?.conditions?;
        conditions
            .into_iter()
            .find(|condition| condition.type_ == "Ready" && condition.status == "True")
    })
    .await;

    let waiting = pod("web")
        .requests("500m", "256Mi")
        .create(&client, &namespace)
        .await;
    assert_eq!(phase(&waiting), Some("Pending"));
    bind(&client, &namespace, &waiting, "binding-node")
        .await
        .expect("the API server takes the Binding");
    let pods: Api<Pod> = Api::namespaced(client, &namespace);
    let running = eventually("the pod runs", async || {
        pods.get("web")
            .await
            .ok()
            .filter(|pod| phase(pod) == Some("Running"))
    })
    .await;
    assert_eq!(
        running.spec.and_then(|spec| spec.node_name).as_deref(),
        Some("binding-node")
    );
    assert!(
        plane
            .kubectl(&["get", "pods", "-n", &namespace])
            .contains("Running")
    );
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_node_without_a_kubelet_stays_as_it_is() {
    let plane = ControlPlane::start().await;
    let _kwok = plane.start_kwok();
    let client = plane.client().await;
    node("dark")
        .without_kubelet()
        .taint("dark", "", "NoSchedule")
        .cordoned()
        .create(&client)
        .await;
    node("lit").create(&client).await;
    let nodes: Api<Node> = Api::all(client);
    // Made after it and Ready: kwok has seen both.
    eventually("the other node is Ready", async || {
        nodes.get("lit").await.ok()?.status?.conditions
    })
    .await;
    let dark = nodes.get("dark").await.expect("the node");
    assert_eq!(dark.status.and_then(|status| status.conditions), None);
    let spec = dark.spec.expect("a spec");
    assert_eq!(spec.unschedulable, Some(true));
    assert!(
        spec.taints
            .is_some_and(|taints| taints.iter().any(|taint| taint.key == "dark"))
    );
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn users_may_do_what_rbac_grants_and_nothing_else() {
    let plane = ControlPlane::shared().await;
    let namespace = plane.namespace("rights").await;
    let by_name = plane.client_of(&plane.kubeconfig_for("operator", None)).await;
    let by_group = plane
        .client_of(&plane.kubeconfig_for("someone", Some("operators")))
        .await;
    let list = async |client: &Client| {
        let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
        pods.list(&ListParams::default()).await
    };
    for client in [&by_name, &by_group] {
        let Err(Error::Api(refusal)) = list(client).await else {
            panic!("nothing is granted yet")
        };
        assert_eq!(refusal.code, 403, "{refusal}");
    }

    plane.kubectl(&[
        "-n",
        &namespace,
        "create",
        "role",
        "reader",
        "--verb=list",
        "--resource=pods",
    ]);
    plane.kubectl(&[
        "-n",
        &namespace,
        "create",
        "rolebinding",
        "readers",
        "--role=reader",
        "--user=operator",
        "--group=operators",
    ]);
    for client in [&by_name, &by_group] {
        eventually("the role is in force", async || list(client).await.ok()).await;
        let namespaces: Api<Namespace> = Api::all(client.clone());
        let Err(Error::Api(refusal)) = namespaces.list(&ListParams::default()).await else {
            panic!("namespaces are not granted");
        };
        assert_eq!(refusal.code, 403, "{refusal}");
    }
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn the_api_server_can_be_killed_and_comes_back_with_its_data() {
    let mut plane = ControlPlane::start().await;
    let client = plane.client().await;
    pod("survivor").create(&client, "default").await;
    let pods: Api<Pod> = Api::namespaced(client, "default");

    plane.kill_api_server();
    let error = pods.get("survivor").await.expect_err("there is no API server");
    assert!(!matches!(error, Error::Api(_)), "{error}");
    plane.start_api_server().await;
    pods.get("survivor").await.expect("the pod is still there");
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn the_api_server_can_be_frozen() {
    let plane = ControlPlane::start().await;
    let pods: Api<Pod> = Api::namespaced(plane.client().await, "default");
    plane.freeze_api_server();
    let answer = tokio::spawn({
        let pods = pods.clone();
        async move { pods.list(&ListParams::default()).await }
    });
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(!answer.is_finished(), "a frozen server answered");
    plane.thaw_api_server();
    answer
        .await
        .expect("no panic")
        .expect("the answer comes after all");
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn the_real_scheduler_places_its_pods_and_leaves_ours() {
    let plane = ControlPlane::start().await;
    let (_kwok, mut scheduler) = (plane.start_kwok(), plane.start_scheduler());
    let client = plane.client().await;
    node("n1").create(&client).await;
    pod("ours").create(&client, "default").await;
    pod("theirs")
        .scheduler("default-scheduler")
        .create(&client, "default")
        .await;
    let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
    eventually("theirs is bound", async || {
        pods.get("theirs").await.ok()?.spec?.node_name
    })
    .await;
    let ours = pods.get("ours").await.expect("the pod");
    assert_eq!(ours.spec.and_then(|spec| spec.node_name), None);

    let leases: Api<Lease> = Api::namespaced(client, "kube-system");
    let holder = async || leases.get("kube-scheduler").await.ok()?.spec?.holder_identity;
    eventually("the scheduler holds its lease", async || {
        holder().await.filter(|holder| !holder.is_empty())
    })
    .await;
    scheduler.terminate();
    assert_eq!(
        holder().await.as_deref(),
        Some(""),
        "a scheduler that is asked to end hands its lease back"
    );
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn pods_are_stored_as_they_were_built() {
    let plane = ControlPlane::shared().await;
    let client = plane.client().await;
    let namespace = plane.namespace("pods").await;
    let choosy = pod("choosy")
        .node_selector("disk", "ssd")
        .tolerates("gpu")
        .label("app", "web");
    let choosy = choosy.create(&client, &namespace).await;
    assert_eq!(
        choosy.metadata.labels,
        Some(BTreeMap::from([("app".into(), "web".into())]))
    );
    let spec = choosy.spec.expect("a spec");
    assert_eq!(spec.scheduler_name.as_deref(), Some("berth"));
    assert_eq!(
        spec.node_selector,
        Some(BTreeMap::from([("disk".into(), "ssd".into())]))
    );
    assert!(
        spec.tolerations
            .is_some_and(|all| all.iter().any(|one| one.key.as_deref() == Some("gpu")))
    );

    let gated = pod("gated")
        .gate("example.com/budget")
        .create(&client, &namespace)
        .await;
    let conditions = gated
        .status
        .and_then(|status| status.conditions)
        .unwrap_or_default();
    assert_eq!(conditions[0].reason.as_deref(), Some("SchedulingGated"));

    let bound = pod("bound").on("nowhere").create(&client, &namespace).await;
    assert_eq!(
        bound.spec.and_then(|spec| spec.node_name).as_deref(),
        Some("nowhere")
    );
}

/// Binds as `kubectl` cannot: with the pod's uid.
async fn bind(client: &Client, namespace: &str, pod: &Pod, node: &str) -> Result<Status, Error> {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let binding = serde_json::json!({
        "apiVersion": "v1", "kind": "Binding",
        "metadata": {"name": name, "uid": pod.metadata.uid},
        "target": {"apiVersion": "v1", "kind": "Node", "name": node},
    });
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    pods.create_subresource("binding", name, &PostParams::default(), &binding)
        .await
}

fn phase(pod: &Pod) -> Option<&str> {
    pod.status.as_ref()?.phase.as_deref()
}
