//! What the plugins about volumes do that a spec cannot show: plans, pods taken away, changes, explanations, arguments.

use std::sync::Arc;

use berth::model::from_api::list;
use berth::model::{Cluster, NodeId, PodKey};
use berth::scheduling::explanation::HOLDS;
use berth::scheduling::features::{FeatureGates, Gate};
use berth::scheduling::plugin::{Cycle, PreFilter};
use berth::scheduling::plugins::{self, Setup, volume_binding};
use berth::scheduling::{Code, Profile, Trace, cycle};
use serde_json::{Value, json};

/// The manifests of a spec.
pub(super) fn cluster_of(spec: &str) -> Cluster {
    let path = format!("{}/tests/specs/{spec}.md", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("it is there");
    let yaml = text
        .split("```yaml\n")
        .nth(1)
        .expect("it is there")
        .split("```")
        .next()
        .expect("it is there");
    cluster(yaml)
}

fn cluster(yaml: &str) -> Cluster {
    Cluster::from_changes(list::read(yaml.as_bytes(), "spec").expect("it is there").changes)
}

fn cycle_of<'a>(cluster: &'a Cluster, pod: &str) -> Cycle<'a> {
    Cycle {
        cluster,
        pod: cluster.pod(&PodKey::new("default", pod)).expect("it is there"),
    }
}

fn node(cluster: &Cluster, name: &str) -> NodeId {
    cluster.node(name).expect("it is there").0
}

fn without(cluster: &Cluster, plugin: &str, pod: &str, on: &str, removed: &str) -> Option<Code> {
    let setup = Setup {
        args: &Value::Null,
        gates: FeatureGates::default(),
    };
    let plugin = (plugins::row(plugin).expect("it is there").build)(&setup).expect("it is there");
    let Some(PreFilter::Run { filter, .. }) = plugin.pre_filter(cycle_of(cluster, pod)) else {
        panic!("the filter is to run");
    };
    let removed = cluster
        .pods
        .id(&PodKey::new("default", removed))
        .expect("it is there");
    let status = filter.filter_without(node(cluster, on), &[removed]);
    status.map(|status| status.code)
}

#[test]
fn what_would_be_bound_and_made_is_there_to_be_read() {
    let cluster = cluster_of("volume_binding");
    let bindings = |pod: &str, on: &str| {
        let plan = volume_binding::plan(cycle_of(&cluster, pod), node(&cluster, on)).expect("it is there");
        let bindings = plan.bindings.iter();
        let bindings: Vec<_> = bindings
            .map(|(claim, pv)| format!("{} {}", claim.name, pv.name))
            .collect();
        let provisions = plan.provisions.iter();
        let provisions: Vec<_> = provisions
            .map(|(claim, from)| format!("{} {}", claim.name, from.map_or("", |from| &from.name)))
            .collect();
        (bindings.join(","), provisions.join(","))
    };
    assert_eq!(bindings("local", "n1"), ("local small".into(), String::new()));
    assert_eq!(bindings("local", "n2"), ("local large".into(), String::new()));
    assert_eq!(bindings("pool", "n1"), (String::new(), "pool n1".into()));
    assert_eq!(bindings("started", "n2"), (String::new(), "started ".into()));
    assert_eq!(bindings("plain", "n1"), (String::new(), String::new()));
    let out = volume_binding::plan(cycle_of(&cluster, "zoned"), node(&cluster, "n1"));
    assert_eq!(out.unwrap_err().code, Code::UnschedulableAndUnresolvable);
}

#[test]
fn taking_a_pod_away_gives_up_what_it_holds() {
    let disks = cluster_of("volume_restrictions");
    for pod in ["writer", "amazon", "ceph", "second"] {
        let code = without(&disks, "VolumeRestrictions", pod, "busy", "holder");
        assert_eq!(code, Some(Code::Success), "{pod}");
        let code = without(&disks, "VolumeRestrictions", pod, "busy", "plain");
        assert_eq!(
            code,
            Some(Code::Unschedulable),
            "{pod}: another pod makes no difference"
        );
    }
    let limits = cluster_of("node_volume_limits");
    let code = without(&limits, "NodeVolumeLimits", "third", "full", "there");
    assert_eq!(code, Some(Code::Success));
    let code = without(&limits, "NodeVolumeLimits", "strict", "bare", "there");
    assert_eq!(code, None, "a missing driver is not brought by removing pods");
}

