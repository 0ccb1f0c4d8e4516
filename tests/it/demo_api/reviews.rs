//! Access reviews: what `kubectl auth` asks.

use serde_json::{Value, json};

use super::{call, get, ok, still};

const GROUP: &str = "/apis/authorization.k8s.io/v1";

#[tokio::test]
async fn everything_is_allowed_and_the_answer_says_why() {
    let server = still();
    let spec = json!({"resourceAttributes": {"verb": "create", "resource": "pods", "subresource": "binding",
        "namespace": "default"}});
    let mut of_somebody = spec.clone();
    of_somebody["user"] = "jane".into();
    for (path, spec) in [
        ("selfsubjectaccessreviews", &spec),
        ("subjectaccessreviews", &of_somebody),
        ("namespaces/default/localsubjectaccessreviews", &of_somebody),
    ] {
        let answer = ok(
            &server,
            "POST",
            &format!("{GROUP}/{path}"),
            &json!({"spec": spec}),
        )
        .await;
        assert_eq!(answer["status"]["allowed"], true, "{path}");
        assert!(
            answer["status"]["reason"]
                .as_str()
                .is_some_and(|reason| !reason.is_empty())
        );
        assert_eq!(answer["spec"], *spec, "{path}");
    }
    let rules = json!({"spec": {"namespace": "default"}});
    let answer = ok(
        &server,
        "POST",
        &format!("{GROUP}/selfsubjectrulesreviews"),
        &rules,
    )
    .await;
    assert_eq!(
        answer["status"]["resourceRules"],
        json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}])
    );
    assert_eq!(answer["status"]["incomplete"], false);
    let me = ok(
        &server,
        "POST",
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        &json!({}),
    )
    .await;
    assert!(me["status"]["userInfo"]["username"].is_string());
}

#[tokio::test]
async fn bad_questions_are_refused() {
    let server = still();
    let both = json!({"resourceAttributes": {"verb": "get"}, "nonResourceAttributes": {"path": "/x", "verb": "get"}});
    let path = json!({"nonResourceAttributes": {"path": "/x", "verb": "get"}, "user": "jane"});
    let elsewhere = json!({"resourceAttributes": {"verb": "get", "resource": "pods"}, "user": "jane"});
    for (at, spec, message) in [
        (
            "selfsubjectaccessreviews",
            json!({}),
            ".authorization.k8s.io \"\" is invalid: spec: Invalid value: null: exactly one of nonResourceAttributes or \
             resourceAttributes must be specified",
        ),
        (
            "selfsubjectaccessreviews",
            both,
            ".authorization.k8s.io \"\" is invalid: spec: Invalid value: {\"Path\":\"/x\",\"Verb\":\"get\"}: exactly one of \
             nonResourceAttributes or resourceAttributes must be specified",
        ),
        (
            "subjectaccessreviews",
            json!({"resourceAttributes": {"verb": "get"}}),
            ".authorization.k8s.io \"\" is invalid: spec.user: Invalid value: \"\": at least one of user or group must be \
             specified",
        ),
        (
            "namespaces/default/localsubjectaccessreviews",
            path,
            ".authorization.k8s.io \"\" is invalid: spec.nonResourceAttributes: Invalid value: \
             {\"Path\":\"/x\",\"Verb\":\"get\"}: disallowed on this kind of request",
        ),
        (
            "namespaces/default/localsubjectaccessreviews",
            elsewhere,
            ".authorization.k8s.io \"\" is invalid: spec.resourceAttributes.namespace: Invalid value: \"\": must match \
             metadata.namespace",
        ),
    ] {
        let (code, answer) = call(&server, "POST", &format!("{GROUP}/{at}"), &json!({"spec": spec})).await;
        assert_eq!((code, answer["message"].as_str()), (422, Some(message)));
    }
    let (code, answer) = call(
        &server,
        "POST",
        &format!("{GROUP}/selfsubjectrulesreviews"),
        &json!({"spec": {}}),
    )
    .await;
    assert_eq!(
        (code, answer["message"].as_str()),
        (400, Some("no namespace on request"))
    );
    let local = format!("{GROUP}/localsubjectaccessreviews");
    assert_eq!(call(&server, "POST", &local, &json!({})).await.0, 404);
    let rules = format!("{GROUP}/selfsubjectrulesreviews");
    assert_eq!(get(&server, &rules).await.0, 405);
}

#[tokio::test]
async fn no_tokens_are_made() {
    let server = still();
    let accounts = "/api/v1/namespaces/default/serviceaccounts";
    ok(&server, "POST", accounts, &json!({"metadata": {"name": "robot"}})).await;
    let ask = |name: &str| format!("{accounts}/{name}/token");
    let (code, answer) = call(&server, "POST", &ask("robot"), &json!({"spec": {}})).await;
    assert_eq!(code, 403, "{answer}");
    assert!(
        answer["message"]
            .as_str()
            .expect("why")
            .contains("makes no tokens")
    );
    assert_eq!(call(&server, "POST", &ask("nobody"), &json!({})).await.0, 404);
    let (_, groups) = get(&server, GROUP).await;
    let names: Vec<&Value> = groups["resources"]
        .as_array()
        .expect("resources")
        .iter()
        .map(|r| &r["name"])
        .collect();
    for name in [
        "localsubjectaccessreviews",
        "selfsubjectaccessreviews",
        "selfsubjectrulesreviews",
        "subjectaccessreviews",
    ] {
        assert!(names.contains(&&json!(name)), "{name}");
    }
}
