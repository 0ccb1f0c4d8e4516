//! The node lifecycle controller: what is to be made of the silence of kubelets, and the taints that follow conditions.
//!
//! Source: `pkg/controller/nodelifecycle`. Taints that drive pods off come at once; upstream spaces them out by zone
//! (one node in ten seconds) and stops when all nodes have failed.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Controller, Queue, World, events,
    heartbeats::{last_heard, since},
    verbs::{list, status_of},
};
use crate::demo::{
    clock,
    kinds::{NODE, POD, Table},
    nodes::NOT_READY,
    object::{Key, Object, child, str_at},
    store::Change,
    strategy::Part,
};

const NAME: &str = "node-controller";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// Condition, status, taint.
const TAINTS: [(&str, &str, &str); 6] = [
    ("Ready", "False", NOT_READY),
    ("Ready", "Unknown", UNREACHABLE),
    ("MemoryPressure", "True", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "True", "node.kubernetes.io/disk-pressure"),
    (
        "NetworkUnavailable",
        "True",
        "node.kubernetes.io/network-unavailable",
    ),
    ("PIDPressure", "True", "node.kubernetes.io/pid-pressure"),
];
/// What becomes unknown with a kubelet that is silent.
const CONDITIONS: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// The node lifecycle controller.
#[derive(Default)]
pub(super) struct NodeLifecycle {
    /// Nodes by name, and whether they were ready when they were last looked at.
    ready: HashMap<Key, bool>,
}

impl Controller for NodeLifecycle {
    fn name(&self) -> &'static str {
        NAME
    }

    fn watches(&self) -> &'static [Table] {
        &[Table::Nodes]
    }

    fn see(&mut self, change: &Change, world: &World, queue: &mut Queue) {
        let node = &change.after;
        if !change.deleted {
            queue.add(node.key.clone());
        } else if self.ready.remove(&node.key).is_some() {
            let text = format!("Node {0} event: Removing Node {0} from Controller", node.key.name);
            post(world, node, ("RemovingNode", &text));
        }
    }

    fn reconcile(&mut self, key: &Key, world: &World, queue: &mut Queue) {
        let Some(node) = world.store.get(Table::Nodes, key) else {
            return;
        };
        let tree = node.tree();
        if world.pace.heartbeats && !watch_over(&tree, key, world, queue) {
            // What was just written is seen, and looked at then.
            return;
        }
        let wanted = taints(&tree);
        if wanted != list(&tree, "/spec/taints").cloned().collect::<Vec<_>>() {
            world.change(NAME, (&NODE, Part::Main), key, |tree| {
                let wanted = taints(tree);
                let spec = child(tree, "spec");
                if wanted.is_empty() {
                    spec.remove("taints");
                } else {
                    spec.insert("taints".into(), wanted.into());
                }
            });
        }
        self.follow_readiness(&node, &tree, world);
    }
}

impl NodeLifecycle {
    fn follow_readiness(&mut self, node: &Object, tree: &Value, world: &World) {
        let ready = status_of(tree, "Ready") == Some("True");
        match self.ready.insert(node.key.clone(), ready) {
            None if ready && since_made(tree) < world.pace.node_startup_grace => {
                let text = format!("Node {0} event: Registered Node {0} in Controller", node.key.name);
                post(world, node, ("RegisteredNode", &text));
            }
            Some(true) if !ready => {
                let text = format!("Node {} status is now: NodeNotReady", node.key.name);
                post(world, node, ("NodeNotReady", &text));
                for pod in world.pods_on(&node.key.name) {
                    mark_not_ready(&pod, world);
                }
            }
            _ => {}
        }
    }
}

fn since_made(node: &Value) -> std::time::Duration {
    let made = str_at(node, "/metadata/creationTimestamp").parse::<Timestamp>();
    made.map(since).unwrap_or_default()
}

fn post(world: &World, node: &Object, said: (&str, &str)) {
    events::post(&world.store, NAME, "", (&NODE, node), "Normal", said);
}

/// Looks whether the node's kubelet has been silent for too long; answers whether the node is as it was.
fn watch_over(node: &Value, key: &Key, world: &World, queue: &mut Queue) -> bool {
    let ready = status_of(node, "Ready");
    let made = str_at(node, "/metadata/creationTimestamp").parse().ok();
    let (heard, grace) = match ready {
        None => (last_heard(world, node).max(made), world.pace.node_startup_grace),
        Some(_) => (last_heard(world, node), world.pace.node_grace),
    };
    let silence = heard.map_or(grace, since);
    if let Some(left) = grace.checked_sub(silence).filter(|left| !left.is_zero()) {
        queue.add_after(key.clone(), left);
        return true;
    }
    if CONDITIONS
        .iter()
        .all(|kind| status_of(node, kind) == Some("Unknown"))
    {
        return true;
    }
    !world.change(NAME, (&NODE, Part::Status), key, silence_conditions)
}