#[test]
fn storage_that_comes_and_goes_is_followed() {
    use berth::model::WatchEvent::{Applied, Deleted};
    use berth::model::{Change, from_api};
    let mut cluster = cluster_of("volume_binding");
    let plan = |cluster: &Cluster, pod: &str, on: &str| {
        let plan =
            volume_binding::plan(cycle_of(cluster, pod), node(cluster, on)).map_err(|status| status.code)?;
        Ok(plan.bindings.first().map(|(_, volume)| Arc::clone(&volume.name)))
    };
    assert_eq!(plan(&cluster, "local", "n1"), Ok(Some("small".into())));
    let small = |claim: Value| -> from_api::PersistentVolumeObject {
        let mut spec = json!({"storageClassName": "local", "capacity": {"storage": "20Gi"}, "accessModes": ["ReadWriteOnce"]});
        if !claim.is_null() {
            spec["claimRef"] = claim;
        }
        let object = json!({"metadata": {"name": "small"}, "spec": spec, "status": {"phase": "Available"}});
        serde_json::from_value(object).expect("it is there")
    };
    let taken = small(json!({"namespace": "default", "name": "other"}));
    cluster.apply(Change::PersistentVolume(Applied(Box::new(taken))));
    assert_eq!(plan(&cluster, "local", "n1"), Ok(Some("large".into())));
    let kept = small(json!({"namespace": "default", "name": "huge"}));
    cluster.apply(Change::PersistentVolume(Applied(Box::new(kept))));
    assert_eq!(
        plan(&cluster, "huge", "n1"),
        Err(Code::UnschedulableAndUnresolvable),
        "it is kept for the claim, and too small"
    );
    cluster.apply(Change::PersistentVolume(Applied(Box::new(small(Value::Null)))));
    assert_eq!(
        plan(&cluster, "local", "n2"),
        Ok(Some("small".into())),
        "it is everywhere now"
    );
    cluster.apply(Change::PersistentVolume(Deleted(Box::new(small(Value::Null)))));
    assert_eq!(plan(&cluster, "local", "n1"), Ok(Some("large".into())));
}

#[test]
fn drivers_and_attachments_are_known_in_whatever_order_they_come() {
    let path = format!("{}/tests/specs/node_volume_limits.md", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("it is there");
    let yaml = text
        .split("```yaml\n")
        .nth(1)
        .expect("it is there")
        .split("```")
        .next()
        .expect("it is there");
    let mut documents: Vec<&str> = yaml.split("---\n").collect();
    documents.reverse();
    let backwards = cluster(&documents.join("---\n"));
    let trace = run(&backwards, "third");
    let column = trace
        .filters
        .iter()
        .find(|column| column.plugin == "NodeVolumeLimits");
    let code = |name: &str| column.expect("it is there").get(node(&backwards, name)).code;
    assert_eq!(code("full"), Code::Unschedulable);
    assert_eq!(code("roomy"), Code::Success);
}

fn run(cluster: &Cluster, pod: &str) -> Trace {
    let nodes = Arc::new(cycle::node_index(cluster));
    cycle::run(cycle_of(cluster, pod), &Profile::default_for("berth"), &nodes)
}

#[test]
fn explanations_give_the_reasons_and_the_scores() {
    let profile = Profile::default_for("berth");
    let mut told = 0;
    for spec in [
        "volume_binding",
        "volume_restrictions",
        "node_volume_limits",
        "volume_zone",
    ] {
        let cluster = cluster_of(spec);
        for pod in cluster.waiting() {
            let trace = run(&cluster, &pod.key.name);
            for &node in &trace.nodes.ids {
                let why = cycle::explain(cycle_of(&cluster, &pod.key.name), &profile, &trace, node);
                let place = format!("{spec}: {} on {}", pod.key, trace.nodes.name(node));
                for ((plugin, why), column) in why.filters.iter().zip(&trace.filters) {
                    let mut against: Vec<_> = why.steps.iter().map(|step| step.result.clone()).collect();
                    against.retain(|result| result != HOLDS);
                    assert_eq!(against, column.get(node).reasons, "{place}: {plugin}: {why:?}");
                    told += usize::from(!against.is_empty());
                }
                let Some(at) = trace.feasible_index(node) else {
                    continue;
                };
                for ((plugin, why), column) in why.scores.iter().zip(&trace.scores) {
                    let last = why.steps.last().map(|step| step.result.clone());
                    assert_eq!(last, Some(column.normalized[at].to_string()), "{place}: {plugin}");
                }
            }
        }
    }
    assert!(told > 15, "{told}");
}

#[test]
fn arguments_are_taken_or_refused_as_upstream_does() {
    let build = |args: Value, scoring: bool| {
        let mut gates = FeatureGates::default();
        gates.set(Gate::StorageCapacityScoring, scoring);
        let row = plugins::row("VolumeBinding").expect("it is there");
        let built = (row.build)(&Setup { args: &args, gates });
        built.map(|_| ()).map_err(|error| error.field)
    };
    let shape = |points: &[(i64, i64)]| {
        let points = points.iter().map(|(x, y)| json!({"utilization": x, "score": y}));
        json!({"shape": points.collect::<Vec<_>>()})
    };
    assert_eq!(build(json!({}), true), Ok(()));
    assert_eq!(build(json!({"bindTimeoutSeconds": 0}), true), Ok(()));
    assert_eq!(
        build(json!({"bindTimeoutSeconds": -1}), true),
        Err("bindTimeoutSeconds".into())
    );
    assert_eq!(build(shape(&[(0, 0), (50, 5), (100, 10)]), true), Ok(()));
    assert_eq!(build(shape(&[(0, 0)]), false), Err("shape".into()));
    assert_eq!(
        build(shape(&[(50, 0), (50, 5)]), true),
        Err("shape[1].utilization".into())
    );
    assert_eq!(build(shape(&[(0, 11)]), true), Err("shape[0].score".into()));
    assert_eq!(
        build(shape(&[(0, 1), (101, 1)]), true),
        Err("shape[1].utilization".into())
    );
    assert!(build(json!({"bindTimeout": 3}), true).is_err());
}
