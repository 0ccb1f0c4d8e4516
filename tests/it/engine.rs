//! The engine without its thread: what it publishes as changes and questions come.

use std::sync::Arc;
use std::time::{Duration, Instant};

use berth::engine::view::{Interest, NodeSummary};
use berth::engine::{Core, View};
use berth::model::cluster::ObjectKind;
use berth::model::{Change, PodKey, WatchEvent};
use berth::scheduling::queue::Place;
use berth::scheduling::{Profiles, unseen};
use jiff::Timestamp;
use serde_json::{Value, json};

fn node(name: &str, cpu: &str) -> Change {
    let amounts = json!({"cpu": cpu, "memory": "8Gi", "pods": "10"});
    let ready = json!([{"type": "Ready", "status": "True"}]);
    let object = json!({
        "metadata": {"name": name, "uid": name},
        "status": {"allocatable": amounts, "conditions": ready},
    });
    Change::Node(WatchEvent::Applied(
        serde_json::from_value(object).expect("a node"),
    ))
}

fn pod_object(name: &str, version: &str, spec: &Value) -> Box<berth::model::from_api::PodObject> {
    let container = json!({"name": "c", "resources": {"requests": {"cpu": "1"}}});
    let mut object = json!({
        "metadata": {"namespace": "shop", "name": name, "uid": format!("uid-{name}"), "resourceVersion": version},
        "spec": {"schedulerName": "berth", "containers": [container]},
    });
    let whole = object["spec"].as_object_mut().expect("a spec");
    whole.extend(spec.as_object().expect("an object").clone());
    serde_json::from_value(object).expect("a pod")
}

fn pod(name: &str, spec: &Value) -> Change {
    Change::Pod(WatchEvent::Applied(pod_object(name, "1", spec)))
}

fn core(changes: impl IntoIterator<Item = Change>) -> Core {
    let mut core = Core::new(&[Arc::from("berth")], Profiles::default());
    core.apply(changes.into_iter().chain(Change::synced()).collect());
    core
}

/// Judges until nothing is left to judge.
fn settle(core: &mut Core) -> View {
    let mut now = Instant::now();
    while let Some(due) = core.next_work(now) {
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        core.work(Instant::now() + Duration::from_secs(1), Timestamp::UNIX_EPOCH);
        now = Instant::now();
    }
    core.view(Timestamp::UNIX_EPOCH)
}

fn look(core: &mut Core, pod: &str, node: Option<&str>) -> View {
    let pod = Some(PodKey::new("shop", pod));
    core.look(Interest {
        pod,
        nodes: node.map(Arc::from).into_iter().collect(),
    });
    core.view(Timestamp::UNIX_EPOCH)
}

fn fit(view: &View, name: &str) -> Option<(usize, usize)> {
    let row = view
        .waiting
        .iter()
        .find(|row| &*row.pod.key.name == name)
        .expect("the pod waits");
    row.fit.as_ref().map(|fit| (fit.feasible, fit.nodes))
}

#[test]
fn nothing_is_judged_before_every_list_is_complete() {
    let all = Change::synced().len();
    assert_eq!(all, 3 + ObjectKind::ALL.len());
    for missing in 0..all {
        let mut core = Core::new(&[Arc::from("berth")], Profiles::default());
        core.apply(vec![node("a", "4"), pod("web", &json!({}))]);
        let mut changes = Change::synced();
        let last = changes.remove(missing);
        core.apply(changes);
        let view = look(&mut core, "web", None);
        assert!(!view.synced && view.selected.is_none(), "without {last:?}");
        assert_eq!(core.next_work(Instant::now()), None, "without {last:?}");
        core.apply(vec![last]);
        let view = settle(&mut core);
        assert!(view.synced && view.selected.is_some());
        assert_eq!(fit(&view, "web"), Some((1, 1)));
    }
}

