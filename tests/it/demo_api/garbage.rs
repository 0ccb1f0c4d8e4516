//! What goes with its owner, and what stays.

use serde_json::{Value, json};

use super::{PODS, get, hasty, ok, pick, pod, until, until_gone, workload};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const SETS: &str = "/apis/apps/v1/namespaces/default/replicasets";

async fn with_pods(server: &super::Server) -> Value {
    ok(
        server,
        "POST",
        DEPLOYMENTS,
        &workload("apps/v1", "Deployment", "web", json!({"replicas": 2})),
    )
    .await;
    until(server, &format!("{DEPLOYMENTS}/web"), |web| {
        web["status"]["replicas"] == 2
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn dependents_go_in_the_background_or_first() {
    for policy in ["Background", "Foreground"] {
        let server = hasty();
        let web = with_pods(&server).await;
        let path = format!("{DEPLOYMENTS}/web");
        ok(
            &server,
            "DELETE",
            &format!("{path}?propagationPolicy={policy}"),
            &Value::Null,
        )
        .await;
        if policy == "Foreground" {
            until_gone(&server, &path, &web).await;
            assert_eq!(
                get(&server, SETS).await.1["items"],
                json!([]),
                "the owner goes last"
            );
        } else {
            assert_eq!(get(&server, &path).await.0, 404);
        }
        pick(&server, PODS, "app=web", <[Value]>::is_empty).await;
        pick(&server, SETS, "app=web", <[Value]>::is_empty).await;
    }
}

#[tokio::test(start_paused = true)]
async fn orphans_stay_and_have_no_owner() {
    let server = hasty();
    let web = with_pods(&server).await;
    let path = format!("{DEPLOYMENTS}/web");
    ok(
        &server,
        "DELETE",
        &format!("{path}?propagationPolicy=Orphan"),
        &Value::Null,
    )
    .await;
    until_gone(&server, &path, &web).await;
    let sets = get(&server, SETS).await.1;
    assert_eq!(sets["items"].as_array().map(Vec::len), Some(1));
    assert!(sets["items"][0]["metadata"]["ownerReferences"].is_null());
    assert_eq!(
        get(&server, PODS).await.1["items"].as_array().map(Vec::len),
        Some(2)
    );
}

#[tokio::test(start_paused = true)]
async fn an_owner_that_never_was_counts_as_gone() {
    let server = hasty();
    let mut lost = pod("lost");
    let owner =
        |name: &str, uid: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": uid});
    lost["metadata"]["ownerReferences"] = json!([owner("none", "no-such-uid")]);
    ok(&server, "POST", PODS, &lost).await;
    pick(&server, PODS, "", <[Value]>::is_empty).await;
    // One owner is there: the other is forgotten.
    let maps = "/api/v1/namespaces/default/configmaps";
    let map = ok(&server, "POST", maps, &json!({"metadata": {"name": "held"}})).await;
    let uid = map["metadata"]["uid"].as_str().unwrap();
    let mut kept = pod("kept");
    kept["metadata"]["ownerReferences"] = json!([owner("none", "no-such-uid"), owner("held", uid)]);
    ok(&server, "POST", PODS, &kept).await;
    let kept = until(&server, &format!("{PODS}/kept"), |pod| {
        pod["metadata"]["ownerReferences"]
            .as_array()
            .is_some_and(|owners| owners.len() == 1)
    })
    .await;
    assert_eq!(kept["metadata"]["ownerReferences"][0]["name"], "held");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_has_an_account_and_is_emptied_before_it_goes() {
    let server = hasty();
    let made = ok(
        &server,
        "POST",
        "/api/v1/namespaces",
        &json!({"metadata": {"name": "shop"}}),
    )
    .await;
    let accounts = "/api/v1/namespaces/shop/serviceaccounts";
    pick(&server, accounts, "", |all| {
        all.iter().any(|a| a["metadata"]["name"] == "default")
    })
    .await;
    ok(&server, "POST", "/api/v1/namespaces/shop/pods", &pod("a")).await;
    ok(&server, "DELETE", "/api/v1/namespaces/shop", &Value::Null).await;
    until_gone(&server, "/api/v1/namespaces/shop", &made).await;
    assert_eq!(
        get(&server, "/api/v1/namespaces/shop/pods").await.1["items"],
        json!([])
    );
    assert_eq!(get(&server, accounts).await.1["items"], json!([]));
}
