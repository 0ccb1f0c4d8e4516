//! What is not placed, and what is warned of.

use berth::placing::{DryRun, Outcome, Refusal, Verdict};
use berth::scheduling::config::Config;
use berth::scheduling::{Profiles, Unprepared};
use serde_json::{Value, json};

use super::super::world::{World, is_placed, refusal};

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_sets_pod_goes_to_its_node_only() {
    let world = World::demo().await;
    let template = json!({
        "metadata": {"labels": {"app": "agent"}},
        "spec": {"schedulerName": "berth", "containers": [{"name": "app", "image": "nginx"}]},
    });
    let set = json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": template},
    });
    let sets = format!("/apis/apps/v1/namespaces/{}/daemonsets", world.namespace);
    world.make(&sets, set).await;
    let pods = world
        .until(&world.within("pods"), |list| {
            list["items"].as_array().is_some_and(|pods| pods.len() == 2)
        })
        .await;
    let of_n1 = |pod: &&Value| pod["spec"]["affinity"].to_string().contains(&world.node("n1"));
    let pod = pods["items"].as_array().unwrap().iter().find(of_n1).unwrap();
    let name = pod["metadata"]["name"].as_str().unwrap();
    let elsewhere = world.intent(name, "n2", |verdict| !verdict.is_feasible()).await;
    let (outcome, _) = world.place(elsewhere).await;
    assert_eq!(*refusal(&outcome), Refusal::DaemonSetElsewhere(world.node("n1")));
    assert_eq!(outcome.exit_code(), 3);
    assert_eq!(world.stories(), [], "nothing was sent");
    let there = world.intent(name, "n1", Verdict::is_feasible).await;
    assert!(is_placed(&world.place(there).await.0));
}

/// Profiles that a configuration makes.
fn profiles(plugins: &Value, args: &Value) -> Profiles {
    let text = json!({
        "apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration",
        "profiles": [{"schedulerName": "berth", "plugins": plugins, "pluginConfig": args}],
    });
    let gates = berth::scheduling::features::FeatureGates::default();
    let config = Config::read(&text.to_string(), "test", gates).expect("a configuration");
    Profiles::of(&config, gates).expect("profiles")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_profile_does_not_prepare_wants_a_reason() {
    let plugins = json!({"preBind": {"disabled": [{"name": "*"}]}});
    let world = World::demo_with(|_| (), profiles(&plugins, &json!([]))).await;
    world.class("wait", "disk.example.com").await;
    world.claim("data", "wait").await;
    world.pod("web", &["data"], &[]).await;
    let intent = world
        .intent("web", "n1", |verdict| {
            // A new node is tainted until it is seen to be ready.
            verdict.is_feasible() && !verdict.unprepared.is_empty()
        })
        .await;
    assert_eq!(intent.verdict.unprepared, [Unprepared::Volume("data".into())]);
    assert_eq!(intent.verdict.prepared, []);
    assert!(is_placed(&world.place(intent).await.0));
    let claim = world
        .get(&world.within("persistentvolumeclaims/data"))
        .await
        .unwrap();
    assert_eq!(
        claim["metadata"]["annotations"].get("volume.kubernetes.io/selected-node"),
        None
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_has_an_end() {
    let args = json!([{"name": "VolumeBinding", "args": {
        "apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "VolumeBindingArgs", "bindTimeoutSeconds": 1,
    }}]);
    let never = |pace: &mut berth::demo::Pace| pace.provision = std::time::Duration::from_secs(3600);
    let world = World::demo_with(never, profiles(&json!({}), &args)).await;
    world.class("wait", "disk.example.com").await;
    world.claim("data", "wait").await;
    world.pod("web", &["data"], &[]).await;
    let intent = world.intent_for("web", "n1", 1).await;
    let (outcome, _) = world.place(intent).await;
    let Refusal::AfterPreparing { refusal, left } = refusal(&outcome) else {
        panic!("{outcome:?}")
    };
    let text = "waited 1 s in vain for volume data: provisioning";
    assert_eq!(**refusal, Refusal::NotReady(text.to_owned()));
    assert_eq!(left, "left as it is: the volume being made for claim data");
    assert_eq!(outcome.exit_code(), 1);
    assert_eq!(world.bound_to("web").await, None);
    let pod = world.get(&world.within("pods/web")).await.unwrap();
    assert_eq!(pod["status"].get("nominatedNodeName"), None, "taken back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_prepares_nothing() {
    let world = World::demo().await;
    world.class("wait", "disk.example.com").await;
    world.claim("data", "wait").await;
    world.pod("web", &["data"], &[]).await;
    let intent = world.intent_for("web", "n1", 1).await;
    for dry_run in [DryRun::Client, DryRun::Server] {
        let outcome = world
            .placer
            .place(&world.engine, intent.clone(), dry_run, &|_| {})
            .await;
        assert!(matches!(outcome, Outcome::DryRun { .. }), "{outcome:?}");
    }
    let claim = world
        .get(&world.within("persistentvolumeclaims/data"))
        .await
        .unwrap();
    assert_eq!(
        claim["metadata"]["annotations"].get("volume.kubernetes.io/selected-node"),
        None
    );
    assert_eq!(world.stories(), []);
}
