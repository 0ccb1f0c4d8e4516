//! What kubelets do with pods and say of nodes, as it is seen through the API.

use berth::demo::{Scenario, Server};
use serde_json::{Value, json};

use super::{
    PODS, bind, condition, event_about, get, hasty, hasty_with, make_node, make_pod, ok, pod, until,
    until_gone,
};

fn phase(wanted: &'static str) -> impl Fn(&Value) -> bool {
    move |pod| pod["status"]["phase"] == wanted
}

fn waits_for(reason: &'static str) -> impl Fn(&Value) -> bool {
    move |pod| pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == reason
}

/// Makes a pod on the node `n1`, without a scheduler.
async fn place(server: &Server, name: &str, change: impl FnOnce(&mut Value)) {
    let mut manifest = pod(name);
    change(&mut manifest);
    ok(server, "POST", PODS, &manifest).await;
    bind(server, name, "n1").await;
}

#[tokio::test]
async fn a_new_node_is_reported_with_all_that_a_kubelet_tells() {
    let server = Server::start(Scenario::empty());
    ok(
        &server,
        "POST",
        "/api/v1/nodes",
        &json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}),
    )
    .await;
    let node = until(&server, "/api/v1/nodes/n1", |node| {
        condition(node, "Ready") == "True" && node["spec"].get("taints").is_none()
    })
    .await;
    for pressure in ["MemoryPressure", "DiskPressure", "PIDPressure"] {
        assert_eq!(condition(&node, pressure), "False");
    }
    let status = &node["status"];
    assert_eq!(status["allocatable"]["pods"], "110");
    assert_eq!(status["nodeInfo"]["operatingSystem"], "linux");
    assert_eq!(
        status["addresses"][1],
        json!({"type": "Hostname", "address": "n1"})
    );
    assert_eq!(node["metadata"]["labels"]["kubernetes.io/hostname"], "n1");
    let (code, lease) = get(
        &server,
        "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1",
    )
    .await;
    assert_eq!(code, 200);
    assert_eq!(lease["spec"]["holderIdentity"], "n1");
    assert_eq!(lease["spec"]["leaseDurationSeconds"], 40);
    assert_eq!(
        lease["metadata"]["ownerReferences"][0]["uid"],
        node["metadata"]["uid"]
    );
    assert_eq!(
        event_about(&server, "n1", "NodeReady").await["source"]["component"],
        "kubelet"
    );
}

#[tokio::test]
async fn leases_are_renewed() {
    let server = hasty_with(|pace| {
        pace.heartbeats = true;
        pace.lease_renewal = std::time::Duration::from_millis(50);
    });
    make_node(&server, "n1", json!({})).await;
    until(&server, "/api/v1/nodes/n1", |node| {
        condition(node, "Ready") == "True"
    })
    .await;
    let uri = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1";
    let first = get(&server, uri).await.1["spec"]["renewTime"].clone();
    until(&server, uri, |lease| lease["spec"]["renewTime"] != first).await;
}

#[tokio::test]
async fn a_running_pod_has_its_events_and_its_generation() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    place(&server, "a", |_| ()).await;
    let running = until(&server, &format!("{PODS}/a"), phase("Running")).await;
    assert_eq!(
        running["status"]["observedGeneration"],
        running["metadata"]["generation"]
    );
    assert_eq!(condition(&running, "PodReadyToStartContainers"), "True");
    for reason in ["Pulled", "Created", "Started"] {
        let event = event_about(&server, "a", reason).await;
        assert_eq!(event["source"], json!({"component": "kubelet", "host": "n1"}));
        assert_eq!(event["involvedObject"]["fieldPath"], "spec.containers{c}");
    }
    let (_, events) = get(
        &server,
        "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Da",
    )
    .await;
    let reasons: Vec<&Value> = events["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|e| &e["reason"])
        .collect();
    assert_eq!(
        reasons,
        ["Pulled", "Created", "Started"],
        "as kubectl shows those of one second"
    );
    // The image of a running pod may change: its container starts anew.
    let image = json!({"spec": {"containers": [{"name": "c", "image": "i:2"}]}});
    super::read(
        super::send(
            &server,
            "PATCH",
            &format!("{PODS}/a"),
            "application/strategic-merge-patch+json",
            image.to_string(),
        )
        .await,
    )
    .await;
    let changed = until(&server, &format!("{PODS}/a"), |pod| {
        pod["status"]["containerStatuses"][0]["restartCount"] == 1
    })
    .await;
    assert_eq!(changed["status"]["containerStatuses"][0]["image"], "i:2");
    assert_eq!(
        changed["status"]["observedGeneration"],
        changed["metadata"]["generation"]
    );
}

