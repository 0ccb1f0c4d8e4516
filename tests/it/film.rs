//! The film of a decision: frames cut from real traces.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use berth::app::cycle::{Cell, Film, Ground, Mark, Scene, Stop};
use berth::engine::Core;
use berth::engine::view::{Interest, View};
use berth::model::from_api::list;
use berth::model::{Change, NodeId, PodKey, WatchEvent};
use berth::scheduling::trace::Decision;
use berth::scheduling::{Code, Profiles};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::parity::generate;

fn engine(items: &Value) -> Core {
    let file = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let loaded = list::read(file.as_bytes(), "test").expect("it can be read");
    let mut core = Core::new(&[Arc::from("berth")], Profiles::default());
    core.apply(loaded.changes.into_iter().chain(Change::synced()).collect());
    while core.next_work(Instant::now()).is_some() {
        core.work(Instant::now() + Duration::from_secs(1), Timestamp::UNIX_EPOCH);
        std::thread::yield_now();
    }
    core
}

fn look(core: &mut Core, pod: &PodKey, node: Option<&str>) -> View {
    core.look(Interest {
        pod: Some(pod.clone()),
        nodes: node.map(Arc::from).into_iter().collect(),
    });
    core.view(Timestamp::UNIX_EPOCH)
}

fn film_of(view: &View) -> Film {
    let selected = view.selected.as_ref().expect("it is judged");
    let row = view.waiting.iter().find(|row| row.pod.uid == selected.pod.uid);
    let film = Film::of(selected, row.and_then(|row| row.queued.as_ref()), &view.nodes);
    holds(&film);
    film
}

/// The film of pod `new`.
fn film(items: &Value) -> Film {
    film_of(&look(&mut engine(items), &PodKey::new("default", "new"), None))
}

fn node(name: &str, more: &Value) -> Value {
    let mut node = json!({
        "kind": "Node",
        "metadata": {"name": name, "uid": name, "labels": {
            "kubernetes.io/hostname": name,
            "topology.kubernetes.io/zone": format!("zone-{}", &name[..1]),
        }},
        "spec": {},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"}},
    });
    for (part, value) in more.as_object().into_iter().flatten() {
        node[part.as_str()] = value.clone();
    }
    node
}

fn cordoned(name: &str) -> Value {
    node(name, &json!({"spec": {"unschedulable": true}}))
}

fn small(name: &str) -> Value {
    node(
        name,
        &json!({"status": {"allocatable": {"cpu": "100m", "memory": "8Gi", "pods": "10"}}}),
    )
}

fn pod(more: &Value) -> Value {
    let container = json!({"name": "c", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}});
    let mut pod = json!({
        "kind": "Pod",
        "metadata": {"namespace": "default", "name": "new", "uid": "new", "resourceVersion": "7"},
        "spec": {"schedulerName": "berth", "containers": [container], "priority": 100},
        "status": {"phase": "Pending"},
    });
    for (path, value) in more.as_object().into_iter().flatten() {
        let (part, field) = path.split_once('.').expect("a part and a field");
        pod[part][field] = value.clone();
    }
    pod
}

/// What holds of every film.
fn holds(film: &Film) {
    let trace = &film.trace;
    let stops: Vec<Stop> = film.frames.iter().map(|frame| frame.stop).collect();
    assert!(stops.is_sorted(), "{}: {stops:?}", trace.pod);
    let mut left = trace.nodes.ids.len();
    for (at, frame) in film.frames.iter().enumerate() {
        left -= frame.falls;
        assert_eq!(frame.left, left, "{frame:?}");
        assert!(!frame.headline.is_empty(), "{frame:?}");
        let cells = film.cells(at);
        let count = |what: Cell| {
            trace
                .nodes
                .ids
                .iter()
                .filter(|id| cells[id.index()] == what)
                .count()
        };
        if matches!(frame.scene, Scene::Filter(_) | Scene::PreFilter(_)) {
            let counts = (count(Cell::Falls), count(Cell::Also), count(Cell::In));
            assert_eq!(counts, (frame.falls, frame.also, frame.left), "{frame:?}");
        }
        // Each frame says something of a node, and all nodes have their turn.
        for &node in trace
            .nodes
            .ids
            .iter()
            .cycle()
            .skip(at % trace.nodes.ids.len().max(1))
            .take(1)
        {
            assert!(
                !film
                    .said(at, Some(node), 40, &TimeZone::UTC, Vec::new())
                    .is_empty()
            );
        }
        assert!(!film.said(at, None, 1, &TimeZone::UTC, Vec::new()).is_empty());
    }
    let broken_off = matches!(trace.decision, Decision::Error(_));
    for &node in &trace.nodes.ids {
        let falls = film.falls_in(node).map(|at| &film.frames[at]);
        let fits = trace.feasible_index(node).is_some();
        match falls {
            None => assert!(fits || broken_off, "{} stays in", trace.nodes.name(node)),
            Some(frame) => {
                assert!(!fits, "{} falls in {frame:?}", trace.nodes.name(node));
                if matches!(frame.scene, Scene::Filter(_)) {
                    // The one that kube-scheduler reports.
                    let first = trace.first_failure(node).map(|(plugin, _)| plugin);
                    assert_eq!(first, frame.plugin);
                }
            }
        }
    }
}

