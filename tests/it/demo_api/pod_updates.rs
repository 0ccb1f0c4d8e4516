//! What may change in a pod, and where. Each answer is that of kube-apiserver 1.37.2.

use berth::demo::Server;
use serde_json::{Value, json};

use super::{PODS, call, make_pod, ok, pod, still};

async fn patch(server: &Server, path: &str, change: Value) -> (u16, Value) {
    call(server, "PATCH", &format!("{PODS}/{path}"), &change).await
}

/// The one cause of a refusal: field and message.
fn cause((code, answer): (u16, Value)) -> (String, String) {
    assert_eq!(code, 422, "{answer}");
    let causes = answer["details"]["causes"].as_array().expect("causes");
    assert_eq!(causes.len(), 1, "{answer}");
    let text = |field: &str| causes[0][field].as_str().unwrap_or_default().to_owned();
    (text("field"), text("message"))
}

#[tokio::test]
async fn a_pods_spec_is_fixed_but_for_a_few_fields() {
    let server = still();
    let made = make_pod(&server, "a").await;
    let image = json!({"spec": {"containers": [{"name": "c", "image": "i:2"}]}});
    let mut whole = made["spec"]["containers"].clone();
    whole[0]["image"] = "i:2".into();
    let (code, changed) = patch(&server, "a", json!({"spec": {"containers": whole}})).await;
    assert_eq!(
        (code, &changed["metadata"]["generation"]),
        (200, &json!(2)),
        "{image}"
    );
    let (field, why) = cause(patch(&server, "a", json!({"spec": {"nodeSelector": {"a": "b"}}})).await);
    assert_eq!(field, "spec");
    assert!(
        why.starts_with(
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
        ),
        "{why}"
    );
    assert!(why.contains("+  \"nodeSelector\": {"), "{why}");
    let (field, _) = cause(patch(&server, "a", json!({"spec": {"nodeName": "n1"}})).await);
    assert_eq!(field, "spec");
    let two = json!({"spec": {"containers": [{"name": "c", "image": "i"}, {"name": "d", "image": "i"}]}});
    assert_eq!(
        cause(patch(&server, "a", two).await),
        (
            "spec.containers".into(),
            "Forbidden: pod updates may not add or remove containers".into()
        )
    );
    // Labels are no part of it.
    let (code, changed) = patch(&server, "a", json!({"metadata": {"labels": {"x": "y"}}})).await;
    assert_eq!((code, &changed["metadata"]["generation"]), (200, &json!(2)));
}

#[tokio::test]
async fn a_deadline_only_comes_nearer() {
    let server = still();
    make_pod(&server, "a").await;
    let deadline = |seconds: Value| json!({"spec": {"activeDeadlineSeconds": seconds}});
    assert_eq!(patch(&server, "a", deadline(json!(100))).await.0, 200);
    assert_eq!(patch(&server, "a", deadline(json!(50))).await.0, 200);
    for (to, why) in [
        (
            json!(60),
            "Invalid value: 60: must be less than or equal to previous value",
        ),
        (
            Value::Null,
            "Invalid value: null: must not update from a positive integer to nil value",
        ),
    ] {
        let (field, found) = cause(patch(&server, "a", deadline(to)).await);
        assert_eq!(
            (field.as_str(), found.as_str()),
            ("spec.activeDeadlineSeconds", why)
        );
    }
}

#[tokio::test]
async fn tolerations_are_added_and_never_taken_away() {
    let server = still();
    let made = make_pod(&server, "a").await;
    let mut all = made["spec"]["tolerations"].as_array().unwrap().clone();
    all[0]["tolerationSeconds"] = 5.into();
    all.push(json!({"key": "x", "operator": "Exists"}));
    let (code, changed) = patch(&server, "a", json!({"spec": {"tolerations": all}})).await;
    assert_eq!(code, 200, "{changed}");
    all.pop();
    assert_eq!(
        cause(patch(&server, "a", json!({"spec": {"tolerations": all}})).await),
        (
            "spec.tolerations".into(),
            "Forbidden: existing toleration can not be modified except its tolerationSeconds".into()
        )
    );
}

#[tokio::test]
async fn a_gated_pod_can_be_narrowed_and_let_go() {
    let server = still();
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let affinity = |keys: &[&str]| {
        let expressions: Vec<Value> = keys
            .iter()
            .map(|key| json!({"key": key, "operator": "Exists"}))
            .collect();
        json!({"nodeAffinity": {required: {"nodeSelectorTerms": [{"matchExpressions": expressions}]}}})
    };
    let mut gated = pod("g");
    gated["spec"]["schedulingGates"] = json!([{"name": "a"}, {"name": "b"}]);
    gated["spec"]["nodeSelector"] = json!({"x": "y"});
    gated["spec"]["affinity"] = affinity(&["k"]);
    ok(&server, "POST", PODS, &gated).await;
    for (spec, code) in [
        (json!({"nodeSelector": {"z": "w"}}), 200),
        (json!({"nodeSelector": {"x": "q"}}), 422),
        (json!({"nodeSelector": {"x": null}}), 422),
        (json!({"affinity": affinity(&["k", "l"])}), 200),
        (json!({"affinity": affinity(&["m"])}), 422),
        (json!({"affinity": null}), 422),
        (json!({"schedulerName": "other"}), 422),
        (json!({"schedulingGates": [{"name": "a"}, {"name": "c"}]}), 422),
        (json!({"schedulingGates": [{"name": "b"}]}), 200),
        (json!({"schedulingGates": null}), 200),
        // No longer gated: no longer to be steered.
        (json!({"nodeSelector": {"q": "r"}}), 422),
    ] {
        let answer = patch(&server, "g", json!({"spec": spec})).await;
        assert_eq!(answer.0, code, "{spec}: {}", answer.1);
    }
}

