//! Room by preemption: who has to go is confirmed, removed as kube-scheduler does it, and the pod is placed.

use std::sync::{Arc, Mutex};

use berth::engine::Engine;
use berth::journal::{Effect, entry};
use berth::model::PodKey;
use berth::placing::preempt::{End, Surveyed};
use berth::placing::{Cancel, DryRun, Outcome, Preempted, Preemption, Reason, Refusal, Stage};
use berth::scheduling::Profiles;
use futures::FutureExt as _;
use serde_json::{Value, json};

use super::overruling::asking;
use super::world::{Fault, World};
use crate::support::{ControlPlane, eventually};

/// On `n1`: `a` and `b`, which have to go for `big`; on `n2`: `wall`, which is worth more.
async fn crowded(world: &World) {
    for (name, value) in [("high", 1000), ("higher", 2000)] {
        let path = format!("/apis/scheduling.k8s.io/v1/priorityclasses/{name}");
        if world.get(&path).await.is_none() {
            let class = json!({
                "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": value,
            });
            world
                .make("/apis/scheduling.k8s.io/v1/priorityclasses", class)
                .await;
        }
    }
    occupant(world, "a", "2", "n1", "").await;
    occupant(world, "b", "2", "n1", "").await;
    occupant(world, "wall", "3", "n2", "higher").await;
    let mut big = asking("3");
    big["priorityClassName"] = json!("high");
    super::overruling::pod(world, "big", big).await;
}

/// A pod that is on `node` and runs.
async fn occupant(world: &World, name: &str, cpu: &str, node: &str, class: &str) -> Value {
    let mut spec = asking(cpu);
    spec["nodeName"] = json!(world.node(node));
    spec["volumes"] = json!([{"name": "cache", "emptyDir": {}}]);
    if !class.is_empty() {
        spec["priorityClassName"] = json!(class);
    }
    super::overruling::pod(world, name, spec).await;
    world
        .until(&world.within(&format!("pods/{name}")), |pod| {
            pod["status"]["phase"] == "Running"
        })
        .await
}

fn key(world: &World, name: &str) -> PodKey {
    PodKey::new(world.namespace.as_str(), name)
}

/// What making room for `big` on `n1` takes, once that is `ready`.
async fn survey(world: &World, ready: impl Fn(&Surveyed) -> bool) -> Surveyed {
    eventually("the engine knows who has to go", async || {
        let node = world.node("n1").into();
        let surveyed = world.placer.survey(&world.engine, key(world, "big"), node).await;
        surveyed.ok().filter(|surveyed| ready(surveyed))
    })
    .await
}

fn victims(surveyed: &Surveyed) -> Vec<&str> {
    let room = surveyed.survey.iter().map(|survey| &survey.room);
    room.flat_map(|room| &room.victims)
        .map(|victim| &*victim.key.name)
        .collect()
}

/// What a person confirms who is shown that `a` and `b` have to go.
async fn wish(world: &World, violates: bool) -> Preemption {
    let surveyed = survey(world, |surveyed| {
        let mut names = victims(surveyed);
        names.sort_unstable();
        names == ["a", "b"]
    })
    .await;
    let room = surveyed.survey.expect("room").room;
    let reason = Reason::parse("the cart is worth more").expect("a reason");
    Preemption::new(&surveyed.pod, room, violates, reason)
}

async fn preempt(world: &World, wish: &Preemption) -> Preempted {
    world
        .placer
        .preempt(&world.engine, wish, DryRun::None, &|_| {})
        .await
}

fn is_placed(preempted: &Preempted) -> bool {
    matches!(&preempted.end, End::Over(outcome) if super::world::is_placed(outcome))
}

fn refusal(preempted: &Preempted) -> &Refusal {
    let End::Over(outcome) = &preempted.end else {
        panic!("{preempted:?}")
    };
    super::world::refusal(outcome)
}

async fn is_there(world: &World, name: &str) -> bool {
    let pod = world.get(&world.within(&format!("pods/{name}"))).await;
    pod.is_some_and(|pod| pod["metadata"].get("deletionTimestamp").is_none())
}

