//! Nearest misses: what is proposed, in which order, and that it is so.

use std::ops::ControlFlow;
use std::sync::Arc;

use berth::model::Cluster;
use berth::scheduling::nearest::{Nearest, Remedy, Search, Tried, nearest};
use berth::scheduling::plugin::Cycle;
use berth::scheduling::what_if::suppose;
use berth::scheduling::{Profile, cycle};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::what_if::{cluster, pod};

fn node(name: &str, cpu: &str) -> Value {
    json!({
        "kind": "Node",
        "metadata": { "name": name, "labels": { "kubernetes.io/hostname": name, "zone": "a" } },
        "spec": {},
        "status": { "allocatable": { "cpu": cpu, "memory": "8Gi", "pods": "10" } },
    })
}

fn placed(name: &str, node: &str, cpu: &str, priority: i32) -> Value {
    json!({
        "kind": "Pod",
        "metadata": { "name": name, "namespace": "default", "labels": { "app": name } },
        "spec": {
            "nodeName": node, "priority": priority,
            "containers": [{ "name": "app", "resources": { "requests": { "cpu": cpu } } }],
        },
    })
}

/// The pod in question, with `more` in its spec.
fn cart(cpu: &str, more: &Value) -> Value {
    let mut spec = json!({
        "priority": 5,
        "containers": [{ "name": "app", "resources": { "requests": { "cpu": cpu } } }],
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        spec[key] = value.clone();
    }
    json!({
        "kind": "Pod",
        "metadata": { "name": "cart", "namespace": "default", "labels": { "app": "cart" } },
        "spec": spec,
    })
}

fn tainted(mut node: Value, key: &str) -> Value {
    node["spec"]["taints"] = json!([{ "key": key, "value": "yes", "effect": "NoSchedule" }]);
    node
}

fn cordoned(mut node: Value) -> Value {
    node["spec"]["unschedulable"] = json!(true);
    node
}

fn found(cluster: &Cluster, on: Option<&str>, limit: usize) -> Nearest {
    found_while(cluster, on, limit, &mut |_| ControlFlow::Continue(()))
}

fn found_while(
    cluster: &Cluster,
    on: Option<&str>,
    limit: usize,
    progress: &mut dyn FnMut(Tried) -> ControlFlow<()>,
) -> Nearest {
    let pod = pod(cluster, "cart");
    let search = Search {
        cycle: Cycle { cluster, pod: &pod },
        profile: &Profile::default_for("default-scheduler"),
        nodes: &Arc::new(cycle::node_index(cluster)),
        node: on.and_then(|name| cluster.nodes.id(name)),
        limit,
    };
    nearest(search, progress)
}

fn lines(remedy: &Remedy) -> String {
    let lines: Vec<String> = remedy.suppositions.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

/// The remedies as lines, each with the number of nodes that it opens.
fn remedies(objects: &[Value]) -> Vec<String> {
    let found = found(&cluster(objects), None, 20);
    let line = |remedy: &Remedy| format!("{} → {}", lines(remedy), remedy.opens.len());
    found.remedies.iter().map(line).collect()
}

#[test]
fn a_cordon_is_lifted_or_borne() {
    assert_eq!(
        remedies(&[cordoned(node("n0", "4")), cart("1", &Value::Null)]),
        [
            "uncordon n0 → 1",
            "tolerate node.kubernetes.io/unschedulable:NoSchedule → 1",
            "add node like n0 → 1",
        ]
    );
}

#[test]
fn one_toleration_opens_every_node_with_the_taint_and_is_told_once() {
    let nodes = (0..5).map(|at| tainted(node(&format!("n{at}"), "4"), "gpu"));
    let objects: Vec<Value> = nodes.chain([cart("1", &Value::Null)]).collect();
    let remedies = remedies(&objects);
    assert_eq!(remedies[0], "tolerate gpu=yes:NoSchedule → 5");
    assert_eq!(remedies[1], "taint nodes n0 gpu:NoSchedule- → 1");
    assert_eq!(remedies.len(), 4, "three nodes stand for the five: {remedies:?}");
    let found = found(&cluster(&objects), None, 20);
    assert_eq!(found.remedies[0].alike, 0);
    assert_eq!(found.remedies[1].alike, 4);
}

#[test]
fn requests_are_lowered_to_what_is_free_where_most_is() {
    let remedies = remedies(&[
        node("n0", "4"),
        node("n1", "4"),
        placed("p0", "n0", "2500m", 9),
        placed("p1", "n1", "3", 9),
        cart("2", &Value::Null),
    ]);
    assert_eq!(
        remedies,
        [
            "set requests cpu=1500m -c app → 1",
            "set requests cpu=1 -c app → 2",
            "add node like n0 → 1",
        ],
        "pods that are more important do not go"
    );
}

#[test]
fn requests_are_not_lowered_further_where_that_opens_nothing_more() {
    let remedies = remedies(&[
        node("n0", "4"),
        cordoned(node("n1", "4")),
        placed("p0", "n0", "2500m", 9),
        placed("p1", "n1", "3", 9),
        cart("2", &json!({ "nodeSelector": { "zone": "a" } })),
    ]);
    let requests = remedies
        .iter()
        .filter(|remedy| remedy.starts_with("set requests"));
    assert_eq!(
        requests.collect::<Vec<_>>(),
        ["set requests cpu=1500m -c app → 1"],
        "{remedies:?}"
    );
}

#[test]
fn the_fewest_and_least_important_pods_go() {
    let remedies = remedies(&[
        node("n0", "4"),
        placed("small", "n0", "500m", 0),
        placed("large", "n0", "2", 4),
        placed("medium", "n0", "1500m", 1),
        cart("2", &json!({ "overhead": { "cpu": "0" } })),
    ]);
    assert!(
        remedies.contains(&"evict default/large → 1".to_owned()),
        "{remedies:?}"
    );
    assert!(
        !remedies.iter().any(|line| line.contains("small")),
        "{remedies:?}"
    );
}

#[test]
fn pods_that_come_back_at_once_or_are_protected_stay() {
    let mut daemon = placed("daemon", "n0", "1", 0);
    daemon["metadata"]["ownerReferences"] =
        json!([{ "apiVersion": "apps/v1", "kind": "DaemonSet", "name": "d", "controller": true }]);
    let budget = json!({
        "kind": "PodDisruptionBudget", "apiVersion": "policy/v1",
        "metadata": { "name": "b", "namespace": "default" },
        "spec": { "selector": { "matchLabels": { "app": "guarded" } } },
        "status": { "disruptionsAllowed": 0 },
    });
    let remedies = remedies(&[
        node("n0", "4"),
        daemon,
        placed("guarded", "n0", "2", 0),
        placed("free", "n0", "1", 0),
        budget,
        cart("1", &Value::Null),
    ]);
    let evicting: Vec<&String> = remedies.iter().filter(|line| line.starts_with("evict")).collect();
    assert_eq!(evicting, ["evict default/free → 1"]);
}

#[test]
fn a_selector_is_met_by_a_label_or_left_out() {
    let remedies = remedies(&[
        node("n0", "4"),
        cart("1", &json!({ "nodeSelector": { "disk": "ssd" } })),
    ]);
    assert_eq!(remedies, ["label nodes n0 disk=ssd → 1", "select disk- → 1"]);
}

#[test]
fn labels_that_say_what_a_node_is_are_not_made_up() {
    let remedies = remedies(&[
        node("n0", "4"),
        cart("1", &json!({ "nodeSelector": { "kubernetes.io/arch": "arm64" } })),
    ]);
    assert_eq!(remedies, ["select kubernetes.io/arch- → 1"]);
}

#[test]
fn required_affinity_is_met_by_labels_or_dropped() {
    let terms = json!([{ "matchExpressions": [
        { "key": "zone", "operator": "In", "values": ["a"] },
        { "key": "rack", "operator": "In", "values": ["r1", "r2"] },
        { "key": "old", "operator": "DoesNotExist" },
    ] }]);
    let affinity = json!({ "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": terms },
    } });
    let mut old = node("n0", "4");
    old["metadata"]["labels"]["old"] = json!("yes");
    let remedies = remedies(&[old, cart("1", &json!({ "affinity": affinity }))]);
    assert_eq!(
        remedies,
        [
            "drop node affinity → 1",
            "label nodes n0 rack=r1; label nodes n0 old- → 1",
        ]
    );
}

