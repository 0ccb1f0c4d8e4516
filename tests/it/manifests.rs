//! Objects read whole, as a person looks at them.

use berth::app::manifest::Manifest;
use berth::cluster::{ClusterError, Connection};
use berth::demo::{Scenario, Server};
use berth::model::PodKey;
use kube::api::{Api, PostParams};
use serde_json::json;

use crate::support::{node, pod};

#[tokio::test]
async fn pods_and_nodes_are_read_whole_and_shown_without_bookkeeping() {
    let server = Server::start(Scenario::empty());
    let client = server.client();
    let connection = Connection::in_process(client.clone(), "demo");
    node("worker-1")
        .taint("gpu", "yes", "NoSchedule")
        .create(&client)
        .await;
    let mut asked = pod("cart").requests("500m", "1Gi").tolerates("gpu").build();
    let spec = asked.spec.as_mut().expect("a spec");
    let variable = json!({"name": "PASSWORD", "value": "hunter2"});
    spec.containers[0].env = Some(vec![serde_json::from_value(variable).expect("a variable")]);
    let pods: Api<k8s_openapi::api::core::v1::Pod> = Api::namespaced(client, "default");
    pods.create(&PostParams::default(), &asked)
        .await
        .expect("the pod is made");

    let key = PodKey::new("default", "cart");
    let read = connection.pod(&key).await.expect("the pod can be read");
    assert!(read.to_string().contains("hunter2"));
    let manifest = Manifest::new(read);
    let text: Vec<&str> = manifest.lines().iter().map(|line| line.text.as_str()).collect();
    let text = text.join("\n");
    assert!(
        !text.contains("hunter2") && !text.contains("managedFields"),
        "{text}"
    );
    assert_eq!(
        manifest.find("spec.containers[0].resources.requests.cpu"),
        ["spec.containers[0].resources.requests.cpu"]
    );
    let manifest = Manifest::new(connection.node("worker-1").await.expect("the node can be read"));
    assert!(!manifest.find("spec.taints[0]").is_empty());

    let gone = connection.pod(&PodKey::new("default", "../nodes")).await;
    assert!(
        matches!(gone, Err(ClusterError::Rejected { code: 404, .. })),
        "{gone:?}"
    );
    let gone = connection
        .node("worker-2")
        .await
        .expect_err("there is none")
        .to_string();
    assert!(gone.contains("reading node worker-2"), "{gone}");
}
