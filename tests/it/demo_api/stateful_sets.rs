//! StatefulSets.

use serde_json::json;

use super::{PODS, get, hasty, make_node, ok, pick, place_all, until, workload};

const SETS: &str = "/apis/apps/v1/namespaces/default/statefulsets";

#[tokio::test(start_paused = true)]
async fn pods_come_in_order_with_names_of_their_own_and_go_from_the_last() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    let _placing = place_all(&server, "n1");
    ok(
        &server,
        "POST",
        SETS,
        &workload(
            "apps/v1",
            "StatefulSet",
            "db",
            json!({"replicas": 3, "serviceName": "db"}),
        ),
    )
    .await;
    let db = format!("{SETS}/db");
    let ready = until(&server, &db, |set| set["status"]["readyReplicas"] == 3).await;
    let pods = get(&server, PODS).await.1;
    let mut made: Vec<u64> = Vec::new();
    for (i, pod) in pods["items"].as_array().unwrap().iter().enumerate() {
        let labels = &pod["metadata"]["labels"];
        assert_eq!(pod["metadata"]["name"], format!("db-{i}"));
        assert_eq!(labels["statefulset.kubernetes.io/pod-name"], format!("db-{i}"));
        assert_eq!(labels["apps.kubernetes.io/pod-index"], i.to_string());
        assert_eq!(
            labels["controller-revision-hash"],
            ready["status"]["updateRevision"]
        );
        assert_eq!(
            (&pod["spec"]["hostname"], &pod["spec"]["subdomain"]),
            (&json!(format!("db-{i}")), &json!("db"))
        );
        made.push(
            pod["metadata"]["resourceVersion"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap(),
        );
    }
    assert!(
        made.is_sorted(),
        "each is ready before the next is made: {made:?}"
    );
    // Only the pods from the partition on are of the new revision.
    let change = json!({"spec": {
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}},
        "template": {"spec": {"containers": [{"name": "c", "image": "i:2"}]}},
    }});
    ok(&server, "PATCH", &db, &change).await;
    until(&server, &db, |set| {
        set["status"]["updatedReplicas"] == 1 && set["status"]["readyReplicas"] == 3
    })
    .await;
    let image = |pod: &serde_json::Value| pod["spec"]["containers"][0]["image"].clone();
    let pods = get(&server, PODS).await.1;
    let images: Vec<_> = pods["items"].as_array().unwrap().iter().map(image).collect();
    assert_eq!(images, ["i:1", "i:1", "i:2"]);
    ok(&server, "PATCH", &db, &json!({"spec": {"replicas": 1}})).await;
    let left = pick(&server, PODS, "app=db", |pods| pods.len() == 1).await;
    assert_eq!(left[0]["metadata"]["name"], "db-0");
}

#[tokio::test(start_paused = true)]
async fn each_pod_has_its_claims_and_they_outlive_it() {
    const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";
    let server = hasty();
    let mut set = workload(
        "apps/v1",
        "StatefulSet",
        "db",
        json!({"replicas": 2, "podManagementPolicy": "Parallel"}),
    );
    set["spec"]["volumeClaimTemplates"] = json!([{
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }]);
    ok(&server, "POST", SETS, &set).await;
    until(&server, &format!("{SETS}/db"), |set| {
        set["status"]["replicas"] == 2
    })
    .await;
    let pod = get(&server, &format!("{PODS}/db-1")).await.1;
    let volumes = pod["spec"]["volumes"].as_array().unwrap();
    assert!(
        volumes
            .iter()
            .any(|v| v["persistentVolumeClaim"]["claimName"] == "data-db-1"),
        "{volumes:?}"
    );
    ok(
        &server,
        "PATCH",
        &format!("{SETS}/db"),
        &json!({"spec": {"replicas": 0}}),
    )
    .await;
    pick(&server, PODS, "app=db", <[serde_json::Value]>::is_empty).await;
    assert_eq!(get(&server, &format!("{CLAIMS}/data-db-0")).await.0, 200);
}