#[tokio::test]
async fn resources_change_through_resize_alone() {
    let server = still();
    let mut sized = pod("r");
    sized["spec"]["containers"][0]["resources"] =
        json!({"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "2", "example.com/x": "1"}});
    let made = ok(&server, "POST", PODS, &sized).await;
    let sent = |resources: Value| {
        let mut containers = made["spec"]["containers"].clone();
        for (list, amounts) in resources.as_object().unwrap() {
            for (name, amount) in amounts.as_object().unwrap() {
                if amount.is_null() {
                    containers[0]["resources"][list]
                        .as_object_mut()
                        .unwrap()
                        .remove(name);
                } else {
                    containers[0]["resources"][list][name] = amount.clone();
                }
            }
        }
        containers[0]["image"] = "other".into();
        json!({"metadata": {"labels": {"no": "no"}}, "spec": {"containers": containers}})
    };
    let smaller = json!({"requests": {"cpu": "500m"}});
    let (field, _) = cause(patch(&server, "r", sent(smaller.clone())).await);
    assert_eq!(field, "spec");
    let (code, changed) = patch(&server, "r/resize", sent(smaller)).await;
    assert_eq!(code, 200, "{changed}");
    let container = &changed["spec"]["containers"][0];
    assert_eq!(container["resources"]["requests"]["cpu"], "500m");
    // The rest of what was sent is not what this subresource is about.
    assert_eq!(container["image"], "i:1");
    assert!(changed["metadata"].get("labels").is_none_or(Value::is_null));
    assert_eq!(changed["metadata"]["generation"], 2);
    let more = json!({"requests": {"example.com/x": "2"}, "limits": {"example.com/x": "2"}});
    assert_eq!(
        cause(patch(&server, "r/resize", sent(more)).await),
        (
            "spec".into(),
            "Forbidden: only cpu and memory resources are mutable".into()
        )
    );
    let removed = json!({"requests": {"memory": null}});
    assert_eq!(
        cause(patch(&server, "r/resize", sent(removed)).await),
        (
            "spec.containers[0].resources.requests".into(),
            "Forbidden: resource requests cannot be removed".into()
        )
    );
}

#[tokio::test]
async fn ephemeral_containers_are_added_and_stay() {
    let server = still();
    make_pod(&server, "a").await;
    let with = |image: &str| json!({"spec": {"ephemeralContainers": [{"name": "debug", "image": image, "targetContainerName": "c"}]}});
    let (code, changed) = patch(&server, "a/ephemeralcontainers", with("busybox")).await;
    assert_eq!(code, 200, "{changed}");
    assert_eq!(
        changed["spec"]["ephemeralContainers"][0]["imagePullPolicy"],
        "Always"
    );
    let (field, why) = cause(patch(&server, "a/ephemeralcontainers", with("other")).await);
    assert_eq!(field, "spec.ephemeralContainers");
    assert!(
        why.starts_with("Forbidden: existing ephemeral containers \"debug\" may not be changed\n@@"),
        "{why}"
    );
    let none = json!({"spec": {"ephemeralContainers": null}});
    let (_, why) = cause(patch(&server, "a/ephemeralcontainers", none).await);
    assert_eq!(
        why,
        "Forbidden: existing ephemeral containers \"debug\" may not be removed\n"
    );
}

#[tokio::test]
async fn a_status_is_taken_but_for_what_the_server_decides() {
    let server = still();
    make_pod(&server, "s").await;
    let running = json!({"status": {
        "phase": "Running", "nominatedNodeName": "n1", "podIP": "10.0.0.1",
        "conditions": [{"type": "Ready", "status": "True", "observedGeneration": 3}],
    }});
    let (code, changed) = patch(&server, "s/status", running).await;
    assert_eq!(code, 200, "{changed}");
    assert_eq!(changed["status"]["podIPs"], json!([{"ip": "10.0.0.1"}]));
    // A writer that does not know of generations does not wipe them out.
    let again = json!({"status": {"conditions": [{"type": "Ready", "status": "False"}]}});
    let (_, changed) = patch(&server, "s/status", again).await;
    assert_eq!(changed["status"]["conditions"][0]["observedGeneration"], 3);
    let class = json!({"status": {"qosClass": "Guaranteed"}});
    assert_eq!(
        cause(patch(&server, "s/status", class).await),
        (
            "status.qosClass".into(),
            "Invalid value: \"Guaranteed\": field is immutable".into()
        )
    );
    let mut bound = pod("b");
    bound["spec"]["nodeName"] = "n1".into();
    ok(&server, "POST", PODS, &bound).await;
    assert_eq!(
        cause(
            patch(
                &server,
                "b/status",
                json!({"status": {"nominatedNodeName": "n2"}})
            )
            .await
        ),
        (
            "status.nominatedNodeName".into(),
            "Forbidden: may not be set on pods that are already bound to a node".into()
        )
    );
}

#[tokio::test]
async fn what_has_ended_for_good_stays_ended() {
    let server = still();
    let mut once = pod("n");
    once["spec"]["restartPolicy"] = "Never".into();
    ok(&server, "POST", PODS, &once).await;
    let state = |state: Value| {
        json!({"status": {"containerStatuses": [{
            "name": "c", "image": "i", "imageID": "", "ready": false, "restartCount": 0, "state": state,
        }]}})
    };
    let ended = state(json!({"terminated": {"exitCode": 0}}));
    assert_eq!(patch(&server, "n/status", ended).await.0, 200);
    let again = state(json!({"running": {}}));
    assert_eq!(
        cause(patch(&server, "n/status", again).await),
        (
            "status.containerStatuses[0].state".into(),
            "Forbidden: may not be transitioned to non-terminated state".into()
        )
    );
}