#[tokio::test(flavor = "multi_thread")]
async fn room_is_made_as_kube_scheduler_makes_it() {
    made(&World::demo().await).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn room_is_made_on_a_real_api_server() {
    // Its own: on nodes of other tests the pod would fit.
    let plane = ControlPlane::start().await;
    let _kwok = plane.start_kwok();
    let world = World::real(&plane, "preempt").await;
    for node in ["n1", "n2"] {
        // kwok is their kubelet.
        let path = format!("/api/v1/nodes/{}", world.node(node));
        let annotations = json!({"kwok.x-k8s.io/node": "fake"});
        world
            .patch(&path, json!({"metadata": {"annotations": annotations}}))
            .await;
    }
    made(&world).await;
}

#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn made(world: &World) {
    crowded(world).await;
    let surveyed = survey(world, |surveyed| victims(surveyed).len() == 2).await;
    let found = surveyed.survey.as_ref().expect("room");
    assert!(!found.room.violates());
    for (victim, loss) in found.room.victims.iter().zip(&found.losses) {
        assert_eq!(
            victim.words(),
            "priority 0, owner nobody: it will not come back, takes cpu 2000m"
        );
        assert_eq!(loss.words(), ["has 30 s to end", "loses emptyDir cache"]);
    }
    // What each has in its status when its deletion is sent.
    let told: Arc<Mutex<Vec<Value>>> = Arc::default();
    let (client, seen) = (world.client.clone(), Arc::clone(&told));
    world.road.meddle(Arc::new(move |method, path| {
        let (client, seen, path) = (client.clone(), Arc::clone(&seen), path.to_owned());
        let look = async move {
            let request = http::Request::get(path).body(Vec::new()).expect("a request");
            let pod: Value = client.request(request).await.expect("the pod");
            seen.lock().expect("it is there").push(pod);
        };
        (method == "DELETE").then(|| look.boxed())
    }));
    let wish = wish(world, false).await;
    let stages = Mutex::new(Vec::new());
    let note = |stage: Stage| stages.lock().expect("it is there").push(stage);
    let preempted = world
        .placer
        .preempt(&world.engine, &wish, DryRun::None, &note)
        .await;
    assert!(is_placed(&preempted), "{preempted:?}");
    let order: Vec<PodKey> = wish
        .room
        .victims
        .iter()
        .map(|victim| victim.key.clone())
        .collect();
    assert_eq!(preempted.removed, order);
    assert_eq!(world.bound_to("big").await, Some(world.node("n1")));
    assert!(is_there(world, "wall").await);
    let stages = stages.into_inner().expect("it is there");
    assert!(
        stages.iter().any(|stage| stage.as_str().starts_with("removing ")),
        "{stages:?}"
    );

    // The first two are dry runs.
    let told = told.lock().expect("it is there").split_off(2);
    let big = &wish.uid;
    for (pod, victim) in told.iter().zip(&wish.room.victims) {
        assert_eq!(pod["metadata"]["uid"], *victim.uid);
        let conditions = pod["status"]["conditions"].as_array().expect("a list");
        let condition = conditions
            .iter()
            .find(|condition| condition["type"] == "DisruptionTarget")
            .unwrap_or_else(|| panic!("{}", pod["status"]));
        assert_eq!(condition["status"], "True");
        assert_eq!(condition["reason"], "PreemptionByScheduler");
        assert_eq!(
            condition["message"],
            "berth: preempting to accommodate a higher priority pod"
        );
        assert!(conditions.len() > 1, "the others stay");
    }
    let path = format!("/apis/events.k8s.io/v1/namespaces/{}/events", world.namespace);
    let events = world.get(&path).await.expect("events");
    let events: Vec<&Value> = events["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|event| event["reason"] == "Preempted")
        .collect();
    assert_eq!(events.len(), 2);
    for event in events {
        assert_eq!(event["action"], "Preempting");
        assert_eq!(event["type"], "Normal");
        assert_eq!(event["reportingController"], "berth");
        assert_eq!(event["related"]["uid"], **big);
        assert_eq!(
            event["note"],
            format!("Preempted by pod {big} on node {}", world.node("n1"))
        );
    }

    let stories = world.stories();
    let [room, placing] = &stories[..] else {
        panic!("{stories:?}")
    };
    let names: Vec<String> = order.iter().map(ToString::to_string).collect();
    assert!(room.makes_room() && !placing.makes_room());
    assert_eq!(room.begun.victims, names);
    assert_eq!(room.begun.reason, "the cart is worth more");
    assert_eq!(room.told, names);
    assert!(
        matches!(room.end, Some((_, entry::Outcome::RoomMade, _))),
        "{room:?}"
    );
    assert!(matches!(placing.end, Some((_, entry::Outcome::Placed, _))));
    let words: Vec<String> = room
        .requests
        .iter()
        .filter_map(|request| request.effect.as_ref().map(Effect::words))
        .collect();
    let [first, second] = &names[..] else {
        panic!("{names:?}")
    };
    assert_eq!(
        words,
        [
            "the node nominated in the pod's status".to_owned(),
            format!("{first} marked as going to make room"),
            format!("{first} deleted to make room"),
            format!("{second} marked as going to make room"),
            format!("{second} deleted to make room"),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn budgets_are_gone_against_only_where_that_was_confirmed() {
    let world = World::demo().await;
    crowded(&world).await;
    let budget = json!({
        "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "keep-a"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "a"}}},
    });
    let path = format!(
        "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
        world.namespace
    );
    world.make(&path, budget).await;
    let surveyed = survey(&world, |surveyed| {
        surveyed
            .survey
            .as_ref()
            .is_some_and(|survey| survey.room.violations == 1)
    })
    .await;
    let room = surveyed.survey.expect("room").room;
    let against: Vec<_> = room
        .victims
        .iter()
        .map(|victim| (&*victim.key.name, victim.protected))
        .collect();
    assert!(
        against.contains(&("a", true)) && against.contains(&("b", false)),
        "{against:?}"
    );
    assert_eq!(
        room.budgets.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["default/keep-a: 0 of its pods may go now, 1 of these are under it"]
    );
    let careful = wish(&world, false).await;
    let preempted = preempt(&world, &careful).await;
    assert!(
        matches!(refusal(&preempted), Refusal::Budgets(which) if which == "default/keep-a"),
        "{preempted:?}"
    );
    assert_eq!((preempted.removed.len(), preempted.exit_code()), (0, 3));
    assert!(is_there(&world, "a").await && is_there(&world, "b").await);
    assert_eq!(world.stories(), [], "nothing was sent");

    let bold = Preemption {
        violates: true,
        ..careful
    };
    let preempted = preempt(&world, &bold).await;
    assert!(is_placed(&preempted), "{preempted:?}");
    assert_eq!(world.stories()[0].begun.violated, ["default/keep-a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_since_it_was_confirmed_is_asked_again_and_nobody_else_goes() {
    let world = World::demo().await;
    crowded(&world).await;
    let confirmed = wish(&world, false).await;
    // One goes by itself, and another of its name comes.
    let path = world.within("pods/a");
    world
        .send("DELETE", &path, &json!({"gracePeriodSeconds": 0}))
        .await
        .expect("it goes");
    eventually("it is gone", async || {
        world.get(&path).await.is_none().then_some(())
    })
    .await;
    survey(&world, |surveyed| victims(surveyed) == ["b"]).await;
    let preempted = preempt(&world, &confirmed).await;
    assert!(
        matches!(&preempted.end, End::Changed(Some(room)) if room.victims.len() == 1),
        "{preempted:?}"
    );
    assert_eq!(preempted.exit_code(), 4);
    occupant(&world, "a", "2", "n1", "").await;
    survey(&world, |surveyed| victims(surveyed).len() == 2).await;
    let preempted = preempt(&world, &confirmed).await;
    assert!(
        matches!(&preempted.end, End::Changed(Some(_))),
        "the name is the same, the pod is not: {preempted:?}"
    );
    assert!(is_there(&world, "a").await && is_there(&world, "b").await);
    assert_eq!(world.stories(), [], "nothing was sent");

    // Where nobody has to go any more nobody goes.
    for name in ["a", "b"] {
        let path = world.within(&format!("pods/{name}"));
        world
            .send("DELETE", &path, &json!({"gracePeriodSeconds": 0}))
            .await
            .expect("it goes");
    }
    survey(&world, |surveyed| surveyed.survey.is_none() && surveyed.under_way).await;
    let preempted = preempt(&world, &confirmed).await;
    assert!(
        is_placed(&preempted) && preempted.removed.is_empty(),
        "{preempted:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_ended_leaves_the_nomination_and_is_taken_up_again() {
    let slow = |pace: &mut berth::demo::Pace| pace.stop = std::time::Duration::from_secs(3600);
    let world = World::demo_with(slow, Profiles::default()).await;
    crowded(&world).await;
    let wish = wish(&world, false).await;
    let cancel = world.placer.cancel.clone();
    let note = |stage: Stage| {
        if stage.as_str().contains("(terminating, until ") {
            cancel.cancel();
        }
    };
    let preempted = world
        .placer
        .preempt(&world.engine, &wish, DryRun::None, &note)
        .await;
    assert_eq!(refusal(&preempted), &Refusal::Cancelled);
    assert_eq!((preempted.removed.len(), preempted.exit_code()), (2, 130));
    let big = world.get(&world.within("pods/big")).await.expect("the pod");
    assert_eq!(big["status"]["nominatedNodeName"], *world.node("n1"));
    let story = &world.stories()[0];
    let (_, outcome, text) = story.end.as_ref().expect("an end");
    assert_eq!(*outcome, entry::Outcome::NotPlaced);
    assert!(text.contains("stays nominated"), "{text}");

    survey(&world, |surveyed| surveyed.survey.is_none() && surveyed.under_way).await;
    for name in ["a", "b"] {
        let path = world.within(&format!("pods/{name}"));
        world
            .send("DELETE", &path, &json!({"gracePeriodSeconds": 0}))
            .await
            .expect("it goes");
    }
    let mut placer = world.placer.clone();
    placer.cancel = Cancel::default();
    let preempted = placer.preempt(&world.engine, &wish, DryRun::None, &|_| {}).await;
    assert!(is_placed(&preempted), "{preempted:?}");
    assert_eq!(preempted.removed, [], "what is on its way is not deleted again");
}

#[tokio::test(flavor = "multi_thread")]
async fn lower_nominations_are_taken_away_and_dry_runs_delete_nobody() {
    let world = World::demo().await;
    crowded(&world).await;
    super::overruling::pod(&world, "small", asking("4")).await;
    world
        .patch(
            &world.within("pods/small/status"),
            json!({"status": {"nominatedNodeName": world.node("n1")}}),
        )
        .await;
    survey(&world, |surveyed| {
        surveyed
            .survey
            .as_ref()
            .is_some_and(|survey| survey.room.outranked.len() == 1)
    })
    .await;
    let wish = wish(&world, false).await;
    for dry_run in [DryRun::Client, DryRun::Server] {
        let preempted = world.placer.preempt(&world.engine, &wish, dry_run, &|_| {}).await;
        assert!(
            matches!(&preempted.end, End::Over(outcome) if matches!(**outcome, Outcome::DryRun { .. })),
            "{preempted:?}"
        );
    }
    assert!(is_there(&world, "a").await && is_there(&world, "b").await);
    assert_eq!(world.stories(), []);
    let preempted = preempt(&world, &wish).await;
    assert!(is_placed(&preempted), "{preempted:?}");
    let small = world.get(&world.within("pods/small")).await.expect("the pod");
    assert_eq!(small["status"].get("nominatedNodeName"), None);
}

/// Nominating; condition, deletion and event of two pods; the Binding and its event.
const WRITES: usize = 9;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_nobody_else_is_deleted_and_it_can_be_taken_up_again() {
    for fault in [
        Fault::RequestLost,
        Fault::AnswerLost,
        Fault::Status(500),
        Fault::Status(403),
    ] {
        for at in 1..=WRITES {
            let case = format!("{fault:?} at write {at}");
            let world = World::demo().await;
            crowded(&world).await;
            let wish = wish(&world, false).await;
            world.road.fault(at, fault);
            let preempted = preempt(&world, &wish).await;
            for name in ["a", "b"] {
                let removed = preempted.removed.contains(&key(&world, name));
                let there = is_there(&world, name).await;
                assert_eq!(removed, !there, "{case}: {name}: {preempted:?}");
            }
            assert!(is_there(&world, "wall").await, "{case}");
            let stories = world.stories();
            let known: Vec<&str> = stories[0]
                .removals()
                .iter()
                .filter(|removal| removal.taken == Some(true))
                .map(|removal| removal.pod)
                .collect();
            let removed: Vec<String> = preempted.removed.iter().map(ToString::to_string).collect();
            assert_eq!(known, removed, "{case}");
            world.road.fault(WRITES * 10, fault);
            for _ in 0..5 {
                if world.bound_to("big").await.is_some() {
                    break;
                }
                let ready = |surveyed: &Surveyed| surveyed.under_way || surveyed.survey.is_some();
                let surveyed = survey(&world, ready).await;
                let node = world.node("n1").into();
                let room = surveyed.survey.map_or_else(
                    || berth::scheduling::Room::without_victims(node),
                    |survey| survey.room,
                );
                let again = Preemption::new(&surveyed.pod, room, false, wish.reason.clone());
                preempt(&world, &again).await;
            }
            assert_eq!(world.bound_to("big").await, Some(world.node("n1")), "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nomination_that_is_taken_away_while_room_is_made_is_made_again() {
    // They do not go by themselves.
    let never = |pace: &mut berth::demo::Pace| pace.stop = std::time::Duration::from_secs(3600);
    let world = World::demo_with(never, Profiles::default()).await;
    crowded(&world).await;
    let wish = wish(&world, false).await;
    let big = world.within("pods/big");
    let lost = std::sync::atomic::AtomicBool::new(false);
    let lose = |stage: Stage| {
        if matches!(stage, Stage::Waiting(_)) && !lost.load(std::sync::atomic::Ordering::SeqCst) {
            let nobody = json!({"status": {"nominatedNodeName": null}});
            let path = format!("{big}/status");
            let patched = world.patch(&path, nobody);
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(patched));
            lost.store(true, std::sync::atomic::Ordering::SeqCst);
        }
    };
    let made = world.placer.preempt(&world.engine, &wish, DryRun::None, &lose);
    let let_go = async {
        eventually("it is taken away", async || {
            lost.load(std::sync::atomic::Ordering::SeqCst).then_some(())
        })
        .await;
        let node = world.node("n1");
        world
            .until(&big, |pod| pod["status"]["nominatedNodeName"] == *node)
            .await;
        for name in ["a", "b"] {
            let path = world.within(&format!("pods/{name}"));
            let now = json!({"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0});
            world.send("DELETE", &path, &now).await.expect("it goes");
        }
    };
    let (preempted, ()) = futures::join!(made, let_go);
    assert!(is_placed(&preempted), "{preempted:?}");
    let nominated = world.stories()[0]
        .requests
        .iter()
        .filter(|sent| sent.effect == Some(Effect::Nominated))
        .count();
    assert_eq!(nominated, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_not_sent_again_for_a_pod_that_waits_no_more() {
    // Nominating and a condition come before the first deletion.
    const DELETION: usize = 3;
    for fault in [Fault::Status(429), Fault::Status(500), Fault::RequestLost] {
        let world = World::demo().await;
        crowded(&world).await;
        let wish = wish(&world, false).await;
        world.road.fault(DELETION, fault);
        let (client, big, node) = (
            world.client.clone(),
            world.within("pods/big/binding"),
            world.node("n2"),
        );
        world.road.meddle(Arc::new(move |method, path| {
            let binding = json!({
                "apiVersion": "v1", "kind": "Binding", "metadata": {"name": "big"},
                "target": {"apiVersion": "v1", "kind": "Node", "name": node},
            });
            let (client, big) = (client.clone(), big.clone());
            let bind = async move {
                let request = http::Request::post(big)
                    .header("content-type", "application/json")
                    .body(binding.to_string().into_bytes())
                    .expect("a request");
                // The dry runs of deletions come first; bound is bound.
                let _: Result<Value, _> = client.request(request).await;
            };
            let condemns = method == "PATCH" && (path.ends_with("/a/status") || path.ends_with("/b/status"));
            condemns.then(|| bind.boxed())
        }));
        let preempted = preempt(&world, &wish).await;
        assert!(
            matches!(refusal(&preempted), Refusal::AlreadyBound { .. }),
            "{fault:?}: {preempted:?}"
        );
        assert_eq!(world.road.writes(), DELETION, "{fault:?}");
        assert!(
            is_there(&world, "a").await && is_there(&world, "b").await,
            "{fault:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_lists_a_pod_is_not_said_to_be_gone() {
    let world = World::demo().await;
    crowded(&world).await;
    let empty = Engine::start(&[], Profiles::default()).expect("a thread");
    for (name, known) in [("big", true), ("nobody", false)] {
        let surveyed = world.placer.survey(&empty, key(&world, name), "n1".into()).await;
        let refusal = surveyed.expect_err("nothing is known");
        let expected = if known {
            Refusal::NotKnownYet
        } else {
            Refusal::PodGone
        };
        assert_eq!(refusal, expected, "{name}");
    }
}
