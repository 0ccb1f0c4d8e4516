//! Scenarios: what comes with the program, what a person writes, what is generated.

use std::collections::BTreeSet;

use berth::demo::{Generated, Scenario, ScenarioError, Server, Settings};
use serde_json::Value;

use super::{get, ok, still};

fn started(scenario: Scenario) -> Server {
    Server::start_with(
        scenario,
        Settings {
            life: false,
            ..Settings::default()
        },
    )
}

async fn items(server: &Server, uri: &str) -> Vec<Value> {
    get(server, uri).await.1["items"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

fn placed(pods: &[Value]) -> impl Iterator<Item = &Value> {
    pods.iter().filter(|pod| pod["spec"]["nodeName"].is_string())
}

#[tokio::test]
async fn the_built_in_ones_load_and_hold_together() {
    for name in Scenario::names() {
        let scenario = Scenario::named(name).unwrap();
        assert!(!scenario.description().is_empty());
        let server = started(scenario);
        let nodes = items(&server, "/api/v1/nodes").await;
        let names: BTreeSet<&str> = nodes
            .iter()
            .filter_map(|n| n["metadata"]["name"].as_str())
            .collect();
        let pods = items(&server, "/api/v1/pods").await;
        let mut uids = BTreeSet::new();
        for pod in &pods {
            assert!(
                uids.insert(pod["metadata"]["uid"].as_str().unwrap()),
                "a uid twice"
            );
            let namespace = pod["metadata"]["namespace"].as_str().unwrap();
            assert_eq!(
                get(&server, &format!("/api/v1/namespaces/{namespace}")).await.0,
                200
            );
            // What is stored could be written again: nothing in it would be refused.
            let again = ok(
                &server,
                "PUT",
                &format!(
                    "/api/v1/namespaces/{namespace}/pods/{}",
                    pod["metadata"]["name"].as_str().unwrap()
                ),
                pod,
            )
            .await;
            assert_eq!(again["spec"], pod["spec"]);
        }
        for pod in placed(&pods) {
            assert!(names.contains(pod["spec"]["nodeName"].as_str().unwrap()));
            assert_eq!(pod["status"]["phase"], "Running");
        }
    }
}

#[tokio::test]
async fn the_first_one_has_pods_that_wait_for_every_reason() {
    let server = started(Scenario::named("first-pods").unwrap());
    assert_eq!(items(&server, "/api/v1/nodes").await.len(), 12);
    let waiting = |scheduler: &str| {
        format!("/api/v1/pods?fieldSelector=spec.nodeName%3D,spec.schedulerName%3D{scheduler}")
    };
    assert_eq!(items(&server, &waiting("berth")).await.len(), 13);
    assert_eq!(items(&server, &waiting("default-scheduler")).await.len(), 2);
    let pods = items(&server, "/api/v1/pods").await;
    assert!(placed(&pods).count() > 50);
    let holds = |field: &str| {
        let said = |pod: &&Value| pod.pointer(field).is_some();
        pods.iter().filter(said).count()
    };
    assert!(holds("/spec/topologySpreadConstraints/0/labelSelector") > 0);
    assert!(holds("/spec/affinity/podAntiAffinity") > 0);
    assert!(holds("/spec/volumes/0/persistentVolumeClaim") > 0);
    let one = |uri: &'static str| async { items(&server, uri).await.into_iter().next().expect(uri) };
    let claim = one("/api/v1/persistentvolumeclaims").await;
    let volume = one("/api/v1/persistentvolumes").await;
    assert_eq!(claim["spec"]["volumeName"], volume["metadata"]["name"]);
    assert_eq!(volume["spec"]["claimRef"]["uid"], claim["metadata"]["uid"]);
    assert_eq!(claim["status"]["phase"], "Bound", "a scenario's status is kept");
    let budget = one("/apis/policy/v1/poddisruptionbudgets").await;
    assert_eq!(budget["status"]["disruptionsAllowed"], 1);
}

/// Each file in the folder is wrong in one way; its first line says in which line, and what is said of it.
#[test]
fn mistakes_name_file_line_and_field() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/demo_api/bad-scenarios");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let text = std::fs::read_to_string(&file).unwrap();
        let wanted = text.lines().next().and_then(|line| line.strip_prefix("# "));
        let (wanted_line, wanted) = wanted.and_then(|line| line.split_once(": ")).unwrap();
        match Scenario::read(&file).err() {
            Some(ScenarioError::Content {
                file: named,
                line,
                message,
            }) => {
                assert_eq!(named, file.display().to_string());
                assert_eq!(line.to_string(), wanted_line, "{named}: {message}");
                assert!(message.contains(wanted), "{named}: {message}");
            }
            Some(other) => panic!("{}: {other}", file.display()),
            None => panic!("{} was accepted", file.display()),
        }
        count += 1;
    }
    assert!(count > 30);
    assert!(matches!(
        Scenario::named("none"),
        Err(ScenarioError::Unknown { .. })
    ));
    assert!(matches!(
        Scenario::read("/no/such/file".as_ref()),
        Err(ScenarioError::Read { .. })
    ));
}

