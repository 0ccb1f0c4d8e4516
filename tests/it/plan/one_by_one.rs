//! One pod after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use berth::scheduling::Profiles;
use berth::scheduling::plan::document::{Document, Metadata};
use berth::scheduling::plan::{Fate, LeftOut, Request, Search, Ties, Why, zones};
use serde_json::json;

use super::{FIRST, cluster, key, one_by_one, optimize, pairs, replay, request, sites};
use crate::parity::generate;
use crate::support::{node, pod};

#[test]
fn each_pod_is_judged_after_those_before_it() {
    let nodes = vec![node("n1").cpu("2").build(), node("n2").cpu("2").build()];
    let pods = (1..=5).map(|at| pod(&format!("p{at}")).requests("1", "1Gi").build());
    let cluster = cluster(nodes, pods.collect());
    let plan = one_by_one(&cluster, &request());
    let placed = sites(&plan);
    assert_eq!(
        pairs(&placed),
        [("p1", "n1"), ("p2", "n2"), ("p3", "n1"), ("p4", "n2")],
        "the less laden node each time, the first by name of equals"
    );
    let fits: Vec<usize> = plan.placements().map(|(_, at)| at.fit).collect();
    assert_eq!(fits, [2, 2, 2, 1]);
    let whys: Vec<Why> = plan.placements().map(|(_, at)| at.why).collect();
    assert_eq!(whys[0], Why::Scored { alike: 2 });
    assert_eq!(whys[1], Why::Scored { alike: 1 });
    assert_eq!(whys[3], Why::Single);
    let left: Vec<(&str, &str)> = plan
        .unplaced()
        .map(|(pod, un)| (&*pod.key.name, &*un.message))
        .collect();
    assert_eq!(left, [("p5", "0/2 nodes are available: 2 Insufficient cpu.")]);
    let usage: Vec<_> = plan
        .usage
        .iter()
        .map(|node| (node.before.cpu, node.after.cpu, node.allocatable.cpu))
        .collect();
    assert_eq!(usage, [(0, 2000, 2000), (0, 2000, 2000)]);
    let zone = &zones(&plan.usage)[0];
    assert_eq!((zone.nodes, zone.after.cpu, zone.after.pods), (2, 4000, 4));
    replay(&cluster, &plan, &mut Profiles::default());
}

#[test]
fn what_the_cluster_needs_comes_first_then_priority_then_age() {
    let with = |name: &str, priority: i32| {
        let pod = pod(name).requests("1", "1Gi");
        pod.with(|pod| pod.spec.get_or_insert_default().priority = Some(priority))
            .build()
    };
    let pods = vec![
        with("old", 0),
        with("web", 1000),
        with("dns", 2_000_000_000),
        with("new", 0),
    ];
    let cluster = cluster(vec![node("n1").cpu("3").build()], pods);
    let plan = one_by_one(&cluster, &request());
    let order: Vec<&str> = plan.rows.iter().map(|row| &*row.pod.key.name).collect();
    assert_eq!(order, ["dns", "web", "old", "new"]);
    assert_eq!(plan.unplaced().count(), 1);
    // By hand, anything goes.
    let by_hand = Request {
        order: vec![key("new"), key("old")],
        ..request()
    };
    let plan = one_by_one(&cluster, &by_hand);
    let order: Vec<&str> = plan.rows.iter().map(|row| &*row.pod.key.name).collect();
    assert_eq!(order, ["new", "old", "dns", "web"]);
    let left: Vec<&str> = plan.unplaced().map(|(pod, _)| &*pod.key.name).collect();
    assert_eq!(left, ["web"]);
}

#[test]
fn pins_and_skips_are_heeded_and_what_stands_against_them_is_said() {
    let nodes = vec![node("n1").cpu("2").build(), node("n2").cpu("1").build()];
    let pods = vec![
        pod("a").requests("1", "1Gi").build(),
        pod("b").requests("2", "1Gi").build(),
        pod("c").requests("100m", "1Gi").build(),
        pod("d").requests("100m", "1Gi").build(),
    ];
    let cluster = cluster(nodes, pods);
    let pinned = Request {
        pins: BTreeMap::from([
            (key("a"), "n2".into()),
            (key("b"), "n2".into()),
            (key("d"), "n9".into()),
        ]),
        skips: BTreeSet::from([key("c")]),
        ..request()
    };
    let plan = one_by_one(&cluster, &pinned);
    assert_eq!(pairs(&sites(&plan)), [("a", "n2")]);
    let (_, at) = plan.placements().next().expect("a");
    assert_eq!((at.why, at.best, at.fit), (Why::Pinned, false, 2));
    let left: Vec<_> = plan.unplaced().collect();
    assert_eq!(
        &*left[0].1.message,
        "pinned to n2, which is rejected by NodeResourcesFit: Insufficient cpu"
    );
    assert_eq!(
        (left[0].1.blamed.as_slice(), left[0].1.fit),
        (["NodeResourcesFit"].as_slice(), 1)
    );
    assert_eq!(&*left[1].1.message, "pinned to n9, and there is no such node");
    let out: Vec<_> = plan
        .left_out()
        .map(|(pod, why)| (&*pod.key.name, why.clone()))
        .collect();
    assert_eq!(out, [("c", LeftOut::Skipped)]);
}

