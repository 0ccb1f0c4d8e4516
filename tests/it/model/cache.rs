//! Changes in any order end in the same cache.

use berth::model::cluster::WatchEvent;
use berth::model::from_api::{NodeObject, PodObject};
use berth::model::resources::ResourceId;
use berth::model::{Change, Cluster, PodKey};
use proptest::prelude::*;
use serde_json::json;

fn pod(name: &str, node: Option<&str>, cpu: &str, version: u32) -> Box<PodObject> {
    let pod = json!({
        "metadata": { "name": name, "namespace": "default", "uid": name, "resourceVersion": version.to_string() },
        "spec": { "nodeName": node, "containers": [{
            "name": "c",
            "resources": { "requests": { "cpu": cpu } },
            "ports": [{ "hostPort": 80 }],
        }] },
    });
    serde_json::from_value(pod).expect("a pod")
}

fn node(name: &str, cpu: &str) -> Box<NodeObject> {
    let node = json!({
        "metadata": { "name": name, "labels": { "zone": name } },
        "status": { "allocatable": { "cpu": cpu, "pods": "10" } },
    });
    serde_json::from_value(node).expect("a node")
}

/// All that decisions see of the load on a node.
fn load(cluster: &Cluster, name: &str) -> Option<(i64, i64, i64, usize)> {
    let (id, _) = cluster.node(name)?;
    let at = |column: &[i64]| column.get(id.index()).copied().unwrap_or(0);
    let port = cluster
        .pods_on(id)
        .next()
        .map(|(_, pod)| pod.spec.host_ports[0].clone());
    let held = port.and_then(|port| Some(cluster.nodes.ports().holders(&port)?.get(&id)?.len()));
    Some((
        at(cluster.nodes.requested(ResourceId::CPU)),
        at(cluster.nodes.allocatable(ResourceId::CPU)),
        at(cluster.nodes.pod_count()),
        held.unwrap_or(0),
    ))
}

/// The same, counted anew from the pods.
fn counted(cluster: &Cluster, name: &str) -> Option<(i64, i64, i64, usize)> {
    let (_, node) = cluster.node(name)?;
    let on = |pod: &&std::sync::Arc<berth::model::Pod>| pod.node_name.as_deref() == Some(name);
    let pods: Vec<_> = cluster.pods.iter().map(|(_, pod)| pod).filter(on).collect();
    let cpu = pods
        .iter()
        .map(|pod| pod.load.requests.get(ResourceId::CPU))
        .sum();
    Some((
        cpu,
        node.allocatable.get(ResourceId::CPU),
        pods.len() as i64,
        pods.len(),
    ))
}

const PODS: [&str; 4] = ["a", "b", "c", "d"];
const NODES: [&str; 3] = ["n0", "n1", "n2"];

fn change() -> impl Strategy<Value = Change> {
    let pod_event = (0..4_usize, proptest::option::of(0..3_usize), 1..4_u32, 0..100_u32).prop_flat_map(
        |(name, on, cpu, version)| {
            let object = pod(PODS[name], on.map(|on| NODES[on]), &cpu.to_string(), version);
            prop_oneof![
                4 => Just(WatchEvent::Applied(object.clone())),
                2 => Just(WatchEvent::Listed(object.clone())),
                2 => Just(WatchEvent::Deleted(object)),
                1 => Just(WatchEvent::Restarted),
                1 => Just(WatchEvent::Synced),
            ]
            .prop_map(Change::Pod)
        },
    );
    let node_event = (0..3_usize, 1..9_u32).prop_flat_map(|(name, cpu)| {
        let object = node(NODES[name], &cpu.to_string());
        prop_oneof![
            4 => Just(WatchEvent::Applied(object.clone())),
            2 => Just(WatchEvent::Listed(object.clone())),
            2 => Just(WatchEvent::Deleted(object)),
            1 => Just(WatchEvent::Restarted),
            1 => Just(WatchEvent::Synced),
        ]
        .prop_map(Change::Node)
    });
    prop_oneof![pod_event, node_event]
}

