//! The scenarios that come with the program: each has its point, and its steps bring about what they promise.

use std::{collections::HashMap, time::Duration};

use berth::demo::{Scenario, Server, Settings};
use serde_json::Value;

use super::get;

/// The story, so many seconds later, on a clock that does not wait.
async fn after(name: &str, seconds: u64) -> Server {
    let server = Server::start(Scenario::named(name).expect("a scenario"));
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    server
}

async fn items(server: &Server, uri: &str) -> Vec<Value> {
    let (code, list) = get(server, uri).await;
    assert_eq!(code, 200, "{uri}");
    list["items"].as_array().cloned().unwrap_or_default()
}

async fn one(server: &Server, uri: &str) -> Value {
    let (code, object) = get(server, uri).await;
    assert_eq!(code, 200, "{uri}: {object}");
    object
}

#[tokio::test]
async fn every_pod_has_an_owner_that_knows_it() {
    for name in Scenario::names() {
        let still = Settings {
            life: false,
            ..Settings::default()
        };
        let server = Server::start_with(Scenario::named(name).unwrap(), still);
        let mut owners = HashMap::new();
        for plural in ["deployments", "replicasets", "statefulsets", "daemonsets"] {
            for owner in items(&server, &format!("/apis/apps/v1/{plural}")).await {
                let uid = owner["metadata"]["uid"].as_str().unwrap().to_owned();
                assert!(owners.insert(uid, owner).is_none(), "{name}: a uid twice");
            }
        }
        let mut counts: HashMap<&str, u64> = HashMap::new();
        let pods = items(&server, "/api/v1/pods").await;
        for object in pods.iter().chain(owners.values()) {
            let reference = &object["metadata"]["ownerReferences"][0];
            let Some(uid) = reference["uid"].as_str() else {
                continue;
            };
            let owner = owners
                .get(uid)
                .unwrap_or_else(|| panic!("{name}: no owner {reference}"));
            assert_eq!(owner["metadata"]["name"], reference["name"]);
            assert_eq!(owner["metadata"]["namespace"], object["metadata"]["namespace"]);
            let selector = owner["spec"]["selector"]["matchLabels"].as_object().unwrap();
            let template = &owner["spec"]["template"]["metadata"]["labels"];
            for (key, value) in selector {
                assert_eq!(
                    &object["metadata"]["labels"][key], value,
                    "{name}: {}",
                    object["metadata"]
                );
                assert_eq!(&template[key], value);
            }
            if object["spec"]["containers"].is_array() {
                *counts.entry(uid).or_default() += 1;
            }
        }
        for (uid, count) in counts {
            let (spec, status) = (&owners[uid]["spec"], &owners[uid]["status"]);
            let counted = if spec["replicas"].is_u64() {
                assert_eq!(
                    spec["replicas"], count,
                    "{name}: {}",
                    owners[uid]["metadata"]["name"]
                );
                &status["replicas"]
            } else {
                &status["desiredNumberScheduled"]
            };
            assert_eq!(*counted, count, "{name}: {}", owners[uid]["metadata"]["name"]);
        }
        let nodes = items(&server, "/api/v1/nodes").await;
        let leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
        assert_eq!(items(&server, leases).await.len(), nodes.len());
    }
}

