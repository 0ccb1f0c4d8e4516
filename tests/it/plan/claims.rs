//! Pods with claims: what the earlier ones take is gone for the later ones, as it will be when they are placed.

use std::collections::BTreeMap;

use berth::model::Cluster;
use berth::model::from_api::list;
use berth::scheduling::Profiles;
use berth::scheduling::plan::{Plan, Request, Search};
use serde_json::{Value, json};

use super::{one_by_one, optimize, pairs, replay, request, sites};

/// `n1` and `n2` of zone `a`, `n3` of zone `b`, with these objects; the pods, the first one the oldest.
fn cluster(objects: Vec<Value>, pods: Vec<Value>) -> Cluster {
    let mut items = vec![json!({"kind": "Namespace", "metadata": {"name": "shop"}})];
    for (name, zone) in [("n1", "a"), ("n2", "a"), ("n3", "b")] {
        items.push(json!({
            "kind": "Node",
            "metadata": {"name": name, "labels": {
                "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone,
            }},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "20"}},
        }));
    }
    items.extend(objects);
    for (at, mut pod) in pods.into_iter().enumerate() {
        pod["metadata"]["uid"] = json!(format!("uid-{at}"));
        pod["metadata"]["creationTimestamp"] = json!(format!("2026-01-01T00:{at:02}:00Z"));
        items.push(pod);
    }
    let text = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let read = list::read(text.as_bytes(), "made up").expect("it can be read");
    Cluster::from_changes(read.changes)
}

/// A pod with these volumes' claims and these ResourceClaims.
fn pod(name: &str, cpu: &str, volumes: &[&str], devices: &[&str]) -> Value {
    let volume = |claim: &&str| json!({"name": claim, "persistentVolumeClaim": {"claimName": claim}});
    let device = |claim: &&str| json!({"name": claim, "resourceClaimName": claim});
    json!({
        "kind": "Pod", "metadata": {"namespace": "shop", "name": name},
        "spec": {
            "schedulerName": "berth",
            "containers": [{"name": "app", "resources": {"requests": {"cpu": cpu}}}],
            "volumes": volumes.iter().map(volume).collect::<Vec<_>>(),
            "resourceClaims": devices.iter().map(device).collect::<Vec<_>>(),
        },
    })
}

fn device_class(more: &Value) -> Value {
    let mut class = json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "gpu"}, "spec": {},
    });
    json_patch::merge(&mut class["spec"], more);
    class
}

/// One device on each of these nodes.
fn devices(nodes: &[&str]) -> Vec<Value> {
    let slice = |node: &&str| {
        json!({
            "apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice", "metadata": {"name": format!("s-{node}")},
            "spec": {
                "driver": "gpu.example.com", "nodeName": node,
                "pool": {"name": node, "generation": 1, "resourceSliceCount": 1}, "devices": [{"name": "gpu-0"}],
            },
        })
    };
    nodes.iter().map(slice).collect()
}

fn device_claim(name: &str) -> Value {
    json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
        "metadata": {"namespace": "shop", "name": name, "uid": format!("uid-of-{name}")},
        "spec": {"devices": {"requests": [{"name": "one", "exactly": {
            "deviceClassName": "gpu", "allocationMode": "ExactCount", "count": 1,
        }}]}},
    })
}

fn class(provisioner: &str) -> Value {
    json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "wait"},
        "provisioner": provisioner, "volumeBindingMode": "WaitForFirstConsumer",
    })
}

fn claim(name: &str, mode: &str) -> Value {
    json!({
        "kind": "PersistentVolumeClaim",
        "metadata": {"namespace": "shop", "name": name, "uid": format!("uid-of-{name}")},
        "spec": {
            "storageClassName": "wait", "accessModes": [mode], "resources": {"requests": {"storage": "1Gi"}},
        },
    })
}

