//! The life and the end of namespaces.

use serde_json::{Value, json};

use super::{call, get, ok, pod, still};

const ALL: &str = "/api/v1/namespaces";

#[tokio::test]
async fn a_namespace_ends_when_its_finalizer_is_gone() {
    let server = still();
    let made = ok(&server, "POST", ALL, &json!({"metadata": {"name": "shop"}})).await;
    assert_eq!(made["spec"], json!({"finalizers": ["kubernetes"]}));
    assert_eq!(made["status"], json!({"phase": "Active"}));
    assert_eq!(
        made["metadata"]["labels"],
        json!({"kubernetes.io/metadata.name": "shop"})
    );
    let at = format!("{ALL}/shop");
    let maps = format!("{at}/configmaps");
    ok(&server, "POST", &maps, &json!({"metadata": {"name": "a"}})).await;
    let dry = ok(&server, "DELETE", &format!("{at}?dryRun=All"), &Value::Null).await;
    assert_eq!(dry["status"]["phase"], "Terminating");
    assert_eq!(get(&server, &at).await.1, made);
    let going = ok(&server, "DELETE", &at, &Value::Null).await;
    assert_eq!(going["status"]["phase"], "Terminating");
    assert!(going["metadata"]["deletionTimestamp"].is_string());
    assert!(going["metadata"].get("deletionGracePeriodSeconds").is_none());
    // A second time it says the same.
    assert_eq!(ok(&server, "DELETE", &at, &Value::Null).await, going);
    let (code, answer) = call(&server, "POST", &maps, &json!({"metadata": {"name": "b"}})).await;
    assert_eq!(code, 403);
    assert_eq!(
        answer["message"],
        "configmaps \"b\" is forbidden: unable to create new content in namespace shop because it is being terminated"
    );
    assert_eq!(
        answer["details"]["causes"],
        json!([{"reason": "NamespaceTerminating", "message": "namespace shop is being terminated",
            "field": "metadata.namespace"}])
    );
    let mut nameless = pod("");
    nameless["metadata"] = json!({"generateName": "p-"});
    let (_, answer) = call(&server, "POST", &format!("{at}/pods"), &nameless).await;
    assert!(
        answer["message"]
            .as_str()
            .expect("why")
            .starts_with("pods \"p-\" is forbidden: "),
        "{answer}"
    );
    // What is there can still be changed and deleted.
    ok(
        &server,
        "PATCH",
        &format!("{maps}/a"),
        &json!({"data": {"x": "y"}}),
    )
    .await;
    ok(&server, "DELETE", &format!("{maps}/a"), &Value::Null).await;
    // No other write takes the finalizer off.
    ok(&server, "PATCH", &at, &json!({"spec": {"finalizers": []}})).await;
    assert_eq!(get(&server, &at).await.0, 200);
    let last = json!({"metadata": {"name": "shop"}, "spec": {}});
    ok(&server, "PUT", &format!("{at}/finalize"), &last).await;
    assert_eq!(get(&server, &at).await.0, 404);
}

#[tokio::test]
async fn some_namespaces_stay() {
    let server = still();
    for name in ["default", "kube-system"] {
        let at = format!("{ALL}/{name}");
        let (code, answer) = call(&server, "DELETE", &at, &Value::Null).await;
        assert_eq!(code, 403);
        assert_eq!(
            answer["message"],
            format!("namespaces \"{name}\" is forbidden: this namespace may not be deleted")
        );
    }
    assert_eq!(call(&server, "DELETE", ALL, &Value::Null).await.0, 405);
}

#[tokio::test]
async fn bad_namespaces_are_refused() {
    let server = still();
    for name in ["A", "a.b"] {
        let (code, _) = call(&server, "POST", ALL, &json!({"metadata": {"name": name}})).await;
        assert_eq!(code, 422, "{name}");
    }
    ok(&server, "POST", ALL, &json!({"metadata": {"name": "a"}})).await;
    let phase = json!({"status": {"phase": "Terminating"}});
    let (code, answer) = call(&server, "PATCH", &format!("{ALL}/a/status"), &phase).await;
    assert_eq!(code, 422);
    assert_eq!(
        answer["details"]["causes"][0]["message"],
        "Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"
    );
    let uid = json!({"preconditions": {"uid": "x"}});
    let (code, answer) = call(&server, "DELETE", &format!("{ALL}/a"), &uid).await;
    assert_eq!(code, 409);
    assert!(
        answer["message"].as_str().expect("why").starts_with(
            "Operation cannot be fulfilled on namespaces \"a\": Precondition failed: UID in precondition: x"
        ),
        "{answer}"
    );
}
