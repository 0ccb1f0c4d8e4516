//! A pod that is tried in vain again and again has one event that says so, and how often.

use serde_json::{Value, json};

use super::{AtWork, PODS, asking, node};
use crate::scene::{CLAIMS, Scene, volume_claim};
use crate::support::{ControlPlane, eventually};

/// The events that say that `web` is not placed.
async fn failures(scene: &Scene) -> Vec<Value> {
    let all = scene
        .get("/apis/events.k8s.io/v1/namespaces/default/events")
        .await;
    let all = all["items"].as_array().expect("a list").iter();
    let about =
        all.filter(|event| event["reason"] == "FailedScheduling" && event["regarding"]["name"] == "web");
    about.cloned().collect()
}

async fn tried_twice(scene: &Scene) -> AtWork {
    node(scene, "n1", "4").await;
    let class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "wait"},
        "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer",
    });
    scene.post("/apis/storage.k8s.io/v1/storageclasses", &class).await;
    scene.post(CLAIMS, &volume_claim("data")).await;
    let mut web = asking("web", "berth", "100m");
    web["spec"]["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    scene.post(PODS, &web).await;
    let scheduler = AtWork::full(scene).await;
    let first = eventually("it is said once", async || failures(scene).await.pop()).await;
    assert_eq!(first["series"], Value::Null, "{first}");
    // It may help, and does not: it is too small.
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "tiny"},
        "spec": {
            "storageClassName": "wait", "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"],
            "csi": {"driver": "disk.example.com", "volumeHandle": "tiny"},
        },
    });
    scene.post("/api/v1/persistentvolumes", &volume).await;
    let again = eventually("it is counted", async || {
        let mut all = failures(scene).await;
        all.retain(|event| event["series"].is_object());
        all.pop()
    })
    .await;
    assert_eq!(again["series"]["count"], 2);
    assert_eq!(again["metadata"]["uid"], first["metadata"]["uid"]);
    assert_eq!(again["eventTime"], first["eventTime"]);
    assert_eq!(failures(scene).await.len(), 1);
    scheduler
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_again_is_counted_on_the_event_that_says_it() {
    tried_twice(&Scene::bare().await).await.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn kubectl_shows_how_often_it_was_said() {
    let plane = ControlPlane::start().await;
    let scheduler = tried_twice(&Scene::bare_on(&plane).await).await;
    let described = plane.kubectl(&["describe", "pod", "web"]);
    assert!(described.contains("(x2 over "), "{described}");
    let events = plane.kubectl(&["events", "--for", "pod/web"]);
    assert!(events.contains("(x2 over "), "{events}");
    scheduler.end().await;
}
