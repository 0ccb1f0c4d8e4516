//! A supposition made on a copy is what the changed manifest from the API would be.

use std::sync::Arc;

use berth::model::resources::ResourceId;
use berth::model::{Cluster, PodKey};
use berth::scheduling::plugin::Cycle;
use berth::scheduling::what_if::{Scratch, Supposition, suppose};
use berth::scheduling::{Profile, cycle, record};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{cluster, parsed, pod, put};

fn node(name: &str, zone: &str) -> Value {
    json!({
        "kind": "Node",
        "metadata": { "name": name, "labels": { "zone": zone, "kubernetes.io/hostname": name, "disk": "hdd" } },
        "spec": { "taints": [{ "key": "team", "value": "blue", "effect": "PreferNoSchedule" }] },
        "status": { "allocatable": { "cpu": "4", "memory": "8Gi", "pods": "10", "example.com/gpu": "2" } },
    })
}

fn placed(name: &str, node: &str) -> Value {
    json!({
        "kind": "Pod",
        "metadata": { "name": name, "namespace": "default", "labels": { "app": "web" } },
        "spec": { "nodeName": node, "containers": [{
            "name": "app",
            "resources": { "requests": { "cpu": "1", "memory": "1Gi" } },
            "ports": [{ "hostPort": 8080 }],
        }] },
    })
}

/// A pod with everything that can be dropped.
fn waiting() -> Value {
    let term = json!({ "labelSelector": { "matchLabels": { "app": "web" } }, "topologyKey": "zone" });
    let constraint = |key: &str, when: &str| {
        json!({
            "maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": when,
            "labelSelector": { "matchLabels": { "app": "web" } },
        })
    };
    json!({
        "kind": "Pod",
        "metadata": { "name": "cart", "namespace": "default", "labels": { "app": "web", "tier": "front" } },
        "spec": {
            "containers": [
                { "name": "app", "resources": { "requests": { "cpu": "500m", "memory": "1Gi" } },
                  "ports": [{ "hostPort": 8080 }] },
                { "name": "log" },
            ],
            "initContainers": [
                { "name": "mesh", "restartPolicy": "Always", "resources": { "requests": { "cpu": "100m" } } },
                { "name": "init", "resources": { "requests": { "cpu": "1", "example.com/gpu": "1" } } },
            ],
            "overhead": { "cpu": "10m", "memory": "16Mi" },
            "nodeSelector": { "disk": "hdd", "zone": "a" },
            "tolerations": [{ "key": "team", "operator": "Exists" }],
            "schedulingGates": [{ "name": "example.com/wait" }],
            "topologySpreadConstraints": [
                constraint("zone", "DoNotSchedule"),
                constraint("kubernetes.io/hostname", "DoNotSchedule"),
                constraint("zone", "ScheduleAnyway"),
            ],
            "affinity": {
                "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": [
                    { "matchExpressions": [{ "key": "zone", "operator": "In", "values": ["a", "b"] }] },
                ] } },
                "podAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [term] },
                "podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        { "labelSelector": { "matchLabels": { "app": "db" } }, "topologyKey": "zone" },
                    ],
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        { "weight": 5, "podAffinityTerm": term },
                    ],
                },
            },
        },
    })
}

fn objects() -> Vec<Value> {
    vec![
        node("n0", "a"),
        node("n1", "a"),
        node("n2", "b"),
        placed("p0", "n0"),
        placed("p1", "n2"),
        waiting(),
    ]
}

