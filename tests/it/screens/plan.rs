//! The Plan screen at three sizes.

use crossterm::event::KeyCode;
use k8s_openapi::api::core::v1::{Node, Pod};

use super::{SIZES, taken};
use crate::flows::plan::Desk;
use crate::support::{node, pod};

/// A cluster in three zones with little room, and pods of all sorts.
fn outage() -> (Vec<Node>, Vec<Pod>) {
    let nodes = (0..9).map(|at| {
        let zone = ["eu-1a", "eu-1b", "eu-1c"][at % 3];
        node(&format!("worker-{at:02}"))
            .cpu("4")
            .label("topology.kubernetes.io/zone", zone)
            .build()
    });
    let with = |name: &str, cpu: &str, priority: i32| {
        let made = pod(name).requests(cpu, "1Gi");
        made.with(|pod| pod.spec.get_or_insert_default().priority = Some(priority))
            .build()
    };
    let mut pods = vec![
        with("dns-7d4b9-x2x8k", "500m", 2_000_001_000),
        with("cni-9q2lm", "250m", 2_000_001_000),
        with("cart-7f9c4d8b6f-w8kzp", "3", 1000),
        with("front-5d6f7c9b4-2q2lm", "2500m", 100),
    ];
    pods.extend((0..10).map(|at| with(&format!("web-6b9c7d-{at:05}"), "1500m", 0)));
    pods.push(with("train-0", "3100m", 0));
    pods.push(with("train-1", "8", 0));
    pods.push(pod("canary-1").gate("example.com/quota").build());
    pods.extend((0..9).map(|at| {
        let made = pod(&format!("agent-{at}")).requests("900m", "512Mi");
        made.on(&format!("worker-{at:02}")).build()
    }));
    (nodes.collect(), pods)
}

fn at(size: (u16, u16)) -> Desk {
    let (nodes, pods) = outage();
    let mut desk = Desk::at(nodes, pods, size);
    desk.press("P");
    desk
}

fn snapshot(name: &str, desk: &Desk) {
    taken(&format!("plan_{name}"), &desk.state);
}

#[test]
fn a_plan() {
    for size in SIZES {
        snapshot("table", &at(size));
    }
}

#[test]
fn a_plan_at_its_end() {
    for size in SIZES {
        let mut desk = at(size);
        desk.hit(KeyCode::End);
        snapshot("left_over", &desk);
    }
}

#[test]
fn a_plan_that_was_searched_for() {
    for size in SIZES {
        let mut desk = at(size);
        desk.press("O");
        snapshot("optimized", &desk);
    }
}

#[test]
fn the_cluster_before_and_after() {
    for size in SIZES {
        let mut desk = at(size);
        desk.hit(KeyCode::Tab);
        snapshot("cluster", &desk);
    }
}

#[test]
fn asking_before_it_is_carried_out() {
    for size in SIZES {
        let mut desk = at(size);
        desk.hit(KeyCode::Enter);
        desk.wait(800);
        snapshot("asking", &desk);
    }
}

#[test]
fn a_plan_under_way_and_stopped() {
    for size in SIZES {
        let mut desk = at(size);
        desk.confirm();
        for _ in 0..3 {
            desk.land();
            desk.wait(1000);
        }
        snapshot("under_way", &desk);
        desk.refuse();
        snapshot("stopped", &desk);
    }
}

#[test]
fn nodes_to_pin_a_pod_to() {
    for size in SIZES {
        let mut desk = at(size);
        desk.press("jji");
        snapshot("pin", &desk);
    }
}

#[test]
fn nothing_to_plan() {
    for size in SIZES {
        let mut desk = Desk::at(vec![node("n1").build()], Vec::new(), size);
        desk.press("P");
        snapshot("nothing", &desk);
    }
}
