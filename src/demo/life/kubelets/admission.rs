//! What a kubelet looks at before it takes a pod in.
//!
//! Source: `pkg/kubelet/lifecycle/predicate.go` and `AdmissionCheck` of the scheduler. Not checked, where a real
//! kubelet would: the policies of its topology, CPU and device managers, and the node's declared features.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::demo::{
    life::{
        taints::{Stay, no_execute, stay},
        verbs::list,
    },
    object::str_at,
    quantities::nanos,
};

/// Why a kubelet fails a pod.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) reason: String,
    pub(super) message: String,
}

/// What a pod takes of its node.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// In billionths.
    resources: BTreeMap<String, i128>,
    /// Address, protocol and number of ports of the node.
    ports: Vec<(String, String, u64)>,
}

impl Usage {
    pub(super) fn of(pod: &Value) -> Self {
        let containers = || list(pod, "/spec/containers").chain(list(pod, "/spec/initContainers"));
        let lists = containers().filter_map(|container| container.pointer("/resources/requests"));
        let lists = lists
            .chain(pod.pointer("/spec/resources/requests"))
            .chain(pod.pointer("/spec/overhead"));
        let names: BTreeSet<&String> = lists
            .filter_map(Value::as_object)
            .flat_map(|l| l.keys())
            .collect();
        let staying = containers().filter(|container| {
            // Of the init containers only those that stay hold ports.
            list(pod, "/spec/containers").any(|c| std::ptr::eq(c, *container))
                || str_at(container, "/restartPolicy") == "Always"
        });
        let or = |text: &str, default: &str| if text.is_empty() { default } else { text }.to_owned();
        let port = |port: &Value| {
            let number = port.get("hostPort").and_then(Value::as_u64).filter(|n| *n > 0)?;
            let (address, protocol) = (str_at(port, "/hostIP"), str_at(port, "/protocol"));
            Some((or(address, ANY), or(protocol, "TCP"), number))
        };
        Self {
            resources: names
                .into_iter()
                .map(|name| (name.clone(), request(pod, name)))
                .filter(|(_, amount)| *amount > 0)
                .collect(),
            ports: staying
                .flat_map(|container| list(container, "/ports"))
                .filter_map(port)
                .collect(),
        }
    }

    fn takes(&self, resource: &str) -> i128 {
        self.resources.get(resource).copied().unwrap_or(0)
    }

    fn clashes(&self, other: &Self) -> bool {
        let clash = |(ip, protocol, number): &(String, String, u64)| {
            other
                .ports
                .iter()
                .any(|(i, p, n)| p == protocol && n == number && (i == ip || i == ANY || ip == ANY))
        };
        self.ports.iter().any(clash)
    }
}

const ANY: &str = "0.0.0.0";
const UNIT: i128 = 1_000_000_000;

/// Whether the kubelet of that node refuses the pod, given what the others that it has taken in use.
pub(super) fn reject(pod: &Value, usage: &Usage, node: &Value, others: &[&Usage]) -> Option<Rejection> {
    let rejection = |reason: &str, message: &str| {
        Some(Rejection {
            reason: reason.into(),
            message: message.into(),
        })
    };
    let os = str_at(pod, "/metadata/labels/kubernetes.io~1os");
    if !os.is_empty() && os != "linux" {
        let text = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
        return rejection("PodOSSelectorNodeLabelDoesNotMatch", text);
    }
    if !matches!(str_at(pod, "/spec/os/name"), "" | "linux") {
        let text = "Failed to admit pod as the OS field doesn't match node OS";
        return rejection("PodOSNotSupported", text);
    }
    let failed = |name: &str, why: &str| rejection(name, &format!("Predicate {name} failed: {why}"));
    if let Some(short) = short_of(usage, node, others) {
        Some(short)
    } else if !selected(pod, node) {
        failed(
            "NodeAffinity",
            "node(s) didn't match Pod's node affinity/selector",
        )
    } else if others.iter().any(|other| usage.clashes(other)) {
        failed(
            "NodePorts",
            "node(s) didn't have free ports for the requested pod ports",
        )
    } else if stay(pod, &no_execute(node)) == Stay::No {
        failed(
            "TaintToleration",
            "node(s) had taints that the pod didn't tolerate",
        )
    } else {
        None
    }
}

