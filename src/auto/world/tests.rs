//! What counts before the watches say so: pods that are assumed, confirmed, forgotten and nominated; what they take by their
//! claims is in the files below `tests/`.

mod devices;
mod volumes;

use std::collections::BTreeMap;

use super::*;
use serde_json::{Value, json};

/// A world, and a clock that only moves when told.
struct Scene {
    world: World,
    now: Timestamp,
    /// What was sent on its way last, by the pod's name.
    sent: BTreeMap<String, Box<Binding>>,
}

fn object<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("an object")
}

fn node(name: &str, cpu: &str) -> Value {
    json!({
        "metadata": {"name": name, "uid": name, "labels": {"kubernetes.io/hostname": name}},
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}},
    })
}

fn pod(name: &str, cpu: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "default", "uid": name, "resourceVersion": "1"},
        "spec": {
            "schedulerName": "berth", "priority": 0,
            "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}],
        },
        "status": {"phase": "Pending"},
    })
}

fn with(mut pod: Value, field: &str, value: impl Into<Value>) -> Value {
    *pod.pointer_mut(field).expect("a field") = value.into();
    pod
}

fn on(mut pod: Value, node: &str) -> Value {
    pod["spec"]["nodeName"] = node.into();
    pod
}

fn nominated(mut pod: Value, node: &str) -> Value {
    pod["status"]["nominatedNodeName"] = node.into();
    pod
}

fn key(name: &str) -> PodKey {
    PodKey::new("default", name)
}

impl Scene {
    /// With nodes, name and cores, and pods.
    fn of(nodes: &[(&str, &str)], pods: Vec<Value>) -> Self {
        Self::among(nodes, Vec::new(), pods)
    }

    /// The same, with other objects beside them.
    fn among(nodes: &[(&str, &str)], others: Vec<Change>, pods: Vec<Value>) -> Self {
        let world = World::new(vec!["berth".into()], Profiles::default(), Rng::with_seed(7));
        let mut scene = Self {
            world,
            now: "2026-01-01T00:00:00Z".parse().expect("a time"),
            sent: BTreeMap::new(),
        };
        let mut changes = Change::restarted();
        for (name, cpu) in nodes {
            changes.push(Change::Node(WatchEvent::Listed(object(node(name, cpu)))));
        }
        let namespace = json!({"metadata": {"name": "default"}});
        changes.push(Change::Namespace(WatchEvent::Listed(object(namespace))));
        changes.extend(others);
        changes.extend(
            pods.into_iter()
                .map(|pod| Change::Pod(WatchEvent::Listed(object(pod)))),
        );
        scene.world.take_in(changes, scene.now);
        assert!(!scene.world.is_synced());
        assert!(
            scene.world.next(scene.now).is_none(),
            "nothing is placed before the first lists"
        );
        scene.world.take_in(Change::synced(), scene.now);
        scene
    }

    fn apply(&mut self, pod: Value) {
        let change = Change::Pod(WatchEvent::Applied(object(pod)));
        self.world.take_in(vec![change], self.now);
    }

    fn delete(&mut self, pod: Value) {
        let change = Change::Pod(WatchEvent::Deleted(object(pod)));
        self.world.take_in(vec![change], self.now);
    }

    /// Lets backoff pass.
    fn wait(&mut self) {
        self.now += jiff::SignedDuration::from_secs(20);
        self.world.tick(self.now);
    }

    fn next(&mut self) -> Option<Attempt> {
        self.world.next(self.now)
    }

    /// The next pod, which goes to a node.
    fn binds(&mut self) -> (String, String) {
        match self.next() {
            Some(Attempt::Bind(binding)) => {
                let name = binding.pod.key.name.to_string();
                let node = binding.node.to_string();
                self.sent.insert(name.clone(), binding);
                (name, node)
            }
            other => panic!("{other:?}"),
        }
    }

    /// The answer that the pod is bound.
    fn bound(&mut self, name: &str) {
        self.world.bound(&self.sent[name].pod, self.now);
    }

    /// The answer that it is not.
    fn not_bound(&mut self, name: &str) {
        self.world.failed(&self.sent[name].pod, &[], self.now);
    }