fn frame<'a>(film: &'a Film, stop: Stop, plugin: &str) -> (usize, &'a berth::app::cycle::Frame) {
    let found = film.frames.iter().enumerate();
    let mut found = found.filter(|(_, frame)| frame.stop == stop && frame.plugin == Some(plugin));
    found
        .next()
        .unwrap_or_else(|| panic!("no {plugin} in {stop:?}: {:#?}", film.frames))
}

fn id(film: &Film, name: &str) -> NodeId {
    film.trace.nodes.id(name).expect("a node")
}

fn said(film: &Film, at: usize, node: &str) -> String {
    let lines = film.said(at, Some(id(film, node)), 80, &TimeZone::UTC, Vec::new());
    lines.iter().map(|line| line.text() + "\n").collect()
}

#[test]
fn nodes_fall_out_one_plugin_after_the_other() {
    let taint = json!({"spec": {"taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]},
        "status": {"allocatable": {"cpu": "100m", "memory": "8Gi", "pods": "10"}}});
    let film = film(&json!([
        node("a1", &json!({})),
        node("b1", &json!({})),
        cordoned("a2"),
        node("b2", &taint),
        small("b3"),
        pod(&json!({})),
    ]));
    let (_, cordon) = frame(&film, Stop::Filter, "NodeUnschedulable");
    assert_eq!(
        (cordon.falls, cordon.also, cordon.left, cordon.mark),
        (1, 0, 4, Mark::Bad)
    );
    assert_eq!(
        cordon.headline,
        "1 node falls out: node(s) were unschedulable; 4 of 5 nodes stay"
    );
    let (_, taints) = frame(&film, Stop::Filter, "TaintToleration");
    assert_eq!((taints.falls, taints.left), (1, 3));
    let (at, fit) = frame(&film, Stop::Filter, "NodeResourcesFit");
    assert_eq!((fit.falls, fit.also, fit.left), (1, 1, 2));
    assert_eq!(
        fit.headline,
        "1 node falls out: Insufficient cpu; 2 of 5 nodes stay; 1 that is out it rejects, too"
    );
    let cells = film.cells(at);
    let of = |name: &str| cells[id(&film, name).index()];
    assert_eq!(
        ["a1", "a2", "b2", "b3"].map(of),
        [Cell::In, Cell::Out, Cell::Also, Cell::Falls]
    );
    let text = said(&film, at, "b2");
    assert!(text.contains("✗ Insufficient cpu"), "{text}");
    assert!(
        text.contains("out since Filter TaintToleration: kube-scheduler does not ask any more"),
        "{text}"
    );
    assert!(
        text.contains("Keeps pods off nodes without room for their requests"),
        "{text}"
    );

    // Bars grow by plugin; the last are the totals.
    let scores: Vec<usize> = (0..film.frames.len())
        .filter(|&at| matches!(film.frames[at].scene, Scene::Score(_)))
        .collect();
    let level = |at: usize| match film.cells(at)[id(&film, "a1").index()] {
        Cell::Level(level) => level,
        other => panic!("{other:?}"),
    };
    assert!(scores.len() > 3 && scores.iter().map(|&at| level(at)).is_sorted());
    assert_eq!(level(scores[scores.len() - 1]), 8);
    let choice = film.first_at(Stop::Choice).expect("a choice");
    assert!(
        film.frames[choice].headline.starts_with("2 nodes tie at "),
        "{}",
        film.frames[choice].headline
    );
    assert_eq!(film.cells(choice)[id(&film, "b1").index()], Cell::Chosen);
    assert_eq!(film.frames.last().map(|frame| frame.stop), Some(Stop::Event));

    let ground = Ground::of(&film);
    let zones: Vec<_> = ground
        .zones
        .iter()
        .map(|(name, nodes)| (&**name, nodes.len()))
        .collect();
    assert_eq!(zones, [("zone-a", 2), ("zone-b", 3)]);
    assert_eq!(ground.node(3), Some(id(&film, "b2")));
    assert_eq!(ground.position(id(&film, "b2")), Some(3));
}

#[test]
fn a_gated_pod_is_held_back_and_the_rest_is_as_it_would_be() {
    let gates = json!({"spec.schedulingGates": [{"name": "example.com/quota"}]});
    let film = film(&json!([node("a1", &json!({})), pod(&gates)]));
    let (at, gate) = frame(&film, Stop::PreEnqueue, "SchedulingGates");
    assert_eq!(gate.mark, Mark::Bad);
    assert!(said(&film, at, "a1").contains("example.com/quota"));
    let queue = film.first_at(Stop::Queue).expect("a queue");
    assert_eq!(film.frames[queue].headline, "The pod does not enter the queue");
    let later = &film.frames[queue + 1..];
    assert!(
        !later.is_empty()
            && later
                .iter()
                .all(|frame| frame.note.contains("without what holds the pod back"))
    );
}

#[test]
fn without_nodes_there_is_nothing_to_filter() {
    let film = film(&json!([pod(&json!({}))]));
    assert_eq!(film.frames.last().map(|frame| frame.stop), Some(Stop::Choice));
    let filter = film.first_at(Stop::Filter).expect("a filter");
    assert_eq!(
        film.frames[filter].headline,
        "no nodes available to schedule pods"
    );
    assert!(Ground::of(&film).is_empty());
}

#[test]
fn pre_filter_narrows_and_rejects() {
    let term = json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a1"]}]});
    let affinity = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
        {"nodeSelectorTerms": [term]}}});
    let nodes = [node("a1", &json!({})), node("b1", &json!({}))];
    let narrow = film(&json!([
        nodes[0],
        nodes[1],
        pod(&json!({"spec.affinity": affinity}))
    ]));
    let (at, frame_of) = frame(&narrow, Stop::PreFilter, "NodeAffinity");
    assert_eq!(
        frame_of.headline,
        "NodeAffinity narrows the search: 1 node is out, 1 of 2 left"
    );
    assert!(said(&narrow, at, "b1").contains("outside the nodes that are left"));
    let scored = frame(&narrow, Stop::Score, "NodeResourcesFit").1;
    assert!(scored.note.contains("where one node is left"));

    let volumes = json!([{"name": "v", "persistentVolumeClaim": {"claimName": "gone"}}]);
    let reject = film(&json!([
        nodes[0],
        nodes[1],
        pod(&json!({"spec.volumes": volumes}))
    ]));
    let last = reject
        .frames
        .iter()
        .rfind(|frame| frame.stop == Stop::PreFilter && frame.plugin.is_some());
    let last = last.expect("a frame");
    assert!(
        last.headline
            .contains("rejects the pod on every node: persistentvolumeclaim \"gone\" not found")
    );
    assert_eq!((last.falls, last.left), (2, 0));
    let filter = reject.first_at(Stop::Filter).expect("a filter");
    assert_eq!(reject.frames[filter].scene, Scene::NotRun);
    assert!(reject.first_at(Stop::Score).is_none());
    let permit = reject.first_at(Stop::Permit).expect("a person may overrule");
    assert!(reject.frames[permit].note.contains("overrules"));
    assert!(said(&reject, permit, "a1").contains("wants a reason"));
}

