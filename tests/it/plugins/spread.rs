//! Spread where preemption asks what would be, and as a profile sets it up.

use std::sync::Arc;

use berth::model::cluster::WatchEvent;
use berth::model::from_api::{PodObject, list};
use berth::model::{Change, Cluster, NodeId, Pod, PodId, PodKey};
use berth::scheduling::explanation::HOLDS;
use berth::scheduling::features::{FeatureGates, Gate};
use berth::scheduling::plugin::{Cycle, Filter, Plugin, PreFilter};
use berth::scheduling::plugins::{ArgsError, Setup, row};
use berth::scheduling::trace::FilterColumn;
use berth::scheduling::{Code, Profile, Status, cycle};
use proptest::prelude::*;
use serde_json::{Value, json};

const ZONE: &str = "topology.kubernetes.io/zone";
const HOST: &str = "kubernetes.io/hostname";

fn read(items: &[Value]) -> Cluster {
    let text = json!({"kind": "List", "items": items}).to_string();
    let loaded = list::read(text.as_bytes(), "file").expect("it can be read");
    Cluster::from_changes(loaded.changes)
}

fn spread(args: &Value, gates: FeatureGates) -> Result<Box<dyn Plugin>, ArgsError> {
    let row = row("PodTopologySpread").expect("there is such a plugin");
    (row.build)(&Setup { args, gates })
}

fn pod_of(cluster: &Cluster, name: &str) -> Arc<Pod> {
    Arc::clone(cluster.pod(&PodKey::new("shop", name)).expect("the pod is there"))
}

/// The filter, if it runs, and its verdict on each node.
fn filtered<'a>(plugin: &'a dyn Plugin, cycle: Cycle<'a>) -> Option<(Box<dyn Filter + 'a>, FilterColumn)> {
    let Some(PreFilter::Run { filter, .. }) = plugin.pre_filter(cycle) else {
        return None;
    };
    let index = cycle::node_index(cycle.cluster);
    let mut column = FilterColumn::new("PodTopologySpread", cycle.cluster.nodes.slots());
    filter.filter(&index.ids, &mut column);
    Some((filter, column))
}

fn constraint() -> impl Strategy<Value = Value> {
    let keys = prop::sample::select(vec![ZONE, HOST]);
    let policies = || prop::sample::select(vec!["Honor", "Ignore"]);
    let actions = prop::sample::select(vec!["DoNotSchedule", "DoNotSchedule", "ScheduleAnyway"]);
    (keys, 1..3_i32, prop::option::of(1..5_i32), policies(), actions).prop_map(
        |(key, max_skew, min_domains, taints, action)| {
            json!({
                "topologyKey": key, "maxSkew": max_skew, "minDomains": min_domains, "nodeTaintsPolicy": taints,
                "whenUnsatisfiable": action, "labelSelector": {"matchLabels": {"app": "web"}},
            })
        },
    )
}