/// The driver of the claims' volumes on a node.
fn csi_node(node: &str, topology_keys: &[&str], limit: Option<i32>) -> Value {
    json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": node},
        "spec": {"drivers": [{
            "name": "disk.example.com", "nodeID": node, "topologyKeys": topology_keys,
            "allocatable": limit.map(|count| json!({"count": count})),
        }]},
    })
}

fn planned(cluster: &Cluster, request: &Request) -> Plan {
    let plan = one_by_one(cluster, request);
    replay(cluster, &plan, &mut Profiles::default());
    plan
}

/// Why the pods that are left over fit nowhere.
fn left_over(plan: &Plan) -> Vec<(String, String)> {
    let left = plan.unplaced();
    left.map(|(pod, why)| (pod.key.name.to_string(), why.message.to_string()))
        .collect()
}

fn pinned(pod: &str, node: &str) -> Request {
    Request {
        pins: BTreeMap::from([(super::key(pod), node.into())]),
        ..request()
    }
}

#[test]
fn a_device_is_given_once() {
    let mut objects = devices(&["n1", "n2"]);
    objects.push(device_class(&json!({})));
    objects.extend(["a", "b", "c"].map(device_claim));
    let pods = ["a", "b", "c"].map(|name| pod(name, "1", &[], &[name]));
    let plan = planned(&cluster(objects, pods.into()), &request());
    assert_eq!(pairs(&sites(&plan)), [("a", "n1"), ("b", "n2")]);
    let left = left_over(&plan);
    assert_eq!(left.len(), 1);
    assert!(left[0].1.contains("cannot allocate all claims"), "{left:?}");
}

#[test]
fn a_shared_device_claim_ties_its_pods_to_where_the_device_is() {
    let mut objects = devices(&["n1", "n2"]);
    objects.extend([device_class(&json!({})), device_claim("shared")]);
    let pods = ["a", "b"].map(|name| pod(name, "2", &[], &["shared"]));
    let cluster = cluster(objects, pods.into());
    // By itself, `b` would go where nobody is.
    let plan = planned(&cluster, &pinned("a", "n2"));
    assert_eq!(pairs(&sites(&plan)), [("a", "n2"), ("b", "n2")]);
}

#[test]
fn devices_that_stand_for_extended_resources_are_given_once() {
    let mut objects = devices(&["n1"]);
    objects.push(device_class(&json!({"extendedResourceName": "example.com/gpu"})));
    let pods = ["a", "b"].map(|name| {
        let mut pod = pod(name, "1", &[], &[]);
        pod["spec"]["containers"][0]["resources"]["requests"]["example.com/gpu"] = json!("1");
        pod["spec"]["containers"][0]["resources"]["limits"] = json!({"example.com/gpu": "1"});
        pod
    });
    let plan = planned(&cluster(objects, pods.into()), &request());
    assert_eq!(pairs(&sites(&plan)), [("a", "n1")]);
    assert_eq!(left_over(&plan).len(), 1);
}

#[test]
fn a_volume_that_is_there_is_bound_once() {
    let volume = |node: &str| {
        json!({
            "kind": "PersistentVolume", "metadata": {"name": format!("pv-{node}")},
            "spec": {
                "storageClassName": "wait", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
                "local": {"path": "/data"},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]},
                ]}]}},
            },
            "status": {"phase": "Available"},
        })
    };
    let mut objects = vec![class("kubernetes.io/no-provisioner"), volume("n1"), volume("n2")];
    objects.extend(["a", "b", "c"].map(|name| claim(name, "ReadWriteOnce")));
    let mut pods = Vec::from(["a", "b", "c"].map(|name| pod(name, "1", &[name], &[])));
    // It uses what was bound for `a`, and has to go there.
    pods.push(pod("again", "1", &["a"], &[]));
    let plan = planned(&cluster(objects, pods), &pinned("a", "n2"));
    assert_eq!(pairs(&sites(&plan)), [("a", "n2"), ("b", "n1"), ("again", "n2")]);
    let left = left_over(&plan);
    assert!(
        left.len() == 1
            && left[0]
                .1
                .contains("didn't find available persistent volumes to bind"),
        "{left:?}"
    );
}

