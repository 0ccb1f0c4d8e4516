//! Reserve, PreBind and Unreserve with their effects on the cluster. On the embedded server; `real.rs` does the like on
//! the real one.

mod faults;
mod real;
mod refusals;
mod retries;
mod rivals;

use berth::journal::{Effect, entry};
use berth::placing::{Refusal, Stage};
use berth::scheduling::Prepared;
use serde_json::{Value, json};

use super::world::{World, is_placed, left, refusal, reserved_for, user_of};

const FINALIZER: &str = "resource.kubernetes.io/delete-protection";

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_is_made_for_the_node_before_the_pod_is_bound() {
    let world = World::demo().await;
    provisioned(&world).await;
    let [story] = &world.stories()[..] else {
        panic!("{:?}", world.stories())
    };
    assert!(!story.is_open() && story.posted);
    let effects: Vec<_> = story
        .requests
        .iter()
        .filter_map(|sent| sent.effect.clone())
        .collect();
    let selected = Effect::NodeSelected {
        claim: "data".to_owned(),
        node: world.node("n2"),
    };
    assert_eq!(effects, [Effect::Nominated, selected, Effect::Bound]);
    assert!(
        story
            .requests
            .iter()
            .all(|sent| matches!(sent.answer, Some((Some(200), _))))
    );
    assert!(matches!(story.end, Some((_, entry::Outcome::Placed, _))));
    assert_eq!(story.begun.user, "ana");
}

