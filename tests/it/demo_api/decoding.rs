//! How bodies are read: JSON, YAML and protobuf, wrong types, unknown and doubled fields.
//!
//! Codes and texts are those of kube-apiserver 1.37.2 to the same requests.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{PODS, get, make_pod, ok, read, send, still};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// Code and message of the answer to a body.
async fn refused(server: &berth::demo::Server, uri: &str, body: &str) -> (u16, String) {
    let (code, answer) = read(send(server, "POST", uri, "application/json", body.to_owned()).await).await;
    (code, answer["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn what_is_no_object_of_the_kind() {
    let server = still();
    let unrecognized = "the object provided is unrecognized (must be of type Pod): ";
    let parse = "couldn't get version/kind; json parse error: ";
    for (body, message) in [
        ("", format!("{unrecognized}{parse}unexpected end of JSON input (<empty>)")),
        ("{", format!("{unrecognized}{parse}unexpected end of JSON input ({{)")),
        (
            "[]",
            format!(
                "{unrecognized}{parse}json: cannot unmarshal array into Go value of type struct {{ APIVersion string \
                 \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }} (5b5d)"
            ),
        ),
        (
            r#"{"kind":3}"#,
            format!(
                "{unrecognized}{parse}json: cannot unmarshal number into Go struct field .kind of type string ({{\"kind\":3}})"
            ),
        ),
        (
            r#"{"metadata":{"name":"a",}}"#,
            format!(
                "{unrecognized}{parse}invalid character '}}' looking for beginning of object key string \
                 ({{\"metadata\":{{\"name\":\"a\",}}}})"
            ),
        ),
        (
            r#"{"kind":"Pod","apiVersion":"a/b/c"}"#,
            format!("{unrecognized}unexpected GroupVersion string: a/b/c ({{\"kind\":\"Pod\",\"apiVersion\":\"a/ ...)"),
        ),
        (
            r#"{"kind":"Node","apiVersion":"v1"}"#,
            "Node in version \"v1\" cannot be handled as a Pod: converting (v1.Node) to (core.Pod): unknown conversion"
                .into(),
        ),
        (
            r#"{"kind":"Nope"}"#,
            "Nope in version \"v1\" cannot be handled as a Pod: no kind \"Nope\" is registered for version \"v1\" in \
             scheme \"pkg/runtime/scheme.go:111\""
                .into(),
        ),
        (
            r#"{"metadata":3}"#,
            "Pod in version \"v1\" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field \
             Pod.metadata of type v1.ObjectMeta"
                .into(),
        ),
        (
            r#"{"metadata":{"name":"a","creationTimestamp":"yesterday"}}"#,
            "Pod in version \"v1\" cannot be handled as a Pod: parsing time \"yesterday\" as \
             \"2006-01-02T15:04:05Z07:00\": cannot parse \"yesterday\" as \"2006\""
                .into(),
        ),
    ] {
        assert_eq!(refused(&server, PODS, body).await, (400, message), "{body}");
    }
    assert_eq!(
        refused(&server, MAPS, r#"{"metadata":{"name":"a"},"binaryData":{"a":"!!"}}"#).await,
        (
            400,
            "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: illegal base64 data at input byte 0".into()
        )
    );
    assert_eq!(get(&server, &format!("{MAPS}/a")).await.0, 404);
}

#[tokio::test]
async fn quantities_and_times_are_stored_in_one_form() {
    let server = still();
    let pod = json!({
        "metadata": {"name": "a"},
        "spec": {"containers": [{"name": "c", "image": "i", "resources": {
            "requests": {"cpu": 0.5, "memory": "1024Mi", "ephemeral-storage": "1e3"},
            "limits": {"cpu": "2000m", "memory": "2048Mi", "example.com/a": 2000},
        }}]},
    });
    let made = ok(&server, "POST", PODS, &pod).await;
    assert_eq!(
        made["spec"]["containers"][0]["resources"],
        json!({
            "requests": {"cpu": "500m", "memory": "1Gi", "ephemeral-storage": "1e3", "example.com/a": "2k"},
            "limits": {"cpu": "2", "memory": "2Gi", "example.com/a": "2k"},
        })
    );
    let lease = json!({
        "metadata": {"name": "l"},
        "spec": {"renewTime": "2026-01-01T02:00:00.123456+02:00"},
    });
    let made = ok(
        &server,
        "POST",
        "/apis/coordination.k8s.io/v1/namespaces/default/leases",
        &lease,
    )
    .await;
    assert_eq!(made["spec"], json!({"renewTime": "2026-01-01T00:00:00.123456Z"}));
}

#[tokio::test]
async fn unknown_and_doubled_fields() {
    let server = still();
    let body = r#"{"metadata":{"name":"a","labels":{"x":"1","x":"2"}},"Data":{},"data":{"k":"v"}}"#;
    let warned = [
        r#"299 - "duplicate field \"metadata.labels.x\"""#,
        r#"299 - "unknown field \"Data\"""#,
    ];
    for (validation, warnings) in [("", &warned[..]), ("Warn", &warned[..]), ("Ignore", &[])] {
        let uri = format!("{MAPS}?dryRun=All&fieldValidation={validation}");
        let response = send(&server, "POST", &uri, "application/json", body).await;
        let got: Vec<String> = response
            .headers()
            .get_all("warning")
            .iter()
            .filter_map(|value| value.to_str().ok().map(str::to_owned))
            .collect();
        assert_eq!(got, warnings, "{validation:?}");
        let (code, made) = read(response).await;
        assert_eq!((code, &made["metadata"]["labels"]["x"]), (201, &json!("2")));
    }
    assert_eq!(
        refused(&server, &format!("{MAPS}?fieldValidation=Strict"), body).await,
        (
            400,
            "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: duplicate field \
             \"metadata.labels.x\", unknown field \"Data\""
                .into()
        )
    );
    assert_eq!(
        refused(&server, &format!("{MAPS}?fieldValidation=Nope"), body).await,
        (
            422,
            "CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"Nope\": supported values: \
             \"\", \"Ignore\", \"Strict\", \"Warn\""
                .into()
        )
    );
}

/// What was dropped is told of with a refusal, too.
#[tokio::test]
async fn warnings_come_with_refusals() {
    let server = still();
    let body = r#"{"metadata":{"name":"none","foo":1}}"#;
    let response = send(&server, "PUT", &format!("{MAPS}/none"), "application/json", body).await;
    assert_eq!(response.status(), 404);
    assert_eq!(
        response.headers()["warning"],
        r#"299 - "unknown field \"metadata.foo\"""#
    );
}

#[tokio::test]
async fn yaml_is_read() {
    let server = still();
    let yaml = "metadata:\n  name: a\ndata:\n  k: v\n  k: w\nfoo: 1\n";
    let response = send(&server, "POST", MAPS, "application/yaml", yaml).await;
    let warnings: Vec<_> = response.headers().get_all("warning").iter().collect();
    assert_eq!(
        warnings,
        [
            r#"299 - "line 5: key \"k\" already set in map""#,
            r#"299 - "unknown field \"foo\"""#
        ]
    );
    let (code, made) = read(response).await;
    assert_eq!((code, &made["data"]), (201, &json!({"k": "w"})));
    let (code, _) = read(send(&server, "POST", MAPS, "application/yaml", "a: [").await).await;
    assert_eq!(code, 400);
}

/// Bodies of kubectl 1.37, sent as they were recorded.
#[tokio::test]
async fn protobuf_is_read_wherever_there_is_a_body() {
    let server = still();
    let media = "application/vnd.kubernetes.protobuf";
    let namespace = json!({"metadata": {"name": "decode"}});
    ok(&server, "POST", "/api/v1/namespaces", &namespace).await;
    let sent = |body: &str| STANDARD.decode(body).unwrap();
    let map = "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEigKHgoIc2V0dGluZ3MSABoGZGVjb2RlIgAqADIAOABCABIGCgFhEgFiGgAiAA==";
    let uri = "/api/v1/namespaces/decode/configmaps?fieldValidation=Strict";
    let (code, made) = read(send(&server, "POST", uri, media, sent(map)).await).await;
    assert_eq!((code, &made["data"]), (201, &json!({"a": "b"})), "{made}");
    let (code, answer) = read(send(&server, "POST", PODS, media, sent(map)).await).await;
    assert_eq!(
        (code, answer["message"].as_str()),
        (
            400,
            Some(
                "ConfigMap in version \"v1\" cannot be handled as a Pod: converting (v1.ConfigMap) to (core.Pod): \
                 unknown conversion"
            )
        )
    );
    let review = "azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSRQoQCgASABoAIgAqADIAOABCAB\
                  InCiUKBmRlY29kZRIGY3JlYXRlGgAiACoEcG9kczIAOgdiaW5kaW5nGggIABIAGgAgABoAIgA=";
    let uri = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let (code, answer) = read(send(&server, "POST", uri, media, sent(review)).await).await;
    assert_eq!(
        (code, &answer["status"]["allowed"]),
        (201, &json!(true)),
        "{answer}"
    );

    // DeleteOptions{dryRun: ["All"]}, and a Binding to a node.
    let options = b"k8s\0\x0a\x13\x0a\x02v1\x12\x0dDeleteOptions\x12\x05\x2a\x03All";
    make_pod(&server, "a").await;
    let (code, _) = read(send(&server, "DELETE", &format!("{PODS}/a"), media, &options[..]).await).await;
    assert_eq!(code, 200);
    let binding =
        b"k8s\0\x0a\x0d\x0a\x02v1\x12\x07Binding\x12\x11\x0a\x03\x0a\x01a\x12\x0a\x0a\x04Node\x1a\x02n1";
    let (code, answer) =
        read(send(&server, "POST", &format!("{PODS}/a/binding"), media, &binding[..]).await).await;
    assert_eq!(code, 201, "{answer}");
    assert_eq!(
        get(&server, &format!("{PODS}/a")).await.1["spec"]["nodeName"],
        "n1"
    );
}

#[tokio::test]
async fn media_types() {
    let server = still();
    let body = r#"{"metadata":{"name":"a"}}"#;
    let uri = format!("{MAPS}?dryRun=All");
    for (media, code) in [
        ("", 201),
        ("application/json; charset=utf-8", 201),
        ("APPLICATION/JSON", 201),
        ("application/yaml", 201),
        ("application/vnd.kubernetes.protobuf", 400),
        ("text/plain", 415),
        ("*/*", 415),
        ("application/merge-patch+json", 415),
    ] {
        let (got, answer) = read(send(&server, "POST", &uri, media, body).await).await;
        assert_eq!(got, code, "{media}: {answer}");
        if code == 415 {
            assert_eq!(
                answer["message"],
                "the body of the request was in an unknown format - accepted media types include: application/json, \
                 application/yaml, application/vnd.kubernetes.protobuf"
            );
        }
    }
}

#[tokio::test]
async fn the_options_of_a_deletion() {
    let server = still();
    for (body, code, message) in [
        (
            "{",
            400,
            "couldn't get version/kind; json parse error: unexpected end of JSON input",
        ),
        (
            r#"{"kind":"Pod","apiVersion":"v1"}"#,
            400,
            "no kind \"Pod\" is registered for version \"v1\" in scheme \"pkg/runtime/scheme.go:111\"",
        ),
        (
            r#"{"gracePeriodSeconds":"x"}"#,
            400,
            "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64",
        ),
        (
            r#"{"dryRun":["x"]}"#,
            422,
            "DeleteOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"x\"]: supported values: \"All\"",
        ),
        (r#"{"foo":"x"}"#, 404, "configmaps \"none\" not found"),
        (
            r#"{"kind":"DeleteOptions","apiVersion":"policy/v1"}"#,
            404,
            "configmaps \"none\" not found",
        ),
    ] {
        let (got, answer) = read(
            send(
                &server,
                "DELETE",
                &format!("{MAPS}/none"),
                "application/json",
                body,
            )
            .await,
        )
        .await;
        let got = (got, answer["message"].as_str().unwrap_or_default());
        assert_eq!(got, (code, message), "{body}");
    }
}

#[tokio::test]
async fn a_field_that_is_null_is_none() {
    let server = still();
    let body = json!({
        "metadata": {"name": "a", "creationTimestamp": null, "labels": null, "annotations": {}},
        "data": null,
        "immutable": false,
    });
    let made = ok(&server, "POST", MAPS, &body).await;
    assert_eq!(made["immutable"], false);
    assert_eq!((made.get("data"), made["metadata"].get("labels")), (None, None));
    assert!(made["metadata"]["creationTimestamp"].is_string());
    let (_, answer) = read(send(&server, "POST", PODS, "application/json", "null").await).await;
    assert_eq!(answer["reason"], "Invalid");
    assert_eq!(Value::Null, answer["metadata"]["name"]);
}

#[tokio::test]
async fn an_object_must_be_that_of_its_path() {
    let server = still();
    for (metadata, message) in [
        (
            json!({}),
            "the name of the object (none based on URL) was undeterminable: name must be provided",
        ),
        (
            json!({"name": "b"}),
            "the name of the object (b) does not match the name on the URL (none)",
        ),
        (
            json!({"name": "b", "namespace": "x"}),
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
    ] {
        let body = json!({ "metadata": metadata }).to_string();
        let answer = send(&server, "PUT", &format!("{MAPS}/none"), "application/json", body).await;
        let (code, answer) = read(answer).await;
        assert_eq!((code, answer["message"].as_str()), (400, Some(message)));
    }
}