    /// The next pod, which fits nowhere: as the loop does, the queue is told, or room is made for it.
    fn fails(&mut self) -> Failure {
        let failure = match self.next() {
            Some(Attempt::Fails(failure)) => *failure,
            other => panic!("{other:?}"),
        };
        match &failure.room {
            Some(room) => self.world.nominate(&failure.pod.key, room, self.now),
            None => self.world.failed(&failure.pod, &failure.blamed, self.now),
        }
        failure
    }
}

fn is(name: &str, node: &str) -> (String, String) {
    (name.to_owned(), node.to_owned())
}

#[test]
fn what_is_assumed_takes_its_room_until_the_watch_says_so() {
    let mut scene = Scene::of(&[("n1", "4")], vec![pod("a", "3"), pod("b", "3")]);
    assert_eq!(scene.binds(), is("a", "n1"));
    assert_eq!(scene.fails().blamed, ["NodeResourcesFit"]);
    // A watch that is behind brings the pod as it was, with a label more: it is still on its way.
    let mut labelled = with(pod("a", "3"), "/metadata/resourceVersion", "2");
    labelled["metadata"]["labels"] = json!({"x": "y"});
    scene.apply(labelled);
    scene.wait();
    assert!(scene.next().is_none(), "nothing has freed any room");
    scene.bound("a");
    assert!(scene.world.counts(&key("a")), "the watch has not said so yet");
    scene.apply(on(with(pod("a", "3"), "/metadata/resourceVersion", "3"), "n1"));
    assert!(scene.world.under_way.is_empty());
    assert_eq!(scene.world.pending(), [0, 0, 1, 0]);
    // Once it is gone, there is room.
    scene.delete(on(pod("a", "3"), "n1"));
    scene.wait();
    assert_eq!(scene.binds(), is("b", "n1"));
}

#[test]
fn the_watch_may_be_quicker_than_the_answer() {
    let mut scene = Scene::of(&[("n1", "4")], vec![pod("a", "3")]);
    assert_eq!(scene.binds(), is("a", "n1"));
    scene.apply(on(pod("a", "3"), "n1"));
    assert!(!scene.world.counts(&key("a")));
    scene.bound("a");
    assert!(scene.world.under_way.is_empty());
    assert_eq!(scene.world.pending(), [0; 4]);
    assert!(scene.world.is_settled(1));
}

#[test]
fn a_binding_that_failed_gives_its_room_back() {
    let mut scene = Scene::of(&[("n1", "4")], vec![pod("a", "3"), pod("b", "3")]);
    assert_eq!(scene.binds(), is("a", "n1"));
    assert_eq!(scene.fails().pod.key, key("b"));
    scene.not_bound("a");
    assert!(scene.world.under_way.is_empty());
    scene.wait();
    let (first, second) = (scene.binds(), scene.fails());
    assert_eq!(first.1, "n1");
    assert_ne!(key(&first.0), second.pod.key, "there is room for one of them");
}

