//! Which nodes a DaemonSet's pods belong on.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::demo::object::{Object, child, str_at};

/// What of a node decides whether a pod belongs on it.
#[derive(Debug, PartialEq)]
pub(super) struct Node {
    name: String,
    labels: BTreeMap<String, String>,
    taints: Vec<Value>,
}

impl Node {
    pub(super) fn of(object: &Object) -> Self {
        let taints = object.tree()["spec"]["taints"].take();
        Self {
            name: object.key.name.to_string(),
            labels: (object.labels.iter())
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .collect(),
            taints: taints.as_array().cloned().unwrap_or_default(),
        }
    }

    /// Whether a pod of that spec is to run here, and whether one that runs here may stay.
    pub(super) fn takes(&self, pod: &Value) -> (bool, bool) {
        let named = str_at(pod, "/nodeName");
        if !(named.is_empty() || named == self.name) || !self.is_selected(pod) {
            return (false, false);
        }
        let tolerations = pod["tolerations"].as_array().map_or(&[][..], Vec::as_slice);
        let refused = |effect: &str| {
            let taints = self.taints.iter().filter(|taint| taint["effect"] == effect);
            taints
                .into_iter()
                .any(|taint| !tolerations.iter().any(|t| tolerates(t, taint)))
        };
        let driven_off = refused("NoExecute");
        (!driven_off && !refused("NoSchedule"), !driven_off)
    }

    fn is_selected(&self, pod: &Value) -> bool {
        let wanted = pod["nodeSelector"].as_object();
        let equal = wanted
            .into_iter()
            .flatten()
            .all(|(key, value)| self.labels.get(key).map(String::as_str) == value.as_str());
        let terms = pod.pointer(
            "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms",
        );
        let terms = terms.and_then(Value::as_array);
        equal && terms.is_none_or(|terms| terms.iter().any(|term| self.fulfils(term)))
    }

    fn fulfils(&self, term: &Value) -> bool {
        let list = |name: &str| term[name].as_array().map_or(&[][..], Vec::as_slice);
        let (labels, fields) = (list("matchExpressions"), list("matchFields"));
        let label = |requirement: &Value| {
            let value = self.labels.get(str_at(requirement, "/key"));
            holds(requirement, value.map(String::as_str))
        };
        (!labels.is_empty() || !fields.is_empty())
            && labels.iter().all(label)
            && fields
                .iter()
                .all(|requirement| holds(requirement, Some(&self.name)))
    }
}

fn holds(requirement: &Value, value: Option<&str>) -> bool {
    let values = requirement["values"].as_array().map_or(&[][..], Vec::as_slice);
    let listed = value.is_some_and(|value| values.iter().any(|other| other == value));
    let compared = || {
        let bound: i64 = values.first()?.as_str()?.parse().ok()?;
        Some(value?.parse::<i64>().ok()?.cmp(&bound))
    };
    match str_at(requirement, "/operator") {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compared() == Some(std::cmp::Ordering::Greater),
        "Lt" => compared() == Some(std::cmp::Ordering::Less),
        _ => false,
    }
}

fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let text = |name: &str| toleration[name].as_str().unwrap_or_default();
    let effect = text("effect").is_empty() || taint["effect"] == *text("effect");
    let key = text("key").is_empty() || taint["key"] == *text("key");
    let value = match text("operator") {
        "Exists" => true,
        _ => !text("key").is_empty() && taint["value"].as_str().unwrap_or_default() == text("value"),
    };
    effect && key && value
}

/// Adds what all daemons tolerate, so that they run on nodes that are not well.
pub(super) fn add_tolerations(pod: &mut Value) {
    let on_host = pod["hostNetwork"] == true;
    let of = [
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
        ("network-unavailable", "NoSchedule"),
    ];
    let added = of.into_iter().take(if on_host { of.len() } else { of.len() - 1 });
    let mut tolerations = pod["tolerations"].as_array().cloned().unwrap_or_default();
    for (key, effect) in added {
        let key = format!("node.kubernetes.io/{key}");
        let toleration = json!({"key": key, "operator": "Exists", "effect": effect});
        if !tolerations.contains(&toleration) {
            tolerations.push(toleration);
        }
    }
    pod["tolerations"] = tolerations.into();
}

/// Makes a pod's affinity name that node and no other; the rest of the required node affinity has been looked at.
pub(super) fn pin(pod: &mut Value, node: &str) {
    child(pod, "affinity");
    let affinity = child(&mut pod["affinity"], "nodeAffinity");
    affinity.insert(
        "requiredDuringSchedulingIgnoredDuringExecution".into(),
        json!({"nodeSelectorTerms": [{
            "matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}],
        }]}),
    );
}

/// The node that a pod runs on, or is to run on.
pub(super) fn node_of(pod: &Value) -> &str {
    let named = str_at(pod, "/spec/nodeName");
    if !named.is_empty() {
        return named;
    }
    let terms =
        "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
    let terms = pod.pointer(terms).and_then(Value::as_array);
    let fields = terms
        .into_iter()
        .flatten()
        .filter_map(|term| term["matchFields"].as_array());
    let mut fields = fields
        .flatten()
        .filter(|field| field["key"] == "metadata.name" && field["operator"] == "In");
    fields.next().map_or("", |field| str_at(field, "/values/0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(taints: &Value) -> Node {
        Node {
            name: "n1".into(),
            labels: BTreeMap::from([("disk".into(), "ssd".into()), ("rank".into(), "7".into())]),
            taints: taints.as_array().cloned().unwrap_or_default(),
        }
    }

    fn required(term: &Value) -> Value {
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [term],
        }}}})
    }

    #[test]
    fn nodes_take_pods_by_selector_affinity_and_taints() {
        let plain = node(&json!([]));
        assert_eq!(plain.takes(&json!({})), (true, true));
        assert_eq!(
            plain.takes(&json!({"nodeSelector": {"disk": "hdd"}})),
            (false, false)
        );
        assert_eq!(plain.takes(&json!({"nodeName": "n2"})), (false, false));
        let label = |operator: &str, key: &str, values: Value| {
            required(&json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]}))
        };
        for (pod, takes) in [
            (label("In", "disk", json!(["ssd"])), true),
            (label("NotIn", "disk", json!(["ssd"])), false),
            (label("Gt", "rank", json!(["6"])), true),
            (label("Lt", "rank", json!(["6"])), false),
            (label("Exists", "gone", json!([])), false),
            (required(&json!({})), false),
        ] {
            assert_eq!(plain.takes(&pod).0, takes, "{pod}");
        }
        let tainted = node(&json!([{"key": "a", "value": "b", "effect": "NoSchedule"}]));
        assert_eq!(tainted.takes(&json!({})), (false, true));
        let toleration = json!({"tolerations": [{"key": "a", "operator": "Exists"}]});
        assert_eq!(tainted.takes(&toleration), (true, true));
        let driving = node(&json!([{"key": "a", "effect": "NoExecute"}]));
        assert_eq!(driving.takes(&json!({})), (false, false));
    }

    #[test]
    fn a_pod_is_pinned_and_tolerates_what_daemons_do() {
        let mut spec = json!({"tolerations": []});
        add_tolerations(&mut spec);
        assert_eq!(spec["tolerations"].as_array().map(Vec::len), Some(6));
        spec["hostNetwork"] = true.into();
        add_tolerations(&mut spec);
        assert_eq!(spec["tolerations"].as_array().map(Vec::len), Some(7));
        pin(&mut spec, "n1");
        assert_eq!(node_of(&json!({"spec": spec})), "n1");
    }
}
