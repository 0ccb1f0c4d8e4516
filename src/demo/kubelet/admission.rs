//! What a kubelet looks at before it takes a pod in.
//!
//! Source: `pkg/kubelet/lifecycle/predicate.go`. Checked here: room for pods, cpu, memory and ephemeral storage, the
//! node selector, the required node affinity by labels. Not checked, where a real kubelet would: host ports, affinity
//! by fields, extended resources, `NoExecute` taints.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::demo::{object::str_at, quantities::nanos};

/// Why a kubelet fails a pod.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) reason: String,
    pub(super) message: String,
}

/// The resource, the reason where it is short, and the unit (in billionths) that the message counts in.
const RESOURCES: [(&str, &str, i128); 3] = [
    ("cpu", "OutOfcpu", 1_000_000),
    ("memory", "OutOfmemory", 1_000_000_000),
    ("ephemeral-storage", "OutOfephemeral-storage", 1_000_000_000),
];

/// Whether the kubelet of that node refuses the pod, given the others that it has taken in.
pub(super) fn reject(pod: &Value, node: &Value, others: &[Value]) -> Option<Rejection> {
    let allocatable = |resource: &str| {
        let amount = node.pointer("/status/allocatable").and_then(|a| a.get(resource));
        amount.and_then(Value::as_str).and_then(nanos).unwrap_or(0)
    };
    let short = |reason: &str, resource: &str, requested: i128, used: i128, capacity: i128| Rejection {
        reason: reason.into(),
        message: format!(
            "Node didn't have enough resource: {resource}, requested: {requested}, used: {used}, capacity: {capacity}"
        ),
    };
    let room = allocatable("pods") / 1_000_000_000;
    if others.len() as i128 + 1 > room {
        return Some(short("OutOfpods", "pods", 1, others.len() as i128, room));
    }
    for (resource, reason, unit) in RESOURCES {
        let requested = request(pod, resource);
        let used: i128 = others.iter().map(|other| request(other, resource)).sum();
        let capacity = allocatable(resource);
        if requested > 0 && requested > capacity - used {
            return Some(short(
                reason,
                resource,
                requested / unit,
                used / unit,
                capacity / unit,
            ));
        }
    }
    if selected(pod, node) {
        return None;
    }
    let text = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
    Some(Rejection {
        reason: "NodeAffinity".into(),
        message: text.into(),
    })
}

/// What a pod asks of a resource, in billionths: its containers together or its hungriest init step, whichever is
/// more, and its overhead; init containers that stay (sidecars) count in both. A request of the whole pod wins.
fn request(pod: &Value, resource: &str) -> i128 {
    let amount = |at: Option<&Value>| {
        at.and_then(|list| list.get(resource))
            .and_then(Value::as_str)
            .and_then(nanos)
            .unwrap_or(0)
    };
    let of = |container: &Value| amount(container.pointer("/resources/requests"));
    let list = |at: &str| pod.pointer(at).and_then(Value::as_array).into_iter().flatten();
    let overhead = amount(pod.pointer("/spec/overhead"));
    if let Some(whole) = pod
        .pointer("/spec/resources/requests")
        .filter(|list| list.get(resource).is_some())
    {
        return amount(Some(whole)) + overhead;
    }
    let (mut sidecars, mut peak) = (0, 0);
    for container in list("/spec/initContainers") {
        let own = of(container);
        if str_at(container, "/restartPolicy") == "Always" {
            sidecars += own;
            peak = peak.max(sidecars);
        } else {
            peak = peak.max(sidecars + own);
        }
    }
    let steady: i128 = list("/spec/containers").map(of).sum();
    peak.max(steady + sidecars) + overhead
}

fn selected(pod: &Value, node: &Value) -> bool {
    let empty = Value::Null;
    let labels = node.pointer("/metadata/labels").unwrap_or(&empty);
    let selector: BTreeMap<&String, &Value> = pod
        .pointer("/spec/nodeSelector")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .collect();
    if !selector
        .iter()
        .all(|(key, value)| labels.get(key.as_str()) == Some(value))
    {
        return false;
    }
    let required =
        "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
    let Some(terms) = pod.pointer(required).and_then(Value::as_array) else {
        return true;
    };
    terms.iter().any(|term| {
        let list = |at: &str| {
            term.get(at)
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default()
        };
        let expressions = list("matchExpressions");
        // Terms by field are left to the scheduler; an empty term selects nothing.
        !(expressions.is_empty() && list("matchFields").is_empty())
            && expressions.iter().all(|expression| holds(expression, labels))
    })
}

fn holds(expression: &Value, labels: &Value) -> bool {
    let label = labels.get(str_at(expression, "/key")).and_then(Value::as_str);
    let values = expression
        .get("values")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let listed = label.is_some_and(|label| values.iter().any(|value| value == label));
    let compare = || {
        Some((
            label?.parse::<i64>().ok()?,
            values.first()?.as_str()?.parse::<i64>().ok()?,
        ))
    };
    match str_at(expression, "/operator") {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => label.is_some(),
        "DoesNotExist" => label.is_none(),
        "Gt" => compare().is_some_and(|(label, bound)| label > bound),
        "Lt" => compare().is_some_and(|(label, bound)| label < bound),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(cpu: &str) -> Value {
        json!({"spec": {"containers": [{"resources": {"requests": {"cpu": cpu}}}]}})
    }

    fn node() -> Value {
        json!({
            "metadata": {"labels": {"disk": "ssd", "rank": "3"}},
            "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "3"}},
        })
    }

    #[test]
    fn rejections() {
        assert_eq!(reject(&pod("500m"), &node(), &[pod("1500m")]), None);
        let rejection = reject(&pod("501m"), &node(), &[pod("1500m")]).unwrap();
        assert_eq!(rejection.reason, "OutOfcpu");
        assert!(
            rejection
                .message
                .ends_with("cpu, requested: 501, used: 1500, capacity: 2000")
        );
        let full = [pod("0"), pod("0"), pod("0")];
        assert_eq!(reject(&pod("0"), &node(), &full).unwrap().reason, "OutOfpods");
        let mut picky = pod("0");
        picky["spec"]["nodeSelector"] = json!({"disk": "hdd"});
        assert_eq!(reject(&picky, &node(), &[]).unwrap().reason, "NodeAffinity");
    }

    #[test]
    fn requests() {
        let pod = json!({"spec": {
            "initContainers": [
                {"restartPolicy": "Always", "resources": {"requests": {"cpu": "1"}}},
                {"resources": {"requests": {"cpu": "3"}}},
            ],
            "containers": [{"resources": {"requests": {"cpu": "2"}}}],
            "overhead": {"cpu": "100m"},
        }});
        assert_eq!(request(&pod, "cpu"), 4_100_000_000);
    }

    #[test]
    fn affinity() {
        for (operator, values, fits) in [
            ("In", json!(["ssd"]), true),
            ("NotIn", json!(["ssd"]), false),
            ("Exists", json!([]), true),
            ("DoesNotExist", json!([]), false),
        ] {
            let mut pod = pod("0");
            let term = json!({"matchExpressions": [{"key": "disk", "operator": operator, "values": values}]});
            pod["spec"]["affinity"] = json!({"nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]},
            }});
            assert_eq!(selected(&pod, &node()), fits, "{operator}");
        }
    }
}
