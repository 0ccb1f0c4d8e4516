//! The OpenAPI documents, as far as kubectl reads them.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{get, read, still};

#[tokio::test]
async fn the_index_leads_to_the_documents() {
    let server = still();
    let (code, index) = get(&server, "/openapi/v3").await;
    assert_eq!(code, 200);
    let paths = index["paths"].as_object().unwrap();
    for path in ["api/v1", "apis/apps/v1", "apis/events.k8s.io/v1"] {
        assert!(paths.contains_key(path), "{path}");
    }
    for (path, entry) in paths {
        let url = entry["serverRelativeURL"].as_str().unwrap();
        assert!(url.starts_with(&format!("/openapi/v3/{path}?hash=")), "{url}");
        let (code, document) = get(&server, url).await;
        assert_eq!((code, &document["openapi"]), (200, &json!("3.0.0")), "{url}");
    }
    assert_eq!(get(&server, "/openapi/v3/apis/none/v1").await.0, 404);
    assert_eq!(get(&server, "/openapi/v2").await.0, 404);
}

/// What `kubectl explain` follows, and what `kubectl apply` asks of lists.
#[tokio::test]
async fn types() {
    let server = still();
    let (_, core) = get(&server, "/openapi/v3/api/v1").await;
    let schemas = &core["components"]["schemas"];
    let pod = &schemas["io.k8s.api.core.v1.Pod"];
    assert_eq!(
        pod["x-kubernetes-group-version-kind"],
        json!([{"group": "", "kind": "Pod", "version": "v1"}])
    );
    assert_eq!(
        pod["properties"]["spec"],
        json!({"default": {}, "allOf": [{"$ref": "#/components/schemas/io.k8s.api.core.v1.PodSpec"}]})
    );
    let spec = &schemas["io.k8s.api.core.v1.PodSpec"];
    assert_eq!(spec["required"], json!(["containers"]));
    let fields = &spec["properties"];
    assert_eq!(
        fields["containers"],
        json!({
            "type": "array",
            "items": {"$ref": "#/components/schemas/io.k8s.api.core.v1.Container"},
            "x-kubernetes-list-map-keys": ["name"],
            "x-kubernetes-list-type": "map",
            "x-kubernetes-patch-merge-key": "name",
            "x-kubernetes-patch-strategy": "merge",
        })
    );
    assert_eq!(
        fields["volumes"]["x-kubernetes-patch-strategy"],
        "merge,retainKeys"
    );
    assert_eq!(
        fields["nodeSelector"],
        json!({"type": "object", "additionalProperties": {"type": "string"}, "x-kubernetes-map-type": "atomic"})
    );
    assert_eq!(
        fields["overhead"]["additionalProperties"],
        json!({"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity"})
    );
    assert_eq!(
        fields["restartPolicy"],
        json!({"type": "string", "enum": ["Always", "Never", "OnFailure"]})
    );
    assert_eq!(
        schemas["io.k8s.api.core.v1.ContainerPort"]["properties"]["protocol"],
        json!({"type": "string", "default": "TCP", "enum": ["SCTP", "TCP", "UDP"]})
    );
}

/// kubectl leaves the checking of fields to a server whose PATCH takes `fieldValidation`.
#[tokio::test]
async fn operations() {
    let server = still();
    let (_, core) = get(&server, "/openapi/v3/api/v1").await;
    let pod = &core["paths"]["/api/v1/namespaces/{namespace}/pods/{name}"];
    assert_eq!(
        pod["patch"]["x-kubernetes-group-version-kind"],
        json!({"group": "", "version": "v1", "kind": "Pod"})
    );
    let pods = &core["paths"]["/api/v1/namespaces/{namespace}/pods"];
    for operation in [&pod["patch"], &pod["put"], &pods["post"]] {
        let names: Vec<&str> = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        assert!(
            names.contains(&"fieldValidation") && names.contains(&"dryRun"),
            "{names:?}"
        );
    }
    assert!(core["paths"]["/api/v1/namespaces/{namespace}/pods/{name}/binding"]["post"].is_object());
    assert!(core["paths"]["/api/v1/pods"]["get"].is_object());
    assert!(core["paths"]["/api/v1/namespaces/{name}"]["get"].is_object());
}

/// Operations that are not JSON's are not there, and nothing is answered to other methods.
#[tokio::test]
async fn only_json_is_given() {
    let server = still();
    let protobuf = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";
    for (method, accept, code) in [
        ("GET", protobuf, 406),
        ("GET", "application/json, */*", 200),
        ("GET", &format!("{protobuf},application/json"), 200),
        ("POST", "application/json", 405),
    ] {
        let request = Request::builder().method(method).uri("/openapi/v3/api/v1");
        let request = request.header("accept", accept).body(Body::empty()).unwrap();
        let (got, answer) = read(server.service().oneshot(request).await.unwrap()).await;
        assert_eq!(got, code, "{accept}");
        assert!(matches!(answer, Value::Object(_)));
    }
}