/// A line, and the same done to the manifests.
type Twice = (&'static str, fn(&mut [Value]));

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

fn taints(node: &mut Value) -> &mut Vec<Value> {
    node["spec"]["taints"].as_array_mut().expect("taints")
}

fn cordon() -> Value {
    json!({ "key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule" })
}

fn remove(object: &mut Value, key: &str) {
    object.as_object_mut().expect("an object").remove(key);
}

const ALL: &[Twice] = &[
    ("cordon n0", |all| {
        all[0]["spec"]["unschedulable"] = json!(true);
        taints(&mut all[0]).push(cordon());
    }),
    ("taint nodes n1 gpu=yes:NoSchedule", |all| {
        taints(&mut all[1]).push(json!({ "key": "gpu", "value": "yes", "effect": "NoSchedule" }));
    }),
    ("taint nodes n1 team=red:PreferNoSchedule", |all| {
        taints(&mut all[1])[0]["value"] = json!("red");
    }),
    ("taint nodes n2 team:PreferNoSchedule-", |all| {
        taints(&mut all[2]).retain(|taint| taint["key"] != "team");
    }),
    ("taint nodes n0 team-", |all| {
        taints(&mut all[0]).retain(|taint| taint["key"] != "team");
    }),
    ("label nodes n2 zone=a", |all| {
        all[2]["metadata"]["labels"]["zone"] = json!("a");
    }),
    ("label nodes n1 zone-", |all| {
        remove(&mut all[1]["metadata"]["labels"], "zone");
    }),
    ("label nodes n1 rack=r1", |all| {
        all[1]["metadata"]["labels"]["rack"] = json!("r1");
    }),
    ("set requests cpu=3 -c app", |all| {
        all[5]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = json!("3");
    }),
    ("set requests cpu=250m,memory=64Mi", |all| {
        let requests = json!({ "cpu": "250m", "memory": "64Mi" });
        for group in ["containers", "initContainers"] {
            for container in all[5]["spec"][group].as_array_mut().expect("containers") {
                for (key, value) in requests.as_object().expect("requests") {
                    container["resources"]["requests"][key] = value.clone();
                }
            }
        }
    }),
    ("set requests example.com/gpu=2 -c init", |all| {
        all[5]["spec"]["initContainers"][1]["resources"]["requests"]["example.com/gpu"] = json!("2");
    }),
    ("set requests cpu=2 --pod", |all| {
        all[5]["spec"]["resources"] = json!({ "requests": { "cpu": "2" } });
    }),
    ("tolerate gpu=yes:NoSchedule", |all| {
        let toleration = json!({ "key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule" });
        all[5]["spec"]["tolerations"]
            .as_array_mut()
            .expect("a list")
            .push(toleration);
    }),
    ("untolerate team", |all| {
        let tolerations = all[5]["spec"]["tolerations"].as_array_mut();
        tolerations.expect("a list").retain(|one| one["key"] != "team");
    }),
    ("label pod app=db", |all| {
        all[5]["metadata"]["labels"]["app"] = json!("db");
    }),
    ("label pod tier-", |all| {
        remove(&mut all[5]["metadata"]["labels"], "tier");
    }),
    ("select zone=b", |all| {
        all[5]["spec"]["nodeSelector"]["zone"] = json!("b");
    }),
    ("select disk-", |all| {
        remove(&mut all[5]["spec"]["nodeSelector"], "disk");
    }),
    ("drop node affinity", |all| {
        remove(&mut all[5]["spec"]["affinity"]["nodeAffinity"], REQUIRED);
    }),
    ("drop spread", |all| {
        let constraints = all[5]["spec"]["topologySpreadConstraints"]
            .as_array_mut()
            .expect("a list");
        constraints.drain(..2);
    }),
    ("drop spread zone", |all| {
        let constraints = all[5]["spec"]["topologySpreadConstraints"]
            .as_array_mut()
            .expect("a list");
        constraints.remove(0);
    }),
    ("drop pod affinity", |all| {
        remove(&mut all[5]["spec"]["affinity"], "podAffinity");
    }),
    ("drop anti-affinity", |all| {
        remove(&mut all[5]["spec"]["affinity"]["podAntiAffinity"], REQUIRED);
    }),
    ("drop ports", |all| {
        remove(&mut all[5]["spec"]["containers"][0], "ports");
    }),
    ("drop gates", |all| remove(&mut all[5]["spec"], "schedulingGates")),
];

fn judged(cluster: &Cluster, name: &str) -> Value {
    let pod = pod(cluster, name);
    let nodes = Arc::new(cycle::node_index(cluster));
    let profile = Profile::default_for("default-scheduler");
    record::record(&cycle::run(Cycle { cluster, pod: &pod }, &profile, &nodes))
}

/// What decisions see of a node's load and room.
fn room(cluster: &Cluster, name: &str) -> Option<[i64; 6]> {
    let (id, _) = cluster.node(name)?;
    let nodes = &cluster.nodes;
    let at = |column: &[i64]| column.get(id.index()).copied().unwrap_or(0);
    Some([
        at(nodes.requested(ResourceId::CPU)),
        at(nodes.requested(ResourceId::MEMORY)),
        at(nodes.allocatable(ResourceId::CPU)),
        at(nodes.non_zero_cpu()),
        at(nodes.non_zero_memory()),
        at(nodes.pod_count()),
    ])
}

fn assert_same(supposed: &Cluster, changed: &Cluster) -> Result<(), TestCaseError> {
    let (ours, theirs) = (pod(supposed, "cart"), pod(changed, "cart"));
    prop_assert_eq!(&ours.spec, &theirs.spec);
    prop_assert_eq!(&ours.load, &theirs.load);
    prop_assert_eq!(&ours.labels, &theirs.labels);
    for name in ["n0", "n1", "n2"] {
        prop_assert_eq!(room(supposed, name), room(changed, name));
        let (Some((_, ours)), Some((_, theirs))) = (supposed.node(name), changed.node(name)) else {
            return Err(TestCaseError::fail("a node is gone"));
        };
        prop_assert_eq!(&ours.taints, &theirs.taints);
        prop_assert_eq!(&ours.labels, &theirs.labels);
        prop_assert_eq!(ours.unschedulable, theirs.unschedulable);
    }
    prop_assert_eq!(judged(supposed, "cart"), judged(changed, "cart"));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Any of them, in any order: as if the API had brought the manifests so.
    #[test]
    fn what_is_supposed_is_what_the_api_would_bring(
        chosen in proptest::sample::subsequence(ALL.to_vec(), 0..6).prop_shuffle(),
    ) {
        let before = cluster(&objects());
        let mut manifests = objects();
        let mut suppositions = Vec::new();
        // Two that want the same thing gone make no sense together.
        let lines: Vec<&str> = chosen.iter().map(|(line, _)| *line).collect();
        let both = lines.contains(&"drop spread") && lines.contains(&"drop spread zone");
        prop_assume!(!both);
        for (line, change) in chosen {
            suppositions.push(parsed(line));
            change(&mut manifests);
        }
        let (supposed, pod) = suppose(&before, &pod(&before, "cart"), &suppositions).expect("they make sense");
        prop_assert_eq!(&pod.spec, &supposed.pod(&pod.key).expect("the pod").spec);
        let mut changed = before.clone();
        for object in &manifests {
            put(&mut changed, object);
        }
        assert_same(&supposed, &changed)?;
        assert_same(&before, &cluster(&objects()))?;
    }

    /// Taking back leaves nothing behind.
    #[test]
    fn what_is_taken_back_is_as_it_was(chosen in proptest::collection::vec(0..ALL.len() + 4, 0..6)) {
        let before = cluster(&objects());
        let more = ["evict p0", "evict p1", "add node like n0 x2", "delete node n1"];
        let mut scratch = Scratch::new(before.clone(), &pod(&before, "cart"));
        for at in chosen {
            let line = ALL.get(at).map_or_else(|| more[at - ALL.len()], |(line, _)| line);
            // Some make no sense after others: those change nothing.
            let _ = scratch.suppose(&parsed(line));
        }
        scratch.take_back();
        assert_same(scratch.cluster(), &before)?;
        prop_assert_eq!(scratch.cluster().nodes.node_count(), 3);
        prop_assert_eq!(scratch.cluster().pods.len(), 3);
        prop_assert_eq!(&scratch.pod().spec, &pod(&before, "cart").spec);
    }
}

#[test]
fn an_uncordoned_node_loses_the_taint_of_its_cordon() {
    let mut objects = objects();
    objects[0]["spec"]["unschedulable"] = json!(true);
    taints(&mut objects[0]).push(cordon());
    let before = cluster(&objects);
    let (after, _) = suppose(&before, &pod(&before, "cart"), &[parsed("uncordon n0")]).expect("sense");
    assert_eq!(after.node("n0").unwrap().1.taints.len(), 1);
    assert!(!after.node("n0").unwrap().1.unschedulable);
    assert!(
        before.node("n0").unwrap().1.unschedulable,
        "the cluster itself is left alone"
    );
}

#[test]
fn an_evicted_pod_takes_no_room() {
    let before = cluster(&objects());
    let (after, _) = suppose(&before, &pod(&before, "cart"), &[parsed("evict p0")]).expect("sense");
    assert_eq!(room(&after, "n0"), Some([0, 0, 4000, 0, 0, 0]));
    assert!(after.pod(&PodKey::new("default", "p0")).is_none());
}

#[test]
fn a_node_that_goes_takes_its_pods_along() {
    let before = cluster(&objects());
    let (after, _) = suppose(&before, &pod(&before, "cart"), &[parsed("delete node n0")]).expect("sense");
    assert!(after.node("n0").is_none());
    assert!(after.pod(&PodKey::new("default", "p0")).is_none());
    assert_eq!(after.groups().iter().count(), 1, "p1 alone is left to be counted");
}

#[test]
fn a_node_like_another_is_fresh_with_what_runs_on_every_node() {
    let mut objects = objects();
    let mut agent = placed("agent", "n0");
    agent["metadata"]["ownerReferences"] =
        json!([{ "apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "controller": true }]);
    objects.push(agent);
    objects[0]["spec"]["unschedulable"] = json!(true);
    taints(&mut objects[0]).push(cordon());
    let before = cluster(&objects);
    let (after, _) =
        suppose(&before, &pod(&before, "cart"), &[parsed("add node like n0 x2")]).expect("sense");
    assert_eq!(after.nodes.node_count(), 5);
    for name in ["n0-new-1", "n0-new-2"] {
        let (_, node) = after.node(name).expect("a new node");
        assert_eq!(node.labels.get("kubernetes.io/hostname"), Some(name));
        assert_eq!(node.labels.get("zone"), Some("a"));
        assert_eq!(node.taints.len(), 1, "the cordon is not taken over");
        assert_eq!(
            room(&after, name).map(|room| room[5]),
            Some(1),
            "the DaemonSet's pod, and no other"
        );
        assert_eq!(room(&after, name).map(|room| room[0]), Some(1000));
    }
}

#[test]
fn a_bound_pod_is_judged_as_one_that_waits() {
    let before = cluster(&objects());
    let (after, pod) = suppose(&before, &pod(&before, "p0"), &[]).expect("sense");
    assert_eq!(pod.node_name, None);
    assert_eq!(room(&after, "n0").map(|room| room[5]), Some(0));
    assert_eq!(room(&before, "n0").map(|room| room[5]), Some(1));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let before = cluster(&objects());
    for (line, message, hint) in [
        ("cordon n9", "there is no node 'n9'", "Did you mean n0?"),
        (
            "taint nodes n0 gpu-",
            "node n0 has no taint gpu",
            "It has team=blue:PreferNoSchedule.",
        ),
        (
            "label nodes n0 dis-",
            "node n0 has no label dis",
            "Did you mean disk?",
        ),
        ("evict cart", "default/cart is the pod in question", "another one"),
        (
            "evict p7",
            "there is no pod default/p7",
            "Did you mean default/p0?",
        ),
        (
            "set requests cpu=1 -c ap",
            "the pod has no container 'ap'",
            "Did you mean app?",
        ),
        (
            "set requests gpu=1",
            "the scheduler does not count 'gpu'",
            "have a domain",
        ),
        (
            "set requests example.com/gpu=1 --pod",
            "a pod as a whole cannot ask",
            "leave out --pod",
        ),
        ("untolerate gpu", "the pod has no toleration gpu", "It has team."),
        ("label pod ap-", "the pod has no label ap", "Did you mean app?"),
        (
            "select rack-",
            "the pod's nodeSelector has no rack",
            "Nothing is to be taken away",
        ),
        (
            "drop spread rack",
            "the pod has no topology spread constraint",
            "Nothing is to be dropped",
        ),
    ] {
        let supposition = parsed(line);
        let error = suppose(&before, &pod(&before, "cart"), &[supposition]).expect_err(line);
        assert!(error.message.contains(message), "{line}: {}", error.message);
        assert!(error.hint.contains(hint), "{line}: {}", error.hint);
    }
}

#[test]
fn suppositions_build_on_those_before_them() {
    let before = cluster(&objects());
    let lines = [
        "add node like n0",
        "cordon n0-new-1",
        "label nodes n0-new-1 zone=c",
    ];
    let all: Vec<Supposition> = lines.iter().map(|line| parsed(line)).collect();
    let (after, _) = suppose(&before, &pod(&before, "cart"), &all).expect("sense");
    let (_, node) = after.node("n0-new-1").expect("the new node");
    assert!(node.unschedulable);
    assert_eq!(node.labels.get("zone"), Some("c"));
}