#[test]
fn what_was_assumed_of_a_pod_does_not_hold_for_another_of_its_name() {
    let mut scene = Scene::of(&[("n1", "4")], vec![pod("a", "3")]);
    assert_eq!(scene.binds(), is("a", "n1"));
    scene.delete(pod("a", "3"));
    assert!(!scene.world.counts(&key("a")));
    scene.apply(with(pod("a", "2"), "/metadata/uid", "another"));
    // The answer on the first one comes late.
    scene.not_bound("a");
    scene.wait();
    match scene.next() {
        Some(Attempt::Bind(binding)) => assert_eq!(*binding.pod.uid, *"another"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_was_bound_elsewhere_by_another_counts_there() {
    let mut scene = Scene::of(&[("n1", "4")], vec![pod("a", "3"), pod("b", "3")]);
    assert_eq!(scene.binds(), is("a", "n1"));
    let other = Change::Node(WatchEvent::Applied(object(node("n2", "4"))));
    scene.world.take_in(vec![other], scene.now);
    scene.apply(on(pod("a", "3"), "n2"));
    scene.not_bound("a");
    assert_eq!(scene.binds(), is("b", "n1"));
    assert!(scene.next().is_none());
    assert_eq!(scene.world.pending(), [1, 0, 0, 0], "b alone is on its way");
}

#[test]
fn a_decision_is_made_again_on_a_pod_that_is_on_its_way_as_if_it_were_not() {
    let mut scene = Scene::of(&[("n1", "4")], vec![pod("a", "3"), pod("b", "3")]);
    assert_eq!(scene.binds(), is("a", "n1"));
    let judged = scene
        .world
        .judge(&key("a"), scene.now)
        .expect("it waits, in truth");
    assert_eq!(judged.trace.feasible.len(), 1, "its own room is not in its way");
    assert!(scene.world.counts(&key("a")));
    assert_eq!(scene.fails().pod.key, key("b"), "it counts again");
    assert!(scene.world.judge(&key("nobody"), scene.now).is_none());
}

#[test]
fn a_nominated_pod_keeps_its_room_from_those_below_it() {
    let high = |pod| with(pod, "/spec/priority", 100);
    let waits = nominated(high(pod("high", "3")), "n1");
    // It is another scheduler's: the nomination is all that we see of it.
    let waits = with(waits, "/spec/schedulerName", "another");
    let mut scene = Scene::of(&[("n1", "4")], vec![waits.clone(), pod("low", "3")]);
    assert_eq!(scene.fails().blamed, ["NodeResourcesFit"]);
    let equal = with(pod("equal", "3"), "/spec/priority", 100);
    scene.apply(equal);
    assert_eq!(scene.fails().pod.key, key("equal"));
    scene.apply(with(pod("higher", "3"), "/spec/priority", 101));
    assert_eq!(scene.binds(), is("higher", "n1"));
    scene.not_bound("higher");
    scene.delete(with(pod("higher", "3"), "/spec/priority", 101));
    // It is gone, and so is its claim.
    scene.delete(waits);
    scene.wait();
    assert_eq!(scene.binds(), is("equal", "n1"));
}

#[test]
fn room_that_is_made_is_kept_until_it_is_written_or_given_up() {
    let victim = on(pod("victim", "3"), "n1");
    let mut high = with(pod("high", "3"), "/spec/priority", 100);
    high["spec"]["preemptionPolicy"] = "PreemptLowerPriority".into();
    let mut scene = Scene::of(&[("n1", "4")], vec![victim.clone(), high.clone()]);
    let failure = scene.fails();
    let room = failure.room.expect("the victim may go");
    assert_eq!((&*room.node, room.victims.len()), ("n1", 1));
    let nominee = |scene: &Scene| {
        let pod = scene.world.cluster.pod(&key("high")).expect("it waits");
        pod.nominated_node.as_deref().map(str::to_owned)
    };
    assert_eq!(nominee(&scene).as_deref(), Some("n1"));
    // The watch brings the pod as it was before that was written.
    scene.apply(with(high.clone(), "/metadata/resourceVersion", "2"));
    assert_eq!(nominee(&scene).as_deref(), Some("n1"));
    scene.delete(victim);
    scene.apply(pod("low", "3"));
    assert_eq!(scene.fails().pod.key, key("low"), "the room is taken");
    // What was nominated could not be written after all.
    scene.world.give_up_room(&key("high"), scene.now);
    scene.world.failed(&failure.pod, &failure.blamed, scene.now);
    assert_eq!(nominee(&scene), None);
    scene.apply(with(high, "/metadata/resourceVersion", "3"));
    assert_eq!(nominee(&scene), None, "what the watch says holds again");
}

#[test]
fn nominations_do_not_fit_a_pod_that_they_alone_make_fit() {
    // Affinity to a pod that is nominated only: it may never come.
    let mut seeker = pod("seeker", "1");
    seeker["spec"]["affinity"] = json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{
        "topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "sought"}},
    }]}});
    let mut sought = nominated(with(pod("sought", "1"), "/spec/schedulerName", "another"), "n1");
    sought["metadata"]["labels"] = json!({"app": "sought"});
    let mut scene = Scene::of(&[("n1", "4")], vec![sought.clone(), seeker]);
    assert_eq!(scene.fails().pod.key, key("seeker"));
    scene.apply(on(sought, "n1"));
    scene.wait();
    assert_eq!(scene.binds(), is("seeker", "n1"));
}

#[test]
fn the_same_seed_draws_the_same_nodes() {
    let draw = || {
        let nodes = [("n1", "4"), ("n2", "4"), ("n3", "4"), ("n4", "4")];
        let pods = (0..8).map(|at| pod(&format!("p{at}"), "100m"));
        let mut scene = Scene::of(&nodes, pods.collect());
        (0..8).map(|_| scene.binds()).collect::<Vec<_>>()
    };
    assert_eq!(draw(), draw());
}
