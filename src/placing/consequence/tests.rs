use super::*;
use crate::model::PodKey;
use crate::model::pod::{Attempt, Phase, PodSpec};

fn pod(priority: i32, cpu: i64) -> Pod {
    let mut spec = PodSpec {
        priority,
        ..PodSpec::default()
    };
    spec.requests.set(ResourceId::CPU, cpu);
    Pod {
        key: PodKey::new("shop", "cart"),
        uid: "u".into(),
        resource_version: "1".into(),
        spec: Arc::new(spec),
        labels: Arc::default(),
        load: Arc::default(),
        volumes: Arc::default(),
        created: jiff::Timestamp::UNIX_EPOCH,
        node_name: None,
        nominated_node: None,
        phase: Phase::Pending,
        deleting: false,
        preempted: false,
        started: None,
        owner: None,
        claims: None,
        generation: 1,
        unscheduled: None,
        attempt: Attempt::None,
        faults: Vec::new(),
    }
}

fn node(taints: &[&str]) -> NodeFacts {
    NodeFacts {
        taints: taints.iter().filter_map(|text| Taint::parse(text)).collect(),
        extended: vec!["example.com/gpu".into()],
    }
}

fn verdict(broken: &[(&'static str, &[&str])]) -> Verdict {
    let rule = |&(plugin, reasons): &(&'static str, &[&str])| BrokenRule {
        plugin,
        reasons: reasons.iter().map(ToString::to_string).collect(),
    };
    Verdict {
        broken: broken.iter().map(rule).collect(),
        ..Verdict::default()
    }
}

const CRITICAL: i32 = 2_000_000_000;

#[test]
fn of_several_reasons_the_kubelet_tells_the_first() {
    let told = |broken: &[(&'static str, &[&str])], pod: &Pod, taints: &[&str]| {
        fate(&verdict(broken), pod, &node(taints)).to_string()
    };
    let fit: (&str, &[&str]) = ("NodeResourcesFit", &["Insufficient memory", "Too many pods"]);
    let usual = pod(0, 100);
    assert_eq!(told(&[fit], &usual, &[]), "Failed, OutOfpods or OutOfmemory");
    let name: (&str, &[&str]) = ("NodeName", &["node(s) didn't match the requested node name"]);
    assert_eq!(
        told(&[name, fit], &usual, &[]),
        "Failed, OutOfpods or OutOfmemory"
    );
    let cordon: (&str, &[&str]) = ("NodeUnschedulable", &["node(s) were unschedulable"]);
    assert_eq!(told(&[cordon], &usual, &[]), "");
    assert_eq!(told(&[cordon, name], &usual, &[]), "Failed, NodeName");
    let features: (&str, &[&str]) = ("NodeDeclaredFeatures", &["x"]);
    assert_eq!(told(&[features], &usual, &[]), "Failed, PodFeatureUnsupported");
}

#[test]
fn a_critical_pod_kills_for_room_unless_something_else_is_wrong() {
    let critical = pod(CRITICAL, 100);
    let fit: (&str, &[&str]) = ("NodeResourcesFit", &["Insufficient cpu"]);
    let affinity: (&str, &[&str]) = ("NodeAffinity", &["x"]);
    assert_eq!(fate(&verdict(&[fit]), &critical, &node(&[])), Fate::Evicts);
    assert_eq!(
        fate(&verdict(&[fit, affinity]), &critical, &node(&[])),
        Fate::Fails("NodeAffinity".to_owned())
    );
}

#[test]
fn under_pressure_nothing_is_taken_in_but_what_is_critical() {
    let taint: (&str, &[&str]) = ("TaintToleration", &["node(s) had untolerated taint(s)"]);
    let of = |pod: &Pod, key: &str| {
        let taint_text = format!("node.kubernetes.io/{key}:NoSchedule");
        fate(&verdict(&[taint]), pod, &node(&[&taint_text])).to_string()
    };
    assert_eq!(of(&pod(0, 100), "disk-pressure"), "Failed, Evicted");
    assert_eq!(of(&pod(0, 100), "memory-pressure"), "");
    assert_eq!(of(&pod(0, 0), "memory-pressure"), "Failed, Evicted");
    assert_eq!(of(&pod(CRITICAL, 0), "disk-pressure"), "");
    assert_eq!(of(&pod(0, 100), "unschedulable"), "");
}

#[test]
fn a_resource_that_the_node_does_not_list_is_nothing_to_its_kubelet() {
    let fit = |resource: &'static str| verdict(&[("NodeResourcesFit", &[resource])]);
    let (usual, node) = (pod(0, 100), node(&[]));
    assert_eq!(
        fate(&fit("Insufficient example.com/fpga"), &usual, &node),
        Fate::Taken
    );
    assert_eq!(
        fate(&fit("Insufficient example.com/gpu"), &usual, &node).to_string(),
        "Failed, UnexpectedAdmissionError or OutOfexample.com/gpu"
    );
    assert!(fate(&fit("Insufficient hugepages-2Mi"), &usual, &node).is_harmful());
    assert!(
        fate(&fit("allocatable.cpu cannot be read"), &usual, &node).is_harmful(),
        "what cannot be told is not taken for granted"
    );
}

#[test]
fn a_node_is_read_as_the_api_server_has_it() {
    let read: ApiNode = serde_json::from_value(serde_json::json!({
        "metadata": {"name": "n1"},
        "spec": {"taints": [{"key": "a", "effect": "NoExecute", "timeAdded": "2026-01-01T00:00:00Z"}]},
        "status": {"allocatable": {"cpu": "4", "example.com/gpu": 0}},
    }))
    .unwrap();
    assert_eq!(NodeFacts::from(read), node(&["a:NoExecute"]));
    let bare: ApiNode = serde_json::from_value(serde_json::json!({"spec": {}})).unwrap();
    assert_eq!(NodeFacts::from(bare), NodeFacts::default());
}