#[test]
fn affinity_to_a_node_that_is_not_there_is_dropped() {
    let terms =
        json!([{ "matchFields": [{ "key": "metadata.name", "operator": "In", "values": ["gone"] }] }]);
    let affinity = json!({ "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": terms },
    } });
    let remedies = remedies(&[node("n0", "4"), cart("1", &json!({ "affinity": affinity }))]);
    assert_eq!(remedies, ["drop node affinity → 1"]);
}

#[test]
fn a_port_is_freed_or_done_without() {
    let ports = |mut pod: Value| {
        pod["spec"]["containers"][0]["ports"] = json!([{ "hostPort": 80 }]);
        pod
    };
    let remedies = remedies(&[
        node("n0", "4"),
        ports(placed("web", "n0", "1", 0)),
        ports(cart("1", &Value::Null)),
    ]);
    assert_eq!(
        remedies,
        ["add node like n0 → 1", "drop ports → 1", "evict default/web → 1"]
    );
}

#[test]
fn a_spread_constraint_is_dropped_alone_where_that_is_enough() {
    let constraint = |key: &str| {
        json!({
            "maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": { "matchLabels": { "app": "web" } },
        })
    };
    let spread = json!([constraint("kubernetes.io/hostname"), constraint("zone")]);
    let mut other = cordoned(node("n1", "4"));
    other["metadata"]["labels"]["zone"] = json!("b");
    let mut web = cart("1", &json!({ "topologySpreadConstraints": spread }));
    web["metadata"]["labels"]["app"] = json!("web");
    let mut placed = placed("web", "n0", "1", 0);
    placed["metadata"]["labels"]["app"] = json!("web");
    let remedies = remedies(&[node("n0", "4"), other, placed, web]);
    assert_eq!(remedies[0], "uncordon n1 → 1");
    assert!(
        remedies.contains(&"evict default/web → 1".to_owned()),
        "{remedies:?}"
    );
    assert!(remedies.contains(&"drop spread → 1".to_owned()), "{remedies:?}");
}

