//! Pods with volumes and devices, side by side.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use berth::auto::Settings;
use serde_json::{Value, json};

use super::{AtWork, PODS, asking, bound, node, pod, settings, until};
use crate::scene::{CLAIMS, Scene, storage_class, volume_claim};
use crate::support::{ControlPlane, Fault, Side};

const DEVICE_CLAIMS: &str = "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims";

/// The device of each claim, of which no two have the same, and how many pods it is reserved for.
async fn devices(scene: &Scene) -> Vec<(String, usize)> {
    let claims = scene.get(DEVICE_CLAIMS).await;
    let claims = claims["items"].as_array().expect("a list");
    let of = |claim: &Value| {
        let results = &claim["status"]["allocation"]["devices"]["results"];
        let device = results[0]["device"].as_str();
        let device = device.unwrap_or_else(|| panic!("it has no device: {claim:#}"));
        let users = claim["status"]["reservedFor"].as_array().map_or(0, Vec::len);
        (device.to_owned(), users)
    };
    let all: Vec<(String, usize)> = claims.iter().map(of).collect();
    let different: BTreeSet<&str> = all.iter().map(|(device, _)| &**device).collect();
    assert_eq!(different.len(), all.len(), "each has its own: {all:?}");
    all
}

/// Every pod gets a volume and a device, and all are ready to be bound before the first one is.
async fn side_by_side(scene: &Scene) {
    const COUNT: usize = 8;
    scene.fill().await;
    for at in 0..COUNT {
        scene
            .want(&format!("pod-{at}"), &format!("data-{at}"), &format!("gpu-{at}"))
            .await;
    }
    scene.road.hold("/binding");
    let scheduler = AtWork::full(scene).await;
    scene.road.meet_all(COUNT, "a Binding for each").await;
    let users: Vec<usize> = devices(scene).await.into_iter().map(|(_, users)| users).collect();
    assert_eq!(users, [1; COUNT]);
    scene.road.let_go();
    for at in 0..COUNT {
        assert_eq!(bound(scene, &format!("pod-{at}")).await, "n1");
    }
    assert_eq!(devices(scene).await.len(), COUNT);
    let volumes = scene.get(CLAIMS).await;
    let volumes = volumes["items"].as_array().expect("a list").iter();
    let volumes: BTreeSet<&str> = volumes
        .filter_map(|claim| claim["spec"]["volumeName"].as_str())
        .collect();
    assert_eq!(volumes.len(), COUNT);
    let ended = scheduler.end().await;
    assert_eq!((ended.bound, ended.left), (COUNT, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_with_claims_are_prepared_side_by_side() {
    side_by_side(&Scene::bare().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn pods_with_claims_are_prepared_side_by_side_on_the_real_api_server() {
    let plane = ControlPlane::start().await;
    let _controllers = plane.start_controllers();
    let scene = Scene::bare_on(&plane).await;
    tokio::select! {
        () = scene.provision() => {}
        () = side_by_side(&scene) => {}
    }
}

/// Pods that share a claim are all bound, and the claim has one device for all.
async fn shared(scene: &Scene) {
    const COUNT: usize = 4;
    scene.fill().await;
    let claim = json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": "gpu"},
        "spec": {"devices": {"requests": [{"name": "one", "exactly": {"deviceClassName": "gpu.example.com"}}]}},
    });
    scene.post(DEVICE_CLAIMS, &claim).await;
    for at in 0..COUNT {
        let mut pod = asking(&format!("pod-{at}"), "berth", "10m");
        pod["spec"]["resourceClaims"] = json!([{"name": "gpu", "resourceClaimName": "gpu"}]);
        scene.post(PODS, &pod).await;
    }
    let scheduler = AtWork::full(scene).await;
    for at in 0..COUNT {
        bound(scene, &format!("pod-{at}")).await;
    }
    let all = devices(scene).await;
    assert_eq!(all.iter().map(|(_, users)| *users).collect::<Vec<_>>(), [COUNT]);
    assert_eq!(scheduler.end().await.bound, COUNT);
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_that_share_a_claim_are_placed() {
    shared(&Scene::bare().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn pods_that_share_a_claim_are_placed_on_the_real_api_server() {
    let plane = ControlPlane::start().await;
    shared(&Scene::bare_on(&plane).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_volume_holds_nobody_up() {
    let scene = Scene::with_volumes_made_in(Duration::from_secs(24 * 60 * 60)).await;
    node(&scene, "n1", "4").await;
    scene
        .post("/apis/storage.k8s.io/v1/storageclasses", &storage_class())
        .await;
    for at in 0..3 {
        scene.post(CLAIMS, &volume_claim(&format!("data-{at}"))).await;
        let mut pod = asking(&format!("waits-{at}"), "berth", "100m");
        pod["spec"]["volumes"] =
            json!([{"name": "data", "persistentVolumeClaim": {"claimName": format!("data-{at}")}}]);
        scene.post(PODS, &pod).await;
    }
    let one_at_a_time = Settings {
        bindings: 1,
        ..settings()
    };
    let scheduler = AtWork::full_with(&scene, one_at_a_time, Arc::default()).await;
    for at in 0..3 {
        until(&scene, &format!("waits-{at}"), |pod| {
            pod["status"]["nominatedNodeName"] == "n1"
        })
        .await;
    }
    pod(&scene, "web", "1").await;
    assert_eq!(bound(&scene, "web").await, "n1");
    let ended = scheduler.end().await;
    assert_eq!((ended.bound, ended.left), (1, 3));
    let waits = scene.get(&format!("{PODS}/waits-0")).await;
    assert_eq!(waits["spec"]["nodeName"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_device_is_given_twice_where_writes_go_wrong() {
    const COUNT: usize = 6;
    let faults = [
        Fault::Answer(409, Side::Before),
        Fault::Answer(500, Side::Before),
        Fault::Answer(500, Side::Behind),
        Fault::Cut(Side::Before),
        Fault::Cut(Side::Behind),
        Fault::Half,
    ];
    for fault in faults {
        let scene = Scene::bare().await;
        scene.fill().await;
        for at in 0..COUNT {
            scene
                .want(&format!("pod-{at}"), &format!("data-{at}"), &format!("gpu-{at}"))
                .await;
        }
        scene.road.lay_over(3..=30, fault);
        let scheduler = AtWork::full(&scene).await;
        for at in 0..COUNT {
            bound(&scene, &format!("pod-{at}")).await;
        }
        assert!(scene.road.has_met(), "{fault:?}");
        let users: Vec<usize> = devices(&scene)
            .await
            .into_iter()
            .map(|(_, users)| users)
            .collect();
        assert_eq!(users, [1; COUNT], "{fault:?}");
        let ended = scheduler.end().await;
        assert_eq!((ended.bound, ended.left), (COUNT, 0), "{fault:?}");
        assert_eq!(scene.road.take_bound(), COUNT, "{fault:?}: each is bound once");
    }
}
