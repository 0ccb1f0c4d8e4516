//! Who made a pod: the chain of owners, through kinds that berth knows nothing of.

use berth::model::from_api::list;
use berth::model::{Cluster, PodKey};
use serde_json::json;

use crate::scene::Scene;
use crate::support::ControlPlane;

const PODS: &str = "/api/v1/namespaces/default/pods";

/// A ReplicaSet `web-1` with a pod `web`, owned by what is given.
async fn replica_set(scene: &Scene, owner: Option<serde_json::Value>) {
    let mut set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web-1"},
        "spec": {
            "replicas": 0, "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": "nginx"}]},
            },
        },
    });
    if let Some(owner) = owner {
        set["metadata"]["ownerReferences"] = json!([owner]);
    }
    let path = "/apis/apps/v1/namespaces/default/replicasets";
    scene.post(path, &set).await;
    let made = scene.get(&format!("{path}/web-1")).await;
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "ownerReferences": [{
            "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "controller": true,
            "uid": made["metadata"]["uid"],
        }]},
        "spec": {"schedulerName": "berth", "containers": [{"name": "c", "image": "nginx"}]},
    });
    scene.post(PODS, &pod).await;
}

/// The line that says who made the pod.
async fn made_by(scene: &Scene) -> String {
    let (code, out, err) = scene.run(&["explain", "web"]).await;
    assert_eq!(code, 0, "{err}");
    let mut lines = out
        .lines()
        .filter_map(|line| line.trim().strip_prefix("made by "));
    lines.next().unwrap_or_else(|| panic!("nobody: {out}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_of_an_owner_is_told() {
    let scene = Scene::bare().await;
    let connection = crate::auto::connection(&scene).await;
    for (version, kind, why) in [
        ("apps/v1", "ReplicaSet", "it is gone"),
        ("example.com/v1", "Shop", "its kind is not served"),
        ("apps/v1", "Shop", "its kind is not served"),
    ] {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {
                "name": "web", "namespace": "default", "uid": "u", "ownerReferences": [
                    {"apiVersion": version, "kind": kind, "name": "a\u{1b}[2J", "controller": true, "uid": "o"},
                ],
            },
            "spec": {"containers": []},
        });
        let list = json!({"kind": "List", "items": [pod]}).to_string();
        let loaded = list::read(list.as_bytes(), "objects").expect("objects");
        let cluster = Cluster::from_changes(loaded.changes);
        let pod = cluster.pod(&PodKey::new("default", "web")).expect("the pod");
        let owner = pod.owner.as_ref().expect("a controller");
        let makers = connection.owners(&pod.key, owner).await;
        let [maker] = &makers[..] else {
            panic!("{makers:?}");
        };
        assert_eq!((&*maker.owner.kind, maker.unknown.as_deref()), (kind, Some(why)));
        assert_eq!(&*maker.owner.name, "a\u{fffd}[2J", "safe to show");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn the_chain_goes_through_custom_resources() {
    let plane = ControlPlane::start().await;
    let scene = Scene::bare_on(&plane).await;
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    for (plural, kind, scope) in [("shops", "Shop", "Namespaced"), ("towns", "Town", "Cluster")] {
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.example.com")},
            "spec": {
                "group": "example.com", "scope": scope,
                "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind},
                "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}],
            },
        });
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        scene.post(path, &definition).await;
        crate::support::eventually("the kind is served", async || {
            let found = scene.get(&format!("{path}/{plural}.example.com")).await;
            let conditions = found["status"]["conditions"].as_array()?.clone();
            let mut conditions = conditions.iter();
            conditions
                .any(|condition| condition["type"] == "Established" && condition["status"] == "True")
                .then_some(())
        })
        .await;
    }
    // Its endpoints come a moment after the condition.
    let town = json!({"apiVersion": "example.com/v1", "kind": "Town", "metadata": {"name": "york"}});
    let uid = made(&scene, "/apis/example.com/v1/towns", &town).await;
    let shop = json!({
        "apiVersion": "example.com/v1", "kind": "Shop", "metadata": {"name": "corner", "ownerReferences": [{
            "apiVersion": "example.com/v1", "kind": "Town", "name": "york", "controller": true, "uid": uid,
        }]},
    });
    let uid = made(&scene, "/apis/example.com/v1/namespaces/default/shops", &shop).await;
    let owner = json!({
        "apiVersion": "example.com/v1", "kind": "Shop", "name": "corner", "controller": true, "uid": uid,
    });
    replica_set(&scene, Some(owner)).await;
    let line = made_by(&scene).await;
    assert_eq!(
        line,
        "ReplicaSet/web-1 of Shop.example.com/corner of Town.example.com/york"
    );
}

/// Makes it, once the server takes it, and gives its uid.
async fn made(scene: &Scene, path: &str, object: &serde_json::Value) -> String {
    crate::support::eventually(path, async || {
        let request = http::Request::post(path)
            .header("content-type", "application/json")
            .body(object.to_string().into_bytes())
            .expect("a request");
        let made: Result<serde_json::Value, _> = scene.client.request(request).await;
        Some(made.ok()?["metadata"]["uid"].as_str()?.to_owned())
    })
    .await
}
