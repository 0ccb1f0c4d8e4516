//! Server-side apply, and who owns which field after it and after other writes.

use super::*;

const APPLY: &str = "application/apply-patch+yaml";

async fn apply(server: &Server, uri: &str, manager: &str, config: &Value) -> Answer {
    let uri = format!(
        "{uri}{}fieldManager={manager}",
        if uri.contains('?') { '&' } else { '?' }
    );
    read(send(server, "PATCH", &uri, APPLY, config.to_string()).await).await
}

fn config(fields: &Value) -> Value {
    let mut config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}});
    for (key, value) in fields.as_object().into_iter().flatten() {
        config[key.as_str()] = value.clone();
    }
    config
}

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const MAP: &str = "/api/v1/namespaces/default/configmaps/m";

/// Manager, operation, subresource and fields of each entry.
fn managers(object: &Value) -> Vec<(String, String, String, Value)> {
    let entries = object["metadata"]["managedFields"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    entries
        .iter()
        .map(|entry| {
            assert_eq!(entry["fieldsType"], "FieldsV1");
            let (manager, operation) = (text(&entry["manager"]), text(&entry["operation"]));
            (
                manager,
                operation,
                text(&entry["subresource"]),
                entry["fieldsV1"].clone(),
            )
        })
        .collect()
}

fn entry(manager: &str, operation: &str, fields: Value) -> (String, String, String, Value) {
    (manager.into(), operation.into(), String::new(), fields)
}

#[tokio::test]
async fn a_configuration_makes_changes_and_takes_back() {
    let server = still();
    let both = config(&json!({"data": {"a": "1", "b": "1"}}));
    let (code, dry) = apply(&server, &format!("{MAP}?dryRun=All"), "one", &both).await;
    assert_eq!(code, 201, "{dry}");
    assert_eq!(get(&server, MAP).await.0, 404);
    let (code, made) = apply(&server, MAP, "one", &both).await;
    assert_eq!(code, 201, "{made}");
    assert_eq!(
        managers(&made),
        [entry("one", "Apply", json!({"f:data": {"f:a": {}, "f:b": {}}}))]
    );
    // Once more: the same version.
    let (code, again) = apply(&server, MAP, "one", &both).await;
    assert_eq!((code, &again["metadata"]), (200, &made["metadata"]));
    // Another owner of the same value, then one that gives it up.
    let (code, _) = apply(&server, MAP, "two", &config(&json!({"data": {"a": "1"}}))).await;
    assert_eq!(code, 200);
    let (_, left) = apply(&server, MAP, "one", &config(&json!({}))).await;
    assert_eq!(left["data"], json!({"a": "1"}), "b had no other owner");
    assert_eq!(
        managers(&left),
        [entry("two", "Apply", json!({"f:data": {"f:a": {}}}))]
    );
}

#[tokio::test]
async fn conflicts_name_the_manager_and_the_field() {
    let server = still();
    ok(
        &server,
        "POST",
        &format!("{MAPS}?fieldManager=maker"),
        &config(&json!({"data": {"a": "1", "b": "1"}})),
    )
    .await;
    let other = config(&json!({"data": {"a": "2"}}));
    let (code, refused) = apply(&server, MAP, "one", &other).await;
    assert_eq!(code, 409);
    assert_eq!(refused["reason"], "Conflict");
    assert_eq!(
        refused["message"],
        "Apply failed with 1 conflict: conflict with \"maker\" using v1: .data.a"
    );
    assert_eq!(
        refused["details"],
        json!({"causes": [{"reason": "FieldManagerConflict", "message": "conflict with \"maker\" using v1", "field": ".data.a"}]})
    );
    let (_, refused) = apply(
        &server,
        MAP,
        "one",
        &config(&json!({"data": {"a": "2", "b": "2"}})),
    )
    .await;
    assert_eq!(
        refused["message"],
        "Apply failed with 2 conflicts: conflicts with \"maker\" using v1:\n- .data.a\n- .data.b"
    );
    let (code, won) = apply(&server, &format!("{MAP}?force=true"), "one", &other).await;
    assert_eq!(code, 200, "{won}");
    assert_eq!(
        managers(&won),
        [
            entry("one", "Apply", json!({"f:data": {"f:a": {}}})),
            entry("maker", "Update", json!({"f:data": {".": {}, "f:b": {}}})),
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_applied_is_refused() {
    let server = still();
    for (manager, config, code, message) in [
        (
            "",
            config(&json!({})),
            422,
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch",
        ),
        ("one", json!(null), 400, "invalid object type: /, Kind="),
        (
            "one",
            json!({"apiVersion": "apps/v1", "kind": "Deployment"}),
            400,
            "invalid object type: apps/v1, Kind=Deployment",
        ),
        (
            "one",
            config(&json!({"metadata": {}})),
            400,
            "the name of the object (m based on URL) was undeterminable: name must be provided",
        ),
        (
            "one",
            config(&json!({"metadata": {"name": "m", "managedFields": []}})),
            400,
            "metadata.managedFields must be nil",
        ),
        (
            "one",
            config(&json!({"foo": 1, "data": {"a": 5}})),
            500,
            "failed to create typed patch object (/m; /v1, Kind=ConfigMap): errors:\n  .data.a: expected string, got \
             &value.valueUnstructured{Value:5}\n  .foo: field not declared in schema",
        ),
        (
            "one",
            config(&json!({"metadata": {"name": "m", "uid": "u"}})),
            409,
            "Operation cannot be fulfilled on configmaps \"m\": uid mismatch: the provided object specified uid u, and \
             no existing object was found",
        ),
    ] {
        let (answered, answer) = apply(&server, MAP, manager, &config).await;
        assert_eq!(
            (answered, &answer["message"]),
            (code, &json!(message)),
            "{config}"
        );
    }
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\ndata:\n  a: '1'\n";
    let made = send(&server, "PATCH", &format!("{MAP}?fieldManager=one"), APPLY, yaml).await;
    assert_eq!(made.status(), 201);
    let uri = format!("{MAP}?fieldManager=one&force=true");
    let stale = config(&json!({"metadata": {"name": "m", "resourceVersion": "1"}, "data": {"a": "2"}}));
    assert_eq!(
        read(send(&server, "PATCH", &uri, APPLY, stale.to_string()).await)
            .await
            .0,
        409
    );
}

#[tokio::test]
async fn writes_take_fields_from_each_other() {
    let server = still();
    let uri = |manager: &str| format!("{PODS}/p?fieldManager={manager}");
    let mut sent = pod("p");
    sent["metadata"]["labels"] = json!({"a": "1", "b": "1"});
    let made = ok(&server, "POST", &format!("{PODS}?fieldManager=maker"), &sent).await;
    let [(_, _, _, fields)] = managers(&made).try_into().expect("one manager");
    assert_eq!(
        fields["f:metadata"],
        json!({"f:labels": {".": {}, "f:a": {}, "f:b": {}}})
    );
    let container = &fields["f:spec"]["f:containers"]["k:{\"name\":\"c\"}"];
    assert_eq!(container["."], json!({}));
    assert_eq!(
        container["f:imagePullPolicy"],
        json!({}),
        "a default is its maker's"
    );
    assert!(
        fields["f:spec"].get("f:tolerations").is_none(),
        "admission's is nobody's"
    );
    assert!(fields.get("f:status").is_none());

    let changed = ok(
        &server,
        "PATCH",
        &uri("other"),
        &json!({"metadata": {"labels": {"a": "2", "b": null}}}),
    )
    .await;
    let all = managers(&changed);
    let names: Vec<&str> = all.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["maker", "other"]);
    assert_eq!(all[0].3["f:metadata"], json!({"f:labels": {}}));
    assert_eq!(all[1].3, json!({"f:metadata": {"f:labels": {"f:a": {}}}}));
    // What changes nothing takes nothing.
    let same = ok(
        &server,
        "PATCH",
        &uri("third"),
        &json!({"metadata": {"labels": {"a": "2"}}}),
    )
    .await;
    assert_eq!(same, changed);
    // A write of the status is an entry of its own.
    let status = format!("{PODS}/p/status?fieldManager=maker");
    let told = ok(
        &server,
        "PATCH",
        &status,
        &json!({"status": {"message": "hi"}, "spec": {"hostname": "x"}}),
    )
    .await;
    let all = managers(&told);
    assert!(all.contains(&(
        "maker".into(),
        "Update".into(),
        "status".into(),
        json!({"f:status": {"f:message": {}}})
    )));
    // A binding has no manager.
    make_node(&server, "n", json!({})).await;
    let binding = json!({"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}});
    ok(&server, "POST", &format!("{PODS}/p/binding"), &binding).await;
    let (_, bound) = get(&server, &format!("{PODS}/p")).await;
    assert_eq!(managers(&bound), all);
    // Whoever sends an empty entry has all forgotten, and later changes begin nothing.
    let forgotten = ok(
        &server,
        "PATCH",
        &uri("r"),
        &json!({"metadata": {"managedFields": [{}]}}),
    )
    .await;
    assert!(managers(&forgotten).is_empty());
    let later = ok(
        &server,
        "PATCH",
        &uri("r"),
        &json!({"metadata": {"labels": {"c": "1"}}}),
    )
    .await;
    assert!(managers(&later).is_empty());
}
