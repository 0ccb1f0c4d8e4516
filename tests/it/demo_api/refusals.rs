//! Discovery, and the answers to what the server does not have.

use serde_json::{Value, json};

use super::{PODS, call, get, make_pod, ok, pod, read, send, still};

#[tokio::test]
async fn discovery_names_what_there_is() {
    let server = still();
    let (_, version) = get(&server, "/version").await;
    assert_eq!(
        (&version["major"], &version["minor"]),
        (&json!("1"), &json!("37"))
    );
    assert!(
        version["platform"]
            .as_str()
            .unwrap()
            .contains("embedded cluster of berth")
    );
    assert_eq!(get(&server, "/api").await.1["versions"], json!(["v1"]));
    let (_, groups) = get(&server, "/apis").await;
    let groups: Vec<&str> = groups["groups"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|g| g["name"].as_str())
        .collect();
    for group in groups {
        let (_, one) = get(&server, &format!("/apis/{group}")).await;
        let version = one["preferredVersion"]["groupVersion"].as_str().unwrap();
        let (code, resources) = get(&server, &format!("/apis/{version}")).await;
        assert_eq!((code, &resources["groupVersion"]), (200, &json!(version)));
    }
    let (_, core) = get(&server, "/api/v1").await;
    let names: Vec<&str> = core["resources"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|r| r["name"].as_str())
        .collect();
    for name in [
        "pods",
        "pods/binding",
        "pods/status",
        "nodes",
        "namespaces",
        "events",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    for path in ["/livez", "/readyz", "/livez/ping", "/healthz?verbosely"] {
        assert_eq!(get(&server, path).await, (200, json!("ok")));
    }
    let (_, checks) = get(&server, "/readyz?verbose").await;
    assert_eq!(checks, json!("[+]ping ok\nreadyz check passed\n"));
}

/// Every verb that discovery lists is answered, every other one is 405.
#[tokio::test]
async fn discovery_tells_the_truth_about_verbs() {
    let server = still();
    for group in [
        "/api/v1",
        "/apis/apps/v1",
        "/apis/policy/v1",
        "/apis/storage.k8s.io/v1",
        "/apis/resource.k8s.io/v1",
        "/apis/coordination.k8s.io/v1",
        "/apis/scheduling.k8s.io/v1",
    ] {
        let (_, resources) = get(&server, group).await;
        for resource in resources["resources"].as_array().unwrap() {
            let name = resource["name"].as_str().unwrap();
            if name.contains('/') {
                continue;
            }
            let verbs: Vec<&str> = resource["verbs"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            let base = if resource["namespaced"] == true {
                format!("{group}/namespaces/default/{name}")
            } else {
                format!("{group}/{name}")
            };
            for (method, verb, uri) in [
                ("GET", "list", base.clone()),
                ("POST", "create", base.clone()),
                ("DELETE", "deletecollection", base.clone()),
                ("GET", "get", format!("{base}/none")),
                ("PUT", "update", format!("{base}/none")),
                ("PATCH", "patch", format!("{base}/none")),
                ("DELETE", "delete", format!("{base}/none")),
            ] {
                let (code, answer) = call(&server, method, &uri, &Value::Null).await;
                assert_eq!(
                    code != 405,
                    verbs.contains(&verb),
                    "{method} {uri}: {code} {answer}"
                );
            }
        }
    }
}

#[tokio::test]
async fn unknown_paths() {
    let server = still();
    for path in [
        "/apis/none.example.com/v1/things",
        "/openapi/v2",
        "/openapi/v3/apis/none/v1",
        "/metrics",
    ] {
        assert_eq!(
            get(&server, path).await,
            (404, json!("404 page not found\n")),
            "{path}"
        );
    }
    for path in [
        "/api/v2",
        "/apis/apps/v9/deployments",
        "/api/v1/things",
        "/api/v1/namespaces/default/pods/a/logs",
        "/apis/apps/v1/gizmos",
    ] {
        let (code, answer) = get(&server, path).await;
        assert_eq!(
            (code, answer["message"].as_str()),
            (404, Some("the server could not find the requested resource"))
        );
    }
    let (code, answer) = get(&server, &format!("{PODS}/none")).await;
    assert_eq!(
        (code, answer["message"].as_str()),
        (404, Some("pods \"none\" not found"))
    );
    assert_eq!(answer["details"], json!({"name": "none", "kind": "pods"}));
    let (_, answer) = get(&server, "/apis/apps/v1/namespaces/default/deployments/none").await;
    assert_eq!(answer["message"], "deployments.apps \"none\" not found");
}

#[tokio::test]
async fn bodies_that_are_none() {
    let server = still();
    for (body, code) in [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ("\"pod\"", 400),
        (r#"{"metadata": 3}"#, 400),
        (r#"{"kind": "Node", "apiVersion": "v1"}"#, 400),
        (r#"{"kind": "Pod", "apiVersion": "v2"}"#, 400),
        (
            r#"{"metadata": {"name": "a"}, "spec": {"containers": "none"}}"#,
            400,
        ),
    ] {
        let (got, answer) = read(send(&server, "POST", PODS, "application/json", body).await).await;
        assert_eq!(
            (got, answer["kind"].as_str()),
            (code, Some("Status")),
            "{body}: {answer}"
        );
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(
        read(send(&server, "POST", PODS, "application/json", deep).await)
            .await
            .0,
        400
    );
    let (code, _) = read(
        send(
            &server,
            "POST",
            PODS,
            "application/vnd.kubernetes.protobuf",
            "k8s",
        )
        .await,
    )
    .await;
    assert_eq!(code, 400);
    let huge = vec![b' '; 3 * 1024 * 1024 + 1];
    let (code, answer) = read(send(&server, "POST", PODS, "application/json", huge).await).await;
    assert_eq!(
        (code, answer["reason"].as_str()),
        (413, Some("RequestEntityTooLarge"))
    );
    assert_eq!(answer["message"], "Request entity too large: limit is 3145728");
    make_pod(&server, "a").await;
    let (code, _) = call(&server, "PATCH", &format!("{PODS}/a"), &json!({"spec": "none"})).await;
    assert_eq!(code, 422);
    assert_eq!(get(&server, "/api/v1/pods?limit=many").await.0, 400);
    assert_eq!(
        get(&server, "/api/v1/pods?watch=1&resourceVersion=x").await.0,
        500
    );
}

#[tokio::test]
async fn unknown_fields_are_dropped_with_a_warning() {
    let server = still();
    let mut odd = pod("a");
    odd["spec"]["nodeNam"] = "n1".into();
    let response = send(&server, "POST", PODS, "application/json", odd.to_string()).await;
    let warning = response.headers()["warning"].to_str().unwrap().to_owned();
    assert_eq!(warning, r#"299 - "unknown field \"spec.nodeNam\"""#);
    let (_, made) = read(response).await;
    assert!(made["spec"].get("nodeNam").is_none());
    let (code, answer) = call(&server, "POST", &format!("{PODS}?fieldValidation=Strict"), &odd).await;
    assert_eq!(code, 400);
    assert!(
        answer["message"]
            .as_str()
            .unwrap()
            .contains("unknown field \"spec.nodeNam\"")
    );
}

#[tokio::test]
async fn reviews_are_answered_and_not_kept() {
    let server = still();
    let reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let asked = json!({"spec": {"resourceAttributes": {"verb": "create", "resource": "pods", "subresource": "binding"}}});
    let answer = ok(&server, "POST", reviews, &asked).await;
    assert_eq!(
        (&answer["status"]["allowed"], &answer["spec"]),
        (&json!(true), &asked["spec"])
    );
    let who = ok(
        &server,
        "POST",
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        &json!({}),
    )
    .await;
    assert_eq!(who["status"]["userInfo"]["username"], "berth-demo");
    assert_eq!(get(&server, reviews).await.0, 405);
}
