//! Two decisions side by side.

use std::sync::Arc;

use berth::scheduling::plugin::Cycle;
use berth::scheduling::what_if::{Difference, Standing, Turn, suppose};
use berth::scheduling::{Profile, cycle};
use serde_json::{Value, json};

use super::{cluster, parsed, pod};

fn node(name: &str, cpu: &str) -> Value {
    json!({
        "kind": "Node", "metadata": { "name": name },
        "status": { "allocatable": { "cpu": cpu, "memory": "8Gi", "pods": "10" } },
    })
}

fn difference(lines: &[&str]) -> Difference {
    let waiting = json!({
        "kind": "Pod", "metadata": { "name": "cart", "namespace": "default" },
        "spec": { "containers": [{ "name": "app", "resources": { "requests": { "cpu": "2", "memory": "1Gi" } } }] },
    });
    let before = cluster(&[node("a", "1"), node("b", "4"), node("c", "8"), waiting]);
    let suppositions: Vec<_> = lines.iter().map(|line| parsed(line)).collect();
    let (after, changed) = suppose(&before, &pod(&before, "cart"), &suppositions).expect("sense");
    let profile = Profile::default_for("default-scheduler");
    let judge = |cluster, pod| {
        let nodes = Arc::new(cycle::node_index(cluster));
        cycle::run(Cycle { cluster, pod }, &profile, &nodes)
    };
    Difference::between(&judge(&before, &pod(&before, "cart")), &judge(&after, &changed))
}

fn turns(difference: &Difference) -> Vec<(&str, Turn)> {
    let nodes = difference.nodes.iter();
    nodes.map(|node| (&*node.node, node.turn())).collect()
}

#[test]
fn nothing_supposed_is_no_difference() {
    let difference = difference(&[]);
    assert_eq!(difference.before, difference.after);
    assert!(difference.nodes.is_empty());
    assert_eq!((difference.before.feasible, difference.before.nodes), (2, 3));
    assert_eq!(difference.before.chosen, [Arc::from("c")]);
    assert_eq!(difference.before.says, "");
}

#[test]
fn nodes_that_open_and_close_come_before_those_that_score_otherwise() {
    let found = difference(&["set requests cpu=500m", "cordon c"]);
    assert_eq!(
        turns(&found),
        [("a", Turn::Opens), ("c", Turn::Closes), ("b", Turn::Scores)]
    );
    let scored = &found.nodes[2];
    assert!(
        scored.gain() > 0,
        "less asked for is more left: {}",
        scored.gain()
    );
    assert!(matches!(scored.after, Standing::Fits { chosen: true, .. }));
}

#[test]
fn nodes_that_come_and_go_are_told_from_others() {
    let found = difference(&["add node like a", "delete node c", "add node like b"]);
    assert_eq!(
        turns(&found),
        [
            ("b-new-1", Turn::Opens),
            ("c", Turn::Closes),
            ("a-new-1", Turn::Comes),
            ("b", Turn::Scores),
        ]
    );
    assert_eq!(found.nodes[2].before, Standing::Absent);
    assert_eq!((found.before.nodes, found.after.nodes), (3, 4));
}

#[test]
fn what_keeps_the_pod_off_is_in_kube_schedulers_words() {
    let found = difference(&["set requests cpu=20"]);
    assert!(
        found
            .after
            .says
            .starts_with("0/3 nodes are available: 3 Insufficient cpu."),
        "{}",
        found.after.says
    );
    assert_eq!(turns(&found), [("b", Turn::Closes), ("c", Turn::Closes)]);
    assert_eq!(
        found.nodes[0].after,
        Standing::Out {
            plugin: "NodeResourcesFit",
            says: "Insufficient cpu".to_owned()
        }
    );
}
