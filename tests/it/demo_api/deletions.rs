//! DELETE, of one and of many, line by line as a real API server answers it.

use serde_json::{Value, json};

use super::{call, get, ok, still};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

async fn make(server: &berth::demo::Server, name: &str, metadata: Value) -> Value {
    let mut map = json!({"metadata": metadata, "data": {"a": "b"}});
    map["metadata"]["name"] = name.into();
    ok(server, "POST", MAPS, &map).await
}

#[tokio::test]
async fn bad_options_are_refused_before_anything_is_looked_for() {
    let server = still();
    let (code, answer) = call(
        &server,
        "DELETE",
        &format!("{MAPS}/x"),
        &json!({"propagationPolicy": "Foo", "orphanDependents": true, "dryRun": ["x"]}),
    )
    .await;
    assert_eq!(code, 422, "{answer}");
    assert_eq!(
        answer["message"],
        "DeleteOptions.meta.k8s.io \"\" is invalid: [propagationPolicy: Invalid value: \"Foo\": orphanDependents and \
         deletionPropagation cannot be both set, propagationPolicy: Unsupported value: \"Foo\": supported values: \
         \"Foreground\", \"Background\", \"Orphan\", \"nil\", dryRun: Unsupported value: [\"x\"]: supported values: \
         \"All\"]"
    );
    for (body, message) in [
        (
            json!({"kind": "Pod", "apiVersion": "v1"}),
            "no kind \"Pod\" is registered for version \"v1\" in scheme \"pkg/runtime/scheme.go:111\"",
        ),
        (
            // Upstream names the type as its program does: v1.DeletionPropagation.
            json!({"propagationPolicy": 5}),
            "json: cannot unmarshal number into Go struct field DeleteOptions.propagationPolicy of type string",
        ),
    ] {
        let (code, answer) = call(&server, "DELETE", &format!("{MAPS}/x"), &body).await;
        assert_eq!((code, answer["message"].as_str()), (400, Some(message)));
    }
    let (code, answer) = call(
        &server,
        "DELETE",
        &format!("{MAPS}/x?gracePeriodSeconds=abc"),
        &Value::Null,
    )
    .await;
    assert_eq!(code, 400);
    assert_eq!(
        answer["message"],
        "strconv.ParseInt: parsing \"abc\": invalid syntax"
    );
    for (policy, code) in [("Foo", 422), ("Orphan", 404)] {
        let uri = format!("{MAPS}/x?propagationPolicy={policy}");
        assert_eq!(call(&server, "DELETE", &uri, &Value::Null).await.0, code);
    }
}

#[tokio::test]
async fn finalizers_say_what_becomes_of_dependents() {
    let server = still();
    let at = |name: &str| format!("{MAPS}/{name}");
    for (body, finalizer, code) in [
        (
            json!({"propagationPolicy": "Foreground"}),
            Some("foregroundDeletion"),
            200,
        ),
        (json!({"propagationPolicy": "Orphan"}), Some("orphan"), 200),
        (json!({"orphanDependents": true}), Some("orphan"), 200),
        (json!({"orphanDependents": false}), None, 200),
        (json!({"propagationPolicy": "Background"}), None, 200),
        (Value::Null, None, 200),
    ] {
        make(&server, "a", json!({})).await;
        let (is, answer) = call(&server, "DELETE", &at("a"), &body).await;
        assert_eq!(is, code, "{body} {answer}");
        let (code, left) = get(&server, &at("a")).await;
        if let Some(finalizer) = finalizer {
            assert_eq!(left["metadata"]["finalizers"], json!([finalizer]), "{body}");
            assert_eq!(left["metadata"]["deletionGracePeriodSeconds"], 0);
            assert_eq!(answer["kind"], "ConfigMap", "what stays is answered");
            // What its collector does at last.
            let patch = json!({"metadata": {"finalizers": null}});
            ok(&server, "PATCH", &at("a"), &patch).await;
            assert_eq!(get(&server, &at("a")).await.0, 404);
        } else {
            assert_eq!(code, 404, "{body}");
            let details = &answer["details"];
            assert_eq!(
                (&answer["kind"], &details["kind"], &details["name"]),
                (&json!("Status"), &json!("configmaps"), &json!("a"))
            );
        }
    }
}

