//! The search against trying everything, on clusters so small that everything can be tried.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use berth::model::{Cluster, Pod};
use berth::scheduling::plan::{Fate, Request, Search, difference};
use berth::scheduling::plugin::Cycle;
use berth::scheduling::{Profile, Profiles, cycle};
use fastrand::Rng;
use k8s_openapi::api::core::v1 as api;
use serde_json::json;

use super::{cluster, key, one_by_one, optimize, pairs, replay, request, sites};
use crate::support::{node, pod};

/// A pod with a priority that may keep away from, or need, others.
fn random_pod(at: usize, rng: &mut Rng) -> api::Pod {
    let cpu = ["500m", "1", "2", "3"][rng.usize(..4)];
    let app = ["a", "b"][rng.usize(..2)];
    let mut made = pod(&format!("p{at}")).requests(cpu, "256Mi").label("app", app);
    if rng.u8(..5) == 0 {
        made = made.node_selector("disk", "ssd");
    }
    let priority = [0, 0, 10][rng.usize(..3)];
    let other = ["a", "b"][rng.usize(..2)];
    let like = json!({"matchLabels": {"app": other}});
    let term = json!([{"labelSelector": like, "topologyKey": "kubernetes.io/hostname"}]);
    let kind = match rng.u8(..6) {
        0 => Some("podAntiAffinity"),
        1 => Some("podAffinity"),
        _ => None,
    };
    made.with(|pod| {
        let spec = pod.spec.get_or_insert_default();
        spec.priority = Some(priority);
        let affinity =
            kind.map(|kind| json!({kind: {"requiredDuringSchedulingIgnoredDuringExecution": term}}));
        spec.affinity = affinity.map(|affinity| serde_json::from_value(affinity).expect("an affinity"));
    })
    .build()
}

fn random_cluster(seed: u64) -> Cluster {
    let mut rng = Rng::with_seed(seed);
    let nodes = (0..rng.usize(2..=3)).map(|at| {
        let made = node(&format!("n{at}")).cpu(["2", "3", "4"][rng.usize(..3)]);
        if rng.bool() {
            made.label("disk", "ssd").build()
        } else {
            made.build()
        }
    });
    let nodes = nodes.collect();
    let pods = (0..rng.usize(4..=5)).map(|at| random_pod(at, &mut rng)).collect();
    cluster(nodes, pods)
}

/// The most that can be placed of each priority, whatever the order and the nodes.
struct Exhaustive<'a> {
    cluster: Cluster,
    profile: &'a Profile,
    pods: Vec<Arc<Pod>>,
    priorities: Vec<i32>,
    seen: HashSet<Vec<Option<u32>>>,
    best: Vec<usize>,
}

impl Exhaustive<'_> {
    fn of(cluster: &Cluster, profile: &Profile) -> Vec<usize> {
        let mut pods: Vec<Arc<Pod>> = cluster.waiting().cloned().collect();
        pods.sort_by(|a, b| a.key.cmp(&b.key));
        let priorities: BTreeSet<i32> = pods.iter().map(|pod| pod.spec.priority).collect();
        let mut all = Exhaustive {
            cluster: cluster.clone(),
            profile,
            seen: HashSet::new(),
            best: vec![0; priorities.len()],
            priorities: priorities.into_iter().rev().collect(),
            pods,
        };
        all.walk(&mut vec![None; all.pods.len()]);
        all.best
    }

    fn walk(&mut self, at: &mut Vec<Option<u32>>) {
        if !self.seen.insert(at.clone()) {
            return;
        }
        let placed = self.priorities.iter().map(|&priority| {
            let pods = self.pods.iter().zip(at.iter());
            pods.filter(|(pod, at)| at.is_some() && pod.spec.priority == priority)
                .count()
        });
        let placed: Vec<usize> = placed.collect();
        self.best = placed.max(std::mem::take(&mut self.best));
        let nodes = Arc::new(cycle::node_index(&self.cluster));
        for next in 0..self.pods.len() {
            if at[next].is_some() {
                continue;
            }
            let pod = Arc::clone(&self.pods[next]);
            let cycle = Cycle {
                cluster: &self.cluster,
                pod: &pod,
            };
            for node in cycle::evaluate(cycle, self.profile, &nodes).feasible {
                assert!(self.cluster.assume(&pod.key, nodes.name(node)));
                at[next] = Some(node.0);
                self.walk(at);
                at[next] = None;
                assert!(self.cluster.forget(&pod.key));
            }
        }
    }
}

