//! The pods that pile up.

use std::ops::Range;
use std::time::Duration;

use serde_json::json;

use super::PODS;
use crate::scene::{CLAIMS, Scene, storage_class, volume_claim};
use crate::support::{PodBuilder, pod};

/// A small pod of kube-scheduler's.
pub(super) fn theirs(name: &str) -> PodBuilder {
    pod(name).scheduler("default-scheduler").requests("400m", "512Mi")
}

/// Forty pods: critical ones, claims that wait, a spread, a DaemonSet's, a gated one, one that fits nowhere, and others.
pub(super) async fn pile_up(scene: &Scene) {
    scene
        .post("/apis/storage.k8s.io/v1/storageclasses", &storage_class())
        .await;
    let mut pods: Vec<(String, PodBuilder)> = Vec::new();
    for at in 0..3 {
        let critical = theirs(&format!("critical-{at}"));
        let critical = critical.with(|pod| {
            let spec = pod.spec.get_or_insert_default();
            spec.priority_class_name = Some("system-cluster-critical".into());
        });
        pods.push(("kube-system".to_owned(), critical));
    }
    // Of equal priority, the older is planned first: berth places the first two with claims, kube-scheduler the others.
    claiming(scene, 0..2).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for at in 0..6 {
        let spread = json!([{
            "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "spread"}},
        }]);
        let spread = theirs(&format!("spread-{at}"))
            .label("app", "spread")
            .with(|pod| {
                let spec = pod.spec.get_or_insert_default();
                spec.topology_spread_constraints = serde_json::from_value(spread).expect("constraints");
            });
        pods.push(("default".to_owned(), spread));
    }
    let daemon = theirs("daemon-n4").with(|pod| {
        let owner = json!([{
            "apiVersion": "apps/v1", "kind": "DaemonSet", "name": "daemon", "uid": "6a1f3a3e-0000-4000-8000-000000000001",
            "controller": true,
        }]);
        let affinity = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n4"]}]},
        ]}}});
        pod.metadata.owner_references = serde_json::from_value(owner).expect("owners");
        pod.spec.get_or_insert_default().affinity = serde_json::from_value(affinity).expect("affinity");
    });
    pods.push(("default".to_owned(), daemon));
    pods.push(("default".to_owned(), theirs("gated").gate("example.com/quota")));
    pods.push(("default".to_owned(), theirs("too-large").requests("64", "1Gi")));
    for at in 0..PODS - 4 - pods.len() {
        pods.push(("default".to_owned(), theirs(&format!("web-{at}"))));
    }
    for (namespace, pod) in pods {
        pod.create(&scene.client, &namespace).await;
    }
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    claiming(scene, 2..4).await;
}

/// Pods with a claim each that waits for them.
async fn claiming(scene: &Scene, numbers: Range<usize>) {
    for at in numbers {
        let claim = format!("data-{at}");
        scene.post(CLAIMS, &volume_claim(&claim)).await;
        let volume = json!([{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]);
        let with_claim = theirs(&format!("stateful-{at}")).with(|pod| {
            pod.spec.get_or_insert_default().volumes = serde_json::from_value(volume).expect("volumes");
        });
        with_claim.create(&scene.client, "default").await;
    }
}
