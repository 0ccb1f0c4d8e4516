//! Plans: every placement is what the cycle says after those before it, and the search never does worse.

mod claims;
mod one_by_one;
mod optimum;

use std::ops::ControlFlow;
use std::sync::Arc;

use berth::model::from_api::list;
use berth::model::{Change, Cluster, PodKey};
use berth::scheduling::plan::{Fate, Plan, Progress, Request, Search, Ties};
use berth::scheduling::{Assumed, Profiles, cycle, plugin::Cycle};
use k8s_openapi::api::core::v1::{Node, Pod};
use serde_json::{Value, json};

/// A cluster of these, all pods in the namespace `shop`, the first one the oldest.
pub(crate) fn cluster(nodes: Vec<Node>, pods: Vec<Pod>) -> Cluster {
    Cluster::from_changes(changes(nodes, pods))
}

/// What makes such a cluster.
#[expect(clippy::needless_pass_by_value, reason = "they are made where it is called")]
pub(crate) fn changes(nodes: Vec<Node>, pods: Vec<Pod>) -> Vec<Change> {
    let mut items: Vec<Value> =
        vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})];
    items.extend(nodes.iter().map(|node| serde_json::to_value(node).expect("JSON")));
    for (at, pod) in pods.iter().enumerate() {
        let mut pod = serde_json::to_value(pod).expect("JSON");
        pod["metadata"]["namespace"] = json!("shop");
        pod["metadata"]["uid"] = json!(format!("uid-{at}"));
        pod["metadata"]["resourceVersion"] = json!(at.to_string());
        pod["metadata"]["creationTimestamp"] = json!(format!("2026-01-01T00:{:02}:00Z", at));
        items.push(pod);
    }
    let text = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    list::read(text.as_bytes(), "made up")
        .expect("it can be read")
        .changes
}

pub(crate) fn key(name: &str) -> PodKey {
    PodKey::new("shop", name)
}

fn request() -> Request {
    Request {
        ours: vec!["berth".into()],
        ..Request::default()
    }
}

fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn one_by_one(cluster: &Cluster, request: &Request) -> Plan {
    berth::scheduling::plan::one_by_one(cluster, &Profiles::default(), request, &mut go_on)
        .expect("nobody broke it off")
}

fn optimize(cluster: &Cluster, request: &Request, search: Search) -> berth::scheduling::plan::Optimized {
    let found = berth::scheduling::plan::optimize(cluster, &Profiles::default(), request, search, &mut go_on);
    found.expect("nobody broke it off")
}

/// Pod and node of each placement, in order.
fn sites(plan: &Plan) -> Vec<(String, String)> {
    let placements = plan.placements();
    placements
        .map(|(pod, at)| (pod.key.name.to_string(), at.node.to_string()))
        .collect()
}

fn pairs(sites: &[(String, String)]) -> Vec<(&str, &str)> {
    sites.iter().map(|(pod, node)| (&**pod, &**node)).collect()
}

/// Carries the plan out step by step, judging from nothing, and compares with what the plan says.
#[track_caller]
fn replay(cluster: &Cluster, plan: &Plan, profiles: &mut Profiles) {
    let (mut now, mut assumed) = (cluster.clone(), Assumed::default());
    let nodes = Arc::new(cycle::node_index(cluster));
    for row in &plan.rows {
        let pod = &row.pod;
        if matches!(row.fate, Fate::LeftOut(_)) {
            continue;
        }
        let profile = profiles.get(&pod.spec.scheduler_name);
        let trace = cycle::evaluate(Cycle { cluster: &now, pod }, &profile, &nodes);
        match &row.fate {
            Fate::Placed(at) => {
                let node = nodes.id(&at.node).expect("a node of the cluster");
                assert!(
                    trace.feasible_index(node).is_some(),
                    "{} does not fit on {}",
                    pod.key,
                    at.node
                );
                assert_eq!(
                    (at.total, at.fit, at.best),
                    (
                        trace.total(node),
                        trace.feasible.len(),
                        trace.decision.chosen().contains(&node)
                    ),
                    "{}",
                    pod.key
                );
                assumed.place(&mut now, &profile, pod, node);
                let placed = now.pod(&pod.key).and_then(|pod| pod.node_name.clone());
                assert_eq!(placed.as_ref(), Some(&at.node));
            }
            Fate::Unplaced(unplaced) if unplaced.pinned.is_none() => {
                assert_eq!(trace.decision.chosen(), [], "{} fits somewhere", pod.key);
            }
            _ => {}
        }
    }
    for node in &plan.usage {
        let id = nodes.id(&node.node).expect("a node of the cluster");
        assert_eq!(
            node.after.pods,
            now.nodes.pods_on(id).len() as i64,
            "{}",
            node.node
        );
    }
}

const FIRST: Ties = Ties::FirstByName;
