//! The program killed while it makes room.

use serde_json::{Value, json};

use crate::scene::Scene;
use crate::support::{Fault, Side, eventually};

const PODS: &str = "/api/v1/namespaces/default/pods";

/// A node that `a` and `b` fill, and `big`, which is worth more and waits.
async fn crowded() -> Scene {
    let scene = Scene::bare().await;
    let amounts = json!({"cpu": "4", "memory": "8Gi", "pods": "20"});
    scene
        .post(
            "/api/v1/nodes",
            &json!({
                "apiVersion": "v1", "kind": "Node",
                "metadata": {"name": "n1", "labels": {"kubernetes.io/hostname": "n1"}},
                "status": {
                    "allocatable": amounts, "capacity": amounts, "conditions": [{"type": "Ready", "status": "True"}],
                },
            }),
        )
        .await;
    scene
        .post(
            "/apis/scheduling.k8s.io/v1/priorityclasses",
            &json!({
                "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 1000,
            }),
        )
        .await;
    let pod = |name: &str, cpu: &str, more: Value| {
        let mut pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
            "spec": {"schedulerName": "berth", "containers": [
                {"name": "app", "image": "nginx", "resources": {"requests": {"cpu": cpu}}},
            ]},
        });
        json_patch::merge(&mut pod["spec"], &more);
        pod
    };
    for name in ["a", "b"] {
        scene.post(PODS, &pod(name, "2", json!({"nodeName": "n1"}))).await;
        eventually("it runs", async || {
            let pod = scene.get(&format!("{PODS}/{name}")).await;
            (pod["status"]["phase"] == "Running").then_some(())
        })
        .await;
    }
    scene
        .post(PODS, &pod("big", "3", json!({"priorityClassName": "high"})))
        .await;
    scene
}

/// The pods that are there and stay.
async fn staying(scene: &Scene) -> Vec<String> {
    let pods = scene.get(PODS).await;
    let pods = pods["items"].as_array().expect("a list").iter();
    pods.filter(|pod| pod["metadata"].get("deletionTimestamp").is_none())
        .map(|pod| format!("default/{}", pod["metadata"]["name"].as_str().expect("a name")))
        .collect()
}

