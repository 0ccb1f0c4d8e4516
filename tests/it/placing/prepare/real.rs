//! The same on a real API server with the real controllers.

use berth::placing::Refusal;
use serde_json::json;

use super::super::world::{World, is_placed, refusal, reserved_for};
use crate::support::ControlPlane;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_real_volume_is_made_and_bound() {
    let plane = ControlPlane::start().await;
    let _controllers = plane.start_controllers();
    let world = World::real(&plane, "wffc").await;
    // A provisioner, played: it makes a volume for the claim once a node is selected.
    let provisioner = async {
        let path = world.within("persistentvolumeclaims/data");
        let claim = world
            .until(&path, |claim| {
                claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"].is_string()
            })
            .await;
        let node = &claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"];
        let volume = json!({
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {
                "name": format!("pvc-{}", claim["metadata"]["uid"].as_str().unwrap()),
                "annotations": {"pv.kubernetes.io/provisioned-by": "disk.example.com"},
            },
            "spec": {
                "storageClassName": "wait", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
                "persistentVolumeReclaimPolicy": "Delete",
                "csi": {"driver": "disk.example.com", "volumeHandle": "v-1"},
                "claimRef": {
                    "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": world.namespace, "name": "data",
                    "uid": claim["metadata"]["uid"], "resourceVersion": claim["metadata"]["resourceVersion"],
                },
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]},
                ]}]}},
            },
        });
        world.make("/api/v1/persistentvolumes", volume).await;
    };
    tokio::join!(super::provisioned(&world), provisioner);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_real_volume_that_is_there_is_bound() {
    let plane = ControlPlane::start().await;
    let _controllers = plane.start_controllers();
    super::static_volume(&World::real(&plane, "static").await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn real_devices_are_allocated_and_reserved() {
    let plane = ControlPlane::start().await;
    let _controllers = plane.start_controllers();
    super::device(&World::real(&plane, "devices").await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn a_real_claim_is_made_for_extended_resources() {
    let plane = ControlPlane::start().await;
    super::extended(&World::real(&plane, "extended").await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn real_shares_of_a_device_have_ids() {
    let plane = ControlPlane::start().await;
    let world = World::real(&plane, "shares").await;
    let shared = json!({"allowMultipleAllocations": true, "capacity": {"memory": {"value": "8Gi"}}});
    world.devices("share.example.com", "n1", 1, shared).await;
    for name in ["a", "b"] {
        let claim = json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": name},
            "spec": {"devices": {"requests": [{"name": "one", "exactly": {
                "deviceClassName": "share.example.com", "capacity": {"requests": {"memory": "2Gi"}},
            }}]}},
        });
        world.make(&world.device_claims(""), claim).await;
        world.pod(name, &[], &[name]).await;
        let intent = world.intent_for(name, "n1", 1).await;
        let (outcome, stages) = world.place(intent).await;
        assert!(is_placed(&outcome), "{outcome:?} after {stages:?}");
        let claim = world
            .get(&world.device_claims(&format!("/{name}")))
            .await
            .unwrap();
        let result = &claim["status"]["allocation"]["devices"]["results"][0];
        assert_eq!(result["shareID"].as_str().map(str::len), Some(36), "{result}");
        assert_eq!(result["consumedCapacity"]["memory"], "2Gi");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn real_devices_are_given_back_where_the_binding_is_refused() {
    let plane = ControlPlane::start().await;
    let world = World::real(&plane, "undo").await;
    world.devices("gpu.example.com", "n1", 1, json!({})).await;
    world.device_claim("gpu", "gpu.example.com").await;
    world.pod("web", &[], &["gpu"]).await;
    let intent = world.intent_for("web", "n1", 1).await;
    // Nominating, the finalizer, the allocation; then the Binding.
    world.road.fault(4, super::super::world::Fault::Status(403));
    let (outcome, stages) = world.place(intent).await;
    assert!(
        matches!(refusal(&outcome).cause(), Refusal::Forbidden(_)),
        "{outcome:?} after {stages:?}"
    );
    assert_eq!(super::left(&outcome), "undone: claim gpu");
    let claim = world.get(&world.device_claims("/gpu")).await.unwrap();
    assert_eq!(reserved_for(&claim), [""; 0]);
    assert_eq!(claim["status"].get("allocation"), None, "{claim}");
    assert_eq!(claim["metadata"].get("finalizers"), None, "{claim}");
    let again = world.intent_for("web", "n1", 1).await;
    let (outcome, stages) = world.place(again).await;
    assert!(is_placed(&outcome), "{outcome:?} after {stages:?}");
}
