//! Two operators who prepare the same pod: neither takes back what the other did, or goes by.

use std::sync::{Arc, Mutex};

use berth::placing::{Cancel, DryRun, Outcome, Refusal, Verdict};
use berth::scheduling::Prepared;
use futures::FutureExt as _;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::super::world::{Fault, World, is_placed, left, refusal};
use super::faults::{check_devices, check_no_devices, demanding, make_volume, waiting_for_ever, waits};

/// The other operator, who prepares `web` as well.
struct Ben {
    ends: JoinHandle<Outcome>,
    cancel: Cancel,
}

impl Ben {
    /// Begins once as much of the pod is known to be `reserved` as that, and comes back when all is done but the volume.
    async fn prepares(world: &World, reserved: usize) -> Self {
        let placer = world.beside("ben");
        let knows = |verdict: &Verdict| {
            let all = verdict.prepared.iter();
            let found = all.filter(|prepared| matches!(prepared, Prepared::Reserved(_)));
            verdict.is_feasible() && found.count() == reserved
        };
        let intent = world.intent("web", "n1", knows).await;
        let (cancel, engine) = (placer.cancel.clone(), world.engine.clone());
        let (begins, mut waiting) = watch::channel(false);
        let ends = tokio::spawn(async move {
            let note = |stage| {
                if waits(&stage) {
                    begins.send_replace(true);
                }
            };
            placer.place(&engine, intent, DryRun::None, &note).await
        });
        let waits = waiting.wait_for(|waits| *waits).await.is_ok();
        assert!(waits, "it never waits: {:?}", ends.await);
        Self { ends, cancel }
    }

    /// The same, on a thread of its own.
    async fn comes(world: Arc<World>, reserved: usize) -> Self {
        let runtime = tokio::runtime::Handle::current();
        let comes = move || runtime.block_on(Self::prepares(&world, reserved));
        tokio::task::spawn_blocking(comes).await.expect("no panic")
    }

    async fn gives_up(self) -> Outcome {
        self.cancel.cancel();
        self.ends.await.expect("no panic")
    }

    /// Once the volume is made.
    async fn places(self, world: &World) {
        make_volume(world).await;
        let outcome = self.ends.await.expect("no panic");
        assert!(is_placed(&outcome), "{outcome:?}");
        assert_eq!(world.bound_to("web").await, Some(world.node("n1")));
        check_devices(world).await;
    }
}

/// Has ben prepare `web` just before the `at`-th request of this kind is handed on.
fn meddle(world: &Arc<World>, method: &'static str, path: String, at: usize, reserved: usize) -> Came {
    let came: Came = Arc::default();
    let (seen, slot) = (Mutex::new(0), Arc::clone(&came));
    let beside = Arc::clone(world);
    world.road.meddle(Arc::new(move |how: &str, to: &str| {
        let mut seen = seen.lock().expect("it is there");
        *seen += usize::from(how == method && to == path);
        let (slot, world) = (Arc::clone(&slot), Arc::clone(&beside));
        let comes = how == method && to == path && *seen == at;
        comes.then(|| {
            async move {
                let ben = Ben::comes(world, reserved).await;
                *slot.lock().expect("it is there") = Some(ben);
            }
            .boxed()
        })
    }));
    came
}

type Came = Arc<Mutex<Option<Ben>>>;

fn take(came: &Came) -> Ben {
    came.lock().expect("it is there").take().expect("ben came")
}

/// Places `web`, and gives up while its volume is waited for.
async fn give_up(world: &World) -> Outcome {
    let intent = world.intent("web", "n1", Verdict::is_feasible).await;
    let cancel = world.placer.cancel.clone();
    let cancels = move |stage| {
        if waits(&stage) {
            cancel.cancel();
        }
    };
    let outcome = world.place_watching(intent, cancels).await;
    assert_eq!(*refusal(&outcome).cause(), Refusal::Cancelled, "{outcome:?}");
    outcome
}

