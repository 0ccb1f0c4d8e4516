//! What can go wrong on the way, and what is left then.

use std::sync::Arc;

use berth::journal::entry;
use berth::placing::{Outcome, Refusal, Stage};
use futures::FutureExt as _;
use serde_json::{Value, json};

use super::super::world::{Fault, World, is_placed, left, refusal, reserved_for};

const DRIVER: &str = "gpu.example.com";

/// What `web` wants: a volume that is to be made, one that is there, and devices of two claims, all of them on `n1`.
pub(super) async fn wanted() -> World {
    let world = World::demo().await;
    world.class("wait", "disk.example.com").await;
    world.class("local", "kubernetes.io/no-provisioner").await;
    world.volume("pv-1", "local", "n1").await;
    world.claim("made", "wait").await;
    world.claim("there", "local").await;
    world.devices(DRIVER, "n1", 2, json!({})).await;
    world.device_claim("gpu-a", DRIVER).await;
    world.device_claim("gpu-b", DRIVER).await;
    world
}

/// A pod `web` that wants all that.
pub(super) async fn demanding() -> World {
    let world = wanted().await;
    world.pod("web", &["made", "there"], &["gpu-a", "gpu-b"]).await;
    world
}

/// How many writes its placement takes: nominating, two for volumes, two for each claim to devices, the Binding, the
/// event.
const WRITES: usize = 9;
/// Which of them is the Binding.
pub(super) const BINDING: usize = 8;

/// Both claims have a device of their own, for `web` alone.
pub(super) async fn check_devices(world: &World) {
    let uid = world.get(&world.within("pods/web")).await.expect("it is there")["metadata"]["uid"].clone();
    let mut devices = Vec::new();
    for name in ["gpu-a", "gpu-b"] {
        let claim = world
            .get(&world.device_claims(&format!("/{name}")))
            .await
            .expect("it is there");
        assert_eq!(
            reserved_for(&claim),
            [uid.as_str().expect("it is there")],
            "{claim}"
        );
        let results = claim["status"]["allocation"]["devices"]["results"]
            .as_array()
            .expect("it is there");
        assert_eq!(results.len(), 1);
        devices.push(results[0]["device"].clone());
        assert_eq!(
            claim["metadata"]["finalizers"]
                .as_array()
                .expect("it is there")
                .len(),
            1
        );
    }
    assert_ne!(devices[0], devices[1]);
}

