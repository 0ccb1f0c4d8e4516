//! Patches: their forms, and what is refused.

use super::*;

const JSON: &str = "application/json-patch+json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";

async fn patch(server: &Server, uri: &str, media: &str, body: &str) -> Answer {
    read(send(server, "PATCH", uri, media, body.to_owned()).await).await
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn what_is_no_patch_is_refused_as_upstream_refuses_it() {
    let server = still();
    make_pod(&server, "p").await;
    let uri = format!("{PODS}/p");
    let into_map = "json: cannot unmarshal array into Go value of type map[string]interface {}";
    for (media, body, code, message) in [
        (MERGE, "{", 400, "invalid JSON patch"),
        (STRATEGIC, "", 400, "invalid JSON patch"),
        (MERGE, "null", 400, "Invalid JSON Patch"),
        (STRATEGIC, "null", 200, ""),
        (JSON, "null", 200, ""),
        (STRATEGIC, "[]", 400, into_map),
        (MERGE, "[]", 400, &format!("error decoding patch: {into_map}")),
        (
            JSON,
            "1",
            400,
            "error decoding patch: json: cannot unmarshal number into Go value of type []handlers.jsonPatchOp",
        ),
        ("application/json", "{}", 415, "415: Unsupported Media Type"),
        (
            "application/apply-patch+cbor",
            "{}",
            415,
            "415: Unsupported Media Type",
        ),
        (
            "application/apply-patch+json",
            "{}",
            415,
            "415: Unsupported Media Type",
        ),
        (
            JSON,
            r#"[{"op": "remove", "path": "/spec/foo"}]"#,
            422,
            "the server rejected our request due to an error in our request",
        ),
        (
            JSON,
            r#"[{"op": "test", "path": "/metadata/name", "value": "q"}]"#,
            422,
            "the server rejected our request due to an error in our request",
        ),
        (
            JSON,
            r#"[{"op": "add", "path": "/metadata/labels", "value": {"a": "1"}}]"#,
            200,
            "",
        ),
        (
            JSON,
            r#"[{"op": "replace", "path": "/metadata/labels/b", "value": "1"}]"#,
            200,
            "",
        ),
        (
            STRATEGIC,
            r#"{"metadata": {"$patch": "foo"}}"#,
            500,
            "unknown patch type: foo in map: map[$patch:foo]",
        ),
        (
            STRATEGIC,
            r#"{"spec": {"containers": [{"image": "x"}]}}"#,
            500,
            "map: map[image:x] does not contain declared merge key: name",
        ),
        (STRATEGIC, r#"{"kind": "Node"}"#, 200, ""),
        (
            MERGE,
            r#"{"metadata": {"uid": "q"}}"#,
            422,
            "Pod \"p\" is invalid: metadata.uid: Invalid value: \"q\": field is immutable",
        ),
        (
            MERGE,
            r#"{"metadata": {"name": "q"}}"#,
            400,
            "the name of the object (q) does not match the name on the URL (p)",
        ),
    ] {
        let (answered, answer) = patch(&server, &uri, media, body).await;
        assert_eq!(answered, code, "{media} {body}: {answer}");
        if code != 200 {
            assert_eq!(answer["message"], message, "{media} {body}");
        }
    }
    let (code, answer) = patch(&server, &format!("{uri}?force=true"), MERGE, "{}").await;
    assert_eq!(code, 422);
    assert_eq!(
        answer["message"],
        "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch"
    );
    let (code, answer) = patch(
        &server,
        &format!("{uri}?fieldValidation=Strict"),
        STRATEGIC,
        r#"{"spec": {"foo": {"a": 1}}}"#,
    )
    .await;
    assert_eq!(code, 422);
    assert_eq!(
        answer["details"]["causes"][0]["message"],
        "Invalid value: \"map[spec:map[foo:map[a:1]]]\": strict decoding error: unknown field \"spec.foo\""
    );
}

#[tokio::test]
async fn lists_merge_by_the_keys_of_their_type() {
    let server = still();
    let mut deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "finalizers": ["x/a", "x/b"]},
        "spec": {
            "selector": {"matchLabels": {"a": "1"}},
            "template": {
                "metadata": {"labels": {"a": "1"}},
                "spec": {
                    "containers": [{"name": "c", "image": "i:1"}, {"name": "d", "image": "j:1"}],
                    "volumes": [{"name": "v", "emptyDir": {}}],
                },
            },
        },
    });
    deployment["spec"]["template"]["spec"]["containers"][0]["ports"] = json!([{"containerPort": 80}]);
    ok(
        &server,
        "POST",
        "/apis/apps/v1/namespaces/default/deployments",
        &deployment,
    )
    .await;
    let body = json!({
        "metadata": {"$deleteFromPrimitiveList/finalizers": ["x/a"]},
        "spec": {"template": {"spec": {
            "$setElementOrder/containers": [{"name": "e"}, {"name": "c"}],
            "containers": [
                {"name": "e", "image": "k:1"},
                {"name": "c", "ports": [{"containerPort": 81}]},
                {"name": "d", "$patch": "delete"},
            ],
            "volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/v"}}],
        }}},
    });
    let uri = "/apis/apps/v1/namespaces/default/deployments/d";
    let (code, new) = patch(&server, uri, STRATEGIC, &body.to_string()).await;
    assert_eq!(code, 200, "{new}");
    let spec = &new["spec"]["template"]["spec"];
    let names: Vec<&Value> = spec["containers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["name"])
        .collect();
    assert_eq!(names, ["e", "c"]);
    let ports = spec["containers"][1]["ports"].as_array().unwrap();
    let ports: Vec<&Value> = ports.iter().map(|port| &port["containerPort"]).collect();
    assert_eq!(ports, [81, 80]);
    assert!(spec["volumes"][0].get("emptyDir").is_none());
    assert_eq!(spec["volumes"][0]["hostPath"]["path"], "/v");
    assert_eq!(new["metadata"]["finalizers"], json!(["x/b"]));
}