#[test]
fn pods_that_are_not_wanted_near_go_or_are_borne() {
    let terms = json!([{ "labelSelector": { "matchLabels": { "app": "db" } }, "topologyKey": "zone" }]);
    let affinity = json!({ "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": terms } });
    let remedies = remedies(&[
        node("n0", "4"),
        node("n1", "4"),
        placed("db", "n1", "1", 0),
        cart("1", &json!({ "affinity": affinity })),
    ]);
    assert_eq!(remedies, ["drop anti-affinity → 2", "evict default/db → 2"]);
}

#[test]
fn pods_that_do_not_want_it_near_go() {
    let terms = json!([{ "labelSelector": { "matchLabels": { "app": "cart" } }, "topologyKey": "zone" }]);
    let mut shy = placed("shy", "n0", "1", 0);
    shy["spec"]["affinity"] =
        json!({ "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": terms } });
    let remedies = remedies(&[node("n0", "4"), shy, cart("1", &Value::Null)]);
    assert_eq!(remedies, ["evict default/shy → 1"]);
}

#[test]
fn pods_that_are_wanted_near_are_done_without() {
    let terms = json!([{ "labelSelector": { "matchLabels": { "app": "db" } }, "topologyKey": "zone" }]);
    let affinity = json!({ "podAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": terms } });
    let remedies = remedies(&[node("n0", "4"), cart("1", &json!({ "affinity": affinity }))]);
    assert_eq!(remedies, ["drop pod affinity → 1"]);
}

#[test]
fn several_objections_are_lifted_together() {
    let remedies = remedies(&[
        tainted(cordoned(node("n0", "1")), "gpu"),
        cart("2", &json!({ "nodeSelector": { "disk": "ssd" } })),
    ]);
    let mut parts: Vec<&str> = remedies[0].trim_end_matches(" → 1").split("; ").collect();
    parts.sort_unstable();
    assert_eq!(
        parts,
        [
            "label nodes n0 disk=ssd",
            "set requests cpu=1 -c app",
            "tolerate gpu=yes:NoSchedule",
            "uncordon n0",
        ]
    );
}

#[test]
fn gates_are_part_of_what_is_in_the_way() {
    let gates = json!({ "schedulingGates": [{ "name": "wait" }] });
    assert_eq!(
        remedies(&[node("n0", "4"), cart("1", &gates)]),
        ["drop gates → 1"]
    );
    let remedies = remedies(&[cordoned(node("n0", "4")), cart("1", &gates)]);
    assert_eq!(remedies[0], "drop gates; uncordon n0 → 1");
}

#[test]
fn volumes_are_left_alone_and_that_is_said() {
    let volumes = json!({ "volumes": [{ "name": "v", "persistentVolumeClaim": { "claimName": "gone" } }] });
    let found = found(&cluster(&[node("n0", "4"), cart("1", &volumes)]), None, 20);
    assert_eq!(found.remedies, []);
    let unchanged: Vec<_> = found
        .unchanged
        .iter()
        .map(|one| (one.plugin, one.nodes))
        .collect();
    assert!(unchanged.contains(&("VolumeBinding", 1)), "{unchanged:?}");
}