#[tokio::test]
async fn the_list_says_what_the_files_say() {
    for (name, said) in Scenario::known() {
        assert_eq!(Scenario::named(name).unwrap().description(), said, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn taints_and_labels_change() {
    let server = after("taints-and-labels", 19).await;
    let node = one(&server, "/api/v1/nodes/aurora-3").await;
    assert!(node["metadata"]["labels"]["dome"].is_null(), "not yet");
    tokio::time::sleep(Duration::from_secs(25)).await;
    let node = one(&server, "/api/v1/nodes/aurora-3").await;
    assert_eq!(node["metadata"]["labels"]["dome"], "north");
    assert!(one(&server, "/api/v1/nodes/quasar-1").await["spec"]["taints"].is_null());
    let told = items(&server, "/api/v1/events?fieldSelector=reason%3DStory").await;
    assert_eq!(told.len(), 2);
    assert!(
        told.iter()
            .any(|event| event["message"].as_str().unwrap().contains("quasar-1"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_zone_opens() {
    let server = after("spread-over-zones", 31).await;
    for node in ["wheat-c1", "wheat-c2"] {
        let node = one(&server, &format!("/api/v1/nodes/{node}")).await;
        assert!(node["spec"]["unschedulable"].is_null(), "{node}");
        assert!(node["spec"]["taints"].is_null(), "the controller follows: {node}");
    }
}

#[tokio::test(start_paused = true)]
async fn companions_and_classes_come_later() {
    let server = after("affinity", 26).await;
    let orchestra = one(&server, "/api/v1/namespaces/stage/pods/orchestra-0").await;
    assert_eq!(orchestra["spec"]["nodeName"], "circle-2");
    let server = after("ports-and-volumes", 31).await;
    one(&server, "/apis/storage.k8s.io/v1/storageclasses/tape").await;
}

#[tokio::test(start_paused = true)]
async fn gates_are_lifted_one_by_one() {
    let server = after("scheduling-gates", 16).await;
    let gates = async |name: &str| {
        let pod = one(&server, &format!("/api/v1/namespaces/film/pods/{name}")).await;
        pod["spec"]["schedulingGates"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((gates("frame-0").await, gates("frame-1").await), (0, 1));
    tokio::time::sleep(Duration::from_secs(50)).await;
    assert_eq!((gates("frame-1").await, gates("frame-2").await), (0, 0));
    assert_eq!(gates("compositor-0").await, 1);
}

#[tokio::test(start_paused = true)]
async fn the_scheduler_is_out() {
    let leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
    let server = after("scheduler-outage", 1).await;
    let waiting = "/api/v1/pods?fieldSelector=spec.nodeName%3D,spec.schedulerName%3Ddefault-scheduler";
    let waiting = items(&server, waiting).await;
    assert_eq!(waiting.len(), 40);
    let critical = |pod: &&Value| pod["spec"]["priority"].as_i64() >= Some(2_000_000_000);
    assert_eq!(waiting.iter().filter(critical).count(), 5);
    let renewed = async |name: &str| {
        let lease = one(&server, &format!("{leases}/{name}")).await;
        assert!(
            lease["spec"]["holderIdentity"]
                .as_str()
                .unwrap()
                .starts_with("control-1_")
        );
        lease["spec"]["renewTime"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
    };
    let dead = renewed("kube-scheduler").await;
    assert!(jiff::Timestamp::now().duration_since(dead).as_secs() > 9 * 60);
    let before = renewed("kube-controller-manager").await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(
        renewed("kube-controller-manager").await > before,
        "somebody is alive"
    );
    assert_eq!(renewed("kube-scheduler").await, dead);
}

#[tokio::test(start_paused = true)]
async fn kubelets_fall_silent() {
    let server = after("rolling-node-failure", 70).await;
    let silent = async |name: &str| {
        let node = one(&server, &format!("/api/v1/nodes/{name}")).await;
        node["metadata"]["annotations"]["demo.berth.dev/kubelet"] == "silent"
    };
    assert!(silent("mast-1").await && silent("mast-2").await && !silent("mast-3").await);
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(!silent("mast-1").await && silent("mast-3").await);
}

#[tokio::test]
async fn priorities_and_budgets_meet() {
    let still = Settings {
        life: false,
        ..Settings::default()
    };
    let server = Server::start_with(Scenario::named("full-cluster-with-preemption").unwrap(), still);
    let waiting = items(&server, "/api/v1/pods?fieldSelector=spec.nodeName%3D").await;
    let of = |app: &str| {
        let found = waiting
            .iter()
            .find(|pod| pod["metadata"]["labels"]["app.kubernetes.io/name"] == app);
        let pod = found.unwrap_or_else(|| panic!("{app} waits"));
        (
            pod["spec"]["priority"].as_i64().unwrap(),
            pod["spec"]["preemptionPolicy"].clone(),
        )
    };
    assert_eq!(of("live-results"), (100_000, "PreemptLowerPriority".into()));
    assert_eq!(of("newsletter"), (100_000, "Never".into()));
    assert_eq!(of("thumbnails").0, -100);
    let budget = one(
        &server,
        "/apis/policy/v1/namespaces/newsroom/poddisruptionbudgets/polls",
    )
    .await;
    assert_eq!(budget["status"]["disruptionsAllowed"], 0);
}