proptest! {
    #[test]
    fn columns_are_what_the_objects_add_up_to(changes in proptest::collection::vec(change(), 0..60)) {
        let mut cluster = Cluster::default();
        for change in changes {
            let (generation, before) = (cluster.generation, NODES.map(|name| load(&cluster, name)));
            cluster.apply(change);
            let now = NODES.map(|name| load(&cluster, name));
            prop_assert_eq!(now, NODES.map(|name| counted(&cluster, name)));
            if now != before {
                prop_assert!(cluster.generation > generation, "the load moved, the generation did not");
            }
            let waiting = cluster.pods.iter().filter(|(_, pod)| pod.is_waiting()).count();
            prop_assert_eq!(cluster.waiting().count(), waiting);
        }
    }
}

#[test]
fn a_relist_loses_and_doubles_nothing() {
    let mut cluster = Cluster::default();
    for name in ["a", "b", "c"] {
        cluster.apply(Change::Pod(WatchEvent::Applied(pod(name, Some("n0"), "1", 1))));
    }
    cluster.apply(Change::Node(WatchEvent::Applied(node("n0", "8"))));
    cluster.apply(Change::Pod(WatchEvent::Restarted));
    assert_eq!(cluster.pods.len(), 3, "all stay until the list is complete");
    cluster.apply(Change::Pod(WatchEvent::Listed(pod("b", Some("n0"), "1", 5))));
    cluster.apply(Change::Pod(WatchEvent::Listed(pod("d", None, "1", 5))));
    assert_eq!(cluster.pods.len(), 4);
    cluster.apply(Change::Pod(WatchEvent::Synced));
    let mut names: Vec<_> = cluster
        .pods
        .iter()
        .map(|(_, pod)| pod.key.name.to_string())
        .collect();
    names.sort();
    assert_eq!(names, ["b", "d"]);
    assert_eq!(load(&cluster, "n0"), Some((1000, 8000, 1, 1)));
}

#[test]
fn heartbeats_and_status_writes_do_not_move_the_generation() {
    let mut cluster = Cluster::default();
    cluster.apply(Change::Node(WatchEvent::Applied(node("n0", "8"))));
    cluster.apply(Change::Pod(WatchEvent::Applied(pod("a", Some("n0"), "1", 1))));
    let generation = cluster.generation;
    let mut beat = node("n0", "8");
    beat.metadata.resource_version = "77".into();
    cluster.apply(Change::Node(WatchEvent::Applied(beat)));
    cluster.apply(Change::Pod(WatchEvent::Applied(pod("a", Some("n0"), "1", 9))));
    cluster.apply(Change::Pod(WatchEvent::Applied(pod("waits", None, "1", 10))));
    assert_eq!(cluster.generation, generation);
    let key = PodKey::new("default", "a");
    let version = cluster.pod(&key).map(|pod| pod.resource_version.to_string());
    assert_eq!(version.as_deref(), Some("9"), "the version follows all the same");
    cluster.apply(Change::Pod(WatchEvent::Deleted(pod("a", Some("n0"), "1", 11))));
    assert!(cluster.generation > generation);
}

#[test]
fn pods_of_one_template_are_judged_alike() {
    let mut cluster = Cluster::default();
    for (name, cpu) in [("a", "1"), ("b", "1000m"), ("c", "2")] {
        cluster.apply(Change::Pod(WatchEvent::Applied(pod(name, None, cpu, 1))));
    }
    let template = |name| {
        cluster
            .pod(&PodKey::new("default", name))
            .expect("it is there")
            .template()
    };
    assert_eq!(template("a"), template("b"));
    assert_ne!(template("a"), template("c"));
}

#[test]
fn a_pod_costs_less_than_a_kibibyte_and_a_half() {
    // What each pod has for itself: its slot and key, its texts. Specs, labels and loads are shared.
    let own = size_of::<berth::model::Pod>() + 3 * (16 + 64) + 2 * size_of::<PodKey>() + 64;
    assert!(own < 1536, "{own} bytes a pod");
}
