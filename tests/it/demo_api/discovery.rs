//! Discovery in its two forms, which must tell the same.

use axum::body::Body;
use http::{Request, Response};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{get, read, still};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

async fn accepting(server: &berth::demo::Server, uri: &str, accept: &str) -> Response<Body> {
    let request = Request::get(uri).header("accept", accept).body(Body::empty());
    let request = request.expect("a sound request");
    server.service().oneshot(request).await.expect("an answer")
}

#[tokio::test]
async fn both_forms_tell_the_same() {
    let server = still();
    let mut seen = 0;
    for root in ["/api", "/apis"] {
        let response = accepting(&server, root, &format!("{AGGREGATED},application/json")).await;
        assert_eq!(response.headers()["content-type"], AGGREGATED);
        let (code, list) = read(response).await;
        assert_eq!((code, &list["kind"]), (200, &json!("APIGroupDiscoveryList")));
        for group in list["items"].as_array().unwrap() {
            for version in group["versions"].as_array().unwrap() {
                let path = [root, group["metadata"]["name"].as_str().unwrap_or_default()].join("/");
                let uri = format!(
                    "{}/{}",
                    path.trim_end_matches('/'),
                    version["version"].as_str().unwrap()
                );
                let (_, legacy) = get(&server, &uri).await;
                let mut flat = Vec::new();
                for resource in version["resources"].as_array().unwrap() {
                    let name = resource["resource"].as_str().unwrap();
                    let namespaced = resource["scope"] == "Namespaced";
                    flat.push((
                        name.to_owned(),
                        namespaced,
                        &resource["responseKind"],
                        &resource["verbs"],
                    ));
                    for below in resource["subresources"].as_array().into_iter().flatten() {
                        let name = format!("{name}/{}", below["subresource"].as_str().unwrap());
                        flat.push((name, namespaced, &below["responseKind"], &below["verbs"]));
                    }
                }
                let listed = legacy["resources"].as_array().unwrap();
                assert_eq!(listed.len(), flat.len(), "{uri}");
                for (entry, (name, namespaced, kind, verbs)) in listed.iter().zip(flat) {
                    let text = |key: &str| entry.get(key).cloned().unwrap_or_else(|| "".into());
                    assert_eq!(
                        (&entry["name"], &entry["namespaced"], &entry["verbs"]),
                        (&json!(name), &json!(namespaced), verbs)
                    );
                    let of =
                        json!({"group": text("group"), "version": text("version"), "kind": entry["kind"]});
                    assert_eq!(&of, kind, "{name}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 40, "{seen}");
}

/// The entry of pods, and the order of the list, as kube-apiserver 1.37.2 has them.
#[tokio::test]
async fn entries_are_those_of_upstream() {
    let server = still();
    let (_, core) = get(&server, "/api/v1").await;
    assert_eq!(core.get("apiVersion"), None);
    let resources = core["resources"].as_array().unwrap();
    let names: Vec<&str> = resources
        .iter()
        .filter_map(|entry| entry["name"].as_str())
        .collect();
    assert!(names.is_sorted(), "{names:?}");
    let pods = resources.iter().find(|entry| entry["name"] == "pods").unwrap();
    assert_eq!(
        (&pods["singularName"], &pods["shortNames"], &pods["categories"]),
        (&json!("pod"), &json!(["po"]), &json!(["all"]))
    );
    let (_, groups) = get(&server, "/apis").await;
    assert_eq!(groups["groups"][0]["name"], "apps");
    assert_eq!(groups["groups"][1]["name"], "events.k8s.io");
}

#[tokio::test]
async fn forms_that_there_are_not() {
    let server = still();
    for (accept, code, kind) in [
        (
            "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
            406,
            "Status",
        ),
        ("text/plain", 406, "Status"),
        (
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
            200,
            "APIGroupList",
        ),
        ("*/*", 200, "APIGroupList"),
        (
            "application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList,*/*",
            200,
            "APIGroupDiscoveryList",
        ),
    ] {
        let (got, answer) = read(accepting(&server, "/apis", accept).await).await;
        assert_eq!((got, &answer["kind"]), (code, &Value::from(kind)), "{accept}");
    }
}
