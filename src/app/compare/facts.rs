//! What differs between two nodes, whatever the pod.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::app::figures::{bytes, cores};
use crate::engine::view::NodeSummary;

/// Something that is known of both nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What.
    pub name: String,
    /// How it is on each; empty where it is not there.
    pub values: [String; 2],
}

impl Fact {
    fn new(name: impl Into<String>, values: [String; 2]) -> Self {
        Self {
            name: name.into(),
            values,
        }
    }

    /// Whether it is the same on both.
    pub fn is_equal(&self) -> bool {
        self.values[0] == self.values[1]
    }
}

/// The facts of two nodes, those that differ; their labels where the manifests are there.
pub fn facts(nodes: [&NodeSummary; 2], manifests: [Option<&Value>; 2]) -> Vec<Fact> {
    let [a, b] = nodes;
    let both = |of: fn(&NodeSummary) -> String| [of(a), of(b)];
    let mut all = vec![
        Fact::new("ready", both(|node| yes(node.ready))),
        Fact::new("cordoned", both(|node| yes(node.unschedulable))),
        Fact::new("taints", both(|node| node.taints.join(", "))),
        Fact::new("cpu asked for", both(|node| share(node.cpu, cores))),
        Fact::new("memory asked for", both(|node| share(node.memory, bytes))),
        Fact::new("pods", both(|node| format!("{} of {}", node.pods.0, node.pods.1))),
    ];
    if let [Some(a), Some(b)] = manifests {
        all.extend(labels([a, b]));
    } else {
        all.push(Fact::new("zone", both(|node| node.zone.to_string())));
    }
    all.retain(|fact| !fact.is_equal());
    all
}

fn labels(nodes: [&Value; 2]) -> Vec<Fact> {
    let of = nodes.map(|node| node.pointer("/metadata/labels").and_then(Value::as_object));
    let keys: BTreeSet<&String> = of.iter().flatten().flat_map(|labels| labels.keys()).collect();
    let value = |side: usize, key: &str| {
        let value = of[side]
            .and_then(|labels| labels.get(key))
            .and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    keys.into_iter()
        // Every node has another: that is no news.
        .filter(|key| *key != "kubernetes.io/hostname")
        .map(|key| Fact::new(format!("label {key}"), [value(0, key), value(1, key)]))
        .collect()
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

fn share((asked, all): (i64, i64), show: fn(i64) -> String) -> String {
    let percent = if all > 0 {
        i128::from(asked) * 100 / i128::from(all)
    } else {
        0
    };
    format!("{} of {} ({percent}%)", show(asked), show(all))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::NodeId;

    fn node(name: &str, taints: &[&str], cpu: i64) -> NodeSummary {
        NodeSummary {
            id: NodeId(0),
            name: name.into(),
            zone: "eu-1a".into(),
            ready: true,
            unschedulable: false,
            pods: (3, 110),
            cpu: (cpu, 4000),
            memory: (0, 1 << 30),
            taints: taints.iter().map(ToString::to_string).collect(),
            extended: [].into(),
        }
    }

    #[test]
    fn only_what_differs_is_told() {
        let (a, b) = (node("a", &[], 1000), node("b", &["gpu:NoSchedule"], 2000));
        let labels = |disk: &str, name: &str| json!({"metadata": {"labels": {"disk": disk, "same": "x", "kubernetes.io/hostname": name}}});
        let (la, lb) = (labels("ssd", "a"), labels("hdd", "b"));
        let told = facts([&a, &b], [Some(&la), Some(&lb)]);
        let told: Vec<(&str, &str, &str)> = told
            .iter()
            .map(|fact| (&*fact.name, &*fact.values[0], &*fact.values[1]))
            .collect();
        assert_eq!(
            told,
            [
                ("taints", "", "gpu:NoSchedule"),
                ("cpu asked for", "1 of 4 (25%)", "2 of 4 (50%)"),
                ("label disk", "ssd", "hdd"),
            ]
        );
        assert!(facts([&a, &a], [None, None]).is_empty());
    }
}