#[test]
fn the_search_is_never_worse_and_nearly_always_finds_the_most() {
    const CLUSTERS: u64 = 60;
    let profile = Profile::default_for("berth");
    let (mut reached, mut better, mut could, mut missed) = (0, 0, 0, Vec::new());
    for seed in 0..CLUSTERS {
        let cluster = random_cluster(seed);
        let search = Search {
            seed,
            evaluations: 1_000,
        };
        let found = optimize(&cluster, &request(), search);
        let (first, best) = (found.one_by_one.objective(), found.plan.objective());
        assert!(best >= first, "seed {seed}: {best:?} is worse than {first:?}");
        replay(&cluster, &found.plan, &mut Profiles::default());
        let most = Exhaustive::of(&cluster, &profile);
        assert!(
            best.placed <= most,
            "seed {seed}: {best:?} is more than can be, {most:?}"
        );
        could += usize::from(first.placed < most);
        better += usize::from(first.placed < best.placed);
        reached += usize::from(best.placed == most);
        if best.placed != most {
            missed.push((seed, best.placed, most));
        }
    }
    println!(
        "one by one misses the most in {could} of {CLUSTERS}; the search betters {better}, reaches it in {reached}"
    );
    println!("missed: {missed:?}");
    assert!(could >= 5, "{could}: the clusters are too easy to tell anything");
    assert!(
        reached * 100 >= CLUSTERS as usize * 95,
        "{reached} of {CLUSTERS}: {missed:?}"
    );
}

#[test]
fn small_pods_make_way_for_a_large_one() {
    let nodes = vec![node("n1").cpu("4").build(), node("n2").cpu("4").build()];
    let mut pods: Vec<_> = (1..=4)
        .map(|at| pod(&format!("s{at}")).requests("1", "1Gi").build())
        .collect();
    pods.push(pod("large").requests("4", "1Gi").build());
    let cluster = cluster(nodes, pods);
    let found = optimize(&cluster, &request(), Search::default());
    assert_eq!(
        found.one_by_one.placements().count(),
        4,
        "two on each, and no room for the large one"
    );
    assert_eq!(found.plan.placements().count(), 5);
    let difference = difference(&found.one_by_one, &found.plan);
    assert_eq!(difference, found.difference);
    assert_eq!(difference.placed.len(), 1);
    assert_eq!(difference.placed[0].0, key("large"));
    assert_eq!((difference.counts, difference.moved.len()), ((4, 5), 2));
    let again = optimize(&cluster, &request(), Search::default());
    assert_eq!(
        sites(&again.plan),
        sites(&found.plan),
        "the same seed, the same plan"
    );
    replay(&cluster, &found.plan, &mut Profiles::default());
}

#[test]
fn one_pod_of_higher_priority_counts_more_than_any_number_of_others() {
    let with = |name: &str, cpu: &str, priority: i32| {
        let made = pod(name).requests(cpu, "1Gi");
        made.with(|pod| pod.spec.get_or_insert_default().priority = Some(priority))
            .build()
    };
    let pods = vec![
        with("s1", "1", 0),
        with("s2", "1", 0),
        with("s3", "1", 0),
        with("big", "3", 1),
    ];
    let cluster = cluster(vec![node("n1").cpu("3").build()], pods);
    // By hand the small ones come first, and take all.
    let by_hand = Request {
        order: ["s1", "s2", "s3"].map(key).to_vec(),
        ..request()
    };
    let found = optimize(&cluster, &by_hand, Search::default());
    assert_eq!(
        pairs(&sites(&found.one_by_one)),
        [("s1", "n1"), ("s2", "n1"), ("s3", "n1")]
    );
    assert_eq!(pairs(&sites(&found.plan)), [("big", "n1")]);
    assert!(found.plan.objective() > found.one_by_one.objective());
    assert_eq!(found.difference.dropped.len(), 3);
}

#[test]
fn a_pod_that_needs_another_waits_for_it() {
    let needs = pod("needy").with(|pod| {
        let spec = pod.spec.get_or_insert_default();
        spec.priority = Some(10);
        let affinity = json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"labelSelector": {"matchLabels": {"app": "db"}}, "topologyKey": "kubernetes.io/hostname"}
        ]}});
        spec.affinity = Some(serde_json::from_value(affinity).expect("an affinity"));
    });
    let pods = vec![needs.build(), pod("db").label("app", "db").build()];
    let cluster = cluster(vec![node("n1").build()], pods);
    let found = optimize(&cluster, &request(), Search::default());
    assert_eq!(pairs(&sites(&found.one_by_one)), [("db", "n1")]);
    assert_eq!(pairs(&sites(&found.plan)), [("db", "n1"), ("needy", "n1")]);
}

#[test]
fn pins_and_skips_hold_for_the_search_too() {
    let nodes = vec![node("n1").cpu("4").build(), node("n2").cpu("4").build()];
    let mut pods: Vec<_> = (1..=2)
        .map(|at| pod(&format!("s{at}")).requests("1", "1Gi").build())
        .collect();
    pods.push(pod("large").requests("4", "1Gi").build());
    pods.push(pod("skipped").build());
    let cluster = cluster(nodes, pods);
    let pinned = Request {
        pins: BTreeMap::from([(key("s1"), "n1".into()), (key("s2"), "n2".into())]),
        skips: BTreeSet::from([key("skipped")]),
        ..request()
    };
    let found = optimize(
        &cluster,
        &pinned,
        Search {
            seed: 3,
            evaluations: 500,
        },
    );
    assert_eq!(pairs(&sites(&found.plan)), [("s1", "n1"), ("s2", "n2")]);
    assert!(found.difference.is_none());
    let skipped = found
        .plan
        .rows
        .iter()
        .filter(|row| matches!(row.fate, Fate::LeftOut(_)));
    assert_eq!(skipped.count(), 1);
    assert_eq!(one_by_one(&cluster, &pinned).rows.len(), found.plan.rows.len());
}