#[tokio::test]
async fn the_same_seed_generates_the_same_cluster() {
    let shape = Generated {
        nodes: 60,
        pods: 900,
        pending: 25,
        seed: 7,
    };
    let brief = |pods: &[Value]| -> Vec<(String, String, String)> {
        let text = |pod: &Value, at: &str| {
            pod.pointer(at)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        pods.iter()
            .map(|p| {
                (
                    text(p, "/metadata/name"),
                    text(p, "/metadata/uid"),
                    text(p, "/spec/nodeName"),
                )
            })
            .collect()
    };
    let mut all = Vec::new();
    for seed in [7, 7, 8] {
        let server = started(Scenario::generated(Generated { seed, ..shape }).unwrap());
        let pods = items(&server, "/api/v1/pods").await;
        assert_eq!(placed(&pods).count(), 900);
        assert_eq!(pods.len(), 925);
        assert_eq!(items(&server, "/api/v1/nodes").await.len(), 60);
        all.push(brief(&pods));
    }
    assert_eq!(all[0], all[1]);
    assert_ne!(all[0], all[2]);
    let crowded = Generated {
        nodes: 1,
        pods: 500,
        pending: 0,
        seed: 1,
    };
    assert!(matches!(
        Scenario::generated(crowded),
        Err(ScenarioError::Generated(_))
    ));
    assert!(
        Scenario::generated(Generated {
            nodes: 0,
            pods: 0,
            pending: 0,
            seed: 1
        })
        .is_ok()
    );
    for (nodes, pods) in [(1, 110), (3, 330), (10, 1)] {
        assert!(
            Scenario::generated(Generated {
                nodes,
                pods,
                pending: 2,
                seed: 3
            })
            .is_ok(),
            "{nodes} {pods}"
        );
    }
}

#[tokio::test]
async fn on_generated_nodes_without_pods_those_that_wait_are_no_giants() {
    let shape = Generated {
        nodes: 100,
        pods: 0,
        pending: 40,
        seed: 7,
    };
    let server = started(Scenario::generated(shape).unwrap());
    let pods = items(&server, "/api/v1/pods").await;
    assert_eq!(pods.len(), 40);
    for pod in &pods {
        let cpu = pod["spec"]["containers"][0]["resources"]["requests"]["cpu"]
            .as_str()
            .expect("a request");
        let cores: f64 = match cpu.strip_suffix('m') {
            Some(milli) => milli.parse::<f64>().expect("a number") / 1_000.0,
            None => cpu.parse().expect("a number"),
        };
        assert!(cores <= 12.0, "{cpu}: the largest nodes have 16 cores");
    }
}

#[tokio::test]
async fn an_empty_cluster_has_what_every_cluster_has() {
    let server = still();
    assert_eq!(items(&server, "/api/v1/namespaces").await.len(), 4);
    assert_eq!(
        items(&server, "/apis/scheduling.k8s.io/v1/priorityclasses")
            .await
            .len(),
        2
    );
    assert_eq!(items(&server, "/api/v1/serviceaccounts").await.len(), 4);
}
