//! The real program in a real terminal: the scheduler is dead, a pod of its fits nowhere, and room is made for it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::journal::room::{PODS, crowded_for};
use crate::scene::Scene;
use crate::support::{Terminal, eventually};

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";

/// kube-scheduler's Lease, renewed so many seconds ago.
fn renewed(before: i64) -> Value {
    let at = Timestamp::now() - SignedDuration::from_secs(before);
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "kube-scheduler"},
        "spec": {"holderIdentity": "cp-1", "leaseDurationSeconds": 15, "renewTime": format!("{at:.6}")},
    })
}

fn screen(scene: &Scene) -> Terminal {
    Terminal::run(env!("CARGO_BIN_EXE_berth"))
        .env("KUBECONFIG", scene.folder.path().join("kubeconfig"))
        .env("XDG_STATE_HOME", scene.folder.path().join("state"))
        .size(140, 40)
        .start()
}

/// Adopts the pods of kube-scheduler, and asks for room for `big`, which is one of them.
fn adopt_and_ask(screen: &mut Terminal) {
    screen.wait_for("kube-scheduler is down for");
    screen.press(&["A"]);
    screen.wait_for("why they are placed by hand");
    screen.type_text("control plane lost");
    screen.press(&["Enter"]);
    screen.wait_for("are adopted for 14:");
    screen.wait_for("default/big");
    screen.wait_for("V make room");
    screen.press(&["V"]);
    screen.wait_for("2 pods of lower priority would be deleted");
    screen.wait_for("default/a");
    screen.wait_for("default/b");
    screen.wait_for("There is no undoing");
    screen.type_text("it holds the cluster together");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_of_a_dead_scheduler_gets_room_and_is_placed() {
    let scene = crowded_for("default-scheduler").await;
    scene.post(LEASES, &renewed(400)).await;
    let mut screen = screen(&scene);
    adopt_and_ask(&mut screen);
    screen.press(&["Enter"]);
    screen.wait_for("Deleted for it, for good");
    screen.wait_for("big placed on n1");
    screen.press(&["Esc"]);
    let big = scene.get(&format!("{PODS}/big")).await;
    assert_eq!(big["spec"]["nodeName"], "n1");
    let said = &big["metadata"]["annotations"];
    assert_eq!(said["berth.dev/reason"], "it holds the cluster together");
    assert!(said["berth.dev/adopted"].is_string(), "{said}");
    let pods = scene.get(PODS).await;
    assert_eq!(
        pods["items"].as_array().map(Vec::len),
        Some(1),
        "both are gone: {pods}"
    );
    // As kube-scheduler does it, whose pod it is: in its name.
    let events = scene
        .get("/apis/events.k8s.io/v1/namespaces/default/events")
        .await;
    let events = events["items"].as_array().expect("a list");
    let by = |reason: &str| {
        let of = events.iter().filter(|event| event["reason"] == reason);
        of.map(|event| event["reportingController"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(by("Preempted"), ["default-scheduler", "default-scheduler"]);
    assert_eq!(by("Scheduled"), ["default-scheduler"]);

    screen.press(&["q"]);
    assert_eq!(screen.wait().exit_code(), 0);
    let journal = scene.journal().await;
    let [room, placed] = &journal[..] else {
        panic!("{journal:?}")
    };
    assert_eq!(room["outcome"], "roomMade", "{room}");
    assert_eq!(room["removed"].as_array().map(Vec::len), Some(2), "{room}");
    assert_eq!(placed["outcome"], "placed", "{placed}");
    for story in [room, placed] {
        assert_eq!(story["scheduler"], "default-scheduler");
        assert_eq!(story["reason"], "it holds the cluster together");
        assert_eq!(story["adoption"]["reason"], "control plane lost", "{story}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_deleted_once_the_scheduler_is_back() {
    let scene = crowded_for("default-scheduler").await;
    scene.post(LEASES, &renewed(400)).await;
    let mut screen = screen(&scene);
    adopt_and_ask(&mut screen);
    // It is back before this is confirmed.
    let request = http::Request::patch(format!("{LEASES}/kube-scheduler"))
        .header("content-type", "application/merge-patch+json")
        .body(renewed(0).to_string().into_bytes())
        .expect("a request");
    let _: Value = scene.client.request(request).await.expect("a lease");
    screen.press(&["Enter"]);
    screen.wait_for("was not placed on n1");
    screen.wait_for("is at work again");
    screen.press(&["Esc"]);
    let pods = scene.get(PODS).await;
    for pod in pods["items"].as_array().expect("a list") {
        assert!(pod["metadata"].get("deletionTimestamp").is_none(), "{pod}");
    }
    eventually("it is nobody's but its scheduler's", async || {
        let big = scene.get(&format!("{PODS}/big")).await;
        big["spec"].get("nodeName").is_none().then_some(())
    })
    .await;
    screen.press(&["q"]);
    assert_eq!(screen.wait().exit_code(), 0);
    assert!(scene.journal().await.is_empty(), "nothing was sent");
}
