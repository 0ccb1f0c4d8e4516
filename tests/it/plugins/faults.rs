//! What cannot be read is an error where it is needed, and nowhere else.

use berth::model::from_api::list;
use berth::model::{Cluster, PodKey};
use berth::scheduling::plugin::Cycle;
use berth::scheduling::trace::Decision;
use berth::scheduling::{Code, Profile, Trace, cycle};

const CLUSTER: &str = r"
kind: List
items:
- {kind: Node, metadata: {name: bad}, status: {allocatable: {cpu: plenty, memory: 8Gi, pods: 10}}}
- {kind: Node, metadata: {name: good}, status: {allocatable: {cpu: 4, memory: 8Gi, pods: 10}}}
- {kind: Node, metadata: {name: held}, status: {allocatable: {cpu: 4, memory: 8Gi, pods: 10}}}
- {kind: Node, metadata: {name: tainted}, spec: {taints: [{key: a, effect: Sometimes}]}, status: {allocatable: {cpu: 4, memory: 8Gi, pods: 10}}}
- kind: Pod
  metadata: {name: odd, namespace: default}
  spec: {nodeName: held, containers: [{name: c, resources: {requests: {memory: some}}}]}
- kind: Pod
  metadata: {name: fine, namespace: default}
  spec: {containers: [{name: c, resources: {requests: {cpu: 1}}}]}
- kind: Pod
  metadata: {name: unreadable, namespace: default}
  spec: {containers: [{name: c, resources: {requests: {cpu: 1x}}}]}
";

fn judged(name: &str) -> (Cluster, Trace) {
    let loaded = list::read(CLUSTER.as_bytes(), "file").expect("it can be read");
    let cluster = Cluster::from_changes(loaded.changes);
    let nodes = cycle::node_index(&cluster).into();
    let pod = cluster
        .pod(&PodKey::new("default", name))
        .expect("the pod is there");
    let profile = Profile::default_for("berth");
    let trace = cycle::run(
        Cycle {
            cluster: &cluster,
            pod,
        },
        &profile,
        &nodes,
    );
    (cluster, trace)
}

#[test]
fn a_bad_node_or_bound_pod_rejects_on_that_node_alone() {
    let (cluster, trace) = judged("fine");
    let told = [
        ("bad", "Node bad: status.allocatable.cpu: 'plenty'"),
        (
            "held",
            "Pod default/odd: spec.containers[0].resources.requests.memory: 'some'",
        ),
        ("tainted", "Node tainted: spec.taints[0].effect: 'Sometimes'"),
    ];
    for (name, text) in told {
        let (node, _) = cluster.node(name).expect("the node is there");
        let (_, status) = trace.first_failure(node).expect("it is rejected");
        assert_eq!(status.code, Code::Fault);
        assert!(status.message().starts_with(text), "{}", status.message());
    }
    let (good, _) = cluster.node("good").expect("the node is there");
    assert_eq!(trace.decision, Decision::Single(good));
}

#[test]
fn a_pod_that_cannot_be_read_is_not_judged() {
    let (_, trace) = judged("unreadable");
    assert!(trace.feasible.is_empty());
    let Decision::Error(text) = &trace.decision else {
        panic!("{:?}", trace.decision);
    };
    assert!(
        text.contains("Pod default/unreadable: spec.containers[0].resources.requests.cpu: '1x'"),
        "{text}"
    );
}
