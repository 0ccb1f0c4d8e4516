//! `scale` of workloads.

use serde_json::{Value, json};

use super::{call, get, ok, still};

const SETS: &str = "/apis/apps/v1/namespaces/default/replicasets";

fn set(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"a": "b"}, "matchExpressions": [
            {"key": "x", "operator": "In", "values": ["y", "b"]}, {"key": "q", "operator": "DoesNotExist"}]},
        "template": {"metadata": {"labels": {"a": "b", "x": "y"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    }})
}

#[tokio::test]
async fn a_scale_is_its_workload_in_short() {
    let server = still();
    let made = ok(&server, "POST", SETS, &set("s")).await;
    let (_, scale) = get(&server, &format!("{SETS}/s/scale")).await;
    assert_eq!(
        (&scale["kind"], &scale["apiVersion"]),
        (&json!("Scale"), &json!("autoscaling/v1"))
    );
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        assert_eq!(scale["metadata"][field], made["metadata"][field], "{field}");
    }
    assert_eq!(scale["spec"], json!({"replicas": 2}));
    assert_eq!(
        scale["status"],
        json!({"replicas": 0, "selector": "a=b,!q,x in (b,y)"})
    );
    assert_eq!(get(&server, &format!("{SETS}/none/scale")).await.0, 404);
}

#[tokio::test]
async fn scaling_is_a_change_of_the_workload() {
    let server = still();
    ok(&server, "POST", SETS, &set("s")).await;
    let at = format!("{SETS}/s/scale");
    let sent = json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": {"name": "s", "namespace": "default"},
        "spec": {"replicas": 5}});
    let scaled = ok(&server, "PUT", &at, &sent).await;
    assert_eq!(scaled["spec"]["replicas"], 5);
    let (_, after) = get(&server, &format!("{SETS}/s")).await;
    assert_eq!(
        (&after["spec"]["replicas"], &after["metadata"]["generation"]),
        (&json!(5), &json!(2))
    );
    assert_eq!(
        after["metadata"]["resourceVersion"],
        scaled["metadata"]["resourceVersion"]
    );
    ok(&server, "PATCH", &at, &json!({"spec": {"replicas": 1}})).await;
    // Nothing but the number is written through a scale.
    ok(
        &server,
        "PATCH",
        &at,
        &json!({"metadata": {"labels": {"l": "m"}}}),
    )
    .await;
    let (_, after) = get(&server, &format!("{SETS}/s")).await;
    assert_eq!(after["spec"]["replicas"], 1);
    assert!(after["metadata"].get("labels").is_none());
    ok(&server, "PUT", &format!("{at}?dryRun=All"), &sent).await;
    assert_eq!(get(&server, &at).await.1["spec"]["replicas"], 1);
    // A scale that says nothing is a scale to none.
    let nothing = json!({"metadata": {"name": "s"}});
    assert_eq!(ok(&server, "PUT", &at, &nothing).await["spec"], json!({}));
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let server = still();
    ok(&server, "POST", SETS, &set("s")).await;
    let at = format!("{SETS}/s/scale");
    for (sent, code, message) in [
        (
            json!({"metadata": {"name": "s"}, "spec": {"replicas": -1}}),
            422,
            "Scale.autoscaling \"s\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            json!({"metadata": {"name": "s", "resourceVersion": "1"}, "spec": {"replicas": 1}}),
            409,
            "Operation cannot be fulfilled on replicasets.apps \"s\": the object has been modified; please apply your \
             changes to the latest version and try again",
        ),
        (
            json!({"metadata": {"name": "e"}, "spec": {"replicas": 1}}),
            400,
            "the name of the object (e) does not match the name on the URL (s)",
        ),
    ] {
        let (is, answer) = call(&server, "PUT", &at, &sent).await;
        assert_eq!((is, answer["message"].as_str()), (code, Some(message)));
    }
    for method in ["POST", "DELETE"] {
        assert_eq!(call(&server, method, &at, &json!({})).await.0, 405, "{method}");
    }
    let daemons = "/apis/apps/v1/namespaces/default/daemonsets/d/scale";
    assert_eq!(get(&server, daemons).await.0, 404);
}
