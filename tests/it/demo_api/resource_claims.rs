//! Claims to devices: made from templates, reserved, taken back.

use berth::demo::Server;
use serde_json::{Value, json};

use super::{PODS, bind, event_about, get, hasty, make_node, ok, pod, until, until_gone};

const CLAIMS: &str = "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims";
const TEMPLATES: &str = "/apis/resource.k8s.io/v1/namespaces/default/resourceclaimtemplates";

async fn template(server: &Server) {
    let template = json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaimTemplate", "metadata": {"name": "gpu"},
        "spec": {"metadata": {"labels": {"of": "template"}}, "spec": {"devices": {"requests": [
            {"name": "gpu", "exactly": {"deviceClassName": "gpu.example.com"}},
        ]}}},
    });
    ok(server, "POST", TEMPLATES, &template).await;
}

fn user() -> Value {
    let mut user = pod("user");
    user["spec"]["resourceClaims"] = json!([{"name": "gpu", "resourceClaimTemplateName": "gpu"}]);
    user
}

/// The claim that was made for the pod.
async fn made(server: &Server) -> Value {
    let named = |pod: &Value| pod["status"]["resourceClaimStatuses"][0]["resourceClaimName"].is_string();
    let pod = until(server, &format!("{PODS}/user"), named).await;
    let name = pod["status"]["resourceClaimStatuses"][0]["resourceClaimName"].as_str();
    let name = name.unwrap_or_default();
    let (code, claim) = get(server, &format!("{CLAIMS}/{name}")).await;
    assert_eq!(code, 200);
    assert_eq!(
        claim["metadata"]["ownerReferences"][0]["uid"],
        pod["metadata"]["uid"]
    );
    claim
}

#[tokio::test]
async fn a_claim_is_made_from_its_template_even_one_that_comes_later() {
    let server = hasty();
    ok(&server, "POST", PODS, &user()).await;
    event_about(&server, "user", "FailedResourceClaimCreation").await;
    template(&server).await;
    let claim = made(&server).await;
    assert!(
        claim["metadata"]["name"]
            .as_str()
            .unwrap()
            .starts_with("user-gpu-")
    );
    assert_eq!(
        claim["metadata"]["annotations"]["resource.kubernetes.io/pod-claim-name"],
        "gpu"
    );
    assert_eq!(claim["metadata"]["labels"]["of"], "template");
    assert_eq!(claim["spec"]["devices"]["requests"][0]["name"], "gpu");
}

#[tokio::test]
async fn a_pod_waits_for_its_claim_and_gives_it_back() {
    let server = hasty();
    make_node(&server, "n1", json!({})).await;
    template(&server).await;
    let mut manifest = user();
    manifest["spec"]["restartPolicy"] = "Never".into();
    manifest["metadata"]["annotations"] = json!({"demo.berth.dev/run-seconds": "0"});
    ok(&server, "POST", PODS, &manifest).await;
    let mut claim = made(&server).await;
    bind(&server, "user", "n1").await;
    event_about(&server, "user", "FailedPrepareDynamicResources").await;
    let (_, pod) = get(&server, &format!("{PODS}/user")).await;
    let uri = format!("{CLAIMS}/{}", claim["metadata"]["name"].as_str().unwrap());
    // What a scheduler writes.
    claim["metadata"]["finalizers"] = json!(["resource.kubernetes.io/delete-protection"]);
    let mut claim = ok(&server, "PUT", &uri, &claim).await;
    claim["status"] = json!({
        "allocation": {"devices": {"results": [
            {"request": "gpu", "driver": "gpu.example.com", "pool": "n1", "device": "gpu-0"},
        ]}},
        "reservedFor": [{"resource": "pods", "name": "user", "uid": pod["metadata"]["uid"]}],
    });
    ok(&server, "PUT", &format!("{uri}/status"), &claim).await;
    until(&server, &format!("{PODS}/user"), |pod| {
        pod["status"]["phase"] == "Succeeded"
    })
    .await;
    // A claim that was made for the pod goes when the pod is done.
    let last = until_gone(&server, &uri, &claim).await;
    assert!(last["status"].get("allocation").is_none());
    assert!(last["status"].get("reservedFor").is_none());
}

#[tokio::test]
async fn a_claim_of_its_own_is_free_again_when_its_user_is_gone() {
    let server = hasty();
    let claim = json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
        "metadata": {"name": "shared", "finalizers": ["resource.kubernetes.io/delete-protection"]},
        "spec": {"devices": {"requests": [{"name": "gpu", "exactly": {"deviceClassName": "gpu.example.com"}}]}},
    });
    let mut claim = ok(&server, "POST", CLAIMS, &claim).await;
    let mut user = pod("user");
    user["spec"]["resourceClaims"] = json!([{"name": "gpu", "resourceClaimName": "shared"}]);
    let user = ok(&server, "POST", PODS, &user).await;
    claim["status"] = json!({
        "allocation": {"devices": {"results": [
            {"request": "gpu", "driver": "gpu.example.com", "pool": "n1", "device": "gpu-0"},
        ]}},
        "reservedFor": [{"resource": "pods", "name": "user", "uid": user["metadata"]["uid"]}],
    });
    let uri = format!("{CLAIMS}/shared");
    ok(&server, "PUT", &format!("{uri}/status"), &claim).await;
    ok(&server, "DELETE", &format!("{PODS}/user"), &Value::Null).await;
    let free = until(&server, &uri, |claim| {
        claim["status"].get("allocation").is_none()
            && claim["metadata"]
                .get("finalizers")
                .is_none_or(|f| *f == json!([]))
    })
    .await;
    assert!(free["status"].get("reservedFor").is_none());
}
