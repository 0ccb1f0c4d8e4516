//! How to make a supposition so on the real cluster.

use serde_json::{Value, json};

use super::{cluster, parsed, pod};

fn objects(owner: &Value) -> Vec<Value> {
    vec![
        json!({ "kind": "Node", "metadata": { "name": "n0", "labels": { "disk": "hdd" } },
                "spec": { "taints": [{ "key": "gpu", "value": "yes", "effect": "NoSchedule" }] } }),
        json!({ "kind": "Pod", "metadata": { "name": "p0", "namespace": "shop" }, "spec": { "nodeName": "n0" } }),
        json!({
            "kind": "Pod",
            "metadata": {
                "name": "cart", "namespace": "default", "ownerReferences": owner,
                "labels": { "pod-template-hash": "7f9c4", "app": "cart" },
            },
            "spec": {
                "containers": [{ "name": "app" }],
                "tolerations": [{ "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute" }],
            },
        }),
    ]
}

fn owned_by(kind: &str, name: &str) -> Value {
    json!([{ "apiVersion": "apps/v1", "kind": kind, "name": name, "controller": true }])
}

fn ways(owner: &Value, line: &str) -> (Vec<String>, String) {
    let cluster = cluster(&objects(owner));
    let way = parsed(line).way(&cluster, &pod(&cluster, "cart"));
    (way.commands, way.note.unwrap_or_default())
}

fn commands(owner: &Value, line: &str) -> Vec<String> {
    ways(owner, line).0
}

#[test]
fn nodes_are_changed_by_kubectl() {
    let owner = Value::Null;
    for (line, command) in [
        ("cordon n0", "kubectl cordon n0"),
        ("uncordon n0", "kubectl uncordon n0"),
        (
            "taint nodes n0 a=b:NoExecute",
            "kubectl taint nodes n0 a=b:NoExecute",
        ),
        (
            "taint nodes n0 gpu=no:NoSchedule",
            "kubectl taint nodes n0 gpu=no:NoSchedule --overwrite",
        ),
        (
            "taint nodes n0 gpu:NoSchedule-",
            "kubectl taint nodes n0 gpu:NoSchedule-",
        ),
        ("taint nodes n0 gpu-", "kubectl taint nodes n0 gpu-"),
        ("label nodes n0 a=b", "kubectl label nodes n0 a=b"),
        (
            "label nodes n0 disk=ssd",
            "kubectl label nodes n0 disk=ssd --overwrite",
        ),
        ("label nodes n0 disk-", "kubectl label nodes n0 disk-"),
        ("delete node n0", "kubectl delete node n0"),
        (
            "label pod app=x",
            "kubectl label pod cart -n default app=x --overwrite",
        ),
    ] {
        assert_eq!(commands(&owner, line), [command]);
    }
    let (none, why) = ways(&owner, "add node like n0");
    assert!(none.is_empty());
    assert_eq!(
        why,
        "no kubectl command makes nodes: grow the pool that n0 belongs to"
    );
}

#[test]
fn a_pod_is_evicted_so_that_budgets_have_a_say() {
    let (commands, note) = ways(&Value::Null, "evict shop/p0");
    let eviction =
        r#"{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p0","namespace":"shop"}}"#;
    assert_eq!(
        commands,
        [format!(
            "echo '{eviction}' | kubectl create --raw /api/v1/namespaces/shop/pods/p0/eviction -f -"
        )]
    );
    assert_eq!(note, "nothing owns the pod: it does not come back");
}

#[test]
fn what_a_pod_asks_for_is_changed_in_its_deployment() {
    let owner = owned_by("ReplicaSet", "cart-7f9c4");
    for (line, command) in [
        (
            "set requests cpu=200m,memory=1Gi -c app",
            "kubectl set resources deployment/cart -n default -c app --requests=cpu=200m,memory=1Gi",
        ),
        (
            "set requests cpu=2",
            "kubectl set resources deployment/cart -n default --requests=cpu=2",
        ),
        (
            "set requests cpu=2 --pod",
            r#"kubectl patch deployment/cart -n default -p '{"spec":{"template":{"spec":{"resources":{"requests":{"cpu":"2"}}}}}}'"#,
        ),
        (
            "select disk-",
            r#"kubectl patch deployment/cart -n default -p '{"spec":{"template":{"spec":{"nodeSelector":{"disk":null}}}}}'"#,
        ),
        (
            "tolerate gpu=yes:NoSchedule",
            r#"kubectl patch deployment/cart -n default --type=json -p '[{"op":"add","path":"/spec/template/spec/tolerations","value":[{"effect":"NoSchedule","key":"gpu","operator":"Equal","value":"yes"}]}]'"#,
        ),
        (
            "drop anti-affinity",
            r#"kubectl patch deployment/cart -n default -p '{"spec":{"template":{"spec":{"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":null}}}}}}'"#,
        ),
        ("drop ports", "kubectl edit deployment/cart -n default"),
        (
            "drop gates",
            r#"kubectl patch pod cart -n default --type=json -p '[{"op":"remove","path":"/spec/schedulingGates"}]'"#,
        ),
    ] {
        assert_eq!(commands(&owner, line), [command]);
    }
}

#[test]
fn controllers_that_leave_their_pods_alone_want_the_pod_gone() {
    for (kind, resource) in [("ReplicaSet", "replicaset"), ("StatefulSet", "statefulset")] {
        assert_eq!(
            commands(&owned_by(kind, "db"), "set requests cpu=2"),
            [
                format!("kubectl set resources {resource}/db -n default --requests=cpu=2"),
                "kubectl delete pod cart -n default".to_owned(),
            ]
        );
    }
}

#[test]
fn where_no_command_does_it_the_reason_is_said() {
    for (owner, said) in [
        (Value::Null, "nothing owns the pod"),
        (owned_by("Job", "import"), "make Job import again"),
        (owned_by("Node", "n0"), "a file on node n0"),
        (owned_by("Rollout", "cart"), "change it in Rollout cart"),
    ] {
        let (commands, note) = ways(&owner, "set requests cpu=2");
        assert!(commands.is_empty(), "{commands:?}");
        assert!(note.contains(said), "{note}");
        // A toleration can be added to a pod that is there.
        let commands = self::commands(&owner, "tolerate gpu");
        assert!(commands[0].starts_with("kubectl patch pod cart -n default --type=json"));
        assert!(
            commands[0].contains(r#""path":"/spec/tolerations/-""#),
            "{commands:?}"
        );
    }
}
