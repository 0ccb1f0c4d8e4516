//! Pods of another scheduler, placed under an adoption; and what keeps them from it.

use std::sync::Arc;

use berth::cluster::schedulers;
use berth::model::situation::State;
use berth::placing::{Adoption, Intent, Outcome, Reason, Refusal};
use futures::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::world::{World, is_placed, refusal, user_of};
use crate::support::eventually;

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";

/// The spec of kube-scheduler's Lease, renewed so many seconds ago.
fn renewed(before: i64) -> Value {
    let at = Timestamp::now() - SignedDuration::from_secs(before);
    json!({"spec": {"holderIdentity": "cp-1", "leaseDurationSeconds": 15, "renewTime": format!("{at:.6}")}})
}

async fn lease(world: &World, before: i64) {
    let mut lease = renewed(before);
    lease["metadata"] = json!({"name": "kube-scheduler"});
    world.make(LEASES, lease).await;
}

/// Confirms `web`, a new pod of default-scheduler, for `n1`, under an adoption that begins now.
async fn confirmed(world: &World, time: SignedDuration, race: bool) -> Intent {
    theirs(world, "web").await;
    let intent = world.intent_for("web", "n1", 0).await;
    let adoption = adopt(world, time, race).await;
    Intent {
        reason: Some(adoption.reason.clone()),
        adoption: Some(Arc::new(adoption)),
        ..intent
    }
}

async fn theirs(world: &World, name: &str) {
    let mut pod = user_of(name, &[], &[]);
    pod["spec"]["schedulerName"] = "default-scheduler".into();
    world.make(&world.within("pods"), pod).await;
}

async fn adopt(world: &World, time: SignedDuration, race: bool) -> Adoption {
    let name = "default-scheduler";
    let (lease, found) = schedulers::situation(&world.placer.connection, name)
        .await
        .expect("an answer");
    let now = Timestamp::now();
    Adoption {
        id: Adoption::name(now, 1),
        scheduler: name.into(),
        reason: Reason::parse("kube-scheduler is down").expect("a reason"),
        began: now,
        until: now + time,
        race,
        evidence: found.evidence,
        lease_seen: lease.renewed(),
    }
}

async fn annotation(world: &World, key: &str) -> Value {
    let pod = world.get(&world.within("pods/web")).await.expect("the pod");
    pod["metadata"]["annotations"][key].clone()
}

#[tokio::test]
async fn a_pod_of_a_dead_scheduler_is_placed_and_says_so() {
    let world = World::demo().await;
    lease(&world, 400).await;
    let intent = confirmed(&world, Adoption::TIME, false).await;
    let adoption = intent.adoption.clone().expect("it is there");
    assert_eq!(adoption.evidence, "lease expired");
    world.placer.adopt(&adoption).await.expect("a journal");
    let (outcome, _) = world.place(intent).await;
    world.placer.release(&adoption, "done").await;
    assert!(is_placed(&outcome), "{outcome:?}");
    assert_eq!(annotation(&world, "berth.dev/adopted").await, *adoption.id);
    assert_eq!(
        annotation(&world, "berth.dev/reason").await,
        "kube-scheduler is down"
    );
    let stories = world.stories();
    assert_eq!(stories.len(), 1);
    assert_eq!(stories[0].begun.adoption, *adoption.id);
    assert_eq!(stories[0].begun.scheduler, "default-scheduler");
    let told = berth::journal::adoptions(&world.entries());
    assert_eq!(told.len(), 1);
    assert_eq!((&*told[0].id, &*told[0].adopted.user), (&*adoption.id, "ana"));
    assert_eq!(told[0].end.as_ref().map(|(_, why)| &**why), Some("done"));
    // What berth bound is no sign of that scheduler's life.
    let signs = eventually("the engine knows", async || {
        let signs = world.engine.signs().await?.remove("default-scheduler")?;
        (signs.pending == 0).then_some(signs)
    })
    .await;
    assert_eq!(signs.last, None);
}

#[tokio::test]
async fn without_an_adoption_it_is_not_ours() {
    let world = World::demo().await;
    let intent = Intent {
        adoption: None,
        ..confirmed(&world, Adoption::TIME, false).await
    };
    let (outcome, _) = world.place(intent).await;
    assert_eq!(
        *refusal(&outcome),
        Refusal::NotOurs("default-scheduler".to_owned())
    );
    assert_eq!(outcome.exit_code(), 3);
}