#[tokio::test]
async fn a_container_for_debugging_runs_and_is_never_ready() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    place(&server, "a", |_| ()).await;
    let at = format!("{PODS}/a");
    until(&server, &at, phase("Running")).await;
    let added = json!({"spec": {"ephemeralContainers": [{"name": "d", "image": "busybox", "targetContainerName": "c"}]}});
    let media = "application/strategic-merge-patch+json";
    let to = format!("{at}/ephemeralcontainers");
    let patch = super::send(&server, "PATCH", &to, media, added.to_string());
    assert_eq!(patch.await.status(), 200);
    let pod = until(&server, &at, |pod| {
        !pod["status"]["ephemeralContainerStatuses"].is_null()
    })
    .await;
    let status = &pod["status"]["ephemeralContainerStatuses"][0];
    assert_eq!((&status["name"], &status["ready"]), (&json!("d"), &json!(false)));
    assert!(status["state"]["running"].is_object(), "{status}");
    assert_eq!(condition(&pod, "Ready"), "True");
    let selector = "involvedObject.fieldPath%3Dspec.ephemeralContainers%7Bd%7D,reason%3DStarted";
    let uri = format!("/api/v1/events?watch=1&fieldSelector={selector}");
    let mut watch = super::Events::open(&server, &uri).await;
    let event = watch.next().await.expect("an event");
    assert_eq!(event["object"]["involvedObject"]["name"], "a");
}

#[tokio::test]
async fn init_containers_come_first_and_sidecars_stay() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    place(&server, "a", |pod| {
        pod["spec"]["initContainers"] = json!([
            {"name": "once", "image": "i:1"}, {"name": "beside", "image": "i:1", "restartPolicy": "Always"},
        ]);
    })
    .await;
    let started = until(&server, &format!("{PODS}/a"), |pod| {
        pod["status"]["initContainerStatuses"][0]["state"]["running"].is_object()
    })
    .await;
    assert_eq!(condition(&started, "Initialized"), "False");
    assert_eq!(
        started["status"]["containerStatuses"][0]["state"]["waiting"]["reason"],
        "PodInitializing"
    );
    let running = until(&server, &format!("{PODS}/a"), phase("Running")).await;
    let init = &running["status"]["initContainerStatuses"];
    assert_eq!(init[0]["state"]["terminated"]["reason"], "Completed");
    assert!(init[1]["state"]["running"].is_object());
    assert_eq!(condition(&running, "Ready"), "True");
}

#[tokio::test]
async fn pods_end_as_their_annotations_say() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    let ends = |policy: &'static str, code: &'static str| {
        move |pod: &mut Value| {
            pod["spec"]["restartPolicy"] = policy.into();
            pod["metadata"]["annotations"] =
                json!({"demo.berth.dev/run-seconds": "0", "demo.berth.dev/exit-code": code});
        }
    };
    place(&server, "done", ends("OnFailure", "0")).await;
    place(&server, "failed", ends("Never", "3")).await;
    place(&server, "crashing", ends("Always", "1")).await;
    let done = until(&server, &format!("{PODS}/done"), phase("Succeeded")).await;
    let ready = done["status"]["conditions"].as_array().unwrap();
    assert!(
        ready
            .iter()
            .any(|c| c["type"] == "Ready" && c["reason"] == "PodCompleted")
    );
    let failed = until(&server, &format!("{PODS}/failed"), phase("Failed")).await;
    assert_eq!(
        failed["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"],
        3
    );
    let crashing = until(
        &server,
        &format!("{PODS}/crashing"),
        waits_for("CrashLoopBackOff"),
    )
    .await;
    let status = &crashing["status"]["containerStatuses"][0];
    assert_eq!(status["lastState"]["terminated"]["exitCode"], 1);
    assert_eq!(crashing["status"]["phase"], "Running");
    event_about(&server, "crashing", "BackOff").await;
    until(&server, &format!("{PODS}/crashing"), |pod| {
        pod["status"]["containerStatuses"][0]["restartCount"].as_i64() >= Some(3)
    })
    .await;
}

