//! The queue: order, waits, and what moves pods. Times are told, nothing is waited for.

mod always;
mod hints;

use std::sync::Arc;

use berth::model::{Change, Cluster, Pod, PodKey, WatchEvent};
use berth::scheduling::queue::{Backoff, Moment, Place};
use berth::scheduling::{Profiles, Queue};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A cluster, a queue, and a clock that somebody turns.
struct Bench {
    cluster: Cluster,
    profiles: Profiles,
    queue: Queue,
    now: Timestamp,
}

impl Bench {
    fn new() -> Self {
        let mut cluster = Cluster::default();
        cluster.listen();
        Self {
            cluster,
            profiles: Profiles::default(),
            queue: Queue::default(),
            now: "2026-03-02T12:00:00.25Z".parse().expect("a time"),
        }
    }

    fn with<T>(&mut self, with: impl FnOnce(&mut Queue, &mut Moment<'_>) -> T) -> T {
        let mut at = Moment {
            cluster: &self.cluster,
            profiles: &mut self.profiles,
            now: self.now,
        };
        with(&mut self.queue, &mut at)
    }

    /// Applies `change`, and tells the queue.
    fn happens(&mut self, change: Change) {
        self.cluster.apply(change);
        let events = self.cluster.take_events();
        self.with(|queue, at| {
            for event in &events {
                let berth::model::cluster::Event::Pod(turn) = event else {
                    continue;
                };
                match (&turn.before, &turn.after) {
                    (_, Some(pod)) if pod.is_waiting() => queue.put(pod, at),
                    (Some(pod), _) | (_, Some(pod)) => {
                        queue.remove(&pod.key);
                    }
                    (None, None) => {}
                }
            }
            queue.on_events(&events, at);
        });
    }

    fn after(&mut self, millis: i64) {
        self.now += SignedDuration::from_millis(millis);
        self.with(Queue::tick);
    }

    fn pop(&mut self) -> Option<String> {
        let pod = self.with(Queue::pop)?;
        Some(pod.key.name.to_string())
    }

    fn fail(&mut self, name: &str, plugins: &[&'static str]) {
        self.with(|queue, at| queue.failed(&PodKey::new("shop", name), plugins, at));
    }

    fn place(&self, name: &str) -> Place {
        let standing = self.queue.standing(&PodKey::new("shop", name));
        standing.expect("it is in the queue").place.clone()
    }

    fn attempts(&self, name: &str) -> u32 {
        let standing = self.queue.standing(&PodKey::new("shop", name));
        standing.expect("it is in the queue").attempts
    }

    /// Tries the only pod there is to try and has `plugins` reject it.
    fn reject(&mut self, name: &str, plugins: &[&'static str]) {
        assert_eq!(self.pop().as_deref(), Some(name));
        self.fail(name, plugins);
    }
}

fn pod(name: &str, spec: &Value) -> Change {
    let mut object = json!({
        "metadata": {"namespace": "shop", "name": name, "uid": format!("uid-{name}")},
        "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}]},
    });
    let whole = object["spec"].as_object_mut().expect("a spec");
    whole.extend(spec.as_object().expect("an object").clone());
    Change::Pod(WatchEvent::Applied(
        serde_json::from_value(object).expect("a pod"),
    ))
}

fn gone(name: &str) -> Change {
    let object = json!({"metadata": {"namespace": "shop", "name": name}});
    Change::Pod(WatchEvent::Deleted(
        serde_json::from_value(object).expect("a pod"),
    ))
}

fn node(name: &str, cpu: &str, spec: &Value) -> Change {
    let object = json!({
        "metadata": {"name": name, "uid": name},
        "spec": spec,
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"}},
    });
    Change::Node(WatchEvent::Applied(
        serde_json::from_value(object).expect("a node"),
    ))
}

#[test]
fn the_higher_priority_is_first_then_who_came_earlier() {
    let mut bench = Bench::new();
    for (name, priority) in [("a", 1), ("b", 5), ("c", 1), ("d", 9)] {
        bench.happens(pod(name, &json!({"priority": priority})));
        bench.after(10);
    }
    // Who was tried and moved stands behind those that came meanwhile.
    let popped: Vec<_> = std::iter::from_fn(|| bench.pop()).collect();
    assert_eq!(popped, ["d", "b", "a", "c"]);
    assert_eq!(bench.attempts("a"), 1);
}

#[test]
fn waits_double_up_to_the_longest() {
    let backoff = Backoff::default();
    let waits: Vec<i64> = (0..7).map(|failures| backoff.wait(failures).as_secs()).collect();
    assert_eq!(waits, [0, 1, 2, 4, 8, 10, 10]);
    assert_eq!(backoff.wait(u32::MAX).as_secs(), 10);
    let none = Backoff {
        initial: SignedDuration::from_secs(3),
        max: SignedDuration::ZERO,
    };
    assert_eq!(none.until(4, Timestamp::UNIX_EPOCH), None);
    let short = Backoff {
        initial: SignedDuration::from_secs(20),
        ..backoff
    };
    assert_eq!(
        short.wait(1).as_secs(),
        10,
        "the longest holds for the first, too"
    );
}

#[test]
fn after_an_error_a_pod_waits_its_time_and_is_not_popped_before() {
    let mut bench = Bench::new();
    bench.happens(pod("a", &json!({})));
    let mut waits = Vec::new();
    for _ in 0..6 {
        let begun = bench.now;
        assert_eq!(bench.pop().as_deref(), Some("a"));
        bench.fail("a", &[]);
        assert!(matches!(bench.place("a"), Place::Backoff { error: true, .. }));
        assert_eq!(
            bench.pop(),
            None,
            "not before its time, though nobody else is there"
        );
        while bench.place("a") != Place::Active {
            bench.after(250);
        }
        waits.push(bench.now.duration_since(begun).as_millis());
    }
    // To the end of the second in which the wait ends: 0.25 s are gone of the first one.
    assert_eq!(waits, [1750, 3000, 5000, 9000, 11000, 11000]);
    assert_eq!(bench.attempts("a"), 6);
}

#[test]
fn what_helps_a_rejected_pod_has_it_back_off_and_an_idle_scheduler_takes_it_at_once() {
    let mut bench = Bench::new();
    bench.happens(node("full", "1", &json!({})));
    bench.happens(pod("there", &json!({"nodeName": "full"})));
    bench.happens(pod("a", &json!({})));
    bench.reject("a", &["NodeResourcesFit"]);
    assert_eq!(bench.place("a"), Place::Unschedulable);
    bench.happens(gone("there"));
    assert!(matches!(bench.place("a"), Place::Backoff { error: false, .. }));
    bench.happens(pod("b", &json!({})));
    assert_eq!(bench.pop().as_deref(), Some("b"), "who is active goes first");
    assert_eq!(
        bench.pop().as_deref(),
        Some("a"),
        "with nobody active its time is not waited for"
    );
    assert_eq!(bench.attempts("a"), 2);
}

#[test]
fn pods_whose_waits_end_in_one_second_go_by_priority() {
    let mut bench = Bench::new();
    for (name, priority) in [("low", 1), ("high", 2)] {
        bench.happens(pod(name, &json!({"priority": priority})));
    }
    for name in ["high", "low"] {
        assert_eq!(bench.pop().as_deref(), Some(name));
    }
    bench.fail("low", &["NodeName"]);
    bench.after(100);
    bench.fail("high", &["NodeName"]);
    bench.happens(node("new", "4", &json!({})));
    assert_eq!(
        bench.pop().as_deref(),
        Some("high"),
        "though the wait of the other is over earlier"
    );
}

#[test]
fn a_change_moves_only_those_that_it_may_help() {
    let mut bench = Bench::new();
    bench.happens(node("cordoned", "4", &json!({"unschedulable": true})));
    let cases = [
        ("cordon", "NodeUnschedulable"),
        ("room", "NodeResourcesFit"),
        ("ports", "NodePorts"),
        ("nothing", "DefaultBinder"),
    ];
    for (name, plugin) in cases {
        bench.happens(pod(name, &json!({})));
        bench.reject(name, &[plugin]);
    }
    bench.happens(node("cordoned", "4", &json!({})));
    let unschedulable = |bench: &Bench| {
        let all = cases.iter().map(|(name, _)| *name);
        all.filter(|name| bench.place(name) == Place::Unschedulable)
            .collect::<Vec<_>>()
    };
    assert_eq!(unschedulable(&bench), ["room", "ports", "nothing"]);
    bench.happens(node("cordoned", "8", &json!({})));
    assert_eq!(unschedulable(&bench), ["ports", "nothing"], "more room");
    bench.happens(node("another", "4", &json!({})));
    assert_eq!(unschedulable(&bench), ["nothing"], "a new node has free ports");
}

#[test]
fn one_of_several_plugins_suffices() {
    let mut bench = Bench::new();
    bench.happens(pod("a", &json!({})));
    bench.reject("a", &["NodeUnschedulable", "NodeResourcesFit"]);
    bench.happens(node("cordoned", "4", &json!({"unschedulable": true})));
    assert!(matches!(bench.place("a"), Place::Backoff { .. }), "there is room");
}

#[test]
fn who_is_unschedulable_for_five_minutes_is_tried_again() {
    let mut bench = Bench::new();
    bench.after(0);
    bench.happens(pod("a", &json!({})));
    bench.reject("a", &["DefaultBinder"]);
    for _ in 0..10 {
        assert_eq!(bench.place("a"), Place::Unschedulable);
        bench.after(30_000);
    }
    assert_eq!(
        bench.place("a"),
        Place::Unschedulable,
        "not longer than five minutes"
    );
    bench.after(30_000);
    assert_eq!(bench.place("a"), Place::Active, "its backoff was over long ago");
}

#[test]
fn a_gated_pod_waits_for_its_last_gate_alone() {
    let mut bench = Bench::new();
    let gates = |names: &[&str]| {
        let gates: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        json!({"schedulingGates": gates})
    };
    let held_back = |reason: &str| Place::Gated {
        plugin: "SchedulingGates",
        reason: reason.into(),
    };
    bench.happens(pod("a", &gates(&["one", "two"])));
    assert_eq!(
        bench.place("a"),
        held_back("waiting for scheduling gates: [one two]")
    );
    assert_eq!(bench.pop(), None);
    bench.happens(node("n", "4", &json!({})));
    bench.happens(pod("a", &gates(&["two"])));
    assert_eq!(bench.place("a"), held_back("waiting for scheduling gates: [two]"));
    for _ in 0..12 {
        bench.after(30_000);
    }
    assert_eq!(bench.place("a"), held_back("waiting for scheduling gates: [two]"));
    bench.happens(pod("a", &gates(&[])));
    assert_eq!(bench.place("a"), Place::Active);
    assert_eq!(bench.attempts("a"), 0);
}

#[test]
fn what_happens_during_an_attempt_is_not_lost() {
    let mut bench = Bench::new();
    for name in ["a", "b"] {
        bench.happens(pod(name, &json!({})));
    }
    assert_eq!(bench.pop().as_deref(), Some("a"));
    bench.happens(node("new", "4", &json!({})));
    assert_eq!(bench.pop().as_deref(), Some("b"));
    bench.fail("a", &["NodeResourcesFit"]);
    assert!(
        matches!(bench.place("a"), Place::Backoff { error: false, .. }),
        "the node came too late for it"
    );
    bench.fail("b", &["NodeResourcesFit"]);
    assert_eq!(bench.place("b"), Place::Unschedulable, "it was looked at");
}

#[test]
fn who_fits_is_held_until_it_is_placed_or_fits_no_more() {
    let mut bench = Bench::new();
    bench.happens(pod("a", &json!({})));
    assert_eq!(bench.pop().as_deref(), Some("a"));
    bench.with(|queue, at| queue.hold(&PodKey::new("shop", "a"), at));
    assert_eq!(bench.place("a"), Place::Held);
    bench.happens(node("new", "4", &json!({})));
    assert_eq!(bench.place("a"), Place::Held);
    bench.fail("a", &["NodeResourcesFit"]);
    assert_eq!(bench.place("a"), Place::Unschedulable);
    bench.happens(pod("a", &json!({"nodeName": "new"})));
    assert!(bench.queue.is_empty(), "bound");
}

#[test]
fn another_pod_of_the_same_name_begins_anew() {
    let mut bench = Bench::new();
    bench.happens(pod("a", &json!({})));
    bench.reject("a", &["NodeName"]);
    let mut again: Value =
        json!({"metadata": {"namespace": "shop", "name": "a", "uid": "other"}, "spec": {}});
    again["spec"] = json!({"containers": []});
    let again = serde_json::from_value(again).expect("a pod");
    bench.happens(Change::Pod(WatchEvent::Applied(again)));
    assert_eq!((bench.place("a"), bench.attempts("a")), (Place::Active, 0));
}

#[test]
fn a_burst_of_pods_that_go_moves_everybody_once() {
    let mut bench = Bench::new();
    bench.happens(node("n", "4", &json!({})));
    for at in 0..300 {
        bench.happens(pod(&format!("there-{at}"), &json!({"nodeName": "n"})));
        bench.happens(pod(&format!("a-{at}"), &json!({})));
    }
    let waiting: Vec<Arc<Pod>> = bench.queue.active().cloned().collect();
    for pod in &waiting {
        assert!(bench.pop().is_some());
        bench.fail(&pod.key.name, &["NodeResourcesFit"]);
    }
    for at in 0..300 {
        bench.happens(gone(&format!("there-{at}")));
    }
    let moved = |pod: &&Arc<Pod>| matches!(bench.place(&pod.key.name), Place::Backoff { .. });
    assert_eq!(waiting.iter().filter(moved).count(), 300);
}

#[test]
fn a_node_kept_for_a_pod_no_more_is_news_for_those_not_above_it() {
    let mut bench = Bench::new();
    let kept = |node: &str| {
        let object = json!({
            "metadata": {"namespace": "shop", "name": "kept", "uid": "kept"},
            "spec": {"priority": 5, "containers": []},
            "status": {"nominatedNodeName": node},
        });
        Change::Pod(WatchEvent::Applied(
            serde_json::from_value(object).expect("a pod"),
        ))
    };
    bench.happens(kept("n"));
    assert_eq!(bench.pop().as_deref(), Some("kept"));
    for (name, priority) in [("below", 1), ("equal", 5), ("above", 9)] {
        bench.happens(pod(name, &json!({"priority": priority})));
        bench.reject(name, &["NodeResourcesFit"]);
    }
    bench.happens(kept(""));
    assert!(matches!(bench.place("below"), Place::Backoff { .. }));
    assert!(matches!(bench.place("equal"), Place::Backoff { .. }));
    assert_eq!(bench.place("above"), Place::Unschedulable);
}