#[test]
fn a_pod_that_fits_needs_nothing() {
    let found = found(&cluster(&[node("n0", "4"), cart("1", &Value::Null)]), None, 20);
    assert_eq!(found, Nearest::default());
}

#[test]
fn one_node_is_asked_about_alone() {
    let objects = [
        node("n0", "4"),
        cordoned(node("n1", "4")),
        cart("1", &Value::Null),
    ];
    let found = found(&cluster(&objects), Some("n1"), 20);
    let all: Vec<String> = found.remedies.iter().map(lines).collect();
    assert_eq!(
        all,
        [
            "uncordon n1",
            "tolerate node.kubernetes.io/unschedulable:NoSchedule"
        ]
    );
}

#[test]
fn a_search_is_called_off_and_keeps_what_it_found() {
    let cluster = cluster(&[cordoned(node("n0", "4")), cart("1", &Value::Null)]);
    let found = found_while(&cluster, None, 20, &mut |tried| {
        if tried.done == 1 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(found.called_off);
    assert_eq!(found.remedies.len(), 1);
}

#[test]
fn thousands_of_nodes_are_searched_by_their_reasons() {
    let nodes = (0..3000).map(|at| {
        let node = node(&format!("n{at:04}"), "1");
        match at % 3 {
            0 => tainted(node, "gpu"),
            1 => cordoned(node),
            _ => node,
        }
    });
    let objects: Vec<Value> = nodes.chain([cart("2", &Value::Null)]).collect();
    let found = found(&cluster(&objects), None, 5);
    assert_eq!(lines(&found.remedies[0]), "set requests cpu=1 -c app");
    assert_eq!(found.remedies[0].opens.len(), 1000);
    assert!(found.tried < 100, "{} cycles", found.tried);
}

fn any_node(at: usize) -> impl Strategy<Value = Value> {
    let cpu = prop_oneof![Just("1"), Just("2"), Just("4")];
    (cpu, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(move |(cpu, taint, cordon, ssd)| {
        let mut made = node(&format!("n{at}"), cpu);
        if taint {
            made = tainted(made, "gpu");
        }
        if cordon {
            made = cordoned(made);
        }
        if ssd {
            made["metadata"]["labels"]["disk"] = json!("ssd");
        }
        made
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Nothing is claimed that is not so, and nothing in it can be left out.
    #[test]
    fn every_remedy_holds_and_none_of_it_is_idle(
        nodes in (any_node(0), any_node(1), any_node(2)),
        pods in proptest::collection::vec((0..3_usize, 1..4_u32, 0..9_i32), 0..6),
        cpu in 1..6_u32,
        disk in any::<bool>(),
    ) {
        let mut objects = vec![nodes.0, nodes.1, nodes.2];
        for (at, (on, cpu, priority)) in pods.into_iter().enumerate() {
            objects.push(placed(&format!("p{at}"), &format!("n{on}"), &cpu.to_string(), priority));
        }
        let more = if disk { json!({ "nodeSelector": { "disk": "ssd" } }) } else { Value::Null };
        objects.push(cart(&cpu.to_string(), &more));
        let cluster = cluster(&objects);
        let profile = Profile::default_for("default-scheduler");
        let fits = |suppositions: &[_]| {
            let (cluster, pod) = suppose(&cluster, &pod(&cluster, "cart"), suppositions).expect("it makes sense");
            let nodes = Arc::new(cycle::node_index(&cluster));
            let trace = cycle::run(Cycle { cluster: &cluster, pod: &pod }, &profile, &nodes);
            trace.feasible.iter().map(|&id| Arc::<str>::from(nodes.name(id))).collect::<Vec<_>>()
        };
        let found = found(&cluster, None, 8);
        if !fits(&[]).is_empty() {
            prop_assert_eq!(found, Nearest::default());
            return Ok(());
        }
        prop_assert!(!found.remedies.is_empty() || cpu > 4 || !found.unchanged.is_empty());
        for remedy in &found.remedies {
            prop_assert_eq!(&fits(&remedy.suppositions), &remedy.opens);
            prop_assert!(!remedy.opens.is_empty());
            prop_assert_eq!(remedy.ways.len(), remedy.suppositions.len());
            for at in 0..remedy.suppositions.len() {
                let mut fewer = remedy.suppositions.clone();
                fewer.remove(at);
                prop_assert_eq!(fits(&fewer), Vec::<Arc<str>>::new(), "{} is idle in {}", at, lines(remedy));
            }
        }
        let changes: Vec<usize> = found.remedies.iter().map(|remedy| remedy.suppositions.len()).collect();
        prop_assert!(changes.is_sorted());
    }
}
