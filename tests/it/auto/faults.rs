//! Bindings that go wrong: every pod is placed in the end, none twice, and no node holds more than it can.

use super::{AtWork, bound, events, node, nothing_is_overcommitted, pod};
use crate::scene::Scene;
use crate::support::{Fault, Side};

const PODS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn pods_are_placed_in_spite_of_writes_that_go_wrong() {
    let faults = [
        Fault::Answer(409, Side::Before),
        Fault::Answer(429, Side::Before),
        Fault::Answer(500, Side::Before),
        Fault::Answer(500, Side::Behind),
        Fault::Answer(503, Side::Before),
        Fault::Answer(504, Side::Behind),
        Fault::Cut(Side::Before),
        Fault::Cut(Side::Behind),
        Fault::Half,
    ];
    for fault in faults {
        let scene = Scene::bare().await;
        for name in ["n1", "n2", "n3"] {
            node(&scene, name, "4").await;
        }
        for at in 0..PODS {
            pod(&scene, &format!("web-{at}"), "1").await;
        }
        scene.road.lay_over(2..=5, fault);
        let scheduler = AtWork::full(&scene).await;
        for at in 0..PODS {
            bound(&scene, &format!("web-{at}")).await;
        }
        assert!(scene.road.has_met(), "{fault:?}");
        nothing_is_overcommitted(&scene).await;
        let told = std::sync::Arc::clone(&scheduler.told);
        let ended = scheduler.end().await;
        assert_eq!(
            (ended.bound, ended.left),
            (PODS, 0),
            "{fault:?}: {:?}",
            told.lock().unwrap()
        );
        assert_eq!(scene.road.take_bound(), PODS, "{fault:?}: each is bound once");
        let told = events(&scene, "Scheduled").await;
        assert!(told.values().all(|&times| times == 1), "{fault:?}: {told:?}");
    }
}
