//! The whole scheduler.

use std::collections::BTreeSet;
use std::sync::Arc;

use berth::auto::{Happened, Metrics, Settings};
use serde_json::{Value, json};

use super::{
    AtWork, PODS, asking, bound, events, node, nothing_is_overcommitted, pod, scheduled, settings, until,
};
use crate::scene::Scene;
use crate::support::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn pods_are_placed_by_the_rules_and_told_of_once() {
    let scene = Scene::bare().await;
    for name in ["n1", "n2", "n3"] {
        node(&scene, name, "4").await;
    }
    let scheduler = AtWork::full(&scene).await;
    let names: Vec<String> = (0..12).map(|at| format!("web-{at}")).collect();
    for name in &names {
        pod(&scene, name, "1").await;
    }
    let mut nodes = BTreeSet::new();
    for name in &names {
        nodes.insert(bound(&scene, name).await);
    }
    assert_eq!(nodes.len(), 3, "twelve fill all three: {nodes:?}");
    until(&scene, "web-11", |pod| pod["status"]["phase"] == "Running").await;
    nothing_is_overcommitted(&scene).await;
    assert_eq!(scheduler.end().await.bound, 12);
    let told = events(&scene, "Scheduled").await;
    assert_eq!(told.len(), 12, "{told:?}");
    assert!(told.values().all(|&times| times == 1), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fits_nowhere_is_told_on_the_pod_and_placed_once_it_fits() {
    let scene = Scene::bare().await;
    node(&scene, "small", "2").await;
    pod(&scene, "big", "8").await;
    let metrics = Arc::<Metrics>::default();
    let scheduler = AtWork::full_with(&scene, settings(), Arc::clone(&metrics)).await;
    let waiting = until(&scene, "big", |pod| scheduled(pod)["status"] == "False").await;
    let condition = scheduled(&waiting);
    assert_eq!(condition["reason"], "Unschedulable");
    let message = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not \
                   helpful for scheduling.";
    assert_eq!(condition["message"], message);
    let since = condition["lastTransitionTime"].clone();
    eventually("an event tells", async || {
        let told = events(&scene, "FailedScheduling").await;
        (told.get("big") == Some(&1)).then_some(())
    })
    .await;
    // A change that may help, and does not.
    let amounts = json!({"cpu": "16", "memory": "16Gi", "pods": "110"});
    let tainted = json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": "tainted"},
        "spec": {"taints": [{"key": "example.com/mine", "effect": "NoSchedule"}]},
        "status": {
            "allocatable": amounts, "capacity": amounts, "conditions": [{"type": "Ready", "status": "True"}],
        },
    });
    scene.post("/api/v1/nodes", &tainted).await;
    let waiting = until(&scene, "big", |pod| {
        scheduled(pod)["message"].as_str().is_some_and(|text| {
            text.starts_with(
                "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).",
            )
        })
    })
    .await;
    assert_eq!(
        scheduled(&waiting)["lastTransitionTime"],
        since,
        "it waits since then"
    );
    node(&scene, "large", "16").await;
    assert_eq!(bound(&scene, "big").await, "large");
    let text = metrics.encode();
    assert!(
        text.contains("scheduler_schedule_attempts_total{result=\"scheduled\",profile=\"berth\"} "),
        "{text}"
    );
    assert_eq!(scheduler.end().await.left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_more_important_pod_gets_room_and_nobody_takes_it_from_it() {
    let scene = Scene::bare().await;
    node(&scene, "n1", "4").await;
    let class = json!({
        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 1000,
    });
    scene
        .post("/apis/scheduling.k8s.io/v1/priorityclasses", &class)
        .await;
    let scheduler = AtWork::full(&scene).await;
    pod(&scene, "low-1", "2").await;
    pod(&scene, "low-2", "2").await;
    bound(&scene, "low-1").await;
    bound(&scene, "low-2").await;
    // It would fit where a victim leaves, were that not another's.
    pod(&scene, "low-3", "2").await;
    until(&scene, "low-3", |pod| scheduled(pod)["status"] == "False").await;
    let mut vip = asking("vip", "berth", "3");
    vip["spec"]["priorityClassName"] = json!("high");
    scene.post(PODS, &vip).await;
    assert_eq!(bound(&scene, "vip").await, "n1");
    let low = scene.get(&format!("{PODS}/low-3")).await;
    assert_eq!(low["spec"]["nodeName"], Value::Null);
    assert_eq!(events(&scene, "Preempted").await.len(), 2);
    assert_eq!(
        scheduler.count(|what| matches!(what, Happened::Preempted { victims, .. } if victims.len() == 2)),
        1
    );
    nothing_is_overcommitted(&scene).await;
    scheduler.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gated_and_others_pods_are_left_alone_and_once_ends() {
    let scene = Scene::bare().await;
    node(&scene, "n1", "4").await;
    pod(&scene, "fits", "1").await;
    pod(&scene, "fits-not", "64").await;
    scene.post(PODS, &asking("other", "default-scheduler", "1")).await;
    let mut gated = asking("gated", "berth", "1");
    gated["spec"]["schedulingGates"] = json!([{"name": "example.com/wait"}]);
    scene.post(PODS, &gated).await;
    let once = Settings {
        once: true,
        ..settings()
    };
    let scheduler = AtWork::full_with(&scene, once, Arc::default()).await;
    let ended = scheduler.task.await.expect("no panic");
    assert_eq!((ended.bound, ended.left), (1, 1));
    for name in ["other", "gated"] {
        let pod = scene.get(&format!("{PODS}/{name}")).await;
        assert_eq!(pod["spec"]["nodeName"], Value::Null, "{name}");
    }
    let gated = scene.get(&format!("{PODS}/gated")).await;
    assert_eq!(
        scheduled(&gated)["reason"],
        "SchedulingGated",
        "as the API server has it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn several_schedulers_names_and_profiles_are_served_by_one() {
    let scene = Scene::bare().await;
    node(&scene, "n1", "4").await;
    let both = Settings {
        scheduler_names: vec!["berth".into(), "other".into()],
        ..settings()
    };
    let scheduler = AtWork::full_with(&scene, both, Arc::default()).await;
    pod(&scene, "ours", "1").await;
    scene.post(PODS, &asking("theirs", "other", "1")).await;
    bound(&scene, "ours").await;
    bound(&scene, "theirs").await;
    scheduler.end().await;
    let events = scene
        .get("/apis/events.k8s.io/v1/namespaces/default/events")
        .await;
    let events = events["items"].as_array().expect("a list");
    let by: BTreeSet<&str> = events
        .iter()
        .filter(|event| event["reason"] == "Scheduled")
        .map(|event| event["reportingController"].as_str().expect("a name"))
        .collect();
    assert_eq!(by, BTreeSet::from(["berth", "other"]), "each under its own name");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_where_nobody_reads_what_it_prints() {
    let scene = Scene::bare().await;
    node(&scene, "n1", "4").await;
    let mut child = scene.berth(&["auto"]).spawn().expect("berth starts");
    drop(child.stdout.take());
    pod(&scene, "web", "1").await;
    let ended = eventually("it ends by itself", async || child.try_wait().expect("a child")).await;
    assert_eq!(ended.code(), Some(0), "as for every reader that leaves early");
}