#[tokio::test]
async fn a_pod_of_a_job_ends_well_by_itself() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    place(&server, "a", |pod| {
        pod["spec"]["restartPolicy"] = "Never".into();
        pod["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "11111111-2222-4333-8444-555555555555",
            "controller": true,
        }]);
    })
    .await;
    until(&server, &format!("{PODS}/a"), phase("Succeeded")).await;
}

#[tokio::test]
async fn pods_wait_for_their_configuration() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    place(&server, "mounts", |pod| {
        pod["spec"]["volumes"] = json!([{"name": "settings", "configMap": {"name": "settings"}}]);
    })
    .await;
    place(&server, "reads", |pod| {
        pod["spec"]["containers"][0]["env"] =
            json!([{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "main"}}}]);
    })
    .await;
    let event = event_about(&server, "mounts", "FailedMount").await;
    assert_eq!(
        event["message"],
        "MountVolume.SetUp failed for volume \"settings\" : configmap \"settings\" not found"
    );
    let reads = until(
        &server,
        &format!("{PODS}/reads"),
        waits_for("CreateContainerConfigError"),
    )
    .await;
    assert_eq!(
        reads["status"]["containerStatuses"][0]["state"]["waiting"]["message"],
        "secret \"keys\" not found"
    );
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}});
    ok(&server, "POST", "/api/v1/namespaces/default/configmaps", &map).await;
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}, "data": {"main": "eA=="}});
    ok(&server, "POST", "/api/v1/namespaces/default/secrets", &secret).await;
    for name in ["mounts", "reads"] {
        until(&server, &format!("{PODS}/{name}"), phase("Running")).await;
    }
}

#[tokio::test]
async fn what_a_kubelet_rejects_it_says() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    let port = |pod: &mut Value| {
        pod["spec"]["containers"][0]["ports"] = json!([{"containerPort": 80, "hostPort": 80}]);
    };
    place(&server, "first", port).await;
    until(&server, &format!("{PODS}/first"), phase("Running")).await;
    place(&server, "second", port).await;
    let failed = until(&server, &format!("{PODS}/second"), phase("Failed")).await;
    assert_eq!(failed["status"]["reason"], "NodePorts");
    let event = event_about(&server, "second", "NodePorts").await;
    assert_eq!(event["type"], "Warning");
    assert_eq!(
        event["message"],
        "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
    );
}

#[tokio::test]
async fn a_deleted_pod_stops_and_an_orphan_is_collected() {
    let server = hasty_with(|pace| pace.orphan_quarantine = std::time::Duration::from_millis(50));
    make_node(&server, "n1", json!({})).await;
    place(&server, "a", |_| ()).await;
    let seen = until(&server, &format!("{PODS}/a"), phase("Running")).await;
    ok(&server, "DELETE", &format!("{PODS}/a"), &Value::Null).await;
    let last = until_gone(&server, &format!("{PODS}/a"), &seen).await;
    assert_eq!(
        last["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"],
        0
    );
    event_about(&server, "a", "Killing").await;
    let seen = make_pod(&server, "lost").await;
    bind(&server, "lost", "nowhere").await;
    let last = until_gone(&server, &format!("{PODS}/lost"), &seen).await;
    assert_eq!(last["status"]["phase"], "Failed");
    assert_eq!(condition(&last, "DisruptionTarget"), "True");
}

#[tokio::test]
async fn the_oldest_of_too_many_finished_pods_go() {
    let server = hasty_with(|pace| pace.finished_pods = 2);
    make_node(&server, "n1", json!({})).await;
    let mut seen = Vec::new();
    for name in ["a", "b", "c"] {
        place(&server, name, |pod| {
            pod["spec"]["restartPolicy"] = "Never".into();
            pod["metadata"]["annotations"] = json!({"demo.berth.dev/run-seconds": "0"});
        })
        .await;
        if name != "c" {
            seen.push(until(&server, &format!("{PODS}/{name}"), phase("Succeeded")).await);
        }
    }
    until_gone(&server, &format!("{PODS}/a"), &seen[0]).await;
    assert_eq!(get(&server, &format!("{PODS}/b")).await.0, 200);
}
