//! However many pods there are, the API server is asked for few of them at once.

use std::sync::Arc;
use std::time::Duration;

use berth::auto::Settings;

use super::{AtWork, node, pod, scheduled, settings, until};
use crate::scene::Scene;

const PODS: usize = 24;
const AT_ONCE: usize = 3;

async fn no_more_at_once(cpu: &str, path: &'static str) -> (Scene, AtWork) {
    let scene = Scene::bare().await;
    node(&scene, "n1", "4").await;
    for at in 0..PODS {
        pod(&scene, &format!("web-{at}"), cpu).await;
    }
    scene.road.hold(path);
    let settings = Settings {
        bindings: AT_ONCE,
        ..settings()
    };
    let scheduler = AtWork::full_with(&scene, settings, Arc::default()).await;
    scene.road.meet_all(AT_ONCE, path).await;
    // Time for one more to come, where one more may.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(scene.road.met(), AT_ONCE, "writes to {path} at once");
    scene.road.let_go();
    (scene, scheduler)
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_that_fit_nowhere_wait_for_their_turn_to_be_told_so() {
    let (scene, scheduler) = no_more_at_once("9", "/status").await;
    for at in 0..PODS {
        until(&scene, &format!("web-{at}"), |pod| {
            scheduled(pod)["reason"] == "Unschedulable"
        })
        .await;
    }
    assert_eq!(scheduler.end().await.left, PODS);
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_wait_for_their_turn_to_be_bound() {
    let (scene, scheduler) = no_more_at_once("100m", "/binding").await;
    for at in 0..PODS {
        super::bound(&scene, &format!("web-{at}")).await;
    }
    assert_eq!(scheduler.end().await.bound, PODS);
}
