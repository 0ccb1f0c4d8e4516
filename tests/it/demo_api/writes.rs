//! Create, update, patch, delete, and the defaults that pods get.

use serde_json::{Value, json};

use super::{PODS, call, get, make_node, make_pod, ok, pod, read, send, still};

#[tokio::test]
async fn a_new_pod_gets_what_scheduling_reads() {
    let server = still();
    let sent = json!({
        "metadata": {"generateName": "web-"},
        "spec": {
            "priorityClassName": "system-cluster-critical",
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}],
            "containers": [{
                "name": "c", "image": "i",
                "ports": [{"containerPort": 80}],
                "resources": {"limits": {"cpu": "1"}, "requests": {"memory": "1Gi"}},
            }],
        },
    });
    let made = ok(&server, "POST", PODS, &sent).await;
    let name = made["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("web-") && name.len() == 9, "{name}");
    for at in ["uid", "creationTimestamp", "resourceVersion"] {
        assert!(made["metadata"][at].is_string(), "{at}");
    }
    let spec = &made["spec"];
    assert_eq!(spec["schedulerName"], "default-scheduler");
    assert_eq!(spec["priority"], 2_000_000_000);
    assert_eq!(spec["preemptionPolicy"], "PreemptLowerPriority");
    assert_eq!(spec["restartPolicy"], "Always");
    assert_eq!(spec["dnsPolicy"], "ClusterFirst");
    assert_eq!(spec["terminationGracePeriodSeconds"], 30);
    assert_eq!(spec["tolerations"].as_array().map(Vec::len), Some(2));
    assert_eq!(spec["tolerations"][0]["tolerationSeconds"], 5, "one's own stays");
    assert_eq!(spec["tolerations"][1]["key"], "node.kubernetes.io/unreachable");
    assert_eq!(spec["tolerations"][1]["tolerationSeconds"], 300);
    let container = &spec["containers"][0];
    assert_eq!(
        container["resources"]["requests"],
        json!({"cpu": "1", "memory": "1Gi"})
    );
    assert_eq!(container["ports"][0]["protocol"], "TCP");
    assert_eq!(
        made["status"],
        json!({"phase": "Pending", "qosClass": "Burstable"})
    );
    let plain = make_pod(&server, "plain").await;
    assert_eq!(
        (&plain["spec"]["priority"], &plain["status"]["qosClass"]),
        (&json!(0), &json!("BestEffort"))
    );
}

#[tokio::test]
async fn priorities_come_from_classes() {
    let server = still();
    let class =
        json!({"metadata": {"name": "gold"}, "value": 7, "globalDefault": true, "preemptionPolicy": "Never"});
    ok(
        &server,
        "POST",
        "/apis/scheduling.k8s.io/v1/priorityclasses",
        &class,
    )
    .await;
    let made = make_pod(&server, "a").await;
    assert_eq!(
        (&made["spec"]["priority"], &made["spec"]["priorityClassName"]),
        (&json!(7), &json!("gold"))
    );
    assert_eq!(made["spec"]["preemptionPolicy"], "Never");
    let mut unknown = pod("b");
    unknown["spec"]["priorityClassName"] = "silver".into();
    let (code, answer) = call(&server, "POST", PODS, &unknown).await;
    assert_eq!(code, 403);
    assert_eq!(
        answer["message"],
        "pods \"b\" is forbidden: no PriorityClass with name silver was found"
    );
    let mut number = pod("c");
    number["spec"]["priority"] = 9.into();
    assert_eq!(call(&server, "POST", PODS, &number).await.0, 403);
}