#[test]
fn post_filter_names_victims_and_budgets() {
    let placed = |name: &str, node: &str, cpu: &str| {
        json!({
            "kind": "Pod",
            "metadata": {"namespace": "default", "name": name, "uid": name, "labels": {"app": "db"}},
            "spec": {"nodeName": node, "priority": 1,
                "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]},
            "status": {"phase": "Running", "startTime": "2026-01-01T00:00:00Z"},
        })
    };
    let budget = json!({
        "kind": "PodDisruptionBudget",
        "metadata": {"namespace": "default", "name": "db"},
        "spec": {"selector": {"matchLabels": {"app": "db"}}},
        "status": {"disruptionsAllowed": 0},
    });
    let film = film(&json!([
        node("a1", &json!({})),
        cordoned("b1"),
        placed("old", "a1", "4"),
        budget,
        pod(&json!({})),
    ]));
    let at = film.first_at(Stop::PostFilter).expect("a PostFilter");
    assert_eq!(
        film.frames[at].headline,
        "Room can be made on 1 of 2 nodes: kube-scheduler would nominate a1 and remove 1 pod of lower priority, \
         1 of them against a budget"
    );
    let text = said(&film, at, "a1");
    assert!(
        text.contains("− default/old  priority 1  against its budget"),
        "{text}"
    );
    let text = said(&film, at, "b1");
    assert!(
        text.contains("no room can be made here") && text.contains("NodeUnschedulable"),
        "{text}"
    );
    let cells = film.cells(at);
    assert_eq!(cells[id(&film, "a1").index()], Cell::BestRoom);
    let choice = film.first_at(Stop::Choice).expect("an end");
    assert!(
        film.frames[choice]
            .headline
            .starts_with("0/2 nodes are available: ")
    );
}

#[test]
fn explanations_stay_while_they_are_of_this_decision() {
    let items = json!([node("a1", &json!({})), node("b1", &json!({})), pod(&json!({}))]);
    let key = PodKey::new("default", "new");
    let mut core = engine(&items);
    let view = look(&mut core, &key, Some("a1"));
    let mut film = film_of(&view);
    let (at, _) = frame(&film, Stop::Filter, "NodeResourcesFit");
    assert!(film.explanation(id(&film, "a1")).is_some());
    assert!(!said(&film, at, "a1").contains("the numbers behind it are not here"));
    assert!(said(&film, at, "b1").contains("the numbers behind it are not here"));

    // Another node changes: what is said of b1 is the same, and its numbers are those of the film.
    let changed = |item: Value| {
        list::read(
            json!({"kind": "List", "items": [item]}).to_string().as_bytes(),
            "test",
        )
    };
    let node_change = |item: Value| {
        let changes = changed(item).expect("it can be read").changes;
        let node = changes.into_iter().find_map(|change| match change {
            Change::Node(WatchEvent::Listed(node)) => Some(node),
            _ => None,
        });
        Change::Node(WatchEvent::Applied(node.expect("a node")))
    };
    core.apply(vec![node_change(cordoned("a1"))]);
    let view = look(&mut core, &key, Some("b1"));
    let selected = view.selected.as_ref().expect("judged");
    let same_slot = selected.trace.nodes.id("b1") == film.trace.nodes.id("b1");
    assert!(same_slot && film.is_outdated_by(selected));
    let same_scores = selected
        .trace
        .filters
        .iter()
        .all(|column| column.get(id(&film, "b1")).code == Code::Success);
    assert!(same_scores);
    film.learn(selected);

    core.apply(vec![node_change(small("b1"))]);
    let view = look(&mut core, &key, Some("b1"));
    let mut fresh = film_of(&look(&mut engine(&items), &key, None));
    fresh.learn(view.selected.as_ref().expect("judged"));
    assert!(
        fresh.explanation(id(&fresh, "b1")).is_none(),
        "what is said of b1 is another thing now"
    );
}

#[test]
fn every_film_of_any_cluster_holds() {
    let mut seen: BTreeSet<Stop> = BTreeSet::new();
    let (mut films, mut rejected, mut errors) = (0, 0, 0);
    for seed in 0..60 {
        let file = generate::cluster(seed);
        let items = file["items"].clone();
        let mut core = engine(&items);
        let pods: Vec<PodKey> = core.cluster().waiting().map(|pod| pod.key.clone()).collect();
        for key in pods {
            let film = film_of(&look(&mut core, &key, None));
            seen.extend(film.frames.iter().map(|frame| frame.stop));
            films += 1;
            rejected += usize::from(film.frames.iter().any(|frame| frame.scene == Scene::NotRun));
            errors += usize::from(matches!(film.trace.decision, Decision::Error(_)));
        }
    }
    assert_eq!(seen.len(), Stop::ALL.len(), "{seen:?}");
    assert!(
        films > 100 && rejected > 0,
        "{films} films, {rejected} rejected, {errors} errors"
    );
}