/// Places a pod whose claim gets a volume made.
pub(super) async fn provisioned(world: &World) {
    world.class("wait", "disk.example.com").await;
    world.claim("data", "wait").await;
    world.pod("web", &["data"], &[]).await;
    let intent = world.intent_for("web", "n2", 1).await;
    assert_eq!(intent.verdict.prepared, [Prepared::Volume("data".into())]);
    assert!(!intent.verdict.needs_reason(), "berth sees to it");
    let (outcome, stages) = world.place(intent).await;
    assert!(is_placed(&outcome), "{outcome:?} after {stages:?}");
    assert!(
        stages
            .iter()
            .any(|stage| stage.as_str().starts_with("waiting for volume data: ")),
        "{stages:?}"
    );
    assert_eq!(stages.last(), Some(&Stage::Event));
    assert_eq!(world.bound_to("web").await, Some(world.node("n2")));
    let claim = world
        .get(&world.within("persistentvolumeclaims/data"))
        .await
        .expect("it is there");
    assert_eq!(
        claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"],
        *world.node("n2")
    );
    assert_eq!(claim["status"]["phase"], "Bound");
    let pod = world.get(&world.within("pods/web")).await.expect("it is there");
    assert_eq!(pod["status"].get("nominatedNodeName"), None, "binding clears it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_that_is_there_is_bound_to_its_claim() {
    static_volume(&World::demo().await).await;
}

/// Places a pod whose claim gets one of two volumes.
pub(super) async fn static_volume(world: &World) {
    world.class("local", "kubernetes.io/no-provisioner").await;
    let (near, far) = (world.node("pv-near"), world.node("pv-far"));
    world.volume(&near, "local", "n1").await;
    world.volume(&far, "local", "n2").await;
    let claim = world.claim("data", "local").await;
    world.pod("web", &["data"], &[]).await;
    let intent = world.intent_for("web", "n1", 1).await;
    let (outcome, stages) = world.place(intent).await;
    assert!(is_placed(&outcome), "{outcome:?} after {stages:?}");
    let volume = world
        .get(&format!("/api/v1/persistentvolumes/{near}"))
        .await
        .expect("it is there");
    assert_eq!(volume["spec"]["claimRef"]["uid"], claim["metadata"]["uid"]);
    assert_eq!(
        volume["metadata"]["annotations"]["pv.kubernetes.io/bound-by-controller"],
        "yes"
    );
    let bound = world
        .get(&world.within("persistentvolumeclaims/data"))
        .await
        .expect("it is there");
    assert_eq!(bound["spec"]["volumeName"], *near);
    let other = world
        .get(&format!("/api/v1/persistentvolumes/{far}"))
        .await
        .expect("it is there");
    assert_eq!(other["spec"].get("claimRef"), None);
    assert_eq!(world.bound_to("web").await, Some(world.node("n1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_are_allocated_and_reserved() {
    let world = World::demo().await;
    device(&world).await;
    // Its kubelet lets it run: it finds the claim reserved.
    world
        .until(&world.within("pods/web"), |pod| {
            pod["status"]["phase"] == "Running"
        })
        .await;
}

/// Places a pod with devices, and then one that shares its claim.
pub(super) async fn device(world: &World) {
    let driver = format!("{}.example.com", world.namespace);
    world.devices(&driver, "n1", 1, json!({})).await;
    world.device_claim("gpu", &driver).await;
    let web = world.pod("web", &[], &["gpu"]).await;
    let intent = world.intent_for("web", "n1", 1).await;
    assert_eq!(intent.verdict.prepared, [Prepared::Devices("gpu".into())]);
    let (outcome, stages) = world.place(intent).await;
    assert!(is_placed(&outcome), "{outcome:?} after {stages:?}");
    let claim = world
        .get(&world.device_claims("/gpu"))
        .await
        .expect("it is there");
    assert_eq!(claim["metadata"]["finalizers"], json!([FINALIZER]));
    let result = &claim["status"]["allocation"]["devices"]["results"][0];
    assert_eq!(
        (&result["request"], &result["device"], &result["driver"]),
        (&json!("one"), &json!("dev-0"), &json!(driver))
    );
    assert!(claim["status"]["allocation"]["allocationTimestamp"].is_string());
    assert_eq!(
        reserved_for(&claim),
        [web["metadata"]["uid"].as_str().expect("it is there")]
    );

    let other = world.pod("other", &[], &["gpu"]).await;
    let intent = world.intent_for("other", "n1", 1).await;
    assert_eq!(intent.verdict.prepared, [Prepared::Reservation("gpu".into())]);
    let (outcome, stages) = world.place(intent).await;
    assert!(is_placed(&outcome), "{outcome:?} after {stages:?}");
    let claim = world
        .get(&world.device_claims("/gpu"))
        .await
        .expect("it is there");
    let uids = [&web, &other].map(|pod| pod["metadata"]["uid"].as_str().expect("it is there"));
    assert_eq!(reserved_for(&claim), uids);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_made_for_extended_resources() {
    extended(&World::demo().await).await;
}

/// Places a pod whose extended resource is a device.
pub(super) async fn extended(world: &World) {
    let driver = format!("{}.example.com", world.namespace);
    let resource = format!("{driver}/card");
    world.devices(&driver, "n1", 2, json!({})).await;
    world
        .patch(
            &format!("/apis/resource.k8s.io/v1/deviceclasses/{driver}"),
            json!({"spec": {"extendedResourceName": resource}}),
        )
        .await;
    let mut pod = user_of("web", &[], &[]);
    pod["spec"]["containers"][0]["resources"] =
        json!({"requests": {&resource: "2"}, "limits": {&resource: "2"}});
    let pod = world.make(&world.within("pods"), pod).await;
    let intent = world.intent_for("web", "n1", 1).await;
    assert_eq!(intent.verdict.prepared, [Prepared::ExtendedResources]);
    let (outcome, stages) = world.place(intent).await;
    assert!(is_placed(&outcome), "{outcome:?} after {stages:?}");
    let pod_now = world.get(&world.within("pods/web")).await.expect("it is there");
    let status = &pod_now["status"]["extendedResourceClaimStatus"];
    let name = status["resourceClaimName"].as_str().expect("it is there");
    assert!(name.starts_with("web-extended-resources-"), "{name}");
    assert_eq!(
        status["requestMappings"],
        json!([{"containerName": "app", "resourceName": resource, "requestName": "container-0-request-0"}])
    );
    let claim = world
        .get(&world.device_claims(&format!("/{name}")))
        .await
        .expect("it is there");
    assert_eq!(
        claim["metadata"]["annotations"]["resource.kubernetes.io/extended-resource-claim"],
        "true"
    );
    assert_eq!(
        claim["metadata"]["ownerReferences"][0]["uid"],
        pod["metadata"]["uid"]
    );
    assert_eq!(claim["spec"]["devices"]["requests"][0]["exactly"]["count"], 2);
    assert_eq!(
        reserved_for(&claim),
        [pod["metadata"]["uid"].as_str().expect("it is there")]
    );
    let results = claim["status"]["allocation"]["devices"]["results"]
        .as_array()
        .expect("it is there");
    assert_eq!(results.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_that_must_get_ready_are_waited_for() {
    let world = World::demo().await;
    let driver = "fabric.example.com";
    let conditions = json!({
        "bindsToNode": true, "bindingConditions": ["Attached"], "bindingFailureConditions": ["Broken"],
    });
    world.devices(driver, "n1", 1, conditions).await;
    for (name, kind) in [("good", "Attached"), ("bad", "Broken")] {
        world.device_claim(name, driver).await;
        world.pod(name, &[], &[name]).await;
        let intent = world.intent_for(name, "n1", 1).await;
        let status = world.device_claims(&format!("/{name}/status"));
        let (waits, mut waiting) = tokio::sync::watch::channel(false);
        let play = async {
            waiting.wait_for(|waits| *waits).await.expect("it is there");
            let claim = world
                .get(&world.device_claims(&format!("/{name}")))
                .await
                .expect("it is there");
            let result = &claim["status"]["allocation"]["devices"]["results"][0];
            assert_eq!(result["bindingConditions"], json!(["Attached"]));
            let device = json!({
                "driver": result["driver"], "pool": result["pool"], "device": result["device"],
                "conditions": [{
                    "type": kind, "status": "True", "reason": "Played", "message": "as the test has it",
                    "lastTransitionTime": "2026-01-01T00:00:00Z",
                }],
            });
            world
                .patch(&status, json!({"status": {"devices": [device]}}))
                .await;
        };
        let place = world.place_watching(intent, |stage| {
            let text = format!("waiting for device dev-0 of claim {name}: getting ready");
            if stage.as_str().starts_with(&text) {
                waits.send_replace(true);
            }
        });
        let (outcome, ()) = tokio::join!(place, play);
        if kind == "Attached" {
            assert!(is_placed(&outcome), "{outcome:?}");
            world
                .send("DELETE", &world.within("pods/good"), &Value::Null)
                .await
                .expect("it is there");
            world
                .until(&world.device_claims("/good"), |claim| {
                    claim["status"].get("allocation").is_none_or(Value::is_null)
                })
                .await;
        } else {
            assert!(
                matches!(refusal(&outcome).cause(), Refusal::NotReady(_)),
                "{outcome:?}"
            );
            assert_eq!(left(&outcome), "undone: claim bad");
            assert_eq!(world.bound_to(name).await, None);
        }
    }
}
