//! kube-scheduler comes back while berth prepares claims for one of its pods: it goes by what it finds, and finds it still there
//! when it binds the pod.

use serde_json::json;

use super::pile::theirs;
use super::{send, wait_until_bound};
use crate::scene::{CLAIMS, Scene, ended};
use crate::support::{ControlPlane, eventually};
use rustix::process::Signal;

const DEVICES: &str = "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn what_is_prepared_is_left_to_the_scheduler_that_comes_back() {
    let plane = ControlPlane::start().await;
    let _controllers = plane.start_controllers();
    let scene = Scene::bare_on(&plane).await;
    scene.fill().await;
    scene.want_of("default-scheduler", "web", "data", "gpu").await;
    let device = format!("{DEVICES}/gpu");
    let users = async || scene.get(&device).await["status"]["reservedFor"].clone();

    // Nobody makes the volume that berth waits for.
    let place = [
        "place",
        "web",
        "n1",
        "-y",
        "--adopt",
        "default-scheduler",
        "--reason",
        "outage",
    ];
    let berth = scene.berth(&place).spawn().expect("berth starts");
    let reserved = eventually("the device is reserved", async || {
        Some(users().await).filter(|users| !users.is_null())
    })
    .await;
    send(berth.id(), Signal::STOP);
    let _scheduler = plane.start_scheduler();
    // It takes pods one after the other, so that by then it waits for the volume, too.
    theirs("next").create(&scene.client, "default").await;
    wait_until_bound(&scene.client, "default", &["next"]).await;
    send(berth.id(), Signal::CONT);
    let (code, _, err) = ended(berth).await;
    assert_eq!(code, 4, "{err}");
    for part in [
        "'default-scheduler' is at work again",
        "left to 'default-scheduler'",
        "claim gpu",
    ] {
        assert!(err.contains(part), "{err}");
    }
    assert_eq!(users().await, reserved, "{err}");

    tokio::select! {
        () = wait_until_bound(&scene.client, "default", &["web"]) => {}
        () = scene.provision() => unreachable!("it never ends"),
    }
    assert_eq!(users().await, reserved);
    let device = scene.get(&device).await;
    let devices = device["status"]["allocation"]["devices"]["results"].as_array();
    assert_eq!(devices.map(Vec::len), Some(1), "{device}");
    assert_eq!(
        scene.get(&format!("{CLAIMS}/data")).await["status"]["phase"],
        json!("Bound")
    );
    eventually("its event", async || (scene.events().await == 1).then_some(())).await;
    let journal = scene.journal().await;
    assert_eq!(journal[0]["outcome"], "notPlaced", "{journal:?}");
}
