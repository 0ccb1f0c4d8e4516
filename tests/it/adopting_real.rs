//! The real kube-scheduler on a real API server: killed, ended, without a Lease, started again; and its pods adopted.

use std::path::Path;
use std::process::Command;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::api::{Api, ListParams};
use serde_json::Value;

use crate::support::{ControlPlane, Terminal, eventually, node, pod};

const THEIRS: &str = "default-scheduler";
const ADOPT: &str = "--adopt default-scheduler --reason outage";

/// Runs the program as a user who may do everything: its exit code, and what it said on both streams.
fn berth(plane: &ControlPlane, line: &str) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(line.split_whitespace())
        .arg("--kubeconfig")
        .arg(plane.kubeconfig())
        .env("XDG_STATE_HOME", plane.folder())
        .output()
        .expect("berth starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("berth ends by itself");
    (code, text(&output.stdout), text(&output.stderr))
}

/// What is known of kube-scheduler, and the exit code that stands for it.
fn known(plane: &ControlPlane) -> (i32, Value) {
    let (code, out, err) = berth(plane, &format!("check --scheduler {THEIRS} -o json"));
    let found: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    (code, found["schedulers"][0].clone())
}

/// Waits until kube-scheduler is known so.
async fn until(plane: &ControlPlane, alive: bool, evidence: &str) -> Value {
    let wanted = i32::from(!alive);
    eventually(evidence, async || {
        let (code, found) = known(plane);
        let said = found["evidence"].as_str().unwrap_or_default();
        (code == wanted && found["alive"] == alive && said.contains(evidence)).then_some(found)
    })
    .await
}

async fn bound(client: &Client, name: &str) -> Option<String> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
    pods.get(name).await.expect("the pod").spec?.node_name
}

async fn theirs(client: &Client, name: &str) {
    pod(name).scheduler(THEIRS).create(client, "default").await;
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn its_pods_are_adopted_while_it_is_dead_and_no_longer() {
    let plane = ControlPlane::start().await;
    let client = plane.client().await;
    let (_kwok, mut scheduler) = (plane.start_kwok(), plane.start_scheduler());
    node("n1").create(&client).await;
    theirs(&client, "before").await;
    eventually("it works", async || bound(&client, "before").await).await;
    until(&plane, true, "lease renewed").await;
    let (code, _, said) = berth(&plane, &format!("pods -A {ADOPT}"));
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("it is at work (lease renewed"), "{said}");

    scheduler.kill();
    theirs(&client, "web").await;
    theirs(&client, "late").await;
    let found = until(&plane, false, "lease expired").await;
    assert_eq!(found["evidence"], "lease expired");
    assert_eq!(found["pending"], 2);
    let (code, out, said) = berth(&plane, &format!("place default/web -y {ADOPT}"));
    assert_eq!((code, out.as_str()), (0, "pod/web placed on n1\n"), "{said}");
    let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
    let web = pods.get("web").await.expect("the pod");
    let annotations = web.metadata.annotations.expect("some");
    assert_eq!(annotations["berth.dev/reason"], "outage");
    assert!(annotations.contains_key("berth.dev/adopted"), "{annotations:?}");
    // What berth bound is no sign of its life.
    assert_eq!(known(&plane).0, 1);

    let _scheduler = plane.start_scheduler();
    eventually("it takes what is left", async || bound(&client, "late").await).await;
    until(&plane, true, "lease renewed").await;
    theirs(&client, "later").await;
    let (code, _, said) = berth(&plane, &format!("place default/later -y {ADOPT}"));
    // By then it may be placed already, which is as good.
    assert!(code == 3 || code == 4, "{code}: {said}");
    eventually("it is its own", async || bound(&client, "later").await).await;
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_lease_handed_back_is_no_crash() {
    let plane = ControlPlane::start().await;
    let mut scheduler = plane.start_scheduler();
    until(&plane, true, "lease renewed").await;
    scheduler.terminate();
    let found = until(&plane, false, "lease handed back").await;
    assert_eq!(found["state"], "handedBack");
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn without_leader_election_its_pods_tell() {
    let plane = ControlPlane::start().await;
    let client = plane.client().await;
    let (_kwok, mut scheduler) = (plane.start_kwok(), plane.start_scheduler_without_lease());
    node("n1").create(&client).await;
    theirs(&client, "one").await;
    pod("huge")
        .scheduler(THEIRS)
        .requests("64", "1Gi")
        .create(&client, "default")
        .await;
    eventually("it works", async || bound(&client, "one").await).await;
    let found = until(&plane, true, "there is no lease kube-system/kube-scheduler, but").await;
    assert_eq!(found["state"], "alive");
    scheduler.kill();
    theirs(&client, "web").await;
    let found = until(&plane, false, "nobody has looked at 1 pod of its").await;
    assert_eq!(found["state"], "silent");
    let (code, out, said) = berth(&plane, &format!("place default/web -y {ADOPT}"));
    assert_eq!((code, out.as_str()), (0, "pod/web placed on n1\n"), "{said}");
}

fn screen(kubeconfig: &Path, plane: &ControlPlane) -> Terminal {
    Terminal::run(env!("CARGO_BIN_EXE_berth"))
        .env("KUBECONFIG", kubeconfig)
        .env("XDG_STATE_HOME", plane.folder())
        .size(140, 36)
        .start()
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn the_screen_tells_of_its_fall_and_of_its_return() {
    let plane = ControlPlane::start().await;
    let client = plane.client().await;
    let (_kwok, mut scheduler) = (plane.start_kwok(), plane.start_scheduler());
    node("n1").create(&client).await;
    until(&plane, true, "lease renewed").await;
    let mut screen = screen(&plane.kubeconfig(), &plane);
    screen.wait_for("kube-scheduler alive");
    scheduler.kill();
    theirs(&client, "web").await;
    screen.wait_for("kube-scheduler is down for");
    screen.press(&["A"]);
    screen.wait_for("why they are placed by hand");
    screen.press(&["o", "u", "t", "a", "g", "e", "Enter"]);
    screen.wait_for("are adopted for 14:");
    let _scheduler = plane.start_scheduler();
    screen.wait_for("kube-scheduler is at work again");
    eventually("it takes its pod", async || bound(&client, "web").await).await;
    screen.press(&["q"]);
    assert_eq!(screen.wait().exit_code(), 0);
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn two_screens_see_each_other_on_a_real_server() {
    let plane = ControlPlane::start().await;
    let client = plane.client().await;
    node("n1").create(&client).await;
    pod("web").create(&client, "default").await;
    let leases: Api<Lease> = Api::namespaced(client.clone(), "kube-public");
    let ours = ListParams::default().labels("berth.dev/operator");
    let mut ana = screen(&plane.kubeconfig(), &plane);
    ana.wait_for("default/web");
    let mut ben = screen(&plane.kubeconfig_for("ben", Some("system:masters")), &plane);
    ana.wait_for("◇ ben@");
    ben.wait_for("◇ admin@");
    ben.press(&["Enter"]);
    ben.wait_for("Reason");
    ana.wait_for("◇ default/web");
    ana.press(&["Enter"]);
    ana.wait_for("has this pod open, too");
    let there = leases.list(&ours).await.expect("leases");
    assert_eq!(there.items.len(), 2);
    ben.press(&["Esc", "q"]);
    assert_eq!(ben.wait().exit_code(), 0);
    ana.press(&["Esc", "q"]);
    assert_eq!(ana.wait().exit_code(), 0);
    let left = leases.list(&ours).await.expect("leases");
    assert!(left.items.is_empty(), "{:?}", left.items);
}
