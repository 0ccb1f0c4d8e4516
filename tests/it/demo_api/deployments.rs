//! Deployments and their ReplicaSets.

use serde_json::{Value, json};

use super::{PODS, condition, event_about, get, hasty, make_node, ok, pick, place_all, pod, until, workload};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const SETS: &str = "/apis/apps/v1/namespaces/default/replicasets";

fn rolled_out(revision: &'static str, replicas: i64) -> impl Fn(&Value) -> bool {
    move |web| {
        let status = &web["status"];
        let counts = ["replicas", "updatedReplicas", "availableReplicas"];
        web["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == revision
            && status["observedGeneration"] == web["metadata"]["generation"]
            && counts.iter().all(|count| status[*count] == replicas)
    }
}

#[tokio::test(start_paused = true)]
async fn a_deployment_makes_pods_and_rolls_a_new_template_out() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    let _placing = place_all(&server, "n1");
    let web = format!("{DEPLOYMENTS}/web");
    ok(
        &server,
        "POST",
        DEPLOYMENTS,
        &workload("apps/v1", "Deployment", "web", json!({"replicas": 3})),
    )
    .await;
    until(&server, &web, rolled_out("1", 3)).await;
    let settled = until(&server, &web, |web| {
        let conditions = web["status"]["conditions"].as_array();
        let mut conditions = conditions.into_iter().flatten();
        conditions.any(|c| c["reason"] == "NewReplicaSetAvailable")
    })
    .await;
    assert_eq!(condition(&settled, "Available"), "True");
    let sets = get(&server, SETS).await.1;
    let set = &sets["items"][0];
    let name = set["metadata"]["name"].as_str().unwrap();
    let hash = &set["metadata"]["labels"]["pod-template-hash"];
    assert_eq!(name, format!("web-{}", hash.as_str().unwrap()));
    assert_eq!(set["metadata"]["ownerReferences"][0]["kind"], "Deployment");
    let pods = get(&server, PODS).await.1;
    for pod in pods["items"].as_array().unwrap() {
        let owner = &pod["metadata"]["ownerReferences"][0];
        assert_eq!(
            (&owner["name"], &owner["blockOwnerDeletion"]),
            (&json!(name), &json!(true))
        );
        assert_eq!(&pod["metadata"]["labels"]["pod-template-hash"], hash);
    }
    let scaled = event_about(&server, "web", "ScalingReplicaSet").await;
    assert_eq!(
        scaled["message"],
        format!("Scaled up replica set {name} from 0 to 3")
    );

    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i:2"}]}}}});
    ok(&server, "PATCH", &web, &image).await;
    until(&server, &web, rolled_out("2", 3)).await;
    let sets = get(&server, SETS).await.1;
    let sizes: Vec<_> = sets["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["spec"]["replicas"].clone())
        .collect();
    assert!(
        sizes.len() == 2 && sizes.contains(&json!(0)) && sizes.contains(&json!(3)),
        "{sizes:?}"
    );
    // Back to the first template: the same ReplicaSet again, as the third revision.
    let image = json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i:1"}]}}}});
    ok(&server, "PATCH", &web, &image).await;
    until(&server, &web, rolled_out("3", 3)).await;
    let first = get(&server, &format!("{SETS}/{name}")).await.1;
    assert_eq!(first["spec"]["replicas"], 3);
    assert_eq!(
        first["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"],
        "1"
    );
}

#[tokio::test(start_paused = true)]
async fn a_set_adopts_releases_replaces_and_shrinks() {
    let server = hasty();
    let mut orphan = pod("orphan");
    orphan["metadata"]["labels"] = json!({"app": "web"});
    ok(&server, "POST", PODS, &orphan).await;
    ok(
        &server,
        "POST",
        SETS,
        &workload("apps/v1", "ReplicaSet", "web", json!({"replicas": 2})),
    )
    .await;
    let web = format!("{SETS}/web");
    until(&server, &web, |set| set["status"]["replicas"] == 2).await;
    let adopted = get(&server, &format!("{PODS}/orphan")).await.1;
    assert_eq!(adopted["metadata"]["ownerReferences"][0]["name"], "web");
    // Another label: it is let go, and a new one is made.
    let other = json!({"metadata": {"labels": {"app": "other"}}});
    ok(&server, "PATCH", &format!("{PODS}/orphan"), &other).await;
    until(&server, &format!("{PODS}/orphan"), |pod| {
        pod["metadata"]["ownerReferences"].is_null()
    })
    .await;
    let made = pick(&server, PODS, "app=web", |pods| pods.len() == 2).await;
    // One is gone: replaced.
    let gone = made[0]["metadata"]["name"].as_str().unwrap().to_owned();
    ok(&server, "DELETE", &format!("{PODS}/{gone}"), &Value::Null).await;
    pick(&server, PODS, "app=web", |pods| {
        pods.len() == 2 && pods.iter().all(|pod| pod["metadata"]["name"] != *gone)
    })
    .await;
    ok(&server, "PATCH", &web, &json!({"spec": {"replicas": 0}})).await;
    pick(&server, PODS, "app=web", <[Value]>::is_empty).await;
    event_about(&server, "web", "SuccessfulDelete").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_told_in_the_status() {
    let server = hasty();
    let mut set = workload("apps/v1", "ReplicaSet", "web", json!({"replicas": 1}));
    set["spec"]["template"]["spec"]["priorityClassName"] = "missing".into();
    ok(&server, "POST", SETS, &set).await;
    let failing = until(&server, &format!("{SETS}/web"), |set| {
        condition(set, "ReplicaFailure") == "True"
    })
    .await;
    assert_eq!(failing["status"]["conditions"][0]["reason"], "FailedCreate");
    let told = event_about(&server, "web", "FailedCreate").await;
    assert!(
        told["message"]
            .as_str()
            .unwrap()
            .starts_with("Error creating: pods \"web-"),
        "{told}"
    );
    let class = json!({"metadata": {"name": "missing"}, "value": 7});
    ok(
        &server,
        "POST",
        "/apis/scheduling.k8s.io/v1/priorityclasses",
        &class,
    )
    .await;
    until(&server, &format!("{SETS}/web"), |set| {
        set["status"]["replicas"] == 1
    })
    .await;
}
