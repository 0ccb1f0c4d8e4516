//! The real program in a real terminal on a real API server: the main job from the first look to the running pod.

use std::path::Path;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, Pod};
use k8s_openapi::api::events::v1::Event;
use kube::Client;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use rustix::process::Signal;
use serde_json::json;

use crate::support::{ControlPlane, Terminal, eventually, node, pod};

/// The program's screen on `kubeconfig`.
fn berth(kubeconfig: &Path) -> Terminal {
    Terminal::run(env!("CARGO_BIN_EXE_berth"))
        .env("KUBECONFIG", kubeconfig)
        .size(120, 36)
        .start()
}

/// Confirms the dialog as a person does who reads it first: the program takes no Enter that came too soon after the
/// dialog was drawn, or that looks like a held key.
fn confirm(screen: &mut Terminal) {
    for _ in 0..30 {
        std::thread::sleep(Duration::from_secs(1));
        screen.press(&["Enter"]);
        std::thread::sleep(Duration::from_millis(300));
        if !screen.screen().contains("dry run, then place") {
            return;
        }
    }
    panic!("the dialog takes no Enter\n{}", screen.screen());
}

async fn bound(client: &Client, namespace: &str, name: &str) -> Pod {
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    eventually("the pod is bound", async || {
        let pod = pods.get(name).await.expect("the pod");
        pod.spec.clone()?.node_name.map(|_| pod)
    })
    .await
}