/// The first resource that there is too little of: pods, cpu, memory, storage, then the others by name.
fn short_of(usage: &Usage, node: &Value, others: &[&Usage]) -> Option<Rejection> {
    let allocatable = |resource: &str| {
        let amount = node.pointer("/status/allocatable")?.get(resource)?;
        amount.as_str().and_then(nanos)
    };
    let short = |resource: &str, requested: i128, used: i128, capacity: i128| {
        Some(Rejection {
            reason: format!("OutOf{resource}"),
            message: format!(
                "Node didn't have enough resource: {resource}, requested: {requested}, used: {used}, capacity: {capacity}"
            ),
        })
    };
    let (room, taken) = (allocatable("pods").unwrap_or(0) / UNIT, others.len() as i128);
    if taken + 1 > room {
        return short("pods", 1, taken, room);
    }
    let common = ["cpu", "memory", "ephemeral-storage"];
    let rest = usage.resources.keys().map(String::as_str);
    let rest = rest.filter(|name| !common.contains(name));
    for resource in common.into_iter().chain(rest) {
        let requested = usage.takes(resource);
        // Extended resources that the node does not know are somebody else's affair, as upstream has it.
        let capacity = match allocatable(resource) {
            None if resource.contains('/') => continue,
            capacity => capacity.unwrap_or(0),
        };
        let used = others
            .iter()
            .map(|other| other.takes(resource))
            .fold(0, i128::saturating_add);
        if requested > 0 && requested > capacity.saturating_sub(used) {
            let unit = if resource == "cpu" { 1_000_000 } else { UNIT };
            return short(resource, requested / unit, used / unit, capacity / unit);
        }
    }
    None
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
        return amount(Some(whole)).saturating_add(overhead);
    }
    let (mut sidecars, mut peak) = (0_i128, 0_i128);
    for container in list("/spec/initContainers") {
        let own = of(container);
        if str_at(container, "/restartPolicy") == "Always" {
            sidecars = own.saturating_add(sidecars);
            peak = peak.max(sidecars);
        } else {
            peak = peak.max(own.saturating_add(sidecars));
        }
    }
    let steady = list("/spec/containers")
        .map(of)
        .fold(sidecars, i128::saturating_add);
    peak.max(steady).saturating_add(overhead)
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
        let (expressions, fields) = (list("matchExpressions"), list("matchFields"));
        let own = json!({"metadata.name": str_at(node, "/metadata/name")});
        // An empty term selects nothing.
        !(expressions.is_empty() && fields.is_empty())
            && expressions.iter().all(|expression| holds(expression, labels))
            && fields.iter().all(|field| holds(field, &own))
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
    use super::*;

    fn pod(cpu: &str) -> Value {
        json!({"spec": {"containers": [{"resources": {"requests": {"cpu": cpu}}}]}})
    }

    fn node() -> Value {
        json!({
            "metadata": {"name": "n1", "labels": {"disk": "ssd", "rank": "3"}},
            "status": {"allocatable": {"cpu": "2", "memory": "4Gi", "pods": "3", "example.com/gpu": "1"}},
        })
    }

    fn reason(pod: &Value, node: &Value, others: &[Value]) -> String {
        let usages: Vec<Usage> = others.iter().map(Usage::of).collect();
        let rejection = reject(pod, &Usage::of(pod), node, &usages.iter().collect::<Vec<_>>());
        rejection
            .map(|r| format!("{}: {}", r.reason, r.message))
            .unwrap_or_default()
    }

    #[test]
    fn rejections() {
        assert_eq!(reason(&pod("500m"), &node(), &[pod("1500m")]), "");
        assert_eq!(
            reason(&pod("501m"), &node(), &[pod("1500m")]),
            "OutOfcpu: Node didn't have enough resource: cpu, requested: 501, used: 1500, capacity: 2000"
        );
        let full = [pod("0"), pod("0"), pod("0")];
        assert!(reason(&pod("0"), &node(), &full).starts_with("OutOfpods: "));
        let mut picky = pod("0");
        picky["spec"]["nodeSelector"] = json!({"disk": "hdd"});
        assert!(reason(&picky, &node(), &[]).starts_with("NodeAffinity: "));
        let gpu = json!({"spec": {"containers": [{"resources": {"requests": {"example.com/gpu": "1"}}}]}});
        assert_eq!(reason(&gpu, &node(), &[]), "");
        assert!(reason(&gpu, &node(), std::slice::from_ref(&gpu)).starts_with("OutOfexample.com/gpu: "));
        let other = json!({"spec": {"containers": [{"resources": {"requests": {"example.com/fpga": "1"}}}]}});
        assert_eq!(
            reason(&other, &node(), &[]),
            "",
            "a resource that the node does not know"
        );
    }

    #[test]
    fn ports_and_taints() {
        let port = |ip: &str, number: u16| json!({"spec": {"containers": [{"ports": [{"hostPort": number, "hostIP": ip, "protocol": "TCP"}]}]}});
        assert!(reason(&port("", 80), &node(), &[port("127.0.0.1", 80)]).starts_with("NodePorts: "));
        assert_eq!(
            reason(&port("10.0.0.1", 80), &node(), &[port("127.0.0.1", 80)]),
            ""
        );
        assert_eq!(reason(&port("", 80), &node(), &[port("", 81)]), "");
        let mut tainted = node();
        tainted["spec"]["taints"] = json!([{"key": "gone", "effect": "NoExecute"}]);
        assert!(reason(&pod("0"), &tainted, &[]).starts_with("TaintToleration: "));
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
