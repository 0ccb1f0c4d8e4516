//! The small schedulers: the first node, and the one that draws.

use berth::auto::{Classic, Happened};
use serde_json::Value;

use super::{AtWork, PODS, asking, bound, events, node, scheduled, until};
use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_node_gets_every_pod_that_names_the_scheduler() {
    let scene = Scene::bare().await;
    node(&scene, "b", "4").await;
    node(&scene, "a", "4").await;
    scene.post(PODS, &asking("there", "StupidScheduler", "9")).await;
    scene.post(PODS, &asking("other", "another", "1")).await;
    let scheduler = AtWork::classic(&scene, Classic::new("StupidScheduler")).await;
    scene.post(PODS, &asking("nginx", "StupidScheduler", "1")).await;
    assert_eq!(bound(&scene, "there").await, "a", "it asks no rule");
    assert_eq!(bound(&scene, "nginx").await, "a");
    until(&scene, "nginx", |pod| pod["status"]["phase"] == "Running").await;
    assert_eq!(scheduler.end().await.bound, 2);
    assert_eq!(events(&scene, "Scheduled").await.len(), 2, "one for each");
    let other = scene.get(&format!("{PODS}/other")).await;
    assert_eq!(
        other["spec"]["nodeName"],
        Value::Null,
        "it is another scheduler's"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_draws_says_each_step_and_draws_the_same_again() {
    let mut drawn = Vec::new();
    for _ in 0..2 {
        let scene = Scene::bare().await;
        for name in ["a", "b", "c", "d", "e", "f"] {
            node(&scene, name, "4").await;
        }
        let scheduler = AtWork::classic(&scene, Classic::random("random-scheduler", 7)).await;
        let mut nodes = Vec::new();
        for name in ["one", "two", "three"] {
            scene.post(PODS, &asking(name, "random-scheduler", "1")).await;
            nodes.push(bound(&scene, name).await);
        }
        until(&scene, "three", |pod| pod["status"]["phase"] == "Running").await;
        let told = std::sync::Arc::clone(&scheduler.told);
        assert_eq!(scheduler.end().await.bound, 3);
        assert_eq!(events(&scene, "Scheduled").await.len(), 3);
        let told = told.lock().unwrap();
        let steps = told.iter().filter_map(|what| match what {
            Happened::Found(pod) if *pod.name == *"one" => Some("found"),
            Happened::Scored(pod, scores) if *pod.name == *"one" => {
                assert!(
                    scores.iter().all(|(_, score)| (0..100).contains(score)),
                    "{scores:?}"
                );
                Some("scored")
            }
            Happened::Chosen(pod, _) if *pod.name == *"one" => Some("chosen"),
            Happened::Bound(pod, _) if *pod.name == *"one" => Some("bound"),
            Happened::Posted(pod) if *pod.name == *"one" => Some("posted"),
            _ => None,
        });
        let steps: Vec<_> = steps.collect();
        assert_eq!(steps, ["found", "scored", "chosen", "bound", "posted"]);
        drawn.push(nodes);
    }
    assert_eq!(drawn[0], drawn[1], "one seed, one story");
    assert!(
        drawn[0].windows(2).any(|two| two[0] != two[1]),
        "{drawn:?}: it does not draw"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_no_node_is_good_enough_for_comes_back() {
    let scene = Scene::bare().await;
    let picky = Classic::new("picky").predicate(|_, node| *node.name == *"good");
    node(&scene, "bad", "4").await;
    scene.post(PODS, &asking("web", "picky", "1")).await;
    let scheduler = AtWork::classic(&scene, picky).await;
    crate::support::eventually("it was tried in vain", async || {
        let failed = |what: &Happened| {
            matches!(
                what,
                Happened::Unplaced {
                    fits_nowhere: true,
                    ..
                }
            )
        };
        (scheduler.count(failed) > 0).then_some(())
    })
    .await;
    node(&scene, "good", "4").await;
    assert_eq!(bound(&scene, "web").await, "good");
    let pod = until(&scene, "web", |pod| scheduled(pod)["status"] == "True").await;
    assert!(
        pod["metadata"].get("annotations").is_none(),
        "it leaves no notes on it: {pod}"
    );
    scheduler.end().await;
}
