//! Claims and volumes: binding, provisioning, reclaiming, protection.

use berth::demo::Server;
use serde_json::{Value, json};

use super::{PODS, bind, call, event_about, get, hasty, make_node, ok, pod, until, until_gone};

const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";
const VOLUMES: &str = "/api/v1/persistentvolumes";

async fn class(server: &Server, name: &str, provisioner: &str, mode: &str) {
    let class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
        "provisioner": provisioner, "volumeBindingMode": mode,
    });
    ok(server, "POST", "/apis/storage.k8s.io/v1/storageclasses", &class).await;
}

async fn claim(server: &Server, name: &str, class: &str) {
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {
            "storageClassName": class, "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "5Gi"}},
        },
    });
    ok(server, "POST", CLAIMS, &claim).await;
}

async fn volume(server: &Server, name: &str, size: &str) {
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
        "spec": {
            "storageClassName": "local", "capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/data"},
        },
    });
    ok(server, "POST", VOLUMES, &volume).await;
}

fn phase(wanted: &'static str) -> impl Fn(&Value) -> bool {
    move |object| object["status"]["phase"] == wanted
}

#[tokio::test]
async fn a_class_that_does_not_wait_provisions_at_once_and_deletes_with_the_claim() {
    let server = hasty();
    class(&server, "fast", "disk.example.com", "Immediate").await;
    claim(&server, "data", "fast").await;
    let bound = until(&server, &format!("{CLAIMS}/data"), phase("Bound")).await;
    let volume = bound["spec"]["volumeName"].as_str().unwrap();
    assert_eq!(
        volume,
        format!("pvc-{}", bound["metadata"]["uid"].as_str().unwrap())
    );
    assert_eq!(
        bound["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"],
        "yes"
    );
    assert_eq!(bound["status"]["capacity"]["storage"], "5Gi");
    let (_, made) = get(&server, &format!("{VOLUMES}/{volume}")).await;
    assert_eq!(made["spec"]["claimRef"]["uid"], bound["metadata"]["uid"]);
    assert_eq!(made["spec"]["csi"]["driver"], "disk.example.com");
    assert_eq!(made["status"]["phase"], "Bound");
    event_about(&server, "data", "ProvisioningSucceeded").await;
    event_about(&server, "data", "ExternalProvisioning").await;
    ok(&server, "DELETE", &format!("{CLAIMS}/data"), &Value::Null).await;
    until_gone(&server, &format!("{VOLUMES}/{volume}"), &made).await;
}

#[tokio::test]
async fn a_class_that_waits_makes_the_volume_where_the_node_is() {
    let server = hasty();
    make_node(&server, "n1", json!({"topology.kubernetes.io/zone": "z1"})).await;
    class(&server, "near", "disk.example.com", "WaitForFirstConsumer").await;
    claim(&server, "data", "near").await;
    let event = event_about(&server, "data", "WaitForFirstConsumer").await;
    assert_eq!(
        event["message"],
        "waiting for first consumer to be created before binding"
    );
    let mut user = pod("user");
    user["spec"]["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    ok(&server, "POST", PODS, &user).await;
    let event = event_about(&server, "data", "WaitForPodScheduled").await;
    assert_eq!(event["message"], "waiting for pod user to be scheduled");
    // What a scheduler does: the claim first, the binding when it is bound. Here the pod is bound too early, and waits.
    bind(&server, "user", "n1").await;
    event_about(&server, "user", "FailedMount").await;
    let selected = json!({"metadata": {"annotations": {"volume.kubernetes.io/selected-node": "n1"}}});
    ok(&server, "PATCH", &format!("{CLAIMS}/data"), &selected).await;
    let bound = until(&server, &format!("{CLAIMS}/data"), phase("Bound")).await;
    let volume = bound["spec"]["volumeName"].as_str().unwrap();
    let (_, made) = get(&server, &format!("{VOLUMES}/{volume}")).await;
    let term = &made["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0];
    assert_eq!(
        *term,
        json!({"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["z1"]})
    );
    until(&server, &format!("{PODS}/user"), phase("Running")).await;
    // In use, the claim stays until the pod is gone.
    let (code, held) = call(&server, "DELETE", &format!("{CLAIMS}/data"), &Value::Null).await;
    assert_eq!(
        (code, held["metadata"]["deletionTimestamp"].is_string()),
        (200, true)
    );
    ok(&server, "DELETE", &format!("{PODS}/user"), &Value::Null).await;
    until_gone(&server, &format!("{CLAIMS}/data"), &held).await;
}

#[tokio::test]
async fn the_smallest_static_volume_that_fits_is_taken_and_retained() {
    let server = hasty();
    class(&server, "local", "kubernetes.io/no-provisioner", "Immediate").await;
    for (name, size) in [("big", "50Gi"), ("small", "1Gi"), ("right", "5Gi")] {
        volume(&server, name, size).await;
        until(&server, &format!("{VOLUMES}/{name}"), phase("Available")).await;
    }
    claim(&server, "data", "local").await;
    let bound = until(&server, &format!("{CLAIMS}/data"), phase("Bound")).await;
    assert_eq!(bound["spec"]["volumeName"], "right");
    let (_, held) = get(&server, &format!("{VOLUMES}/right")).await;
    assert_eq!(
        held["metadata"]["annotations"]["pv.kubernetes.io/bound-by-controller"],
        "yes"
    );
    ok(&server, "DELETE", &format!("{CLAIMS}/data"), &Value::Null).await;
    until(&server, &format!("{VOLUMES}/right"), phase("Released")).await;
    // A volume that is released is nobody's, until somebody clears its claim.
    claim(&server, "next", "local").await;
    let next = until(&server, &format!("{CLAIMS}/next"), phase("Bound")).await;
    assert_eq!(next["spec"]["volumeName"], "big");
}

#[tokio::test]
async fn a_volume_that_a_scheduler_has_reserved_is_bound() {
    let server = hasty();
    class(
        &server,
        "local",
        "kubernetes.io/no-provisioner",
        "WaitForFirstConsumer",
    )
    .await;
    volume(&server, "v", "10Gi").await;
    claim(&server, "data", "local").await;
    event_about(&server, "data", "WaitForFirstConsumer").await;
    let (_, claim) = get(&server, &format!("{CLAIMS}/data")).await;
    assert_eq!(claim["status"]["phase"], "Pending");
    let reference = json!({"spec": {"claimRef": {
        "kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": "default", "name": "data",
        "uid": claim["metadata"]["uid"],
    }}});
    ok(&server, "PATCH", &format!("{VOLUMES}/v"), &reference).await;
    let bound = until(&server, &format!("{CLAIMS}/data"), phase("Bound")).await;
    assert_eq!(bound["spec"]["volumeName"], "v");
    until(&server, &format!("{VOLUMES}/v"), phase("Bound")).await;
}

#[tokio::test]
async fn a_class_that_comes_later_is_enough() {
    let server = hasty();
    claim(&server, "data", "fast").await;
    let event = event_about(&server, "data", "ProvisioningFailed").await;
    assert_eq!(event["message"], "storageclass.storage.k8s.io \"fast\" not found");
    class(&server, "fast", "disk.example.com", "Immediate").await;
    until(&server, &format!("{CLAIMS}/data"), phase("Bound")).await;
}
