//! Leader election: of two copies one has the Lease.

use std::time::Duration;

use berth::cluster::election::{Election, ElectionSettings};

use crate::auto::connection;
use crate::scene::Scene;
use crate::support::{Fault, Side};

const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/berth";

fn quick() -> ElectionSettings {
    ElectionSettings {
        duration: Duration::from_secs(2),
        deadline: Duration::from_secs(1),
        retry: Duration::from_millis(50),
        ..ElectionSettings::of("berth")
    }
}

async fn candidate(scene: &Scene) -> Election {
    Election::new(connection(scene).await, quick())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_had_by_one_until_it_is_handed_back() {
    let scene = Scene::bare().await;
    let (mut first, mut second) = (candidate(&scene).await, candidate(&scene).await);
    assert!(first.stand().await.expect("an answer"));
    assert!(!second.stand().await.expect("an answer"));
    assert_eq!(second.holder(), first.identity());
    assert!(first.stand().await.expect("an answer"), "renewed");
    let lease = scene.get(LEASE).await;
    assert_eq!(lease["spec"]["leaseTransitions"], 0);
    first.release().await;
    assert!(second.stand().await.expect("an answer"), "at once");
    let lease = scene.get(LEASE).await;
    assert_eq!(lease["spec"]["holderIdentity"], second.identity());
    assert_eq!(lease["spec"]["leaseTransitions"], 1);
    // Not ours any more: nothing is handed back.
    first.release().await;
    assert_eq!(
        scene.get(LEASE).await["spec"]["holderIdentity"],
        second.identity()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_is_not_renewed_is_taken_after_its_time_and_not_before() {
    let scene = Scene::bare().await;
    let (mut first, mut second) = (candidate(&scene).await, candidate(&scene).await);
    assert!(first.stand().await.expect("an answer"));
    assert!(!second.stand().await.expect("an answer"));
    let begun = std::time::Instant::now();
    second.win(|_| {}).await.expect("the Lease");
    assert!(begun.elapsed() > Duration::from_secs(1), "{:?}", begun.elapsed());
    let why = first.hold().await;
    assert_eq!(why, format!("{} holds it", second.identity()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_renew_its_lease_stops_in_time() {
    let scene = Scene::bare().await;
    let mut first = candidate(&scene).await;
    assert!(first.stand().await.expect("an answer"));
    scene.road.lay_over(1..=10_000, Fault::Answer(503, Side::Before));
    let why = first.hold().await;
    assert!(why.starts_with("it could not be renewed within 1 s: "), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_stand_at_once_one_wins() {
    let scene = Scene::bare().await;
    let mut all = Vec::new();
    for _ in 0..8 {
        all.push(candidate(&scene).await);
    }
    let stand = all
        .iter_mut()
        .map(|one| async { one.stand().await.unwrap_or(false) });
    let won = futures::future::join_all(stand).await;
    assert_eq!(won.iter().filter(|&&won| won).count(), 1, "{won:?}");
}