#[tokio::test]
async fn a_second_deletion_may_say_otherwise() {
    let server = still();
    let at = format!("{MAPS}/a");
    make(&server, "a", json!({"finalizers": ["example.com/hold"]})).await;
    ok(
        &server,
        "DELETE",
        &format!("{at}?propagationPolicy=Foreground"),
        &Value::Null,
    )
    .await;
    let (_, marked) = get(&server, &at).await;
    assert_eq!(
        marked["metadata"]["finalizers"],
        json!(["example.com/hold", "foregroundDeletion"])
    );
    // Without a word the finalizer that is there stays.
    ok(&server, "DELETE", &at, &Value::Null).await;
    assert_eq!(
        get(&server, &at).await.1["metadata"]["finalizers"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
    let orphan = json!({"propagationPolicy": "Orphan"});
    ok(&server, "DELETE", &at, &orphan).await;
    let (_, again) = get(&server, &at).await;
    assert_eq!(
        again["metadata"]["finalizers"],
        json!(["example.com/hold", "orphan"])
    );
    assert_eq!(
        again["metadata"]["deletionTimestamp"],
        marked["metadata"]["deletionTimestamp"]
    );
    let patch = json!({"metadata": {"finalizers": ["example.com/hold", "orphan", "example.com/new"]}});
    let (code, answer) = call(&server, "PATCH", &at, &patch).await;
    assert_eq!(code, 422);
    assert_eq!(
        answer["details"]["causes"][0]["message"],
        "Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers \
         []string{\"example.com/new\"}"
    );
    // Nothing is accepted but what is gone: the older word is answered with a 202 while something is left.
    let older = json!({"orphanDependents": false});
    let (code, _) = call(&server, "DELETE", &at, &older).await;
    assert_eq!(code, 202);
}

#[tokio::test]
async fn kinds_differ_in_their_default_and_say_so() {
    let server = still();
    let template = json!({"metadata": {"labels": {"a": "b"}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}});
    let jobs = "/apis/batch/v1/namespaces/default/jobs";
    let job = json!({"metadata": {"name": "j"}, "spec": {"template": template}});
    ok(&server, "POST", jobs, &job).await;
    let response = super::send(
        &server,
        "DELETE",
        &format!("{jobs}/j"),
        "",
        axum::body::Body::empty(),
    )
    .await;
    let warning = response.headers()["warning"].to_str().unwrap().to_owned();
    assert!(
        warning.contains("child pods are preserved by default when jobs are deleted"),
        "{warning}"
    );
    let (_, left) = get(&server, &format!("{jobs}/j")).await;
    assert_eq!(left["metadata"]["finalizers"], json!(["orphan"]));
    assert_eq!(
        left["metadata"]["generation"], 2,
        "being deleted is a new generation"
    );
    let events = "/api/v1/namespaces/default/events";
    let event = json!({"metadata": {"name": "e", "namespace": "default"},
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"}, "reason": "R", "message": "m"});
    ok(&server, "POST", events, &event).await;
    let foreground = json!({"propagationPolicy": "Foreground"});
    ok(&server, "DELETE", &format!("{events}/e"), &foreground).await;
    assert_eq!(
        get(&server, &format!("{events}/e")).await.0,
        404,
        "nobody owns by events"
    );
}

#[tokio::test]
async fn a_dry_run_shows_what_would_be() {
    let server = still();
    let made = make(&server, "a", json!({})).await;
    let at = format!("{MAPS}/a");
    let body = json!({"dryRun": ["All"], "propagationPolicy": "Foreground"});
    let shown = ok(&server, "DELETE", &at, &body).await;
    assert_eq!(shown["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    assert!(shown["metadata"]["deletionTimestamp"].is_string());
    let gone = ok(&server, "DELETE", &at, &json!({"dryRun": ["All"]})).await;
    assert_eq!(gone["status"], "Success");
    assert_eq!(get(&server, &at).await.1, made);
}

#[tokio::test]
async fn many_go_at_once_and_are_listed() {
    let server = still();
    for name in ["a", "b", "c", "d"] {
        let finalizers = if name == "d" {
            json!(["example.com/hold"])
        } else {
            json!([])
        };
        let metadata = json!({"labels": {"of": name}, "finalizers": finalizers});
        make(&server, name, metadata).await;
    }
    let names = |list: &Value| -> Vec<String> {
        let items = list["items"].as_array().expect("items");
        let name = |item: &Value| item["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        items.iter().map(name).collect()
    };
    let delete = async |query: &str| {
        let list = ok(&server, "DELETE", &format!("{MAPS}?{query}"), &Value::Null).await;
        assert_eq!(list["kind"], "ConfigMapList");
        names(&list)
    };
    assert_eq!(delete("labelSelector=of=a&dryRun=All").await, ["a"]);
    assert_eq!(delete("labelSelector=of=a").await, ["a"]);
    assert_eq!(delete("labelSelector=of&limit=1").await, ["b"]);
    assert_eq!(delete("fieldSelector=metadata.name=nothing").await, [""; 0]);
    assert_eq!(delete("labelSelector=of").await, ["c", "d"]);
    let (_, left) = get(&server, &format!("{MAPS}?labelSelector=of")).await;
    assert_eq!(names(&left), ["d"]);
    assert!(left["items"][0]["metadata"]["deletionTimestamp"].is_string());
    for (uri, code) in [
        (format!("{MAPS}?labelSelector=a=b=c"), 400),
        (format!("{MAPS}?propagationPolicy=X"), 422),
        (format!("{MAPS}?sendInitialEvents=true"), 422),
        ("/api/v1/configmaps".to_owned(), 405),
        ("/api/v1/namespaces".to_owned(), 405),
    ] {
        assert_eq!(call(&server, "DELETE", &uri, &Value::Null).await.0, code, "{uri}");
    }
    let (_, discovery) = get(&server, "/api/v1").await;
    for resource in discovery["resources"].as_array().expect("resources") {
        let verbs = resource["verbs"].as_array().expect("verbs");
        // A proxy passes every method on, and there are never many of it.
        if resource["name"].as_str().is_some_and(|name| name.contains('/')) {
            continue;
        }
        let many = verbs.contains(&json!("deletecollection"));
        let one = verbs.contains(&json!("delete"));
        assert_eq!(many, one && resource["name"] != "namespaces", "{resource}");
    }
}

#[tokio::test]
async fn preconditions_name_what_is_meant() {
    let server = still();
    let made = make(&server, "a", json!({})).await;
    let at = format!("{MAPS}/a");
    let wrong = json!({"preconditions": {"uid": "another"}});
    let (code, answer) = call(&server, "DELETE", &at, &wrong).await;
    assert_eq!(code, 409);
    let uid = made["metadata"]["uid"].as_str().expect("a uid");
    assert_eq!(
        answer["message"],
        format!(
            "Operation cannot be fulfilled on ConfigMap \"a\": the UID in the precondition (another) does not match the \
             UID in record ({uid}). The object might have been deleted and then recreated"
        )
    );
    let right =
        json!({"preconditions": {"uid": uid, "resourceVersion": made["metadata"]["resourceVersion"]}});
    ok(&server, "DELETE", &at, &right).await;
    assert_eq!(get(&server, &at).await.0, 404);
}
