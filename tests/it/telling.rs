//! The screen says of pods of ours that fit nowhere why, on the pod and in an event, unless that is turned off.

use serde_json::{Value, json};

use crate::scene::Scene;
use crate::support::{Terminal, eventually};

const POD: &str = "/api/v1/namespaces/default/pods/lost";

async fn make(scene: &Scene, name: &str, scheduler: &str) {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {
            "schedulerName": scheduler, "nodeSelector": {"moon": "base"},
            "containers": [{"name": "c", "image": "nginx"}],
        },
    });
    scene.post("/api/v1/namespaces/default/pods", &pod).await;
}

async fn lost(scene: &Scene) {
    let node = json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"},
        "status": {
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    });
    scene.post("/api/v1/nodes", &node).await;
    make(scene, "lost", "berth").await;
    make(scene, "theirs", "another").await;
}

fn condition(pod: &Value) -> Option<&Value> {
    let conditions = pod["status"]["conditions"].as_array()?;
    conditions
        .iter()
        .find(|condition| condition["type"] == "PodScheduled")
}

fn screen(scene: &Scene, settings: &str) -> Terminal {
    let file = scene.folder.path().join("settings.yaml");
    std::fs::write(&file, settings).expect("a file");
    Terminal::run(env!("CARGO_BIN_EXE_berth"))
        .env("KUBECONFIG", scene.folder.path().join("kubeconfig"))
        .env("BERTH_CONFIG", file)
        .size(120, 36)
        .start()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_fits_nowhere_says_so_and_an_event_does() {
    let scene = Scene::bare().await;
    lost(&scene).await;
    let berth = screen(&scene, "");
    berth.wait_for("lost");
    let pod = eventually("the pod says so", async || {
        let pod = scene.get(POD).await;
        condition(&pod).is_some().then_some(pod)
    })
    .await;
    let condition = condition(&pod).expect("it is there");
    assert_eq!(
        (&condition["status"], &condition["reason"]),
        (&json!("False"), &json!("Unschedulable"))
    );
    assert_eq!(
        (&condition["observedGeneration"], &pod["metadata"]["generation"]),
        (&json!(1), &json!(1)),
        "of which state of the pod it is"
    );
    let message = condition["message"].as_str().expect("a message");
    assert!(
        message.starts_with("0/1 nodes are available: 1 node(s) "),
        "{message}"
    );
    eventually("one event does", async || {
        let all = scene
            .get("/apis/events.k8s.io/v1/namespaces/default/events")
            .await;
        let all = all["items"].as_array().expect("a list").clone();
        let about: Vec<&Value> = all
            .iter()
            .filter(|event| event["reason"] == "FailedScheduling")
            .map(|event| &event["regarding"]["name"])
            .collect();
        (about == [&json!("lost")]).then_some(())
    })
    .await;
    let theirs = scene.get("/api/v1/namespaces/default/pods/theirs").await;
    assert!(
        self::condition(&theirs).is_none(),
        "it is another scheduler's: {theirs}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_turns_it_off() {
    let scene = Scene::bare().await;
    lost(&scene).await;
    let mut berth = screen(&scene, "tell: false\n");
    berth.wait_for("lost");
    // It was judged; and once a later pod was, too, it would have been told of.
    berth.wait_for("0/1");
    make(&scene, "later", "berth").await;
    berth.wait_until("both are judged", |screen| screen.matches("0/1").count() >= 2);
    berth.press(&["q"]);
    berth.wait();
    assert!(condition(&scene.get(POD).await).is_none());
}
