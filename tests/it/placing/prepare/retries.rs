//! What is sent again is asked about again: time has passed, and the pod may not be ours to place any more.

use std::sync::Arc;

use berth::placing::{Adoption, Intent, Outcome, Reason, Refusal};
use futures::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::world::{Fault, World, left, refusal, user_of};
use super::faults::{BINDING, check_devices, wanted};

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";

/// The same pod as in `faults`, but of kube-scheduler, which is dead; it is adopted.
async fn adopted() -> (World, Intent) {
    let world = wanted().await;
    let mut lease = renewed(400);
    lease["metadata"] = json!({"name": "kube-scheduler"});
    world.make(LEASES, lease).await;
    let mut pod = user_of("web", &["made", "there"], &["gpu-a", "gpu-b"]);
    pod["spec"]["schedulerName"] = "default-scheduler".into();
    world.make(&world.within("pods"), pod).await;
    let intent = world.intent_for("web", "n1", 4).await;
    let now = Timestamp::now();
    let adoption = Adoption {
        id: Adoption::name(now, 1),
        scheduler: "default-scheduler".into(),
        reason: Reason::parse("kube-scheduler is down").expect("a reason"),
        began: now,
        until: now + Adoption::TIME,
        race: false,
        evidence: String::new(),
        lease_seen: None,
    };
    let intent = Intent {
        reason: Some(adoption.reason.clone()),
        adoption: Some(Arc::new(adoption)),
        ..intent
    };
    (world, intent)
}

fn renewed(before: i64) -> Value {
    let at = Timestamp::now() - SignedDuration::from_secs(before);
    json!({"spec": {"holderIdentity": "cp-1", "leaseDurationSeconds": 15, "renewTime": format!("{at:.6}")}})
}

/// Places, and sends this just before the `at`-th write, which meets `fault`.
async fn place_while(
    world: &World,
    intent: Intent,
    (at, fault): (usize, Fault),
    send: impl Fn() -> http::Request<Vec<u8>> + Send + Sync + 'static,
) -> Outcome {
    world.road.fault(at, fault);
    let (client, road) = (world.client.clone(), world.road.clone());
    world.road.meddle(Arc::new(move |method, _| {
        let (client, request) = (client.clone(), send());
        (road.writes() == at && method != "GET").then(|| {
            async move {
                let _: Value = client.request(request).await.expect("it is there");
            }
            .boxed()
        })
    }));
    world.place(intent).await.0
}

fn patch(path: &str, body: &Value) -> http::Request<Vec<u8>> {
    http::Request::patch(path)
        .header("content-type", "application/merge-patch+json")
        .body(body.to_string().into_bytes())
        .expect("a request")
}

/// After which the write is sent again, by its place.
fn faults(at: usize) -> &'static [Fault] {
    if at == BINDING {
        &[Fault::Status(429)]
    } else {
        &[
            Fault::Status(429),
            Fault::Status(409),
            Fault::Status(504),
            Fault::RequestLost,
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduler_that_is_back_before_a_write_is_sent_again_keeps_its_pod() {
    // Nominating is never sent again.
    for at in 2..=BINDING {
        for &fault in faults(at) {
            let (world, intent) = adopted().await;
            let back = || patch(&format!("{LEASES}/kube-scheduler"), &renewed(0));
            let outcome = place_while(&world, intent, (at, fault), back).await;
            assert!(
                matches!(refusal(&outcome).cause(), Refusal::SchedulerBack { .. }),
                "{fault:?} at {at}: {outcome:?}"
            );
            assert_eq!(
                world.road.writes(),
                at,
                "{fault:?} at {at}: it was not sent again, nor anything else"
            );
            assert_eq!(world.bound_to("web").await, None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_is_bound_before_a_write_is_sent_again_is_left_alone() {
    for at in 2..=BINDING {
        for &fault in faults(at) {
            let (world, intent) = adopted().await;
            let (path, node) = (world.within("pods/web/binding"), world.node("n2"));
            let bind = move || {
                let binding = json!({
                    "apiVersion": "v1", "kind": "Binding", "metadata": {"name": "web"},
                    "target": {"apiVersion": "v1", "kind": "Node", "name": node},
                });
                http::Request::post(&path)
                    .header("content-type", "application/json")
                    .body(binding.to_string().into_bytes())
                    .expect("a request")
            };
            let outcome = place_while(&world, intent, (at, fault), bind).await;
            assert!(
                matches!(refusal(&outcome).cause(), Refusal::AlreadyBound { .. }),
                "{fault:?} at {at}: {outcome:?}"
            );
            assert_eq!(world.road.writes(), at, "{fault:?} at {at}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_gives_up_meanwhile_is_heard() {
    let (world, intent) = adopted().await;
    world.road.fault(BINDING, Fault::Status(429));
    let (cancel, road) = (world.placer.cancel.clone(), world.road.clone());
    world.road.meddle(Arc::new(move |_, _| {
        if road.writes() == BINDING {
            cancel.cancel();
        }
        None
    }));
    let (outcome, _) = world.place(intent).await;
    assert_eq!(*refusal(&outcome).cause(), Refusal::Cancelled);
    assert_eq!(world.bound_to("web").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_is_left_to_a_scheduler_that_is_back() {
    let (world, intent) = adopted().await;
    // It is given up as the last claim is reserved; giving that back meets a busy server.
    world.road.fault(BINDING, Fault::Status(429));
    let (client, road, cancel) = (
        world.client.clone(),
        world.road.clone(),
        world.placer.cancel.clone(),
    );
    world.road.meddle(Arc::new(move |method, _| {
        if road.writes() == BINDING - 1 {
            cancel.cancel();
        }
        let client = client.clone();
        (road.writes() == BINDING && method == "PUT").then(|| {
            async move {
                let request = patch(&format!("{LEASES}/kube-scheduler"), &renewed(0));
                let _: Value = client.request(request).await.expect("it is there");
            }
            .boxed()
        })
    }));
    let (outcome, _) = world.place(intent).await;
    assert_eq!(*refusal(&outcome).cause(), Refusal::Cancelled, "{outcome:?}");
    let text = left(&outcome);
    for claim in ["gpu-a", "gpu-b"] {
        let back = format!("claim {claim} (its scheduler 'default-scheduler' is at work again");
        assert!(text.contains(&back), "{text}");
    }
    assert_eq!(world.road.writes(), BINDING, "nothing else is taken back");
    check_devices(&world).await;
}