/// Runs `what` while ana waits for the volume.
async fn while_waiting(world: &World, what: impl AsyncFn() + Sync) -> Outcome {
    let intent = world.intent("web", "n1", Verdict::is_feasible).await;
    let done = std::sync::atomic::AtomicBool::new(false);
    world
        .place_watching(intent, |stage| {
            if waits(&stage) && !done.swap(true, std::sync::atomic::Ordering::SeqCst) {
                tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(what()));
            }
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_took_over_takes_nothing_back() {
    let world = waiting_for_ever().await;
    let outcome = while_waiting(&world, async || {
        let outcome = Ben::prepares(&world, 2).await.gives_up().await;
        assert_eq!(*refusal(&outcome).cause(), Refusal::Cancelled);
        assert_eq!(
            left(&outcome),
            "left as it is: the volume being made for claim made"
        );
        check_devices(&world).await;
        let pod = world.get(&world.within("pods/web")).await.expect("it is there");
        assert_eq!(pod["status"]["nominatedNodeName"], *world.node("n1"), "ana's");
        make_volume(&world).await;
    })
    .await;
    assert!(is_placed(&outcome), "{outcome:?}");
    check_devices(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_took_over_is_left_to_them() {
    let world = waiting_for_ever().await;
    let came: Came = Arc::default();
    let cancel = world.placer.cancel.clone();
    let outcome = while_waiting(&world, async || {
        let ben = Ben::prepares(&world, 2).await;
        *came.lock().expect("it is there") = Some(ben);
        cancel.cancel();
    })
    .await;
    assert_eq!(*refusal(&outcome).cause(), Refusal::Cancelled);
    assert_eq!(
        left(&outcome),
        "left as it is: the volume being made for claim made, claim gpu-b, which somebody else goes by, claim gpu-a, \
         which somebody else goes by"
    );
    take(&came).places(&world).await;
}

/// Before the write of that number to the claim is let through, another prepares the pod as well; nothing of theirs is undone.
async fn is_theirs_who_come_at(write: usize, path: &str, reserved: usize, undone: &str) {
    let world = Arc::new(waiting_for_ever().await);
    let came = meddle(&world, "PUT", world.device_claims(path), write, reserved);
    let outcome = give_up(&world).await;
    assert!(!left(&outcome).contains(undone), "{outcome:?}");
    take(&came).places(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_over_in_the_last_moment_keeps_it() {
    // The first reserves it, the second takes that back.
    is_theirs_who_come_at(2, "/gpu-b/status", 2, "undone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_allocates_again_what_was_given_back_finds_its_finalizer() {
    // The first adds the finalizer, the second drops it, once the claim is free.
    is_theirs_who_come_at(2, "/gpu-b", 1, "undone: claim gpu-a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_back_without_an_answer_may_be_anothers_by_now() {
    // Nominating, selecting the node, two writes for each claim; then this one is given back, which nobody is told.
    const GIVES_BACK: usize = 7;
    let world = Arc::new(waiting_for_ever().await);
    world.road.fault(GIVES_BACK, Fault::AnswerLost);
    let path = world.device_claims("/gpu-b");
    let came: Came = Arc::default();
    let (beside, slot, road) = (Arc::clone(&world), Arc::clone(&came), world.road.clone());
    let wanted = path.clone();
    world.road.meddle(Arc::new(move |how: &str, to: &str| {
        let (slot, world) = (Arc::clone(&slot), Arc::clone(&beside));
        let comes = how == "GET"
            && to == wanted
            && road.writes() == GIVES_BACK
            && slot.lock().expect("it is there").is_none();
        comes.then(|| {
            async move {
                let ben = Ben::comes(world, 1).await;
                *slot.lock().expect("it is there") = Some(ben);
            }
            .boxed()
        })
    }));
    let outcome = give_up(&world).await;
    assert!(!left(&outcome).contains("undone"), "{outcome:?}");
    take(&came).places(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_allocated_without_the_finalizer() {
    let world = demanding().await;
    let intent = world.intent_for("web", "n1", 4).await;
    // Somebody who gives up drops it between our adding it and our allocating.
    let path = world.device_claims("/gpu-a");
    let client = world.client.clone();
    world.road.meddle(Arc::new(move |method, to| {
        let (client, path) = (client.clone(), path.clone());
        (method == "PUT" && to == format!("{path}/status")).then(|| {
            async move {
                let request = http::Request::patch(path)
                    .header("content-type", "application/merge-patch+json")
                    .body(json!({"metadata": {"finalizers": null}}).to_string().into_bytes())
                    .expect("a request");
                let _: Value = client.request(request).await.expect("it is there");
            }
            .boxed()
        })
    }));
    let (outcome, stages) = world.place(intent).await;
    let Refusal::ClaimChanged(text) = refusal(&outcome).cause() else {
        panic!("{outcome:?} after {stages:?}")
    };
    assert!(
        text.starts_with("claim gpu-a was given back by somebody else meanwhile"),
        "{text}"
    );
    check_no_devices(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_that_another_gave_back_are_missed_before_the_pod_is_bound() {
    let world = demanding().await;
    // Everything is ready, and left from an attempt that nobody ended.
    world.road.fault(super::faults::BINDING, Fault::RequestLost);
    let intent = world.intent_for("web", "n1", 4).await;
    let (outcome, _) = world.place(intent).await;
    assert!(
        matches!(refusal(&outcome).cause(), Refusal::NotBound(_)),
        "{outcome:?}"
    );
    check_devices(&world).await;
    let ready =
        |verdict: &Verdict| verdict.prepared.len() == 2 && verdict.prepared.iter().all(Prepared::is_ready);
    let intent = world.intent("web", "n1", ready).await;
    // Whoever that was gives a claim back after this was judged.
    world.road.fault(1_000, Fault::Status(500));
    let (client, path) = (world.client.clone(), world.device_claims("/gpu-a"));
    world.road.meddle(Arc::new(move |method, to| {
        let (client, path) = (client.clone(), path.clone());
        (method == "POST" && to.ends_with("/binding")).then(|| {
            async move {
                let request = http::Request::patch(format!("{path}/status"))
                    .header("content-type", "application/merge-patch+json")
                    .body(
                        json!({"status": {"reservedFor": null, "allocation": null}})
                            .to_string()
                            .into_bytes(),
                    )
                    .expect("a request");
                let _: Value = client.request(request).await.expect("it is there");
            }
            .boxed()
        })
    }));
    let (outcome, _) = world.place(intent).await;
    assert!(
        matches!(refusal(&outcome).cause(), Refusal::ClaimChanged(text) if text.contains("given back")),
        "{outcome:?}"
    );
    assert_eq!(world.bound_to("web").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nomination_that_was_there_stays() {
    let world = waiting_for_ever().await;
    let status = json!({"status": {"nominatedNodeName": world.node("n1")}});
    world.patch(&world.within("pods/web/status"), status).await;
    give_up(&world).await;
    check_no_devices(&world).await;
    let pod = world.get(&world.within("pods/web")).await.expect("it is there");
    assert_eq!(pod["status"]["nominatedNodeName"], *world.node("n1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_another_made_for_extended_resources_stays_named() {
    const BINDING: usize = 6;
    let world = World::demo().await;
    let driver = "default.example.com";
    world.devices(driver, "n1", 2, json!({})).await;
    let resource = format!("{driver}/card");
    let class = format!("/apis/resource.k8s.io/v1/deviceclasses/{driver}");
    world
        .patch(&class, json!({"spec": {"extendedResourceName": resource}}))
        .await;
    let mut pod = super::user_of("web", &[], &[]);
    pod["spec"]["containers"][0]["resources"] =
        json!({"requests": {&resource: "1"}, "limits": {&resource: "1"}});
    world.make(&world.within("pods"), pod).await;
    let intent = world.intent_for("web", "n1", 1).await;
    // The Binding is refused, and just before that another names a claim of their own.
    world.road.fault(BINDING, Fault::Status(403));
    let (client, status, road) = (
        world.client.clone(),
        world.within("pods/web/status"),
        world.road.clone(),
    );
    world.road.meddle(Arc::new(move |_, _| {
        let (client, status) = (client.clone(), status.clone());
        (road.writes() == BINDING).then(|| {
            async move {
                let body = json!({"status": {"extendedResourceClaimStatus": {"resourceClaimName": "bens"}}});
                let request = http::Request::patch(status)
                    .header("content-type", "application/merge-patch+json")
                    .body(body.to_string().into_bytes())
                    .expect("a request");
                let _: Value = client.request(request).await.expect("it is there");
            }
            .boxed()
        })
    }));
    let (outcome, stages) = world.place(intent).await;
    assert!(
        matches!(refusal(&outcome).cause(), Refusal::Forbidden(_)),
        "{outcome:?} after {stages:?}"
    );
    assert!(
        left(&outcome).starts_with("undone: claim web-extended-resources-"),
        "{outcome:?}"
    );
    let pod = world.get(&world.within("pods/web")).await.expect("it is there");
    assert_eq!(
        pod["status"]["extendedResourceClaimStatus"]["resourceClaimName"],
        "bens"
    );
    let claims = world.get(&world.device_claims("")).await.expect("it is there");
    assert_eq!(claims["items"], json!([]), "ours is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_another_claim_got_at_the_same_moment_is_given_back() {
    let world = World::demo().await;
    let driver = "gpu.example.com";
    world.devices(driver, "n1", 1, json!({})).await;
    world.device_claim("ours", driver).await;
    world.device_claim("theirs", driver).await;
    world.pod("web", &[], &["ours"]).await;
    let intent = world.intent_for("web", "n1", 1).await;
    let (client, path) = (world.client.clone(), world.device_claims("/theirs/status"));
    let (ours, pool) = (world.device_claims("/ours/status"), world.node("n1"));
    world.road.meddle(Arc::new(move |method, to| {
        let results = json!([{"request": "one", "driver": driver, "pool": pool, "device": "dev-0"}]);
        let (client, path) = (client.clone(), path.clone());
        (method == "PUT" && to == ours).then(|| {
            async move {
                let body = json!({"status": {"allocation": {"devices": {"results": results}}}});
                let request = http::Request::patch(path)
                    .header("content-type", "application/merge-patch+json")
                    .body(body.to_string().into_bytes())
                    .expect("a request");
                let _: Value = client.request(request).await.expect("it is there");
            }
            .boxed()
        })
    }));
    let (outcome, stages) = world.place(intent).await;
    let Refusal::ClaimChanged(text) = refusal(&outcome).cause() else {
        panic!("{outcome:?} after {stages:?}")
    };
    assert!(
        text.starts_with("device dev-0 was allocated to claim default/theirs at the same moment"),
        "{text}"
    );
    assert_eq!(left(&outcome), "undone: claim ours");
    let claim = world
        .get(&world.device_claims("/ours"))
        .await
        .expect("it is there");
    assert!(
        claim["status"].get("allocation").is_none_or(Value::is_null),
        "{claim}"
    );
    let claim = world
        .get(&world.device_claims("/theirs"))
        .await
        .expect("it is there");
    assert!(claim["status"]["allocation"].is_object(), "theirs stays: {claim}");
}