#[test]
fn kinds_that_are_not_to_be_seen_hold_nothing_up_and_are_told_where_a_pod_calls_for_them() {
    let why: Arc<str> = "listing or watching them is forbidden".into();
    let forbidden = ObjectKind::ALL
        .iter()
        .map(|&kind| Change::Unseen(kind, Some(Arc::clone(&why))));
    let essential = vec![
        Change::Pod(WatchEvent::Synced),
        Change::Node(WatchEvent::Synced),
        Change::Namespace(WatchEvent::Synced),
    ];
    let mut core = Core::new(&[Arc::from("berth")], Profiles::default());
    let gpu = json!({"containers": [{"name": "c", "resources": {"requests": {"example.com/gpu": "1"}}}]});
    core.apply(vec![
        node("a", "4"),
        pod("plain", &json!({})),
        pod(
            "claims",
            &json!({"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}),
        ),
        pod(
            "csi",
            &json!({"volumes": [{"name": "key", "csi": {"driver": "d"}}]}),
        ),
        pod("devices", &json!({"resourceClaims": [{"name": "gpu"}]})),
        pod("extended", &gpu),
        pod("big", &json!({"nodeSelector": {"disk": "none"}})),
    ]);
    core.apply(essential.into_iter().chain(forbidden).collect());
    let mut told = |name: &str| -> Vec<String> {
        let selected = look(&mut core, name, None).selected.expect("judged");
        unseen::lines(&selected.trace.unseen).collect()
    };
    let said = |kinds: &str| vec![format!("not judged by {kinds}: {why}")];
    assert_eq!(told("plain"), [""; 0]);
    assert_eq!(
        told("claims"),
        said(
            "persistentvolumes, persistentvolumeclaims, storageclasses, csinodes, csidrivers, csistoragecapacities, \
             volumeattachments"
        )
    );
    assert_eq!(told("csi"), [""; 0], "nothing counts volumes without claims");
    let devices = "resourceclaims, resourceslices, deviceclasses, devicetaintrules";
    assert_eq!(told("devices"), said(devices));
    let none_fits = said(&format!("poddisruptionbudgets, {devices}"));
    assert_eq!(told("extended"), none_fits);
    assert_eq!(told("big"), said("poddisruptionbudgets"));

    let seen = ObjectKind::ALL.iter().map(|&kind| Change::Unseen(kind, None));
    core.apply(Change::synced().into_iter().chain(seen).collect());
    let selected = look(&mut core, "claims", None).selected.expect("judged");
    assert_eq!(selected.trace.unseen, [], "judged again as they are seen");
}

#[test]
fn pods_wait_in_queue_order_each_with_its_fit() {
    let gates = json!({"schedulingGates": [{"name": "example.com/hold"}]});
    let mut core = core([
        node("a", "4"),
        pod("low", &json!({"priority": 0})),
        pod("high", &json!({"priority": 1000})),
        pod("held", &gates),
        pod("theirs", &json!({"schedulerName": "default-scheduler"})),
        pod("critical", &json!({"priority": 2_000_000_000})),
    ]);
    let view = settle(&mut core);
    let names: Vec<&str> = view.waiting.iter().map(|row| &*row.pod.key.name).collect();
    assert_eq!(names, ["critical", "high", "held", "low", "theirs"]);
    let ours: Vec<bool> = view.waiting.iter().map(|row| row.ours).collect();
    assert_eq!(ours, [true, true, true, true, false]);
    assert!(names.iter().all(|name| fit(&view, name) == Some((1, 1))));
    let summary = &view.summary;
    assert_eq!((summary.nodes, summary.ready, summary.waiting), (1, 1, 5));
    assert_eq!((summary.critical, summary.gated), (1, 1));
}

#[test]
fn a_pod_that_comes_later_is_judged_and_a_node_that_fills_up_judges_all_again() {
    let mut core = core([node("a", "2"), pod("first", &json!({}))]);
    assert_eq!(fit(&settle(&mut core), "first"), Some((1, 1)));
    core.apply(vec![pod("second", &json!({"nodeSelector": {"disk": "ssd"}}))]);
    let view = settle(&mut core);
    assert_eq!(
        (fit(&view, "first"), fit(&view, "second")),
        (Some((1, 1)), Some((0, 1)))
    );
    let message = &view.waiting[1].fit.as_ref().expect("judged").message;
    assert!(
        message.contains("didn't match Pod's node affinity/selector"),
        "{message}"
    );
    core.apply(vec![
        pod("x", &json!({"nodeName": "a"})),
        pod("y", &json!({"nodeName": "a"})),
    ]);
    assert_eq!(fit(&settle(&mut core), "first"), Some((0, 1)));
}

#[test]
fn the_queue_is_judged_in_slices_none_of_which_is_lost() {
    let pods = (0..50).map(|i| pod(&format!("p{i}"), &json!({"priority": i})));
    let mut core = core(std::iter::once(node("a", "4")).chain(pods));
    // A deadline that has passed lets nothing be judged; each slice afterwards goes on from there.
    core.work(Instant::now(), Timestamp::UNIX_EPOCH);
    assert!(
        core.view(Timestamp::UNIX_EPOCH)
            .waiting
            .iter()
            .any(|row| row.fit.is_none())
    );
    let view = settle(&mut core);
    assert!(view.waiting.iter().all(|row| row.fit.is_some()));
    assert_eq!(core.next_work(Instant::now()), None, "all is judged");
}

#[test]
fn the_selected_pod_is_judged_again_only_when_something_it_depends_on_changed() {
    let mut core = core([node("a", "4"), node("b", "8"), pod("web", &json!({}))]);
    let first = look(&mut core, "web", None).selected.expect("judged");
    let again = look(&mut core, "web", None).selected.expect("judged");
    assert!(Arc::ptr_eq(&first.trace, &again.trace), "nothing changed");
    core.apply(vec![node("c", "4")]);
    let third = core.view(Timestamp::UNIX_EPOCH).selected.expect("judged");
    assert_eq!((first.trace.nodes.ids.len(), third.trace.nodes.ids.len()), (2, 3));
}

/// A pod that runs on `node`, with a label.
fn running(name: &str, node: &str, label: &str, cpu: &str) -> Change {
    let object = json!({
        "metadata": {
            "namespace": "shop", "name": name, "uid": format!("uid-{name}"), "resourceVersion": label,
            "labels": {"turn": label},
        },
        "spec": {
            "schedulerName": "berth", "nodeName": node,
            "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}],
        },
    });
    Change::Pod(WatchEvent::Applied(
        serde_json::from_value(object).expect("a pod"),
    ))
}

#[test]
fn what_changed_nothing_that_is_shown_keeps_addresses_and_what_did_is_as_if_judged_from_nothing() {
    let begin = || vec![node("a", "4"), node("b", "4"), pod("web", &json!({}))];
    let mut core = core(begin().into_iter().chain([running("old", "a", "1", "1")]));
    settle(&mut core);
    let before = look(&mut core, "web", Some("a"));
    let kept = |before: &View, now: &View| {
        let (was, is) = (
            before.selected.as_ref().expect("judged"),
            now.selected.as_ref().expect("judged"),
        );
        let explained = |view: &View| {
            let selected = view.selected.as_ref().expect("judged");
            Arc::clone(&selected.focus.first().expect("a node").1)
        };
        [
            Arc::ptr_eq(&was.trace, &is.trace),
            Arc::ptr_eq(&explained(before), &explained(now)),
            Arc::ptr_eq(&before.nodes, &now.nodes),
            Arc::ptr_eq(&before.waiting, &now.waiting),
        ]
    };
    // Labels that no rule of the pod goes by.
    core.apply(vec![running("old", "a", "2", "1")]);
    let now = settle(&mut core);
    assert!(now.generation > before.generation, "decisions could depend on it");
    assert_eq!(kept(&before, &now), [true; 4]);
    // A pod that takes room on the node.
    let more = || running("more", "a", "1", "2");
    core.apply(vec![more()]);
    let after = settle(&mut core);
    assert_eq!(kept(&now, &after), [false, false, false, true]);
    let mut fresh = Core::new(&[Arc::from("berth")], Profiles::default());
    let all = begin().into_iter().chain([running("old", "a", "2", "1"), more()]);
    fresh.apply(all.chain(Change::synced()).collect());
    settle(&mut fresh);
    let judged = look(&mut fresh, "web", Some("a"));
    let (one, other) = (after.selected.expect("judged"), judged.selected.expect("judged"));
    assert_eq!(*one.trace, *other.trace);
    assert_eq!(one.focus, other.focus);
    assert_eq!(after.nodes, judged.nodes);
}

#[test]
fn lines_of_nodes_are_as_if_made_from_nothing_whatever_came_before() {
    let gone = |name: &str| {
        let object = json!({"metadata": {"name": name, "uid": name}});
        Change::Node(WatchEvent::Deleted(
            serde_json::from_value(object).expect("a node"),
        ))
    };
    let cordoned = |name: &str| {
        let object = json!({
            "metadata": {"name": name, "uid": name, "labels": {"topology.kubernetes.io/zone": "z"}},
            "spec": {"unschedulable": true, "taints": [{"key": "k", "effect": "NoSchedule"}]},
            "status": {"allocatable": {"cpu": "2", "memory": "1Gi", "pods": "5", "example.com/gpu": "1"}},
        });
        Change::Node(WatchEvent::Applied(
            serde_json::from_value(object).expect("a node"),
        ))
    };
    let steps: [&dyn Fn() -> Vec<Change>; 6] = [
        &|| vec![node("m", "4"), node("s", "4"), running("one", "s", "1", "1")],
        &|| vec![node("a", "8")],
        &|| vec![running("two", "m", "1", "2"), cordoned("s")],
        &|| vec![gone("m"), node("z", "1")],
        &|| vec![node("m", "6"), running("one", "s", "2", "1")],
        &|| vec![gone("a"), node("b", "8")],
    ];
    let shown = |core: &mut Core| {
        let nodes = core.view(Timestamp::UNIX_EPOCH).nodes;
        let line = |line: &NodeSummary| {
            let NodeSummary {
                name,
                zone,
                ready,
                unschedulable,
                pods,
                cpu,
                memory,
                taints,
                extended,
                ..
            } = line.clone();
            (
                name,
                zone,
                (ready, unschedulable),
                (pods, cpu, memory),
                (taints, extended),
            )
        };
        nodes.iter().map(line).collect::<Vec<_>>()
    };
    let mut core = core([]);
    for last in 0..steps.len() {
        core.apply(steps[last]());
        let mut fresh = Core::new(&[Arc::from("berth")], Profiles::default());
        let all = steps[..=last].iter().flat_map(|step| step());
        fresh.apply(all.chain(Change::synced()).collect());
        assert_eq!(shown(&mut core), shown(&mut fresh), "step {last}");
    }
    assert_eq!(shown(&mut core).len(), 4);
}

#[test]
fn the_node_looked_at_is_explained() {
    let mut core = core([node("a", "4"), node("b", "500m"), pod("web", &json!({}))]);
    let selected = look(&mut core, "web", Some("b")).selected.expect("judged");
    let [(node, explanation)] = &selected.focus[..] else {
        panic!("one node is explained");
    };
    let node = *node;
    assert_eq!(selected.trace.nodes.name(node), "b");
    let fit = explanation
        .filters
        .iter()
        .find(|(plugin, _)| *plugin == "NodeResourcesFit");
    assert!(fit.expect("it ran").1.summary.contains("500m"), "{fit:?}");
    assert_eq!(explanation.scores, [], "a node that does not fit is not scored");
    let selected = look(&mut core, "web", Some("a")).selected.expect("judged");
    let [(_, explanation)] = &selected.focus[..] else {
        panic!("one node is explained");
    };
    assert!(!explanation.scores.is_empty());
    assert!(
        look(&mut core, "web", Some("gone"))
            .selected
            .expect("judged")
            .focus
            .is_empty()
    );
}

#[test]
fn a_pod_that_is_placed_leaves_the_queue_and_is_last_seen_on_its_node() {
    let mut core = core([node("a", "4"), pod("web", &json!({}))]);
    assert!(look(&mut core, "web", None).selected.is_some());
    let bound = pod_object("web", "2", &json!({"nodeName": "a"}));
    core.apply(vec![Change::Pod(WatchEvent::Applied(bound))]);
    let view = core.view(Timestamp::UNIX_EPOCH);
    assert!(view.waiting.is_empty());
    let last = view.selected.expect("the last decision");
    assert_eq!(last.pod.node_name.as_deref(), Some("a"));
    assert!(
        core.judge(&PodKey::new("shop", "web"), Timestamp::UNIX_EPOCH)
            .is_none(),
        "it waits no longer"
    );
    let gone = pod_object("web", "3", &json!({}));
    core.apply(vec![Change::Pod(WatchEvent::Deleted(gone))]);
    assert!(core.view(Timestamp::UNIX_EPOCH).selected.is_none());
}

#[test]
fn a_relist_loses_and_doubles_nothing() {
    let mut core = core([node("a", "4"), pod("kept", &json!({})), pod("gone", &json!({}))]);
    let kept = pod_object("kept", "5", &json!({}));
    core.apply(vec![
        Change::Pod(WatchEvent::Restarted),
        Change::Pod(WatchEvent::Listed(kept)),
    ]);
    assert_eq!(
        core.view(Timestamp::UNIX_EPOCH).waiting.len(),
        2,
        "the list is not complete"
    );
    core.apply(vec![Change::Pod(WatchEvent::Synced)]);
    let view = settle(&mut core);
    let names: Vec<&str> = view.waiting.iter().map(|row| &*row.pod.key.name).collect();
    assert_eq!(names, ["kept"]);
    assert_eq!(&*view.waiting[0].pod.resource_version, "5");
}

/// Where the pod is in the queue, how often it was tried, and who rejected it.
fn queued(view: &View, name: &str) -> (Place, u32, Vec<&'static str>) {
    let mut rows = view.waiting.iter();
    let row = rows
        .find(|row| &*row.pod.key.name == name)
        .expect("the pod waits");
    let queued = row.queued.as_ref().expect("it has come to the queue");
    (queued.place.clone(), queued.attempts, queued.rejectors.to_vec())
}

/// Judges and moves everybody, at `seconds` of the clock.
fn settle_at(core: &mut Core, seconds: i64) -> View {
    let clock = Timestamp::from_second(seconds).expect("a time");
    loop {
        core.work(Instant::now() + Duration::from_secs(1), clock);
        match core.next_work(Instant::now()) {
            Some(due) => std::thread::sleep(due.saturating_duration_since(Instant::now())),
            None => return core.view(clock),
        }
    }
}

#[test]
fn the_queue_goes_by_the_verdicts_and_what_happens_moves_it() {
    let mut core = core([
        node("a", "1"),
        pod("there", &json!({"nodeName": "a"})),
        pod(
            "big",
            &json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "8"}}}]}),
        ),
        pod("web", &json!({})),
        pod(
            "held",
            &json!({"schedulingGates": [{"name": "example.com/wait"}]}),
        ),
    ]);
    let fit = vec!["NodeResourcesFit"];
    let view = settle_at(&mut core, 100);
    assert_eq!(queued(&view, "web"), (Place::Unschedulable, 1, fit.clone()));
    assert_eq!(queued(&view, "big"), (Place::Unschedulable, 1, fit.clone()));
    let gated = Place::Gated {
        plugin: "SchedulingGates",
        reason: "waiting for scheduling gates: [example.com/wait]".into(),
    };
    assert_eq!(queued(&view, "held"), (gated, 0, vec!["SchedulingGates"]));

    // A node that is large enough for one of them alone.
    core.apply(vec![node("b", "2")]);
    let view = settle_at(&mut core, 110);
    assert_eq!(
        queued(&view, "web"),
        (Place::Held, 2, vec![]),
        "it fits, and waits for a person"
    );
    assert_eq!(
        queued(&view, "big"),
        (Place::Unschedulable, 1, fit.clone()),
        "nothing for it"
    );

    // Somebody else takes the room, twice; then a pod goes.
    core.apply(vec![
        pod("other", &json!({"nodeName": "b"})),
        pod("more", &json!({"nodeName": "b"})),
    ]);
    let view = settle_at(&mut core, 120);
    assert_eq!(queued(&view, "web"), (Place::Unschedulable, 2, fit.clone()));
    core.apply(vec![Change::Pod(WatchEvent::Deleted(pod_object(
        "other",
        "2",
        &json!({}),
    )))]);
    let view = settle_at(&mut core, 121);
    assert_eq!(queued(&view, "web"), (Place::Held, 3, vec![]));
    // For the other, too, a pod that goes may be what it waits for: it was tried, in vain.
    assert_eq!(queued(&view, "big"), (Place::Unschedulable, 2, fit));

    core.apply(vec![pod("held", &json!({}))]);
    let view = settle_at(&mut core, 122);
    assert_eq!(queued(&view, "held").0, Place::Held, "its gate is gone");
    core.apply(vec![pod("web", &json!({"nodeName": "b"}))]);
    let view = settle_at(&mut core, 123);
    assert!(view.waiting.iter().all(|row| &*row.pod.key.name != "web"));
}

#[test]
fn after_an_error_time_alone_has_a_pod_tried_again() {
    let mut core = core([pod("web", &json!({}))]);
    let view = settle_at(&mut core, 100);
    let until = |seconds| Place::Backoff {
        until: Timestamp::from_second(seconds).expect("a time"),
        error: true,
    };
    assert_eq!(queued(&view, "web"), (until(101), 1, vec![]), "there is no node");
    assert_eq!(core.next_tick(), Timestamp::from_second(102).ok());
    let view = settle_at(&mut core, 101);
    assert_eq!(queued(&view, "web").1, 1);
    let view = settle_at(&mut core, 102);
    assert_eq!(queued(&view, "web"), (until(104), 2, vec![]));
}