prop_compose! {
    fn world()(
        zones in prop::collection::vec(prop::option::weighted(0.9, 0..3_u8), 1..6),
        tainted in prop::collection::vec(any::<bool>(), 6),
        pods in prop::collection::vec((0..6_usize, any::<bool>(), any::<bool>()), 0..15),
        constraints in prop::collection::vec(constraint(), 1..3),
    ) -> (Vec<Value>, usize) {
        let nodes = zones.len();
        let mut items = Vec::new();
        for (at, zone) in zones.into_iter().enumerate() {
            let mut labels = json!({HOST: format!("n{at}")});
            if let Some(zone) = zone {
                labels[ZONE] = json!(format!("z{zone}"));
            }
            let taints = if tainted[at] { json!([{"key": "gpu", "effect": "NoSchedule"}]) } else { json!([]) };
            items.push(json!({
                "kind": "Node", "metadata": {"name": format!("n{at}"), "labels": labels}, "spec": {"taints": taints},
            }));
        }
        for (at, (node, web, others)) in pods.into_iter().enumerate() {
            items.push(json!({
                "kind": "Pod",
                "metadata": {
                    "name": format!("p{at}"),
                    "namespace": if others { "shop" } else { "other" },
                    "labels": {"app": if web { "web" } else { "db" }},
                },
                "spec": {"nodeName": format!("n{}", node % nodes), "containers": [{"name": "c"}]},
            }));
        }
        items.push(json!({
            "kind": "Pod",
            "metadata": {"name": "new", "namespace": "shop", "labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c"}], "topologySpreadConstraints": constraints},
        }));
        (items, nodes)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// What is said of a node without some of its pods is what is said once they are gone.
    #[test]
    fn without_pods_is_as_if_they_were_gone((items, nodes) in world(), kept in prop::collection::vec(any::<bool>(), 15)) {
        let cluster = read(&items);
        let pod = pod_of(&cluster, "new");
        let plugin = spread(&Value::Null, FeatureGates::default()).expect("its defaults suit it");
        let Some((filter, column)) = filtered(&*plugin, Cycle { cluster: &cluster, pod: &pod }) else {
            return Ok(());
        };
        for at in 0..nodes {
            let (node, _) = cluster.node(&format!("n{at}")).expect("the node is there");
            let on_node: Vec<(PodId, Arc<Pod>)> = cluster.pods_on(node).map(|(id, pod)| (id, Arc::clone(pod))).collect();
            let removed: Vec<_> = on_node.into_iter().zip(&kept).filter(|(_, kept)| !**kept).map(|(pod, _)| pod).collect();
            let ids: Vec<PodId> = removed.iter().map(|(id, _)| *id).collect();
            let said = filter.filter_without(node, &ids).unwrap_or_else(|| column.get(node).clone());
            let mut smaller = cluster.clone();
            for (_, gone) in &removed {
                let mut object = PodObject::default();
                object.metadata.namespace = gone.key.namespace.to_string();
                object.metadata.name = gone.key.name.to_string();
                smaller.apply(Change::Pod(WatchEvent::Deleted(Box::new(object))));
            }
            let pod = pod_of(&smaller, "new");
            let (_, column) = filtered(&*plugin, Cycle { cluster: &smaller, pod: &pod }).expect("it runs as before");
            prop_assert_eq!(&said, column.get(node), "{}", at);
        }
    }

    /// Verdicts and scores are explained by what gives them.
    #[test]
    fn explanations_end_in_verdict_and_score((items, _) in world()) {
        let cluster = read(&items);
        let pod = pod_of(&cluster, "new");
        let profile = Profile::default_for("default-scheduler");
        let nodes = Arc::new(cycle::node_index(&cluster));
        let cycle = Cycle { cluster: &cluster, pod: &pod };
        let trace = cycle::run(cycle, &profile, &nodes);
        for &node in &nodes.ids {
            let explained = cycle::explain(cycle, &profile, &trace, node);
            let column = trace.filters.iter().find(|column| column.plugin == "PodTopologySpread");
            let why = explained.filters.iter().find(|(plugin, _)| *plugin == "PodTopologySpread");
            prop_assert_eq!(column.is_some(), why.is_some());
            if let (Some(column), Some((_, why))) = (column, why) {
                let against: Vec<&str> = why.steps.iter().map(|step| &*step.result).filter(|r| *r != HOLDS).collect();
                let reasons: Vec<&str> = column.get(node).reasons.iter().map(|reason| &**reason).collect();
                prop_assert_eq!(against, reasons);
            }
            for (plugin, why) in &explained.scores {
                let column = trace.scores.iter().find(|column| column.plugin == *plugin).expect("it scored");
                let at = trace.feasible_index(node).expect("it is feasible");
                let last = why.steps.last().map(|step| step.result.clone());
                prop_assert_eq!(last, Some(column.normalized[at].to_string()), "{}", plugin);
            }
        }
    }
}

fn labelled(name: &str, zone: &str) -> Value {
    json!({"kind": "Node", "metadata": {"name": name, "labels": {ZONE: zone, HOST: name}}})
}

fn web(name: &str, node: Option<&str>, labels: &Value, constraints: &Value) -> Value {
    json!({
        "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "spec": {"nodeName": node, "containers": [{"name": "c"}], "topologySpreadConstraints": constraints},
    })
}

fn verdict(plugin: &dyn Plugin, cluster: &Cluster, node: &str) -> Option<Status> {
    let pod = pod_of(cluster, "new");
    let (id, _): (NodeId, _) = cluster.node(node).expect("the node is there");
    let (_, column) = filtered(plugin, Cycle { cluster, pod: &pod })?;
    Some(column.get(id).clone())
}