/// Nobody knows how the node is.
fn silence_conditions(node: &mut Value) {
    let made = node
        .pointer("/metadata/creationTimestamp")
        .cloned()
        .unwrap_or_default();
    let now = clock::now();
    let conditions = child(node, "status")
        .entry("conditions")
        .or_insert_with(|| json!([]));
    let Some(conditions) = conditions.as_array_mut() else {
        return;
    };
    for kind in CONDITIONS {
        match conditions.iter_mut().find(|c| str_at(c, "/type") == kind) {
            None => conditions.push(json!({
                "type": kind, "status": "Unknown", "reason": "NodeStatusNeverUpdated",
                "message": "Kubelet never posted node status.",
                "lastHeartbeatTime": made, "lastTransitionTime": now,
            })),
            Some(condition) if str_at(condition, "/status") != "Unknown" => {
                condition["status"] = "Unknown".into();
                condition["reason"] = "NodeStatusUnknown".into();
                condition["message"] = "Kubelet stopped posting node status.".into();
                condition["lastTransitionTime"] = now.clone().into();
            }
            Some(_) => {}
        }
    }
}

/// The taints that a node is to have: others than this controller's stay as they are.
fn taints(node: &Value) -> Vec<Value> {
    let mut wanted: Vec<(&str, &str)> = Vec::new();
    let ready = status_of(node, "Ready");
    for (condition, status, taint) in TAINTS {
        if status_of(node, condition) == Some(status) {
            wanted.push((taint, "NoSchedule"));
            if condition == "Ready" {
                wanted.push((taint, "NoExecute"));
            }
        }
    }
    if ready.is_none() {
        // No kubelet has reported yet: admission's taint stays.
        wanted.push((NOT_READY, "NoSchedule"));
    }
    if node.pointer("/spec/unschedulable") == Some(&Value::Bool(true)) {
        wanted.push((UNSCHEDULABLE, "NoSchedule"));
    }
    let own = |taint: &Value| {
        let (key, effect) = (str_at(taint, "/key"), str_at(taint, "/effect"));
        match effect {
            "NoSchedule" => key == UNSCHEDULABLE || TAINTS.iter().any(|(_, _, known)| *known == key),
            "NoExecute" => matches!(key, NOT_READY | UNREACHABLE),
            _ => false,
        }
    };
    let is = |taint: &Value, (key, effect): (&str, &str)| {
        str_at(taint, "/key") == key && str_at(taint, "/effect") == effect
    };
    let mut taints: Vec<Value> = list(node, "/spec/taints")
        .filter(|taint| !own(taint) || wanted.iter().any(|wanted| is(taint, *wanted)))
        .cloned()
        .collect();
    for (key, effect) in wanted {
        if ready.is_none() && key == NOT_READY {
            continue;
        }
        if !taints.iter().any(|taint| is(taint, (key, effect))) {
            taints.push(json!({"key": key, "effect": effect, "timeAdded": clock::now()}));
        }
    }
    taints
}

/// Nobody can say whether a pod of a silent kubelet serves.
fn mark_not_ready(pod: &Object, world: &World) {
    if matches!(pod.field(&POD, "status.phase"), "Succeeded" | "Failed")
        || status_of(&pod.tree(), "Ready") != Some("True")
    {
        return;
    }
    let marked = world.change(NAME, (&POD, Part::Status), &pod.key, |tree| {
        let conditions = child(tree, "status").get_mut("conditions");
        let mut conditions = conditions.and_then(Value::as_array_mut).into_iter().flatten();
        if let Some(ready) = conditions.find(|c| str_at(c, "/type") == "Ready") {
            ready["status"] = "False".into();
            ready["lastTransitionTime"] = clock::now().into();
        }
    });
    if marked {
        let said = ("NodeNotReady", "Node is not ready");
        events::post(&world.store, NAME, "", (&POD, pod), "Warning", said);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taints_follow_conditions_and_leave_others_alone() {
        let mut node = json!({
            "spec": {"taints": [{"key": "mine", "effect": "NoExecute"}, {"key": NOT_READY, "effect": "NoSchedule"}]},
            "status": {"conditions": [{"type": "Ready", "status": "Unknown"}, {"type": "DiskPressure", "status": "True"}]},
        });
        let named = |node: &Value| {
            let name = |t: &Value| format!("{}:{}", str_at(t, "/key"), str_at(t, "/effect"));
            taints(node).iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(
            named(&node),
            [
                "mine:NoExecute",
                "node.kubernetes.io/unreachable:NoSchedule",
                "node.kubernetes.io/unreachable:NoExecute",
                "node.kubernetes.io/disk-pressure:NoSchedule",
            ]
        );
        node["spec"]["unschedulable"] = true.into();
        node["status"]["conditions"] = json!([{"type": "Ready", "status": "True"}]);
        assert_eq!(
            named(&node),
            ["mine:NoExecute", "node.kubernetes.io/unschedulable:NoSchedule"]
        );
        node["status"]["conditions"] = json!([]);
        node["spec"]["unschedulable"] = false.into();
        assert_eq!(
            named(&node),
            ["mine:NoExecute", "node.kubernetes.io/not-ready:NoSchedule"]
        );
    }
}
