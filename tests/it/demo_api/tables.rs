//! Tables: what kubectl shows.

use axum::body::Body;
use berth::demo::Server;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Events, PODS, call, make_node, make_pod, negotiation::accepting, ok, still};

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io";

async fn table(server: &Server, uri: &str) -> Value {
    let (code, table) = accepting(server, uri, TABLE).await;
    assert_eq!(code, 200, "{uri}: {table}");
    assert_eq!(table["kind"], "Table");
    let columns = table["columnDefinitions"].as_array().map_or(0, Vec::len);
    for row in table["rows"].as_array().expect("rows") {
        assert_eq!(row["cells"].as_array().expect("cells").len(), columns, "{uri}");
    }
    table
}

fn columns(table: &Value) -> Vec<&str> {
    let columns = table["columnDefinitions"].as_array().expect("columns");
    columns
        .iter()
        .map(|column| column["name"].as_str().expect("a name"))
        .collect()
}

async fn watch(server: &Server, uri: &str) -> Events {
    let request = Request::builder().uri(uri).header("accept", TABLE);
    let request = request.body(Body::empty()).expect("a sound request");
    let response = server.service().oneshot(request).await.expect("an answer");
    assert_eq!(response.status(), 200);
    Events {
        body: response.into_body().into_data_stream(),
        buffer: Vec::new(),
    }
}

#[tokio::test]
async fn pods_and_nodes_have_the_columns_of_a_real_cluster() {
    let server = still();
    let made = make_pod(&server, "a").await;
    let pods = table(&server, PODS).await;
    assert_eq!(
        columns(&pods),
        [
            "Name",
            "Ready",
            "Status",
            "Restarts",
            "Age",
            "IP",
            "Node",
            "Nominated Node",
            "Readiness Gates"
        ]
    );
    assert_eq!(pods["columnDefinitions"][0]["format"], "name");
    assert_eq!(pods["columnDefinitions"][4]["priority"], 0);
    assert_eq!(pods["columnDefinitions"][5]["priority"], 1);
    let row = &pods["rows"][0];
    let mut cells = row["cells"].as_array().unwrap().clone();
    cells.remove(4);
    assert_eq!(
        json!(cells),
        json!(["a", "0/1", "Pending", "0", "<none>", "<none>", "<none>", "<none>"])
    );
    assert_eq!(row["object"]["kind"], "PartialObjectMetadata");
    assert_eq!(row["object"]["metadata"], made["metadata"]);
    assert!(row.get("conditions").is_none());
    ok(
        &server,
        "PATCH",
        &format!("{PODS}/a/status"),
        &json!({"status": {"phase": "Succeeded"}}),
    )
    .await;
    let one = table(&server, &format!("{PODS}/a")).await;
    assert_eq!(one["rows"][0]["conditions"][0]["reason"], "Succeeded");
    assert_eq!(
        one["metadata"]["resourceVersion"],
        one["rows"][0]["object"]["metadata"]["resourceVersion"]
    );
    make_node(&server, "n", json!({"node-role.kubernetes.io/control-plane": ""})).await;
    let nodes = table(&server, "/api/v1/nodes").await;
    assert_eq!(nodes["rows"][0]["cells"][2], "control-plane");
}

#[tokio::test]
async fn a_row_carries_what_was_asked_for() {
    let server = still();
    let made = make_pod(&server, "a").await;
    let with = async |include: &str| table(&server, &format!("{PODS}?includeObject={include}")).await;
    assert_eq!(with("None").await["rows"][0]["object"], Value::Null);
    assert_eq!(with("Object").await["rows"][0]["object"], made);
    assert_eq!(
        with("Metadata").await["rows"][0]["object"]["metadata"],
        made["metadata"]
    );
    let (code, status) = accepting(&server, &format!("{PODS}?includeObject=Foo"), TABLE).await;
    assert_eq!(code, 400);
    assert_eq!(
        status["message"],
        "Unable to convert to Table as requested: includeObject: Invalid value: \"Foo\": must be 'Metadata', \
         'Object', 'None', or empty"
    );
}

#[tokio::test]
async fn pages_of_a_table_go_on_like_pages_of_a_list() {
    let server = still();
    for name in ["a", "b", "c"] {
        make_pod(&server, name).await;
    }
    let first = table(&server, &format!("{PODS}?limit=2")).await;
    assert_eq!(first["metadata"]["remainingItemCount"], 1);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = table(&server, &format!("{PODS}?limit=2&continue={token}")).await;
    assert_eq!(second["rows"][0]["cells"][0], "c");
    assert_eq!(columns(&second), columns(&first));
}