#[test]
fn removing_pods_that_an_empty_selector_never_counted_takes_them_off_all_the_same() {
    let constraints = json!([{"topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}]);
    let cluster = read(&[
        labelled("a", "a"),
        labelled("b", "b"),
        web("p1", Some("a"), &json!({}), &json!([])),
        web("p2", Some("a"), &json!({}), &json!([])),
        web("new", None, &json!({}), &constraints),
    ]);
    let pod = pod_of(&cluster, "new");
    let plugin = spread(&Value::Null, FeatureGates::default()).expect("its defaults suit it");
    let (filter, _) = filtered(
        &*plugin,
        Cycle {
            cluster: &cluster,
            pod: &pod,
        },
    )
    .expect("it runs");
    let (a, _) = cluster.node("a").expect("the node is there");
    let on_node: Vec<PodId> = cluster.pods_on(a).map(|(id, _)| id).collect();
    assert_eq!(filter.filter_without(a, &on_node), Some(Status::SUCCESS));
    let (b, _) = cluster.node("b").expect("the node is there");
    assert_eq!(filter.filter_without(b, &[]), None);
}

#[test]
fn match_label_keys_follow_their_gate() {
    let constraints = json!([{
        "topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule",
        "matchLabelKeys": ["version"], "labelSelector": {"matchLabels": {"app": "web"}},
    }]);
    let cluster = read(&[
        labelled("a", "a"),
        labelled("b", "b"),
        web(
            "old",
            Some("a"),
            &json!({"app": "web", "version": "v1"}),
            &json!([]),
        ),
        web("new", None, &json!({"app": "web", "version": "v2"}), &constraints),
    ]);
    let mut gates = FeatureGates::default();
    let on = spread(&Value::Null, gates).expect("it can be made");
    assert_eq!(verdict(&*on, &cluster, "a"), Some(Status::SUCCESS));
    gates.set(Gate::MatchLabelKeysInPodTopologySpread, false);
    let off = spread(&Value::Null, gates).expect("it can be made");
    assert_eq!(
        verdict(&*off, &cluster, "a").map(|status| status.code),
        Some(Code::Unschedulable)
    );
}

#[test]
fn a_profile_may_have_hard_default_constraints() {
    let args = json!({
        "defaultingType": "List",
        "defaultConstraints": [{"topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}],
    });
    let service = json!({"kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"selector": {"app": "web"}}});
    let mut items = vec![
        labelled("a", "a"),
        labelled("b", "b"),
        web("old", Some("a"), &json!({"app": "web"}), &json!([])),
        web("new", None, &json!({"app": "web"}), &json!([])),
    ];
    let plugin = spread(&args, FeatureGates::default()).expect("it can be made");
    assert_eq!(
        verdict(&*plugin, &read(&items), "a"),
        None,
        "nothing selects the pod"
    );
    items.push(service);
    let cluster = read(&items);
    assert_eq!(
        verdict(&*plugin, &cluster, "a").map(|status| status.code),
        Some(Code::Unschedulable)
    );
    assert_eq!(verdict(&*plugin, &cluster, "b"), Some(Status::SUCCESS));
    let usual = spread(&Value::Null, FeatureGates::default()).expect("its defaults suit it");
    assert_eq!(
        verdict(&*usual, &cluster, "a"),
        None,
        "kube-scheduler's own are soft"
    );
}

#[test]
fn arguments_that_upstream_refuses_are_refused() {
    let good = json!({"topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"});
    let with = |field: &str, value: Value| {
        let mut constraint = good.clone();
        constraint[field] = value;
        json!({"defaultingType": "List", "defaultConstraints": [constraint]})
    };
    let refused = [
        (json!({"defaultingType": "Sometimes"}), "defaultingType"),
        (json!({"defaultConstraints": [good]}), "defaultingType"),
        (
            json!({"defaultingType": "System", "defaultConstraints": [good]}),
            "defaultingType",
        ),
        (with("maxSkew", json!(0)), "defaultConstraints[0].maxSkew"),
        (
            with("topologyKey", json!("")),
            "defaultConstraints[0].topologyKey",
        ),
        (
            with("topologyKey", json!("a b")),
            "defaultConstraints[0].topologyKey",
        ),
        (
            with("whenUnsatisfiable", json!("")),
            "defaultConstraints[0].whenUnsatisfiable",
        ),
        (
            with("whenUnsatisfiable", json!("Never")),
            "defaultConstraints[0].whenUnsatisfiable",
        ),
        (
            with("labelSelector", json!({})),
            "defaultConstraints[0].labelSelector",
        ),
        (
            json!({"defaultingType": "List", "defaultConstraints": [good, good]}),
            "defaultConstraints[1]",
        ),
    ];
    for (args, field) in refused {
        let error = spread(&args, FeatureGates::default()).expect_err("it is refused");
        assert_eq!(error.field, field, "{error}");
    }
    assert!(spread(&json!({"defaultConstraint": []}), FeatureGates::default()).is_err());
    for args in [
        json!({}),
        json!({"defaultingType": "List"}),
        with("minDomains", json!(2)),
        json!({"defaultingType": "System", "defaultConstraints": []}),
    ] {
        spread(&args, FeatureGates::default()).expect("it is accepted");
    }
}