/// Neither claim has anything.
pub(super) async fn check_no_devices(world: &World) {
    for name in ["gpu-a", "gpu-b"] {
        let claim = world
            .get(&world.device_claims(&format!("/{name}")))
            .await
            .expect("it is there");
        assert_eq!(reserved_for(&claim), [""; 0], "{claim}");
        assert!(
            claim["status"].get("allocation").is_none_or(Value::is_null),
            "{claim}"
        );
        let finalizers = claim["metadata"].get("finalizers");
        assert!(finalizers.is_none_or(|all| *all == json!([])), "{claim}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_a_pod_wants() {
    let world = demanding().await;
    let intent = world.intent_for("web", "n1", 4).await;
    world.road.fault(usize::MAX, Fault::Hangs);
    world.road.fault(1_000, Fault::Status(500));
    let (outcome, stages) = world.place(intent).await;
    assert!(is_placed(&outcome), "{outcome:?} after {stages:?}");
    assert_eq!(world.road.writes(), WRITES);
    check_devices(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_looked_up_wherever_it_is_lost() {
    for at in 1..=WRITES {
        for fault in [Fault::AnswerLost, Fault::RequestLost, Fault::Status(504)] {
            // A Binding that did not arrive is not sent again: a person looks first.
            let unsent = at == BINDING && fault != Fault::AnswerLost;
            let world = demanding().await;
            let intent = world.intent_for("web", "n1", 4).await;
            world.road.fault(at, fault);
            let (outcome, stages) = world.place(intent).await;
            if unsent {
                assert!(
                    matches!(refusal(&outcome).cause(), Refusal::NotBound(_)),
                    "{at} {fault:?}: {outcome:?}"
                );
                // It may still arrive, and the pod needs its claims then.
                assert!(
                    left(&outcome).starts_with("left as it is: ") && left(&outcome).contains("claim gpu-a"),
                    "{outcome:?}"
                );
                assert_eq!(world.bound_to("web").await, None);
            } else {
                assert!(
                    is_placed(&outcome),
                    "{at} {fault:?}: {outcome:?} after {stages:?}"
                );
                assert_eq!(world.bound_to("web").await, Some(world.node("n1")));
            }
            check_devices(&world).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_prepared_is_undone_where_a_later_step_is_refused() {
    // From the first claim on: what comes before leaves nothing behind but volumes.
    for at in 2..=BINDING {
        let world = demanding().await;
        let intent = world.intent_for("web", "n1", 4).await;
        world.road.fault(at, Fault::Status(403));
        let (outcome, stages) = world.place(intent).await;
        assert!(
            matches!(refusal(&outcome).cause(), Refusal::Forbidden(_)),
            "{at}: {outcome:?} after {stages:?}"
        );
        assert_eq!(outcome.exit_code(), 5);
        assert_eq!(world.bound_to("web").await, None);
        check_no_devices(&world).await;
        let pod = world.get(&world.within("pods/web")).await.expect("it is there");
        assert_eq!(pod["status"].get("nominatedNodeName"), None);
        let [story] = &world.stories()[..] else { panic!() };
        let Some((_, entry::Outcome::NotPlaced, text)) = &story.end else {
            panic!("{story:?}")
        };
        assert_eq!(*text, refusal(&outcome).to_string(), "the journal says the same");
        // And then it can be placed all the same.
        world.road.fault(1_000, Fault::Status(500));
        let again = world
            .intent("web", "n1", berth::placing::Verdict::is_feasible)
            .await;
        let (outcome, stages) = world.place(again).await;
        assert!(is_placed(&outcome), "{at}: {outcome:?} after {stages:?}");
        check_devices(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_is_half_prepared_is_prepared_the_rest_of_the_way() {
    for at in 1..=BINDING {
        let world = demanding().await;
        let intent = world.intent_for("web", "n1", 4).await;
        world.road.fault(at, Fault::Hangs);
        {
            let mut dies = std::pin::pin!(world.place(intent));
            while world.road.writes() < at {
                tokio::select! {
                    (outcome, _) = &mut dies => panic!("{at}: {outcome:?}"),
                    () = tokio::time::sleep(std::time::Duration::from_millis(5)) => {}
                }
            }
            // It is dropped here, in the middle.
        }
        let [story] = &world.stories()[..] else { panic!() };
        assert!(story.is_open());
        assert_eq!(
            story.requests.len(),
            at,
            "each is in the journal before it is sent"
        );
        assert!(story.requests.last().expect("it is there").answer.is_none());
        world.road.fault(1_000, Fault::Status(500));
        let again = world
            .intent("web", "n1", berth::placing::Verdict::is_feasible)
            .await;
        let (outcome, stages) = world.place(again).await;
        assert!(is_placed(&outcome), "{at}: {outcome:?} after {stages:?}");
        check_devices(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_writes_at_the_same_time_is_no_obstacle() {
    let world = demanding().await;
    let intent = world.intent_for("web", "n1", 4).await;
    // Just before each of our writes somebody labels the same object: ours meets a conflict each time, at first.
    let client = world.client.clone();
    let seen = Arc::new(std::sync::Mutex::new(std::collections::BTreeSet::new()));
    let meddle = {
        let seen = Arc::clone(&seen);
        move |method: &str, path: &str| {
            let first = method == "PUT" && seen.lock().expect("it is there").insert(path.to_owned());
            let path = path.trim_end_matches("/status").to_owned();
            let client = client.clone();
            first.then(|| {
                async move {
                    let request = http::Request::patch(path)
                        .header("content-type", "application/merge-patch+json")
                        .body(
                            json!({"metadata": {"labels": {"touched": fastrand::u32(..).to_string()}}})
                                .to_string()
                                .into_bytes(),
                        )
                        .expect("it is there");
                    let _: Value = client.request(request).await.expect("it is there");
                }
                .boxed()
            })
        }
    };
    world.road.meddle(Arc::new(meddle));
    let (outcome, stages) = world.place(intent).await;
    assert!(is_placed(&outcome), "{outcome:?} after {stages:?}");
    assert_eq!(
        seen.lock().expect("it is there").len(),
        6,
        "every object was touched"
    );
    check_devices(&world).await;
}

/// Places `web` while `what` is done to `path` as soon as `when` is reached.
async fn place_while(
    world: &World,
    when: fn(&Stage) -> bool,
    (method, path, body): (&str, String, Value),
) -> Outcome {
    let intent = world
        .intent("web", "n1", berth::placing::Verdict::is_feasible)
        .await;
    let done = std::sync::atomic::AtomicBool::new(false);
    world
        .place_watching(intent, |stage| {
            if when(&stage) && !done.swap(true, std::sync::atomic::Ordering::SeqCst) {
                let sent = world.send(method, &path, &body);
                tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(sent))
                    .expect("it is there");
            }
        })
        .await
}

pub(super) fn waits(stage: &Stage) -> bool {
    matches!(stage, Stage::Waiting(_))
}

pub(super) async fn waiting_for_ever() -> World {
    let never = |pace: &mut berth::demo::Pace| pace.provision = std::time::Duration::from_secs(3600);
    let world = World::demo_with(never, berth::scheduling::Profiles::default()).await;
    world.class("wait", "disk.example.com").await;
    world.claim("made", "wait").await;
    world.devices(DRIVER, "n1", 2, json!({})).await;
    world.device_claim("gpu-a", DRIVER).await;
    world.device_claim("gpu-b", DRIVER).await;
    world.pod("web", &["made"], &["gpu-a", "gpu-b"]).await;
    world.intent_for("web", "n1", 3).await;
    world
}

/// Makes the volume that [`waiting_for_ever`] waits for.
pub(super) async fn make_volume(world: &World) {
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "by-hand"},
        "spec": {
            "storageClassName": "wait", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/data"}, "claimRef": {"namespace": "default", "name": "made"},
        },
    });
    world.make("/api/v1/persistentvolumes", volume).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provisioner_that_gives_up_ends_the_wait() {
    let world = waiting_for_ever().await;
    let claim = world.within("persistentvolumeclaims/made");
    let give_up = json!({"metadata": {"annotations": {"volume.kubernetes.io/selected-node": null}}});
    let outcome = place_while(&world, waits, ("PATCH", claim, give_up)).await;
    let Refusal::NotReady(text) = refusal(&outcome).cause() else {
        panic!("{outcome:?}")
    };
    assert!(text.contains("no volume could be made for claim made"), "{text}");
    assert!(
        left(&outcome).contains("undone: claim gpu-b, claim gpu-a"),
        "{outcome:?}"
    );
    check_no_devices(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_or_a_pod_that_goes_ends_the_wait() {
    let world = waiting_for_ever().await;
    let claim = world.within("persistentvolumeclaims/made");
    let outcome = place_while(&world, waits, ("DELETE", claim, Value::Null)).await;
    assert!(
        matches!(refusal(&outcome).cause(), Refusal::ClaimChanged(text) if text.starts_with("claim made is ")),
        "{outcome:?}"
    );
    assert_eq!(outcome.exit_code(), 4);
    check_no_devices(&world).await;

    let world = waiting_for_ever().await;
    let pod = world.within("pods/web");
    let outcome = place_while(&world, waits, ("DELETE", pod, Value::Null)).await;
    assert_eq!(*refusal(&outcome).cause(), Refusal::PodGone);
    check_no_devices(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_somebody_else_bound_keeps_what_was_prepared() {
    let world = waiting_for_ever().await;
    let binding = json!({
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": "web"},
        "target": {"apiVersion": "v1", "kind": "Node", "name": world.node("n1")},
    });
    let path = world.within("pods/web/binding");
    let outcome = place_while(&world, waits, ("POST", path, binding)).await;
    assert!(
        matches!(refusal(&outcome).cause(), Refusal::AlreadyBound { .. }),
        "{outcome:?}"
    );
    assert!(left(&outcome).starts_with("left as it is: "), "{outcome:?}");
    check_devices(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_end_the_wait() {
    let world = waiting_for_ever().await;
    let intent = world.intent_for("web", "n1", 3).await;
    let cancel = world.placer.cancel.clone();
    let outcome = world
        .place_watching(intent, move |stage| {
            if waits(&stage) {
                cancel.cancel();
            }
        })
        .await;
    assert_eq!(*refusal(&outcome).cause(), Refusal::Cancelled);
    assert_eq!(outcome.exit_code(), 130);
    assert_eq!(
        left(&outcome),
        "undone: claim gpu-b, claim gpu-a; left as it is: the volume being made for claim made"
    );
    check_no_devices(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_no_longer_fits_is_not_bound_to() {
    let world = waiting_for_ever().await;
    // It is cordoned while the volume is being made, which the test then makes.
    let intent = world.intent_for("web", "n1", 3).await;
    let node = format!("/api/v1/nodes/{}", world.node("n1"));
    let done = std::sync::atomic::AtomicBool::new(false);
    let outcome = world
        .place_watching(intent, |stage| {
            if waits(&stage) && !done.swap(true, std::sync::atomic::Ordering::SeqCst) {
                let sent = async {
                    world.patch(&node, json!({"spec": {"unschedulable": true}})).await;
                    make_volume(&world).await;
                };
                tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(sent));
            }
        })
        .await;
    let Refusal::NoLongerFits { rules, .. } = refusal(&outcome).cause() else {
        panic!("{outcome:?}")
    };
    assert!(rules.contains("NodeUnschedulable"), "{rules}");
    assert_eq!(outcome.exit_code(), 4);
    assert_eq!(world.bound_to("web").await, None);
    check_no_devices(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_that_the_node_cannot_reach_is_not_bound_to() {
    let world = waiting_for_ever().await;
    // Whoever makes the volume makes it in the wrong place.
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "by-hand"},
        "spec": {
            "storageClassName": "wait", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/data"}, "claimRef": {"namespace": "default", "name": "made"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                {"key": "kubernetes.io/hostname", "operator": "In", "values": [world.node("n2")]},
            ]}]}},
        },
    });
    let outcome = place_while(
        &world,
        waits,
        ("POST", "/api/v1/persistentvolumes".to_owned(), volume),
    )
    .await;
    let Refusal::NoLongerFits { rules, .. } = refusal(&outcome).cause() else {
        panic!("{outcome:?}")
    };
    assert!(
        rules.contains("node(s) didn't match PersistentVolume's node affinity"),
        "{rules}"
    );
    assert_eq!(world.bound_to("web").await, None);
    check_no_devices(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_down_is_not_sent() {
    let mut world = demanding().await;
    let intent = world.intent_for("web", "n1", 4).await;
    let folder = tempfile::tempdir().expect("it is there");
    let file = folder.path().join("not-a-folder");
    std::fs::write(&file, "").expect("it is there");
    world.placer.journal = Arc::new(berth::journal::File::new(file.join("journal")));
    world.road.fault(1_000, Fault::Status(500));
    let (outcome, _) = world.place(intent).await;
    assert!(
        matches!(refusal(&outcome).cause(), Refusal::NoJournal(_)),
        "{outcome:?}"
    );
    assert_eq!(world.road.writes(), 0);
    assert_eq!(world.bound_to("web").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_left_over_for_extended_resources_is_told() {
    let world = World::demo().await;
    super::extended(&world).await;
    // The same again, but it dies once the claim is made.
    let resource = format!("{}.example.com/card", world.namespace);
    world
        .devices(&format!("{}.example.com", world.namespace), "n2", 2, json!({}))
        .await;
    let mut pod = super::user_of("second", &[], &[]);
    pod["spec"]["containers"][0]["resources"] =
        json!({"requests": {&resource: "1"}, "limits": {&resource: "1"}});
    world.make(&world.within("pods"), pod).await;
    let intent = world.intent_for("second", "n2", 1).await;
    for (at, fault, wanted) in [
        (3, Fault::Status(403), 0),
        (6, Fault::Status(403), 0),
        (3, Fault::Hangs, 1),
    ] {
        world.road.fault(at, fault);
        {
            let place = world.place(world.intent_for("second", "n2", 1).await);
            let mut place = std::pin::pin!(place);
            loop {
                tokio::select! {
                    (outcome, _) = &mut place => {
                        assert!(fault != Fault::Hangs && matches!(refusal(&outcome).cause(), Refusal::Forbidden(_)), "{outcome:?}");
                        break;
                    }
                    () = tokio::time::sleep(std::time::Duration::from_millis(5)) => {
                        if fault == Fault::Hangs && world.road.writes() >= at { break; }
                    }
                }
            }
        }
        let all = world.get(&world.device_claims("")).await.expect("it is there");
        let all = all["items"].as_array().expect("it is there").iter();
        let left = all.filter(|claim| {
            claim["metadata"]["name"]
                .as_str()
                .is_some_and(|name| name.starts_with("second-"))
        });
        assert_eq!(left.count(), wanted, "{at} {fault:?}");
    }
    drop(intent);
    // Upstream's filter says what is in the way, and nothing is sent.
    let stuck = world
        .intent("second", "n2", |verdict| !verdict.is_feasible())
        .await;
    assert!(
        stuck.verdict.broken[0].reasons[0].contains("cannot schedule extended resource claim"),
        "{stuck:?}"
    );
}