#[test]
fn what_is_not_looked_at_is_told_with_the_reason() {
    let pods = vec![
        pod("gated").gate("example.com/approval").build(),
        pod("other").scheduler("default-scheduler").build(),
        pod("bound").on("n1").build(),
        pod("mine").build(),
    ];
    let cluster = cluster(vec![node("n1").build()], pods);
    let all = ["gated", "other", "bound", "mine", "gone"].map(key);
    let asked = Request {
        pods: Some(BTreeSet::from(all)),
        ..request()
    };
    let plan = one_by_one(&cluster, &asked);
    assert_eq!(pairs(&sites(&plan)), [("mine", "n1")]);
    let out: Vec<(String, String)> = plan
        .left_out()
        .map(|(pod, why)| (pod.key.name.to_string(), why.to_string()))
        .collect();
    assert_eq!(
        pairs(&out),
        [
            (
                "gated",
                "held back by SchedulingGates: waiting for scheduling gates: [example.com/approval]"
            ),
            ("other", "belongs to scheduler default-scheduler"),
            ("bound", "is on n1 already"),
        ]
    );
    assert_eq!(plan.gone, [key("gone")]);
    // Without a choice: all that wait and are ours.
    let plan = one_by_one(&cluster, &request());
    let names: Vec<&str> = plan.rows.iter().map(|row| &*row.pod.key.name).collect();
    assert_eq!(names, ["gated", "mine"]);
    // Chosen, and none there.
    let none = Request {
        pods: Some(BTreeSet::new()),
        ..request()
    };
    assert!(one_by_one(&cluster, &none).rows.is_empty());
}

#[test]
fn ties_are_drawn_by_seed_and_pod() {
    let nodes = (1..=8).map(|at| node(&format!("n{at}")).build()).collect();
    let pods = (1..=6).map(|at| pod(&format!("p{at}")).build()).collect();
    let cluster = cluster(nodes, pods);
    let drawn = |seed| {
        let request = Request {
            ties: Ties::Seeded(seed),
            ..request()
        };
        sites(&one_by_one(&cluster, &request))
    };
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
    assert_eq!(sites(&one_by_one(&cluster, &request()))[0].1, "n1");
}

/// On clusters that nobody has looked at, with all that the cycle judges.
#[test]
fn every_placement_is_what_judging_from_nothing_says() {
    let (mut placed, mut left) = (0, 0);
    for seed in 0..25 {
        let file = generate::cluster(seed);
        let loaded =
            berth::model::from_api::list::read(file.to_string().as_bytes(), "generated").expect("a cluster");
        let cluster = berth::model::Cluster::from_changes(loaded.changes);
        let request = Request {
            ours: cluster
                .waiting()
                .map(|pod| pod.spec.scheduler_name.clone())
                .collect(),
            ..Request::default()
        };
        let plan = one_by_one(&cluster, &request);
        replay(&cluster, &plan, &mut Profiles::default());
        placed += plan.placements().count();
        left += plan.unplaced().count();
        let found = optimize(
            &cluster,
            &request,
            Search {
                seed,
                evaluations: 60,
            },
        );
        replay(&cluster, &found.plan, &mut Profiles::default());
        assert!(
            found.plan.objective() >= found.one_by_one.objective(),
            "seed {seed}"
        );
        let mut pods: Vec<_> = found.plan.rows.iter().map(|row| &row.pod.key).collect();
        let mut all: Vec<_> = plan.rows.iter().map(|row| &row.pod.key).collect();
        pods.sort();
        all.sort();
        assert_eq!(pods, all, "no pod is lost");
    }
    assert!(
        placed > 30 && left > 5,
        "{placed} placed, {left} left over: there was little to see"
    );
}

#[test]
fn planning_can_be_broken_off() {
    let cluster = cluster(vec![node("n1").build()], vec![pod("a").build(), pod("b").build()]);
    let mut steps = Vec::new();
    let mut progress = |step: berth::scheduling::plan::Progress| {
        steps.push((step.done, step.of, step.placed));
        if steps.len() == 2 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let plan = berth::scheduling::plan::one_by_one(&cluster, &Profiles::default(), &request(), &mut progress);
    assert!(plan.is_none());
    assert_eq!(steps, [(0, 2, 0), (1, 2, 1)]);
}

#[test]
fn a_plan_survives_its_file() {
    let pods = vec![
        pod("a").requests("1", "1Gi").build(),
        pod("b").requests("9", "1Gi").build(),
        pod("c").gate("example.com/x\u{1b}[2J").build(),
    ];
    let cluster = cluster(
        vec![
            node("n1")
                .cpu("2")
                .label("topology.kubernetes.io/zone", "z")
                .build(),
        ],
        pods,
    );
    let plan = one_by_one(&cluster, &request());
    let metadata = Metadata {
        created: Some("2026-01-02T03:04:05Z".parse().expect("a time")),
        source: Some("https://127.0.0.1:6443".into()),
    };
    let document = Document::of(&plan, FIRST, metadata);
    let yaml = serde_saphyr::to_string(&document).expect("YAML");
    assert_eq!(Document::read(&yaml, "plan.yaml").expect("the same"), document);
    let text = serde_json::to_string(&document).expect("JSON");
    assert_eq!(Document::read(&text, "plan.json").expect("the same"), document);
    assert_eq!(
        serde_json::to_value(&document.placements).expect("JSON"),
        json!([{
            "pod": "shop/a", "uid": "uid-0", "resourceVersion": "0", "priority": 0, "node": "n1", "why": "single",
            "total": plan.placements().next().expect("a").1.total, "best": true, "fit": 1,
        }])
    );
    assert_eq!(
        document.unplaced[0].message,
        "0/1 nodes are available: 1 Insufficient cpu."
    );
    assert_eq!(document.cluster.changed[0].cpu.after, "1000m");
    assert!(matches!(plan.rows[2].fate, Fate::LeftOut(LeftOut::Gated { .. })));
}
