//! What is not placed, and what is warned of.

use berth::placing::{DryRun, Outcome, Refusal, Verdict};
use berth::scheduling::config::Config;
use berth::scheduling::{Profiles, Unprepared};
use serde_json::{Value, json};

use super::super::world::{World, is_placed, refusal, user_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_sets_pod_goes_to_its_node_only() {
    let world = World::demo().await;
    let mut pod = user_of("agent", &[], &[]);
    pod["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "1-2-3", "controller": true,
    }]);
    pod["spec"]["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
        "nodeSelectorTerms": [{"matchFields": [
            {"key": "metadata.name", "operator": "In", "values": [world.node("n1")]},
        ]}],
    }}});
    world.make(&world.within("pods"), pod).await;
    let elsewhere = world
        .intent("agent", "n2", |verdict| !verdict.is_feasible())
        .await;
    let (outcome, _) = world.place(elsewhere).await;
    assert_eq!(*refusal(&outcome), Refusal::DaemonSetElsewhere(world.node("n1")));
    assert_eq!(outcome.exit_code(), 3);
    assert_eq!(world.stories(), [], "nothing was sent");
    let there = world.intent("agent", "n1", Verdict::is_feasible).await;
    assert!(is_placed(&world.place(there).await.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_pod_is_its_kubelets() {
    let world = World::demo().await;
    let mut pod = user_of("kube-proxy-n1", &[], &[]);
    pod["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "abc"});
    world.make(&world.within("pods"), pod).await;
    let intent = world.intent("kube-proxy-n1", "n1", Verdict::is_feasible).await;
    let (outcome, _) = world.place(intent).await;
    assert_eq!(*refusal(&outcome), Refusal::Mirror);
    assert_eq!(world.bound_to("kube-proxy-n1").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_a_group_wants_a_reason() {
    let world = World::demo().await;
    let mut pod = user_of("worker-0", &[], &[]);
    pod["spec"]["schedulingGroup"] = json!({"podGroupName": "training"});
    world.make(&world.within("pods"), pod).await;
    let mut intent = world.intent("worker-0", "n1", Verdict::is_feasible).await;
    assert_eq!(intent.verdict.unprepared, [Unprepared::Group("training".into())]);
    let reason = intent.reason.take();
    let (outcome, _) = world.place(intent.clone()).await;
    assert!(matches!(refusal(&outcome), Refusal::Unprepared(_)), "{outcome:?}");
    intent.reason = reason;
    assert!(is_placed(&world.place(intent).await.0));
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
        .intent("web", "n1", |verdict| !verdict.unprepared.is_empty())
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
