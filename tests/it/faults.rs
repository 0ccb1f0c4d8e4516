//! Faults on the road to the API server, at every write of a placement: afterwards the journal and the cluster agree, nothing
//! is placed twice, nothing is lost.

mod etcd;

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use crate::scene::Scene;
use crate::support::{ControlPlane, Fault, Side};

/// Nominating, selecting the node, the finalizer, the allocation, the Binding, the event.
const WRITES: usize = 6;

const FAULTS: [Fault; 12] = [
    Fault::Answer(409, Side::Before),
    Fault::Answer(429, Side::Before),
    Fault::Answer(500, Side::Before),
    Fault::Answer(500, Side::Behind),
    Fault::Answer(502, Side::Behind),
    Fault::Answer(503, Side::Before),
    Fault::Answer(503, Side::Behind),
    Fault::Answer(504, Side::Before),
    Fault::Answer(504, Side::Behind),
    Fault::Cut(Side::Before),
    Fault::Cut(Side::Behind),
    Fault::Half,
];

#[tokio::test(flavor = "multi_thread")]
async fn one_fault_at_any_write() {
    let scene = Scene::set().await;
    let tried = every_fault(&scene, &FAULTS, |at| at..=at).await;
    assert_eq!(tried.faults, WRITES * FAULTS.len() - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_stays() {
    let scene = Scene::set().await;
    // Few, as each is waited out.
    let faults = [Fault::Answer(503, Side::Before), Fault::Cut(Side::Behind)];
    every_fault(&scene, &faults, |at| at..=usize::MAX).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn one_fault_at_any_write_to_a_real_server() {
    let plane = ControlPlane::start().await;
    let _controllers = plane.start_controllers();
    let scene = Scene::set_on(&plane).await;
    tokio::select! {
        tried = every_fault(&scene, &FAULTS, |at| at..=at) => assert_eq!(tried.faults, WRITES * FAULTS.len() - 1),
        () = scene.provision() => unreachable!("it never ends"),
    }
}

/// What was tried, and what came of it.
#[derive(Debug, Default)]
struct Tried {
    faults: usize,
    /// In spite of the fault.
    placed: usize,
    /// Only when it was tried again.
    again: usize,
}

/// Places a pod for each of `faults` at every write; `writes` says which writes it concerns, beginning with that one.
async fn every_fault(
    scene: &Scene,
    faults: &[Fault],
    writes: impl Fn(usize) -> RangeInclusive<usize>,
) -> Tried {
    let mut tried = Tried::default();
    for at in 1..=WRITES {
        for &fault in faults {
            // 409 to what is to be made says that it is there, and nobody but the server says so.
            if at == WRITES && fault == Fault::Answer(409, Side::Before) {
                continue;
            }
            let name = format!("web-{}", tried.faults);
            let case = format!("{name}: {fault:?} at write {at}");
            tried.faults += 1;
            if place(scene, &name, &case, || scene.road.lay_over(writes(at), fault)).await {
                tried.placed += 1;
            } else {
                tried.again += 1;
            }
        }
    }
    tried.tell("faults on the road");
    tried
}

impl Tried {
    #[expect(clippy::print_stdout, reason = "figures, for who asks for them")]
    fn tell(&self, what: &str) {
        let Self {
            faults,
            placed,
            again,
        } = self;
        println!(
            "{what}: {faults} tried; {placed} placed all the same, {again} when tried again, none twice, none lost"
        );
    }
}

/// Places a pod after `lay` laid a fault; whether that worked at once.
async fn place(scene: &Scene, name: &str, case: &str, lay: impl FnOnce()) -> bool {
    want(scene, name).await;
    scene.road.take_bound();
    lay();
    let (code, _, err) = scene
        .run(&["place", name, "n1", "--reason", "at night", "-y"])
        .await;
    scene.road.clear();
    assert!(scene.road.has_met(), "{case}: the write never came: {err}");
    let placed = check(scene, name, case, code, &err).await;
    assert_eq!(scene.road.take_bound(), 1, "{case}");
    placed
}

/// A pod with claims of its own.
async fn want(scene: &Scene, name: &str) {
    scene
        .want(name, &format!("{name}-data"), &format!("{name}-gpu"))
        .await;
}

/// What must hold once berth has ended with this code, having said this: what it says is so, the journal and the cluster agree,
/// and where the pod waits still, whoever places it again finishes it. Whether it was placed at once.
async fn check(scene: &Scene, name: &str, case: &str, code: i32, err: &str) -> bool {
    assert!(!err.contains("panicked"), "{case}: {err}");
    let path = format!("/api/v1/namespaces/default/pods/{name}");
    let is_bound = async || scene.get(&path).await["spec"]["nodeName"] == "n1";
    let bound = is_bound().await;
    let code_says = code == 0;
    assert!(bound || !code_says, "{case}: it says that it is placed: {err}");
    assert!(
        !bound || code_says || err.contains("berth journal") || code == 6,
        "{case}: it is placed, and nothing tells: {code} {err}"
    );

    // The journal looks up what is open, and sees to the event.
    let story = story(scene, name).await;
    let outcome = if bound { "placed" } else { "notPlaced" };
    assert_eq!(story["outcome"], outcome, "{case}: {story}");
    assert_eq!(scene.events_of(name).await, usize::from(bound), "{case}: {story}");
    if !bound {
        let (code, out, err) = scene.run(&["place", name, "n1", "-y"]).await;
        let placed = format!("pod/{name} placed on n1\n");
        assert_eq!((code, &out), (0, &placed), "{case}: {err}");
        assert!(is_bound().await, "{case}");
        assert_eq!(scene.events_of(name).await, 1, "{case}");
    }
    check_claims(scene, name, case).await;
    bound
}

/// What the journal tells of the first placement of the pod.
async fn story(scene: &Scene, name: &str) -> Value {
    let pod = json!(format!("default/{name}"));
    let journal = scene.journal().await;
    let found = journal.into_iter().find(|story| story["pod"] == pod);
    found.unwrap_or_else(|| panic!("the journal knows nothing of {name}"))
}

/// The pod's volume is bound, its device allocated and reserved for it alone.
async fn check_claims(scene: &Scene, name: &str, case: &str) {
    let path = format!("/api/v1/namespaces/default/persistentvolumeclaims/{name}-data");
    assert_eq!(scene.get(&path).await["status"]["phase"], "Bound", "{case}");
    let path = format!("/apis/resource.k8s.io/v1/namespaces/default/resourceclaims/{name}-gpu");
    let claim = scene.get(&path).await;
    let devices = claim["status"]["allocation"]["devices"]["results"].as_array();
    assert_eq!(devices.map(Vec::len), Some(1), "{case}: {claim}");
    let users = claim["status"]["reservedFor"].as_array();
    let users: Vec<&Value> = users.into_iter().flatten().map(|user| &user["name"]).collect();
    assert_eq!(users, [&json!(name)], "{case}: {claim}");
}
