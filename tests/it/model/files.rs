//! Clusters from files.

use berth::model::from_api::list::{ListError, read};
use berth::model::{Cluster, PodKey};

const JSON: &str = r#"{"apiVersion": "v1", "kind": "List", "items": [
  {"kind": "Node", "metadata": {"name": "n0"}, "status": {"allocatable": {"cpu": "4", "pods": 10}}},
  {"kind": "Pod", "metadata": {"name": "p", "namespace": "ns", "managedFields": [{"manager": "x"}]},
   "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": 1}}}]}},
  {"kind": "Pod", "metadata": {"name": "done", "namespace": "ns"}, "status": {"phase": "Succeeded"}},
  {"kind": "ConfigMap", "metadata": {"name": "s"}},
  {"kind": "ConfigMap", "metadata": {"name": "t"}}
]}"#;

const YAML: &str = "
kind: Node
metadata: {name: n0}
status: {allocatable: {cpu: 4, pods: '10'}}
---
kind: PodList
items:
- metadata: {name: p, namespace: ns, labels: null}
  spec:
    tolerations: null
    containers: [{name: c, resources: {requests: {cpu: 1e0}}}]
";

#[test]
fn lists_documents_and_typed_lists_are_read() {
    for text in [JSON, YAML] {
        let loaded = read(text.as_bytes(), "file").expect("it can be read");
        let cluster = Cluster::from_changes(loaded.changes);
        assert_eq!(cluster.pods.len(), 1, "{text}");
        assert!(
            cluster
                .node("n0")
                .is_some_and(|(_, node)| node.allowed_pods == 10)
        );
        let pod = cluster.pod(&PodKey::new("ns", "p")).expect("the pod is there");
        assert_eq!(
            pod.spec
                .requests
                .iter()
                .map(|(_, amount)| amount)
                .collect::<Vec<_>>(),
            [1000]
        );
    }
}

#[test]
fn unknown_kinds_are_skipped_and_counted() {
    let loaded = read(JSON.as_bytes(), "file").expect("it can be read");
    assert_eq!(
        loaded.skipped.into_iter().collect::<Vec<_>>(),
        [("ConfigMap".to_owned(), 2)]
    );
}

#[test]
fn an_error_names_item_and_field() {
    let text = JSON.replace(r#"[{"name": "c""#, r#"[{"name": 7"#);
    let error = read(text.as_bytes(), "cluster.json").expect_err("a name is no number");
    assert!(matches!(error, ListError::Item { at: 1, .. }));
    let text = error.to_string();
    assert!(
        text.contains("cluster.json: item 1 (Pod ns/p): spec.containers[0].name"),
        "{text}"
    );
}

#[test]
fn nonsense_is_refused() {
    for text in [
        "{",
        "[1, 2",
        "{\"items\": [3]}",
        "hello",
        "{\"metadata\": {}}",
        "",
        " \n",
        "kind: Service",
    ] {
        assert!(
            matches!(read(text.as_bytes(), "file"), Err(ListError::Syntax { .. })),
            "{text}"
        );
    }
}

#[test]
fn a_bad_quantity_is_a_fault_and_the_rest_is_there() {
    let text = JSON.replace(r#""cpu": 1}"#, r#""cpu": "one"}"#);
    let cluster = Cluster::from_changes(read(text.as_bytes(), "file").expect("it can be read").changes);
    let pod = cluster.pod(&PodKey::new("ns", "p")).expect("the pod is there");
    let faults: Vec<String> = pod.faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].starts_with("Pod ns/p: spec.containers[0].resources.requests.cpu: 'one'"),
        "{}",
        faults[0]
    );
}

#[test]
fn a_list_within_a_list_is_read_and_a_thousand_are_refused() {
    let nested = format!(r#"{{"kind": "List", "items": [{JSON}]}}"#);
    for text in [nested.as_str(), &format!("[{JSON}]")] {
        let cluster = Cluster::from_changes(read(text.as_bytes(), "file").expect("it can be read").changes);
        assert_eq!(cluster.pods.len(), 1, "{text}");
    }
    let deep = format!(
        "{}{JSON}{}",
        r#"{"kind": "List", "items": ["#.repeat(1000),
        "]}".repeat(1000)
    );
    let error = read(deep.as_bytes(), "file").expect_err("nobody means that");
    assert!(error.to_string().contains("within each other"), "{error}");
}

#[test]
fn large_yaml_is_read_and_yaml_that_unfolds_is_not() {
    let pod = "- {kind: Pod, metadata: {name: NAME, namespace: ns}, spec: {containers: [{name: c}]}}\n";
    let pods: String = (0..20_000)
        .map(|at| pod.replace("NAME", &format!("p{at}")))
        .collect();
    let text = format!("kind: List\nitems:\n{pods}");
    let loaded = read(text.as_bytes(), "file").expect("it can be read");
    assert_eq!(Cluster::from_changes(loaded.changes).pods.len(), 20_000);

    let doubled: Vec<String> = (1..40)
        .map(|at| format!("a{at}: &a{at} [*a{0}, *a{0}]", at - 1))
        .collect();
    let doubled = doubled.join("\n");
    let text = format!("a0: &a0 [x, x]\n{doubled}\nkind: List\nitems: *a39\n");
    assert!(matches!(
        read(text.as_bytes(), "file"),
        Err(ListError::Syntax { .. })
    ));
}

#[test]
fn a_time_at_the_end_of_all_times_keeps_nothing_from_being_read() {
    let pod = |time: &str| {
        format!(r#"{{"kind":"Pod","metadata":{{"namespace":"a","name":"b","deletionTimestamp":"{time}"}}}}"#)
    };
    let read = |time: &str| read(pod(time).as_bytes(), "pods.json");
    let loaded = read("9999-12-31T23:59:59Z").expect("it is read");
    let cluster = Cluster::from_changes(loaded.changes);
    assert!(cluster.pod(&PodKey::new("a", "b")).expect("the pod").deleting);
    assert!(read("yesterday").is_err());
}
