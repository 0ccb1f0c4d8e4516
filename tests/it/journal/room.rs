//! The program killed while it makes room.

use serde_json::{Value, json};

use crate::scene::Scene;
use crate::support::{Fault, Side, eventually};

pub(crate) const PODS: &str = "/api/v1/namespaces/default/pods";

/// A node that `a` and `b` fill, and `big`, which is worth more and waits.
async fn crowded() -> Scene {
    crowded_for("berth").await
}

/// The same, with another scheduler's name on `big`.
pub(crate) async fn crowded_for(scheduler: &str) -> Scene {
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
        .post(
            PODS,
            &pod(
                "big",
                "3",
                json!({"priorityClassName": "high", "schedulerName": scheduler}),
            ),
        )
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

const PREEMPT: [&str; 6] = ["place", "big", "--preempt", "--reason", "at night", "-y"];

/// How many events say that each of these pods was preempted.
async fn preempted(scene: &Scene, pods: [&str; 2]) -> [usize; 2] {
    let events = scene
        .get("/apis/events.k8s.io/v1/namespaces/default/events")
        .await;
    let events = events["items"].as_array().expect("a list");
    pods.map(|pod| {
        let about = |event: &&Value| event["reason"] == "Preempted" && event["regarding"]["name"] == pod;
        events.iter().filter(about).count()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_while_room_is_made_journal_and_cluster_agree_and_it_goes_on() {
    for at in 1..=WRITES {
        for side in [Side::Before, Side::Behind] {
            let case = format!("killed at write {at}, {side:?}");
            let scene = crowded().await;
            scene.kill(&PREEMPT, at, Fault::Hold(side)).await;
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
            let removed: Vec<&str> = story["removed"]
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(Value::as_str)
                .collect();
            for pod in ["a", "b"] {
                let key = format!("default/{pod}");
                let is_there = there.contains(&key.as_str());
                assert_eq!(removed.contains(&key.as_str()), !is_there, "{case}: {story}");
            }
            let told = preempted(&scene, ["a", "b"]).await;
            let gone = ["a", "b"].map(|pod| usize::from(!there.contains(&format!("default/{pod}").as_str())));
            assert_eq!(told, gone, "{case}: each that was deleted is told of, once");
            assert_eq!(journal.len(), if at > ROOM { 2 } else { 1 }, "{case}");

            let big = scene.get(&format!("{PODS}/big")).await;
            if big["spec"]["nodeName"] != "n1" {
                let (code, out, err) = scene.run(&PREEMPT).await;
                assert_eq!(code, 0, "{case}: {out}{err}");
                let big = scene.get(&format!("{PODS}/big")).await;
                assert_eq!(big["spec"]["nodeName"], "n1", "{case}");
            }
            scene.journal().await;
            assert_eq!(preempted(&scene, ["a", "b"]).await, [1, 1], "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_on_without_a_look_at_the_journal_tells_of_everybody_once() {
    for at in 1..=ROOM {
        for side in [Side::Before, Side::Behind] {
            let case = format!("killed at write {at}, {side:?}");
            let scene = crowded().await;
            scene.kill(&PREEMPT, at, Fault::Hold(side)).await;
            let (code, out, err) = scene.run(&PREEMPT).await;
            assert_eq!(code, 0, "{case}: {out}{err}");
            assert_eq!(preempted(&scene, ["a", "b"]).await, [1, 1], "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_terminates_for_another_reason_is_not_said_to_be_preempted() {
    // Before the first deletion is sent, or behind it.
    const DELETION: usize = 3;
    let scene = crowded().await;
    // Both are kept, so that they are found terminating.
    for pod in ["a", "b"] {
        let body = json!({"metadata": {"finalizers": ["example.com/hold"]}});
        patch(&scene, &format!("{PODS}/{pod}"), &body).await;
    }
    scene.kill(&PREEMPT, DELETION, Fault::Hold(Side::Before)).await;
    let condemned = async |pod: &str| {
        let pod = scene.get(&format!("{PODS}/{pod}")).await;
        let conditions = pod["status"]["conditions"].as_array().expect("a list");
        conditions
            .iter()
            .any(|condition| condition["type"] == "DisruptionTarget")
    };
    let first = if condemned("a").await { "a" } else { "b" };
    // Somebody else deletes it, and says so in its place.
    let status = json!({"status": {"conditions": [{
        "type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI", "message": "drained",
    }]}});
    patch(&scene, &format!("{PODS}/{first}/status"), &status).await;
    let request = http::Request::delete(format!("{PODS}/{first}"))
        .body(Vec::new())
        .expect("a request");
    let _: Value = scene.client.request(request).await.expect("it terminates");
    let journal = scene.journal().await;
    assert_eq!(journal[0]["removed"], json!([]), "{}", journal[0]);
    assert_eq!(preempted(&scene, ["a", "b"]).await, [0, 0]);

    let scene = crowded().await;
    for pod in ["a", "b"] {
        let body = json!({"metadata": {"finalizers": ["example.com/hold"]}});
        patch(&scene, &format!("{PODS}/{pod}"), &body).await;
    }
    scene.kill(&PREEMPT, DELETION, Fault::Hold(Side::Behind)).await;
    let journal = scene.journal().await;
    assert_eq!(
        journal[0]["removed"].as_array().map(Vec::len),
        Some(1),
        "{}",
        journal[0]
    );
    assert_eq!(preempted(&scene, ["a", "b"]).await.iter().sum::<usize>(), 1);
}

async fn patch(scene: &Scene, path: &str, body: &Value) {
    let request = http::Request::patch(path)
        .header("content-type", "application/merge-patch+json")
        .body(body.to_string().into_bytes())
        .expect("a request");
    let _: Value = scene.client.request(request).await.expect("it is patched");
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
    patch(
        &scene,
        &format!("{PODS}/a"),
        &json!({"metadata": {"labels": {"app": "a"}}}),
    )
    .await;
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