async fn events_of(client: &Client, namespace: &str) -> Vec<Event> {
    let events: Api<Event> = Api::namespaced(client.clone(), namespace);
    events.list(&ListParams::default()).await.expect("events").items
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_pod_is_seen_confirmed_bound_and_run() {
    let plane = ControlPlane::start().await;
    let _kwok = plane.start_kwok();
    let client = plane.client().await;
    let namespace = plane.namespace("shop").await;
    let mut screen = berth(&plane.kubeconfig());
    screen.wait_for("● live");

    // What is made while the screen is open appears on it.
    node("small").cpu("1").create(&client).await;
    node("large").cpu("8").create(&client).await;
    let made = pod("web").requests("2", "1Gi").create(&client, &namespace).await;
    screen.wait_for(&format!("{namespace}/web"));
    screen.wait_for("1 of 2 nodes fit");
    screen.wait_for("large");
    screen.wait_for("Insufficient cpu");

    screen.press(&["Enter"]);
    screen.wait_for(&format!("Place {namespace}/web on large?"));
    screen.wait_for(&made.metadata.uid.clone().expect("a uid"));
    confirm(&mut screen);
    let placed = bound(&client, &namespace, "web").await;
    screen.wait_for(&format!("{namespace}/web placed on large"));

    assert_eq!(placed.metadata.uid, made.metadata.uid);
    assert_eq!(
        placed.spec.and_then(|spec| spec.node_name).as_deref(),
        Some("large")
    );
    let annotations = placed.metadata.annotations.unwrap_or_default();
    assert_eq!(
        annotations.get("berth.dev/placed-by").map(String::as_str),
        Some("admin")
    );
    assert_eq!(
        annotations.get("berth.dev/overruled"),
        None,
        "nothing was overruled"
    );

    let scheduled = eventually("the event is there", async || {
        let events = events_of(&client, &namespace).await;
        let ours = |event: &Event| event.reason.as_deref() == Some("Scheduled");
        let scheduled: Vec<Event> = events.into_iter().filter(ours).collect();
        (!scheduled.is_empty()).then_some(scheduled)
    })
    .await;
    let [event] = &*scheduled else {
        panic!("one event, not {scheduled:?}")
    };
    assert_eq!(event.type_.as_deref(), Some("Normal"));
    assert_eq!(event.action.as_deref(), Some("Binding"));
    assert_eq!(event.reporting_controller.as_deref(), Some("berth"));
    let note = format!("Successfully assigned {namespace}/web to large");
    assert_eq!(event.note.as_deref(), Some(&*note));
    let regarding = event.regarding.clone().unwrap_or_default();
    assert_eq!(
        (regarding.kind.as_deref(), regarding.uid),
        (Some("Pod"), made.metadata.uid)
    );
    assert!(
        plane
            .kubectl(&["get", "events", "-n", &namespace])
            .contains("Successfully assigned")
    );

    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    eventually("kwok runs the pod", async || {
        let status = pods.get("web").await.expect("the pod").status?;
        status.phase.filter(|phase| phase == "Running")
    })
    .await;

    screen.press(&["q"]);
    assert!(screen.wait().success());
    screen.assert_restored();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_rejected_node_wants_a_reason_which_stands_on_the_pod() {
    let plane = ControlPlane::start().await;
    let client = plane.client().await;
    let namespace = plane.namespace("gpu").await;
    node("gpu-0")
        .taint("nvidia.com/gpu", "present", "NoSchedule")
        .create(&client)
        .await;
    pod("train").create(&client, &namespace).await;
    let mut screen = berth(&plane.kubeconfig());
    screen.wait_for("0 of 1 nodes fit");

    screen.press(&["o"]);
    screen.press(&["Enter"]);
    screen.wait_for(&format!("Place {namespace}/train on gpu-0?"));
    screen.wait_for("TaintToleration");
    screen.type_text("only node with room");
    screen.wait_for("only node with room");
    confirm(&mut screen);
    let placed = bound(&client, &namespace, "train").await;
    let annotations = placed.metadata.annotations.unwrap_or_default();
    assert_eq!(
        annotations.get("berth.dev/reason").map(String::as_str),
        Some("only node with room")
    );
    assert_eq!(
        annotations.get("berth.dev/overruled").map(String::as_str),
        Some("TaintToleration")
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_decision_that_changed_behind_the_dialog_is_shown_and_confirmed_again() {
    let plane = ControlPlane::start().await;
    let client = plane.client().await;
    let namespace = plane.namespace("late").await;
    node("only").create(&client).await;
    pod("web").create(&client, &namespace).await;
    let mut screen = berth(&plane.kubeconfig());
    screen.wait_for("1 of 1 nodes fit");
    screen.press(&["Enter"]);
    screen.wait_for("Place ");

    let nodes: Api<Node> = Api::all(client.clone());
    let cordon = Patch::Merge(json!({"spec": {"unschedulable": true}}));
    nodes
        .patch("only", &PatchParams::default(), &cordon)
        .await
        .expect("cordoned");
    screen.wait_for("0 of 1 nodes fit");
    screen.press(&["Enter"]);
    screen.wait_for("NodeUnschedulable");
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    let spec = pods.get("web").await.expect("the pod").spec.expect("a spec");
    assert_eq!(spec.node_name, None, "nothing was sent");

    nodes
        .delete("only", &DeleteParams::default())
        .await
        .expect("deleted");
    screen.press(&["Esc", "Esc"]);
    screen.wait_for("0 nodes");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_server_that_dies_or_freezes_is_told_at_once_and_caught_up_with() {
    let mut plane = ControlPlane::start().await;
    let client = plane.client().await;
    node("n1").create(&client).await;
    let mut screen = berth(&plane.kubeconfig());
    screen.wait_for("● live");

    plane.kill_api_server();
    screen.wait_for("stale");
    plane.start_api_server().await;
    node("n2").create(&client).await;
    screen.wait_for("2 nodes");
    screen.wait_for("● live");

    plane.freeze_api_server();
    screen.wait_for("stale");
    plane.thaw_api_server();
    screen.wait_for("● live");

    screen.press(&["q"]);
    assert!(screen.wait().success());
    screen.assert_restored();
}

#[test]
fn the_terminal_is_given_back_after_each_signal() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let demo = Terminal::run(env!("CARGO_BIN_EXE_berth")).arg("demo");
        let mut screen = demo.start();
        screen.wait_for("● live");
        screen.signal(signal);
        let status = screen.wait();
        assert!(!status.success(), "{signal:?} is no ordinary end");
        screen.assert_restored();
    }
}

#[test]
fn the_demonstration_places_a_pod() {
    let demo = Terminal::run(env!("CARGO_BIN_EXE_berth")).arg("demo");
    let mut screen = demo.size(120, 36).start();
    screen.wait_for("● live");
    screen.wait_for("nodes fit");
    screen.press(&["Enter"]);
    screen.wait_for("Place ");
    confirm(&mut screen);
    screen.wait_for("placed on");
    screen.resize(80, 24);
    screen.wait_for("Waiting");
    screen.press(&["q"]);
    assert!(screen.wait().success());
    screen.assert_restored();
}
