//! etcd killed and halted in the middle: the API server lives on, and can neither read nor write.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Tried, WRITES, check, want};
use crate::scene::{Scene, ended};
use crate::support::{ControlPlane, Fault, Side};

/// Sooner than etcd is back where it is halted.
const IMPATIENT: [&str; 2] = ["--request-timeout", "2s"];

/// What becomes of etcd.
#[derive(Clone, Copy, Debug)]
enum Gone {
    Killed,
    Halted,
}

impl Gone {
    /// Has it happen, lets berth's write go on into it, and has etcd back on the same data.
    async fn befall(self, plane: &mut ControlPlane, scene: &Scene) {
        match self {
            Self::Killed => plane.kill_etcd(),
            Self::Halted => plane.freeze_etcd(),
        }
        scene.road.let_go();
        match self {
            Self::Killed => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                plane.start_etcd().await;
            }
            Self::Halted => {
                tokio::time::sleep(Duration::from_secs(3)).await;
                plane.thaw_etcd().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn etcd_is_killed_at_any_write() {
    at_any_write(Gone::Killed).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn etcd_is_halted_at_any_write() {
    at_any_write(Gone::Halted).await;
}

async fn at_any_write(how: Gone) {
    let mut plane = ControlPlane::start().await;
    let _controllers = plane.start_controllers();
    let scene = Scene::bare_on(&plane).await;
    scene.fill().await;
    tokio::select! {
        tried = place_all(&mut plane, &scene, how) => assert_eq!(tried.faults, 2 * WRITES),
        () = scene.provision() => unreachable!("it never ends"),
    }
}

async fn place_all(plane: &mut ControlPlane, scene: &Scene, how: Gone) -> Tried {
    let mut tried = Tried::default();
    for at in 1..=WRITES {
        for side in [Side::Before, Side::Behind] {
            let name = format!("web-{}", tried.faults);
            let case = format!("{name}: {how:?} at write {at}, {side:?}");
            tried.faults += 1;
            want(scene, &name).await;
            scene.road.take_bound();
            scene.road.lay(at, Fault::Hold(side));
            let place = ["place", &name, "n1", "--reason", "at night", "-y"];
            let words = [&place[..], &IMPATIENT].concat();
            let berth = scene.berth(&words).spawn().expect("berth starts");
            scene.road.meet(&case).await;
            how.befall(plane, scene).await;
            let (code, _, err) = ended(berth).await;
            scene.road.clear();
            if check(scene, &name, &case, code, &err).await {
                tried.placed += 1;
            } else {
                tried.again += 1;
            }
            // Of one whose answer was lost the road does not know.
            assert!(scene.road.take_bound() <= 1, "{case}");
        }
    }
    tried.tell(&format!("etcd {how:?}"));
    tried
}

/// Pods of a plan.
const PODS: usize = 6;
/// The third pod's Binding and event.
const IN_THE_MIDDLE: [usize; 2] = [5, 6];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn etcd_is_gone_in_the_middle_of_a_plan() {
    let mut plane = ControlPlane::start().await;
    let scene = Scene::bare_on(&plane).await;
    scene.fill().await;
    let mut tried = Tried::default();
    for how in [Gone::Killed, Gone::Halted] {
        for at in IN_THE_MIDDLE {
            for side in [Side::Before, Side::Behind] {
                let case = format!("{how:?} at write {at}, {side:?}");
                let plan = Plan::new(&scene, &format!("plan{}", tried.faults)).await;
                tried.faults += 1;
                scene.road.take_bound();
                scene.road.lay(at, Fault::Hold(side));
                let berth = scene
                    .berth(&plan.apply(&IMPATIENT))
                    .spawn()
                    .expect("berth starts");
                scene.road.meet(&case).await;
                how.befall(&mut plane, &scene).await;
                let (code, _, err) = ended(berth).await;
                scene.road.clear();
                assert!(!err.contains("panicked"), "{case}: {err}");
                let placed = plan.check(&scene, &case).await;
                assert_eq!(code == 0, placed == PODS, "{case}: {placed} placed, {err}");
                tried.placed += placed;

                let (code, _, err) = scene.run(&plan.apply(&[])).await;
                assert_eq!(code, 0, "{case}: {err}");
                assert_eq!(plan.check(&scene, &case).await, PODS, "{case}");
                tried.again += PODS - placed;
                assert!(scene.road.take_bound() <= PODS, "{case}");
            }
        }
    }
    tried.tell("etcd gone in the middle of a plan");
}

/// A plan for pods of this name.
struct Plan {
    name: String,
    file: String,
}

impl Plan {
    async fn new(scene: &Scene, name: &str) -> Self {
        for at in 0..PODS {
            let pod = json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("{name}-{at}")},
                "spec": {"schedulerName": "berth", "containers": [{"name": "app", "image": "nginx"}]},
            });
            scene.post("/api/v1/namespaces/default/pods", &pod).await;
        }
        let (code, plan, err) = scene.run(&["plan", "-o", "yaml"]).await;
        assert_eq!(code, 0, "{err}");
        let file = scene.folder.path().join(format!("{name}.yaml"));
        std::fs::write(&file, plan).expect("the plan");
        Self {
            name: name.to_owned(),
            file: file.display().to_string(),
        }
    }

    fn apply<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        [&["apply", &self.file, "-y", "--rate", "20"][..], more].concat()
    }

    /// Makes sure that the journal and the cluster agree. How many of its pods are placed.
    async fn check(&self, scene: &Scene, case: &str) -> usize {
        let journal = scene.journal().await;
        let mut placed = 0;
        for at in 0..PODS {
            let name = format!("{}-{at}", self.name);
            let path = format!("/api/v1/namespaces/default/pods/{name}");
            let bound = scene.get(&path).await["spec"]["nodeName"] == "n1";
            placed += usize::from(bound);
            let key = json!(format!("default/{name}"));
            let stories = journal.iter().filter(|story| story["pod"] == key);
            let outcomes: Vec<&Value> = stories.map(|story| &story["outcome"]).collect();
            let said = outcomes.iter().filter(|outcome| **outcome == "placed").count();
            assert_eq!(said, usize::from(bound), "{case}: {name}: {outcomes:?}");
            assert_eq!(
                scene.events_of(&name).await,
                usize::from(bound),
                "{case}: {name}: {outcomes:?}"
            );
        }
        placed
    }
}