#[tokio::test]
async fn bad_pods_are_refused_field_by_field() {
    let server = still();
    for (at, value, field) in [
        ("/metadata/name", json!("No_Name"), "metadata.name"),
        ("/metadata/labels", json!({"a": "no value!"}), "metadata.labels"),
        ("/spec/containers", json!([]), "spec.containers"),
        ("/spec/containers/0/name", json!(""), "spec.containers[0].name"),
        ("/spec/containers/0/image", json!(""), "spec.containers[0].image"),
        ("/spec/restartPolicy", json!("Sometimes"), "spec.restartPolicy"),
        ("/spec/nodeSelector", json!({"a b": "c"}), "spec.nodeSelector"),
        (
            "/spec/containers/0/resources",
            json!({"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}),
            "spec.containers[0].resources.requests",
        ),
    ] {
        let mut bad = pod("a");
        let (parent, key) = at.rsplit_once('/').unwrap();
        bad.pointer_mut(parent).unwrap()[key] = value;
        let (code, answer) = call(&server, "POST", PODS, &bad).await;
        assert_eq!(
            (code, &answer["details"]["causes"][0]["field"]),
            (422, &json!(field)),
            "{answer}"
        );
    }
    let (code, answer) = call(&server, "POST", PODS, &json!({"metadata": {}, "spec": {}})).await;
    assert_eq!(code, 422);
    assert!(
        answer["message"]
            .as_str()
            .unwrap()
            .contains("name or generateName is required"),
        "{answer}"
    );
    assert_eq!(get(&server, PODS).await.1["items"], json!([]));
}

#[tokio::test]
async fn dry_runs_store_nothing() {
    let server = still();
    let (code, made) = call(&server, "POST", &format!("{PODS}?dryRun=All"), &pod("a")).await;
    assert_eq!(code, 201);
    assert!(made["metadata"]["uid"].is_string() && made["metadata"].get("resourceVersion").is_none());
    assert_eq!(get(&server, &format!("{PODS}/a")).await.0, 404);
    let stored = make_pod(&server, "a").await;
    assert_eq!(
        call(&server, "POST", &format!("{PODS}?dryRun=All"), &pod("a"))
            .await
            .0,
        409
    );
    let patch = json!({"metadata": {"labels": {"x": "y"}}});
    let shown = ok(&server, "PATCH", &format!("{PODS}/a?dryRun=All"), &patch).await;
    assert_eq!(shown["metadata"]["labels"]["x"], "y");
    ok(&server, "DELETE", &format!("{PODS}/a?dryRun=All"), &Value::Null).await;
    assert_eq!(get(&server, &format!("{PODS}/a")).await.1, stored);
    assert_eq!(
        call(&server, "POST", &format!("{PODS}?dryRun=Some"), &pod("b"))
            .await
            .0,
        422
    );
}

#[tokio::test]
async fn updates_conflict_on_an_old_version() {
    let server = still();
    let first = make_node(&server, "n1", json!({})).await;
    let mut new = first.clone();
    new["spec"]["unschedulable"] = true.into();
    new["status"] = json!({});
    let second = ok(&server, "PUT", "/api/v1/nodes/n1", &new).await;
    assert_eq!(second["spec"]["unschedulable"], true);
    assert_eq!(
        second["status"], first["status"],
        "the main resource does not write the status"
    );
    let (code, answer) = call(&server, "PUT", "/api/v1/nodes/n1", &new).await;
    assert_eq!((code, answer["reason"].as_str()), (409, Some("Conflict")));
    let text = "Operation cannot be fulfilled on nodes \"n1\": the object has been modified; please apply your \
         changes to the latest version and try again";
    assert_eq!(answer["message"], text);
    let again = ok(&server, "PUT", "/api/v1/nodes/n1", &second).await;
    assert_eq!(
        again["metadata"]["resourceVersion"], second["metadata"]["resourceVersion"],
        "no change, no version"
    );
    let mut other = second.clone();
    other["metadata"]["uid"] = "x".into();
    assert_eq!(call(&server, "PUT", "/api/v1/nodes/n1", &other).await.0, 409);
    assert_eq!(call(&server, "PUT", "/api/v1/nodes/n2", &second).await.0, 400);
    let mut missing = second.clone();
    missing["metadata"]["name"] = "n2".into();
    assert_eq!(call(&server, "PUT", "/api/v1/nodes/n2", &missing).await.0, 404);
}

#[tokio::test]
async fn status_and_spec_are_written_apart() {
    let server = still();
    make_pod(&server, "a").await;
    let patch = json!({"status": {"phase": "Running"}, "metadata": {"labels": {"x": "y"}}});
    let main = ok(&server, "PATCH", &format!("{PODS}/a"), &patch).await;
    assert_eq!(
        (&main["status"]["phase"], &main["metadata"]["labels"]["x"]),
        (&json!("Pending"), &json!("y"))
    );
    let patch = json!({"status": {"phase": "Running"}, "spec": {"schedulerName": "x"}});
    let status = ok(&server, "PATCH", &format!("{PODS}/a/status"), &patch).await;
    assert_eq!(
        (&status["status"]["phase"], &status["spec"]["schedulerName"]),
        (&json!("Running"), &json!("berth"))
    );
}

#[tokio::test]
async fn gates_can_be_lifted_and_not_set() {
    let server = still();
    let mut gated = pod("a");
    gated["spec"]["schedulingGates"] = json!([{"name": "x"}]);
    ok(&server, "POST", PODS, &gated).await;
    let steered = json!({"spec": {"nodeSelector": {"disk": "ssd"}}});
    ok(&server, "PATCH", &format!("{PODS}/a"), &steered).await;
    let lifted = ok(
        &server,
        "PATCH",
        &format!("{PODS}/a"),
        &json!({"spec": {"schedulingGates": null}}),
    )
    .await;
    assert_eq!(lifted["metadata"]["generation"], 3);
    let set = json!({"spec": {"schedulingGates": [{"name": "y"}]}});
    assert_eq!(call(&server, "PATCH", &format!("{PODS}/a"), &set).await.0, 422);
    let steered = json!({"spec": {"nodeSelector": {"disk": "hdd"}}});
    assert_eq!(
        call(&server, "PATCH", &format!("{PODS}/a"), &steered).await.0,
        422
    );
}

#[tokio::test]
async fn patches_of_every_form() {
    let server = still();
    make_node(&server, "n1", json!({"a": "1"})).await;
    let strategic = json!({"spec": {"unschedulable": true}, "metadata": {"labels": {"b": "2"}}}).to_string();
    let media = "application/strategic-merge-patch+json";
    let (code, node) = read(send(&server, "PATCH", "/api/v1/nodes/n1", media, strategic).await).await;
    assert_eq!(
        (code, &node["metadata"]["labels"]),
        (200, &json!({"a": "1", "b": "2"}))
    );
    let operations = json!([{"op": "remove", "path": "/spec/unschedulable"}]).to_string();
    let media = "application/json-patch+json";
    let (code, node) = read(send(&server, "PATCH", "/api/v1/nodes/n1", media, operations).await).await;
    assert_eq!((code, node["spec"].get("unschedulable")), (200, None));
    let media = "application/apply-patch+yaml";
    let (code, answer) = read(send(&server, "PATCH", "/api/v1/nodes/n1", media, "{}").await).await;
    assert_eq!((code, answer["reason"].as_str()), (422, Some("Invalid")));
}

#[tokio::test]
async fn deletion_takes_its_time_where_a_kubelet_is_waited_for() {
    let server = still();
    make_pod(&server, "waiting").await;
    let gone = ok(&server, "DELETE", &format!("{PODS}/waiting"), &Value::Null).await;
    assert_eq!(gone["kind"], "Pod", "the pod comes back as it was");
    assert_eq!(get(&server, &format!("{PODS}/waiting")).await.0, 404);
    let mut placed = pod("placed");
    placed["spec"]["nodeName"] = "n1".into();
    let made = ok(&server, "POST", PODS, &placed).await;
    let marked = ok(&server, "DELETE", &format!("{PODS}/placed"), &Value::Null).await;
    assert_eq!(marked["metadata"]["deletionGracePeriodSeconds"], 30);
    assert!(marked["metadata"]["deletionTimestamp"].is_string());
    let wrong = json!({"preconditions": {"uid": "x"}, "gracePeriodSeconds": 0});
    assert_eq!(
        call(&server, "DELETE", &format!("{PODS}/placed"), &wrong).await.0,
        409
    );
    let right = json!({"preconditions": {"uid": made["metadata"]["uid"]}, "gracePeriodSeconds": 0});
    ok(&server, "DELETE", &format!("{PODS}/placed"), &right).await;
    assert_eq!(get(&server, &format!("{PODS}/placed")).await.0, 404);
    make_node(&server, "n1", json!({})).await;
    let status = ok(&server, "DELETE", "/api/v1/nodes/n1", &Value::Null).await;
    assert_eq!(
        (&status["kind"], &status["details"]["kind"]),
        (&json!("Status"), &json!("nodes"))
    );
}

#[tokio::test]
async fn finalizers_hold_an_object() {
    let server = still();
    let map = json!({"metadata": {"name": "m", "finalizers": ["example.com/x"]}});
    let maps = "/api/v1/namespaces/default/configmaps";
    ok(&server, "POST", maps, &map).await;
    let held = ok(&server, "DELETE", &format!("{maps}/m"), &Value::Null).await;
    assert!(held["metadata"]["deletionTimestamp"].is_string(), "{held}");
    ok(
        &server,
        "PATCH",
        &format!("{maps}/m"),
        &json!({"metadata": {"finalizers": null}}),
    )
    .await;
    assert_eq!(get(&server, &format!("{maps}/m")).await.0, 404);
}

#[tokio::test]
async fn namespaces_come_first() {
    let server = still();
    let uri = "/api/v1/namespaces/shop/pods";
    let (code, answer) = call(&server, "POST", uri, &pod("a")).await;
    assert_eq!(
        (code, answer["message"].as_str()),
        (404, Some("namespaces \"shop\" not found"))
    );
    let made = ok(
        &server,
        "POST",
        "/api/v1/namespaces",
        &json!({"metadata": {"name": "shop"}}),
    )
    .await;
    assert_eq!(made["status"]["phase"], "Active");
    assert_eq!(made["metadata"]["labels"]["kubernetes.io/metadata.name"], "shop");
    ok(&server, "POST", uri, &pod("a")).await;
    let mut stray = pod("b");
    stray["metadata"]["namespace"] = "default".into();
    assert_eq!(call(&server, "POST", uri, &stray).await.0, 400);
}

#[tokio::test]
async fn leases_are_kept_and_made_by_put() {
    let server = still();
    let leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
    let lease = json!({"metadata": {"name": "kube-scheduler"}, "spec": {"holderIdentity": "x", "leaseDurationSeconds": 15}});
    let (code, made) = call(&server, "PUT", &format!("{leases}/kube-scheduler"), &lease).await;
    assert_eq!((code, &made["spec"]["holderIdentity"]), (201, &json!("x")));
    let (code, refused) = call(&server, "PUT", &format!("{leases}/kube-scheduler"), &lease).await;
    assert_eq!(
        (code, &refused["details"]["causes"][0]["field"]),
        (422, &json!("metadata.resourceVersion")),
        "a lease is only changed by who has seen it"
    );
    assert_eq!(
        ok(&server, "PUT", &format!("{leases}/kube-scheduler"), &made).await["metadata"]["uid"],
        made["metadata"]["uid"]
    );
}
