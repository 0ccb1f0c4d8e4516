//! Which images are where, and when that matters.

use berth::model::cluster::WatchEvent;
use berth::model::from_api::{NodeObject, PodObject};
use berth::model::image::lacks_tag;
use berth::model::node_feature::{NodeFeature, NodeFeatures};
use berth::model::taint::{Effect, Taint, Toleration, TolerationOperator};
use berth::model::{Change, Cluster};
use serde_json::json;

fn node(cluster: &mut Cluster, name: &str, images: &[(&str, i64)]) {
    let images: Vec<_> = images
        .iter()
        .map(|(name, size)| json!({"names": [name], "sizeBytes": size}))
        .collect();
    let object = json!({"metadata": {"name": name}, "status": {"images": images}});
    let object: NodeObject = serde_json::from_value(object).expect("a node");
    cluster.apply(Change::Node(WatchEvent::Applied(Box::new(object))));
}

fn pod(image: &str) -> Box<PodObject> {
    let object = json!({
        "metadata": {"name": "new", "namespace": "shop"},
        "spec": {"containers": [{"name": "c", "image": image}]},
    });
    serde_json::from_value(object).expect("a pod")
}

fn holding(cluster: &Cluster, image: &str) -> Option<(i64, Vec<String>)> {
    let holding = cluster.nodes.images().holding(image)?;
    let names = holding.nodes.iter().filter_map(|&id| cluster.nodes.get(id));
    Some((holding.size, names.map(|node| node.name.to_string()).collect()))
}

#[test]
fn images_follow_their_nodes() {
    let mut cluster = Cluster::default();
    node(&mut cluster, "n1", &[("web:1", 10), ("web:1", 99), ("db:1", 5)]);
    node(&mut cluster, "n2", &[("web:1", 20)]);
    let both = vec!["n1".to_owned(), "n2".to_owned()];
    assert_eq!(
        holding(&cluster, "web:1"),
        Some((10, both)),
        "the first node's size stands"
    );
    node(&mut cluster, "n1", &[("db:1", 6)]);
    assert_eq!(
        holding(&cluster, "web:1"),
        Some((10, vec!["n2".to_owned()])),
        "while somebody has it"
    );
    assert_eq!(
        holding(&cluster, "db:1"),
        Some((6, vec!["n1".to_owned()])),
        "whoever has it alone says how large"
    );
    node(&mut cluster, "n2", &[]);
    assert_eq!(holding(&cluster, "web:1"), None);
    node(&mut cluster, "n2", &[("web:1", 20)]);
    assert_eq!(holding(&cluster, "web:1"), Some((20, vec!["n2".to_owned()])));
    let gone: NodeObject = serde_json::from_value(json!({"metadata": {"name": "n2"}})).expect("a node");
    cluster.apply(Change::Node(WatchEvent::Deleted(Box::new(gone))));
    assert_eq!(holding(&cluster, "web:1"), None);
}

#[test]
fn only_images_that_a_waiting_pod_asks_for_change_decisions() {
    let mut cluster = Cluster::default();
    node(&mut cluster, "n1", &[]);
    let counts = |cluster: &mut Cluster, images: &[(&str, i64)]| {
        let before = cluster.generation;
        node(cluster, "n1", images);
        cluster.generation > before
    };
    assert!(!counts(&mut cluster, &[("web:latest", 1)]), "nobody waits");
    cluster.apply(Change::Pod(WatchEvent::Applied(pod("web"))));
    assert!(
        !counts(&mut cluster, &[("web:latest", 1), ("db:1", 1)]),
        "nobody waits for that one"
    );
    assert!(counts(&mut cluster, &[("db:1", 1)]));
    assert!(counts(&mut cluster, &[("db:1", 1), ("web:latest", 1)]));
    assert!(
        counts(&mut cluster, &[("db:1", 1), ("web:latest", 2)]),
        "its size counts"
    );
    cluster.apply(Change::Pod(WatchEvent::Applied(pod("db:1"))));
    assert!(
        !counts(&mut cluster, &[("db:1", 1)]),
        "it waits for another one now"
    );
    cluster.apply(Change::Pod(WatchEvent::Deleted(pod("db:1"))));
    assert!(!counts(&mut cluster, &[]));
}

#[test]
fn a_tag_is_what_follows_a_colon_after_the_last_slash() {
    for name in ["web", "shop/web", "registry:5000/web", ""] {
        assert!(lacks_tag(name), "{name}");
    }
    for name in ["web:1", "registry:5000/web:1", "shop/web@sha256:ab", "web:"] {
        assert!(!lacks_tag(name), "{name}");
    }
}

#[test]
fn declared_features_are_found_where_they_stand_in_order() {
    let names: Vec<&str> = NodeFeature::ALL.iter().map(|feature| feature.as_str()).collect();
    assert!(names.is_sorted());
    let all = NodeFeatures::declared(names.iter().copied());
    assert!(NodeFeature::ALL.into_iter().all(|feature| all.contains(feature)));
    let some = NodeFeatures::declared([
        "Another",
        "RestartAllContainersOnContainerExits",
        "Unknown",
        "VolumeBindMountOptions",
    ]);
    assert!(some.contains(NodeFeature::VolumeBindMountOptions) && some.iter().count() == 2);
    let unsorted = NodeFeatures::declared(["VolumeBindMountOptions", "RestartAllContainersOnContainerExits"]);
    assert_eq!(
        unsorted.iter().collect::<Vec<_>>(),
        [NodeFeature::VolumeBindMountOptions]
    );
}

#[test]
fn tolerations_compare_whole_numbers_where_the_gate_is_on() {
    let tolerates = |operator, own: &str, taint: &str, on| {
        let toleration = Toleration {
            key: "level".into(),
            operator,
            value: own.into(),
            effect: None,
        };
        let taint = Taint {
            key: "level".into(),
            value: taint.into(),
            effect: Effect::NoSchedule,
        };
        toleration.tolerates(&taint, on)
    };
    let (less, greater) = (TolerationOperator::Lt, TolerationOperator::Gt);
    assert!(tolerates(less, "5", "4", true) && tolerates(greater, "-5", "-4", true));
    assert!(!tolerates(less, "5", "5", true) && !tolerates(greater, "5", "5", true));
    assert!(!tolerates(less, "5", "4", false) && !tolerates(greater, "5", "6", false));
    for odd in [
        "",
        "-",
        "05",
        "+4",
        "-0",
        "4.0",
        " 4",
        "4x",
        "-9223372036854775809",
    ] {
        assert!(!tolerates(less, "5", odd, true), "{odd}");
        assert!(!tolerates(greater, odd, "9", true), "{odd}");
    }
    assert!(tolerates(
        less,
        "9223372036854775807",
        "9223372036854775806",
        true
    ));
}