#[test]
fn a_volume_that_is_made_is_reached_where_its_driver_says() {
    let zone = "topology.kubernetes.io/zone";
    let plan_with = |keys: Option<&[&str]>| {
        let mut objects = vec![class("disk.example.com"), claim("shared", "ReadWriteMany")];
        let drivers = keys.map(|keys| ["n1", "n2", "n3"].map(|node| csi_node(node, keys, None)));
        objects.extend(drivers.into_iter().flatten());
        // Each fills its node.
        let pods = ["a", "b", "c"].map(|name| pod(name, "3", &["shared"], &[]));
        let plan = planned(&cluster(objects, pods.into()), &pinned("a", "n2"));
        sites(&plan)
    };
    assert_eq!(
        pairs(&plan_with(Some(&[zone]))),
        [("a", "n2"), ("b", "n1")],
        "in the zone of the first"
    );
    assert_eq!(
        pairs(&plan_with(Some(&[]))),
        [("a", "n2"), ("b", "n1"), ("c", "n3")],
        "everywhere"
    );
    assert_eq!(
        pairs(&plan_with(Some(&["of.no/node"]))),
        [("a", "n2")],
        "nobody knows: where the first is, and there is no room"
    );
    assert_eq!(pairs(&plan_with(None)), [("a", "n2")], "nobody knows");
}

#[test]
fn a_claim_for_one_pod_is_used_by_one() {
    let objects = vec![class("disk.example.com"), claim("own", "ReadWriteOncePod")];
    let pods = ["a", "b"].map(|name| pod(name, "1", &["own"], &[]));
    let plan = planned(&cluster(objects, pods.into()), &request());
    assert_eq!(sites(&plan).len(), 1);
    let left = left_over(&plan);
    assert!(left[0].1.contains("ReadWriteOncePod"), "{left:?}");
}

#[test]
fn volumes_that_are_made_count_against_what_a_node_can_attach() {
    let mut objects = vec![class("disk.example.com")];
    objects.extend(["n1", "n2", "n3"].map(|node| csi_node(node, &["kubernetes.io/hostname"], Some(1))));
    objects.extend(["a", "b", "c", "d"].map(|name| claim(name, "ReadWriteOnce")));
    let pods = ["a", "b", "c", "d"].map(|name| pod(name, "1", &[name], &[]));
    let plan = planned(&cluster(objects, pods.into()), &request());
    let placed = sites(&plan);
    let mut nodes: Vec<&str> = placed.iter().map(|(_, node)| &**node).collect();
    nodes.sort_unstable();
    assert_eq!(nodes, ["n1", "n2", "n3"]);
    let left = left_over(&plan);
    assert!(left[0].1.contains("exceed max volume count"), "{left:?}");
}

#[test]
fn the_search_gives_back_what_it_takes_off() {
    // `flexible` comes first and takes the only device that `fixed` could have, until it is moved.
    let mut objects = devices(&["n1", "n2"]);
    objects.push(device_class(&json!({})));
    objects.extend(["flexible", "fixed"].map(device_claim));
    let mut pods = Vec::from(["flexible", "fixed"].map(|name| pod(name, "1", &[], &[name])));
    pods[1]["spec"]["nodeSelector"] = json!({"kubernetes.io/hostname": "n1"});
    let cluster = cluster(objects, pods);
    assert_eq!(
        pairs(&sites(&planned(&cluster, &request()))),
        [("flexible", "n1")]
    );
    let search = Search {
        seed: 1,
        evaluations: 2_000,
    };
    let found = optimize(&cluster, &request(), search).plan;
    replay(&cluster, &found, &mut Profiles::default());
    let mut placed = sites(&found);
    placed.sort();
    assert_eq!(pairs(&placed), [("fixed", "n1"), ("flexible", "n2")]);
}