#[tokio::test]
async fn a_watched_table_tells_its_columns_once() {
    let server = still();
    make_pod(&server, "a").await;
    let uri = format!(
        "{PODS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    );
    let mut events = watch(&server, &format!("{uri}&includeObject=None")).await;
    let first = events.next().await.unwrap();
    assert_eq!(
        (&first["type"], &first["object"]["kind"]),
        (&json!("ADDED"), &json!("Table"))
    );
    assert!(first["object"]["columnDefinitions"].is_array());
    assert_eq!(first["object"]["rows"][0]["cells"][0], "a");
    assert_eq!(first["object"]["rows"][0]["object"], Value::Null);
    let end = events.next().await.unwrap();
    assert_eq!(end["type"], "BOOKMARK");
    assert_eq!(end["object"]["columnDefinitions"], Value::Null);
    let marked = &end["object"]["rows"][0]["object"]["metadata"];
    assert_eq!(marked["annotations"]["k8s.io/initial-events-end"], "true");
    call(&server, "DELETE", &format!("{PODS}/a"), &Value::Null).await;
    let gone = events.next().await.unwrap();
    assert_eq!(
        (&gone["type"], &gone["object"]["rows"][0]["cells"][0]),
        (&json!("DELETED"), &json!("a"))
    );
}

#[tokio::test]
async fn every_kind_has_a_table() {
    let server = still();
    let resources = [
        ("/api/v1", vec![]),
        ("/apis/apps/v1", vec![]),
        ("/apis/batch/v1", vec![]),
        (
            "/apis/storage.k8s.io/v1",
            vec![("storageclasses", json!({"provisioner": "p"}))],
        ),
        (
            "/apis/scheduling.k8s.io/v1",
            vec![("priorityclasses", json!({"value": 3}))],
        ),
        ("/apis/resource.k8s.io/v1", vec![]),
        ("/apis/events.k8s.io/v1", vec![]),
        ("/apis/policy/v1", vec![]),
        ("/apis/coordination.k8s.io/v1", vec![]),
    ];
    for (group, objects) in resources {
        for (plural, mut object) in objects {
            object["metadata"] =
                json!({"name": "x", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}});
            ok(&server, "POST", &format!("{group}/{plural}"), &object).await;
        }
        let (_, discovery) = call(&server, "GET", group, &Value::Null).await;
        for resource in discovery["resources"].as_array().unwrap() {
            let name = resource["name"].as_str().unwrap();
            let listed = resource["verbs"].as_array().unwrap().contains(&json!("list"));
            if listed && !name.contains('/') {
                table(&server, &format!("{group}/{name}")).await;
            }
        }
    }
    let classes = table(&server, "/apis/storage.k8s.io/v1/storageclasses").await;
    assert_eq!(classes["rows"][0]["cells"][0], "x (default)");
    let class = table(&server, "/apis/storage.k8s.io/v1/storageclasses/x").await;
    assert_eq!(
        class["rows"][0]["cells"][0], "x",
        "alone it is the default of nothing"
    );
}

#[tokio::test]
async fn events_read_alike_in_both_groups() {
    let server = still();
    let event = json!({"metadata": {"name": "e"}, "involvedObject": {"kind": "Pod", "name": "a", "namespace": "default"},
        "reason": "Pulled", "message": " done\n", "type": "Normal", "source": {"component": "kubelet", "host": "n"}});
    ok(&server, "POST", "/api/v1/namespaces/default/events", &event).await;
    let core = table(&server, "/api/v1/events").await;
    assert_eq!(
        core["rows"][0]["cells"],
        json!([
            "<unknown>",
            "Normal",
            "Pulled",
            "pod/a",
            "",
            "kubelet, n",
            "done",
            "<unknown>",
            1,
            "e"
        ])
    );
    let other = table(&server, "/apis/events.k8s.io/v1/events").await;
    assert_eq!(other["rows"][0]["cells"], core["rows"][0]["cells"]);
    let one = table(&server, "/apis/events.k8s.io/v1/namespaces/default/events/e").await;
    assert_eq!(one["rows"][0]["cells"], core["rows"][0]["cells"]);
}
