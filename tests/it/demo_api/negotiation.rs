//! In which form an answer comes.

use axum::body::Body;
use berth::demo::Server;
use http::{Request, Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{PODS, make_pod, still};

/// Asks with headers of one's own: code, media type, text.
pub(super) async fn ask(
    server: &Server,
    method: &str,
    uri: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> (u16, String, String) {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = if body.is_null() {
        Body::empty()
    } else {
        Body::from(body.to_string())
    };
    let request = request.body(body).expect("a sound request");
    let response: Response<Body> = server.service().oneshot(request).await.expect("an answer");
    let media = response.headers().get("content-type");
    let media = media
        .map_or("", |media| media.to_str().expect("a media type"))
        .to_owned();
    let code = response.status().as_u16();
    let bytes = response
        .into_body()
        .collect()
        .await
        .expect("a whole body")
        .to_bytes();
    (code, media, String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) async fn accepting(server: &Server, uri: &str, accept: &str) -> (u16, Value) {
    let (code, _, text) = ask(server, "GET", uri, &[("accept", accept)], &Value::Null).await;
    (code, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn what_cannot_be_had_is_refused_in_two_ways() {
    let server = still();
    make_pod(&server, "a").await;
    for uri in [PODS.to_owned(), format!("{PODS}/a")] {
        for accept in [
            "text/plain",
            "application/*",
            "application/vnd.kubernetes.protobuf",
        ] {
            let (code, status) = accepting(&server, &uri, accept).await;
            assert_eq!(code, 406, "{accept}");
            assert_eq!(status["reason"], "NotAcceptable");
            let message = status["message"].as_str().unwrap();
            assert!(
                message.starts_with(
                    "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml"
                ),
                "{message}"
            );
            let streams = message.ends_with(", application/json;stream=watch");
            assert_eq!(streams, uri == PODS, "lists can be watched: {message}");
            assert_eq!(status["details"], json!({}));
        }
        let (code, status) = accepting(&server, &uri, "application/json;as=Foo;v=v1;g=meta.k8s.io").await;
        assert_eq!(code, 406);
        assert_eq!(
            status["message"],
            "only the following media types are accepted: application/json, application/yaml"
        );
        let beside = "application/vnd.kubernetes.protobuf,application/json";
        assert_eq!(accepting(&server, &uri, beside).await.0, 200);
    }
    let (code, status) = accepting(&server, &format!("{PODS}?watch=1"), "application/yaml").await;
    assert_eq!(code, 406, "{status}");
}

/// What the paths of discovery answer has a shape of its own, and no other.
#[tokio::test]
async fn discovery_is_negotiated_too() {
    let server = still();
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    let either = format!("{table},application/json");
    for uri in ["/api", "/apis", "/apis/apps", "/api/v1"] {
        assert_eq!(accepting(&server, uri, table).await.0, 406, "{uri}");
        assert_eq!(accepting(&server, uri, &either).await.0, 200, "{uri}");
        let routed = !uri.starts_with("/apis");
        let (code, status) = accepting(&server, uri, "text/html").await;
        let message = status["message"].as_str().unwrap();
        assert_eq!(
            (code, message.starts_with("406: ")),
            (406, routed),
            "{uri}: {message}"
        );
        let yaml = [("accept", "application/yaml")];
        let (code, media, _) = ask(&server, "GET", uri, &yaml, &Value::Null).await;
        assert_eq!((code, media.as_str()), (200, "application/yaml"), "{uri}");
    }
    assert_eq!(accepting(&server, "/version", "application/yaml").await.0, 406);
    assert_eq!(accepting(&server, "/version", table).await.0, 200);
}

#[tokio::test]
async fn people_get_indented_answers() {
    let server = still();
    make_pod(&server, "a").await;
    let pod = format!("{PODS}/a");
    for uri in [PODS, &pod, "/api/v1/namespaces/default/pods/gone", "/apis"] {
        let of = async |headers: &[(&str, &str)], query: &str| {
            let uri = format!("{uri}?{query}");
            ask(&server, "GET", &uri, headers, &Value::Null).await.2
        };
        let plain = of(&[], "").await;
        let tree: Value = serde_json::from_str(&plain).unwrap();
        assert_eq!(plain.lines().count(), 1, "{plain}");
        assert!(plain.ends_with('\n'));
        for (headers, query) in [
            (vec![("user-agent", "curl/8.5.0")], ""),
            (vec![("user-agent", "Mozilla/5.0 (X11)")], ""),
            (vec![], "pretty=true"),
            (vec![("accept", "application/json;pretty=1")], ""),
        ] {
            let pretty = of(&headers, query).await;
            assert!(pretty.starts_with("{\n  \""), "{pretty}");
            assert!(!pretty.ends_with('\n'));
            let read: Value = serde_json::from_str(&pretty).unwrap();
            assert_eq!(read, tree);
            // Our own order of keys aside, this is how serde indents, too.
            assert_eq!(
                pretty.lines().count(),
                serde_json::to_string_pretty(&tree).unwrap().lines().count()
            );
        }
        for (headers, query) in [
            (vec![("user-agent", "curl/8.5.0")], "pretty=false"),
            (vec![], "pretty="),
            (vec![("user-agent", "kubectl/v1.37.2")], ""),
        ] {
            assert_eq!(of(&headers, query).await, plain, "{query}");
        }
    }
}

#[tokio::test]
async fn yaml_says_the_same() {
    let server = still();
    make_pod(&server, "a").await;
    let pod = format!("{PODS}/a");
    for (uri, wanted) in [
        (PODS, 200),
        (pod.as_str(), 200),
        ("/api/v1/namespaces/default/pods/gone", 404),
    ] {
        let (_, json) = accepting(&server, uri, "application/json").await;
        let (code, media, text) = ask(
            &server,
            "GET",
            uri,
            &[("accept", "application/yaml")],
            &Value::Null,
        )
        .await;
        assert_eq!((code, media.as_str()), (wanted, "application/yaml"));
        let read: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(read, json);
    }
}

#[tokio::test]
async fn metadata_can_be_had_alone() {
    let server = still();
    let made = make_pod(&server, "a").await;
    let one = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    let many = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    let whole = json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": made["metadata"]});
    let pod = format!("{PODS}/a");
    assert_eq!(accepting(&server, &pod, one).await, (200, whole.clone()));
    let (code, list) = accepting(&server, PODS, many).await;
    assert_eq!(code, 200);
    assert_eq!(list["kind"], "PartialObjectMetadataList");
    assert_eq!(list["apiVersion"], "meta.k8s.io/v1");
    assert_eq!(list["items"], json!([whole]));
    assert!(list["metadata"]["resourceVersion"].is_string());
    let (code, status) = accepting(&server, PODS, one).await;
    let message = "you requested PartialObjectMetadata, but the requested object is a list (*core.PodList)";
    assert_eq!((code, &status["message"]), (406, &json!(message)));
    let (code, status) = accepting(&server, &pod, many).await;
    let message =
        "you requested PartialObjectMetadataList, but the requested object is not a list (*core.Pod)";
    assert_eq!((code, &status["message"]), (406, &json!(message)));
    // A client that knows metadata alone writes, too.
    let headers = [("accept", one), ("content-type", "application/merge-patch+json")];
    let patch = json!({"metadata": {"labels": {"x": "y"}}});
    let (code, _, text) = ask(&server, "PATCH", &pod, &headers, &patch).await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, 200);
    assert_eq!(answer["kind"], "PartialObjectMetadata");
    assert_eq!(answer["metadata"]["labels"]["x"], "y");
    assert!(answer.get("spec").is_none());
}

#[tokio::test]
async fn nothing_but_the_known_methods_is_allowed() {
    let server = still();
    make_pod(&server, "a").await;
    for (uri, code) in [
        (PODS, 405),
        ("/api/v1/namespaces/default/pods/a", 405),
        ("/api/v1", 405),
        ("/api", 405),
        ("/version", 405),
        ("/api/v1/gizmos", 404),
        // Upstream's router knows nothing of these.
        ("/apis", 200),
        ("/apis/apps", 200),
        ("/healthz", 200),
        ("/", 200),
    ] {
        for method in ["HEAD", "OPTIONS", "FOO"] {
            assert_eq!(
                ask(&server, method, uri, &[], &Value::Null).await.0,
                code,
                "{method} {uri}"
            );
        }
    }
}