/// Nominating; condition, deletion and event of two pods; the Binding and its event.
const WRITES: usize = 9;
/// The last that makes room.
const ROOM: usize = 7;

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_while_room_is_made_journal_and_cluster_agree_and_it_goes_on() {
    let preempt = ["place", "big", "--preempt", "--reason", "at night", "-y"];
    for at in 1..=WRITES {
        for side in [Side::Before, Side::Behind] {
            let case = format!("killed at write {at}, {side:?}");
            let scene = crowded().await;
            scene.kill(&preempt, at, Fault::Hold(side)).await;
            let staying = staying(&scene).await;
            let journal = scene.journal().await;
            let story = &journal[0];
            assert_eq!(story["pod"], "default/big", "{case}");
            assert_eq!(story["reason"], "at night", "{case}");
            let victims = story["victims"].as_array().expect("a list");
            assert_eq!(victims.len(), 2, "{case}: {story}");
            let there: Vec<&str> = victims
                .iter()
                .filter_map(Value::as_str)
                .filter(|victim| staying.iter().any(|pod| pod == victim))
                .collect();
            let wanted = if there.is_empty() { "roomMade" } else { "notPlaced" };
            assert_eq!(story["outcome"], wanted, "{case}: {story}");
            let text = story["text"].as_str().expect("a text");
            for victim in &there {
                assert!(text.contains(victim), "{case}: {text}");
            }
            let removed = story["removed"].as_array().expect("a list").len();
            // What was deleted without an answer is told as gone, and not claimed.
            let unanswered = usize::from(side == Side::Behind && matches!(at, 3 | 6));
            assert_eq!(removed + unanswered, 2 - there.len(), "{case}: {story}");
            let events = scene
                .get("/apis/events.k8s.io/v1/namespaces/default/events")
                .await;
            let preempted = events["items"]
                .as_array()
                .expect("a list")
                .iter()
                .filter(|event| event["reason"] == "Preempted")
                .count();
            assert_eq!(preempted, removed, "{case}: owed events are posted, each once");
            assert_eq!(journal.len(), if at > ROOM { 2 } else { 1 }, "{case}");

            let big = scene.get(&format!("{PODS}/big")).await;
            if big["spec"]["nodeName"] != "n1" {
                let (code, out, err) = scene.run(&preempt).await;
                assert_eq!(code, 0, "{case}: {out}{err}");
                let big = scene.get(&format!("{PODS}/big")).await;
                assert_eq!(big["spec"]["nodeName"], "n1", "{case}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_to_go_is_shown_and_nobody_goes_in_a_dry_run() {
    let scene = crowded().await;
    let words = ["place", "big", "--preempt", "--reason", "why", "--dry-run=server"];
    let (code, out, err) = scene.run(&words).await;
    assert_eq!(
        (code, out.as_str()),
        (
            0,
            "pod/big placed on n1 once 2 pods are deleted (server dry run)\n"
        ),
        "{err}"
    );
    assert!(
        err.contains("Room on n1 takes deleting 2 pods of lower priority:")
            && err.contains("priority 0, owner nobody: it will not come back, takes cpu 2")
            && err.contains("There is no undoing"),
        "{err}"
    );
    assert_eq!(staying(&scene).await.len(), 3);

    let (code, _, err) = scene.run(&["place", "big", "--preempt"]).await;
    assert_eq!(code, 2, "{err}");
    let (code, _, err) = scene.run(&["place", "big", "-y"]).await;
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("preemption: found a potential placement"), "{err}");

    let words = ["place", "big", "--preempt", "--reason", "why", "-y", "-o", "json"];
    let (code, out, err) = scene.run(&words).await;
    assert_eq!(code, 0, "{err}");
    let told: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(
        (&told["outcome"], &told["node"]),
        (&json!("placed"), &json!("n1"))
    );
    let victims = told["victims"].as_array().expect("a list");
    assert!(
        victims.len() == 2 && victims.iter().all(|victim| victim["deleted"] == true),
        "{told}"
    );
    let (_, report, _) = scene.run(&["journal", "-o", "markdown"]).await;
    assert!(
        report.contains("room made or tried 1 times, 2 pods deleted for it")
            && report.contains("to make room, pods to go: "),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn budgets_want_an_option_of_their_own() {
    let scene = crowded().await;
    let patch = http::Request::patch(format!("{PODS}/a"))
        .header("content-type", "application/merge-patch+json")
        .body(
            json!({"metadata": {"labels": {"app": "a"}}})
                .to_string()
                .into_bytes(),
        )
        .expect("a request");
    let _: Value = scene.client.request(patch).await.expect("labels");
    let budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
    let budget = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "keep-a"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "a"}}},
    });
    scene.post(budgets, &budget).await;
    eventually("the budget counts", async || {
        let budget = scene.get(&format!("{budgets}/keep-a")).await;
        (budget["status"]["currentHealthy"] == 1).then_some(())
    })
    .await;
    let words = ["place", "big", "--preempt", "--reason", "why", "-y"];
    let (code, _, err) = scene.run(&words).await;
    assert_eq!(code, 3, "{err}");
    assert!(
        err.contains("AGAINST ITS BUDGET")
            && err.contains("it goes against default/keep-a")
            && err.contains("--violate-budgets"),
        "{err}"
    );
    assert_eq!(staying(&scene).await.len(), 3);
    let (code, _, err) = scene.run(&[&words[..], &["--violate-budgets"]].concat()).await;
    assert_eq!(code, 0, "{err}");
    let (_, report, _) = scene.run(&["journal", "-o", "markdown"]).await;
    assert!(report.contains("against default/keep-a"), "{report}");
}
