//! Nodes: what the server fills in, what it refuses. Each answer is that of kube-apiserver 1.37.2.

use serde_json::{Value, json};

use super::{call, make_node, ok, still};

const NODES: &str = "/api/v1/nodes";

fn causes(answer: &Value) -> Vec<(&str, &str)> {
    let causes = answer["details"]["causes"].as_array();
    causes
        .into_iter()
        .flatten()
        .map(|cause| {
            (
                cause["field"].as_str().unwrap_or_default(),
                cause["message"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_new_node_can_give_what_it_has_and_is_tainted() {
    let server = still();
    let made = make_node(&server, "n1", json!({})).await;
    assert_eq!(made["status"]["allocatable"], made["status"]["capacity"]);
    assert_eq!(
        made["spec"]["taints"],
        json!([{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}])
    );
    let node = json!({"metadata": {"name": "n2"}, "spec": {"podCIDR": "10.0.0.0/24"}});
    let made = ok(&server, "POST", NODES, &node).await;
    assert_eq!(made["spec"]["podCIDRs"], json!(["10.0.0.0/24"]));
}

#[tokio::test]
async fn taints_and_amounts_are_looked_at() {
    let server = still();
    let node = json!({
        "metadata": {"name": "n1"},
        "spec": {"taints": [
            {"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoSchedule", "value": "v"}, {"key": "k"},
            {"key": "k", "effect": "Foo"},
        ]},
        "status": {"capacity": {"example.com/x": "1500m"}, "allocatable": {"cpu": "-1"}},
    });
    let (code, answer) = call(&server, "POST", NODES, &node).await;
    assert_eq!(code, 422);
    assert_eq!(
        causes(&answer),
        [
            (
                "metadata.taints[1]",
                "Duplicate value: {\"Key\":\"a\",\"Value\":\"v\",\"Effect\":\"NoSchedule\",\"TimeAdded\":null}: taints \
                 must be unique by key and effect pair",
            ),
            ("metadata.taints[2].effect", "Required value"),
            (
                "metadata.taints[3].effect",
                "Unsupported value: \"Foo\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"",
            ),
            (
                "status.capacity.example.com/x",
                "Invalid value: \"1500m\": must be an integer"
            ),
            (
                "status.allocatable.cpu",
                "Invalid value: \"-1\": must be greater than or equal to 0"
            ),
        ]
    );
}

#[tokio::test]
async fn a_node_keeps_its_networks_and_its_provider() {
    let server = still();
    let node = json!({"metadata": {"name": "n1"}, "spec": {"podCIDR": "10.0.0.0/24", "providerID": "p"}});
    ok(&server, "POST", NODES, &node).await;
    let uri = format!("{NODES}/n1");
    for (spec, field, why) in [
        (
            json!({"providerID": "q"}),
            "spec.providerID",
            "Invalid value: null: field cannot be modified once set",
        ),
        (
            json!({"providerID": null}),
            "spec.providerID",
            "Invalid value: null: field cannot be cleared once set",
        ),
        (
            json!({"podCIDR": "10.0.1.0/24", "podCIDRs": ["10.0.1.0/24"]}),
            "spec.podCIDRs",
            "Forbidden: node updates may not change podCIDR except from \"\" to valid",
        ),
    ] {
        let (code, answer) = call(&server, "PATCH", &uri, &json!({"spec": spec})).await;
        assert_eq!((code, causes(&answer)), (422, vec![(field, why)]));
    }
    // What kubectl cordon, taint and label send.
    let change = json!({
        "metadata": {"labels": {"disk": "ssd"}},
        "spec": {"unschedulable": true, "taints": [{"key": "a", "effect": "NoExecute"}]},
    });
    let changed = ok(&server, "PATCH", &uri, &change).await;
    assert_eq!(changed["spec"]["unschedulable"], true);
    // Its status is its kubelet's: not written here.
    let changed = ok(&server, "PATCH", &uri, &json!({"status": {"phase": "Running"}})).await;
    assert!(changed["status"].get("phase").is_none());
    let addresses =
        json!([{"type": "InternalIP", "address": "1.2.3.4"}, {"type": "InternalIP", "address": "1.2.3.4"}]);
    let (code, answer) = call(
        &server,
        "PATCH",
        &format!("{uri}/status"),
        &json!({"status": {"addresses": addresses}}),
    )
    .await;
    assert_eq!(code, 422);
    assert_eq!(
        causes(&answer),
        [(
            "status.addresses[1]",
            "Duplicate value: {\"Type\":\"InternalIP\",\"Address\":\"1.2.3.4\"}"
        )]
    );
}