#[tokio::test]
async fn a_scheduler_that_comes_back_in_the_last_moment_keeps_its_pods() {
    let world = World::demo().await;
    lease(&world, 400).await;
    let intent = confirmed(&world, Adoption::TIME, false).await;
    let client = world.client.clone();
    // The dry run of the Binding is the last that is asked before it is sent.
    world.road.meddle(Arc::new(move |_, path| {
        let client = client.clone();
        path.ends_with("/binding").then(|| {
            async move {
                let request = http::Request::patch(format!("{LEASES}/kube-scheduler"))
                    .header("content-type", "application/merge-patch+json")
                    .body(renewed(0).to_string().into_bytes());
                let patched: Value = client
                    .request(request.expect("a request"))
                    .await
                    .expect("a lease");
                assert_eq!(patched["kind"], "Lease");
            }
            .boxed()
        })
    }));
    let (outcome, stages) = world.place(intent).await;
    let Refusal::SchedulerBack { scheduler, evidence } = refusal(&outcome) else {
        panic!("{outcome:?} {stages:?}")
    };
    assert_eq!(scheduler, "default-scheduler");
    assert!(evidence.starts_with("lease renewed"), "{evidence}");
    assert_eq!(outcome.exit_code(), 4);
    assert_eq!(world.bound_to("web").await, None);
    assert!(world.stories().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn a_lease_that_moves_means_life_whatever_the_clocks_say() {
    let world = World::demo().await;
    lease(&world, 4000).await;
    let intent = confirmed(&world, Adoption::TIME, false).await;
    // A clock that is more than an hour behind.
    world
        .patch(&format!("{LEASES}/kube-scheduler"), renewed(3998))
        .await;
    let (outcome, _) = world.place(intent).await;
    assert!(
        matches!(refusal(&outcome), Refusal::SchedulerBack { .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn without_a_lease_its_pods_tell_that_it_is_back() {
    let world = World::demo().await;
    let intent = confirmed(&world, Adoption::TIME, false).await;
    theirs(&world, "other").await;
    let condition = json!({"status": {"conditions": [{
        "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes are available",
        "lastTransitionTime": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }]}});
    world.patch(&world.within("pods/other/status"), condition).await;
    eventually("the engine knows", async || {
        world.engine.signs().await?.get("default-scheduler")?.last
    })
    .await;
    let (outcome, _) = world.place(intent).await;
    let Refusal::SchedulerBack { evidence, .. } = refusal(&outcome) else {
        panic!("{outcome:?}")
    };
    assert!(evidence.contains("it tried a pod"), "{evidence}");
}

#[tokio::test]
async fn an_adoption_has_an_end() {
    let world = World::demo().await;
    lease(&world, 400).await;
    let intent = confirmed(&world, SignedDuration::ZERO, false).await;
    let (outcome, _) = world.place(intent).await;
    assert!(
        matches!(refusal(&outcome), Refusal::AdoptionOver { .. }),
        "{outcome:?}"
    );
    assert_eq!(outcome.exit_code(), 3);
}

#[tokio::test]
async fn who_wants_a_race_has_one() {
    let world = World::demo().await;
    lease(&world, 0).await;
    let intent = confirmed(&world, Adoption::TIME, true).await;
    let (outcome, _): (Outcome, _) = world.place(intent).await;
    assert!(is_placed(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn a_lease_that_just_ran_out_is_looked_at_twice() {
    let world = World::demo().await;
    lease(&world, 20).await;
    let state = || async {
        let name = "default-scheduler";
        let (_, found) = schedulers::examine(&world.placer.connection, name, None)
            .await
            .expect("an answer");
        found.state
    };
    assert_eq!(state().await, State::Expired);
    // A holder whose clock is behind renews it meanwhile.
    let renew = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        world
            .patch(&format!("{LEASES}/kube-scheduler"), renewed(18))
            .await;
    };
    let (state, ()) = futures::join!(state(), renew);
    assert_eq!(state, State::Alive);
}
