//! How to make a supposition so on the real cluster.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::supposition::{Dropped, Supposition, Whose};
use super::written::Entry;
use crate::model::taint::{Taint, Toleration, TolerationOperator};
use crate::model::{Cluster, Pod, PodKey};

/// The label by which the pods of one ReplicaSet of a Deployment are told from those of another.
const TEMPLATE_HASH: &str = "pod-template-hash";

/// Where affinity that must hold stands.
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

/// What to do on the real cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The commands, in order; empty where no command does it.
    pub commands: Vec<String>,
    /// What is to be known about it, or why no command does it.
    pub note: Option<String>,
}

impl Way {
    fn command(command: impl Into<String>) -> Self {
        Self {
            commands: vec![command.into()],
            note: None,
        }
    }

    fn none(why: impl Into<String>) -> Self {
        Self {
            commands: Vec::new(),
            note: Some(why.into()),
        }
    }

    fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

impl Supposition {
    /// How to make it so for `pod` on `cluster`, as both stand without it. What a pod asks for cannot be changed in most
    /// ways once it is there: those commands go to the controller that owns it.
    pub fn way(&self, cluster: &Cluster, pod: &Pod) -> Way {
        match self {
            Self::Cordon(node) => Way::command(format!("kubectl cordon {}", quoted(node))),
            Self::Uncordon(node) => Way::command(format!("kubectl uncordon {}", quoted(node))),
            Self::Taint { node, taint } => {
                let node_taints = cluster.node(node).map(|(_, node)| &node.taints);
                let same = |have: &Taint| have.key == taint.key && have.effect == taint.effect;
                let there = node_taints.is_some_and(|taints| taints.iter().any(same));
                let mut command = format!(
                    "kubectl taint nodes {} {}",
                    quoted(node),
                    quoted(&taint.to_string())
                );
                overwrite(&mut command, there);
                Way::command(command)
            }
            Self::Untaint { node, .. } => {
                let line = self.to_string();
                let taint = line.rsplit(' ').next().unwrap_or_default();
                let command = format!("kubectl taint nodes {} {}", quoted(node), quoted(taint));
                Way::command(command)
            }
            Self::LabelNode { node, key, value } => {
                let there = cluster
                    .node(node)
                    .is_some_and(|(_, node)| node.labels.get(key).is_some());
                let label = Entry(key, value.as_ref()).to_string();
                let mut command = format!("kubectl label nodes {} {}", quoted(node), quoted(&label));
                overwrite(&mut command, there && value.is_some());
                Way::command(command)
            }
            Self::AddNodes { like, .. } => Way::none(format!(
                "no kubectl command makes nodes: grow the pool that {like} belongs to"
            )),
            Self::RemoveNode(node) => Way::command(format!("kubectl delete node {}", quoted(node)))
                .note("its pods are deleted, too; drain it first: kubectl drain"),
            Self::Evict(key) => evict(cluster, key),
            Self::LabelPod { key, value } => {
                let label = Entry(key, value.as_ref()).to_string();
                let mut command = format!("kubectl label pod {} {}", named(pod), quoted(&label));
                overwrite(&mut command, value.is_some() && pod.labels.get(key).is_some());
                Way::command(command)
            }
            Self::Drop(Dropped::Gates) => {
                let patch = json!([{ "op": "remove", "path": "/spec/schedulingGates" }]);
                Way::command(patch_of_pod(pod, &patch)).note("whatever set the gates is not asked")
            }
            Self::Tolerate(toleration) => tolerate(pod, toleration),
            _ => self.of_template(pod),
        }
    }

    /// A change that only the pod's controller can make, in the template of its pods.
    fn of_template(&self, pod: &Pod) -> Way {
        let owner = match Template::of(pod) {
            Ok(owner) => owner,
            Err(why) => return Way::none(why),
        };
        let edit = |what: &str| {
            owner
                .way(pod, format!("kubectl edit {}", owner.place(pod)))
                .note(format!("take out {what}"))
        };
        let affinity = |kind: &str, field: &str| json!({ "affinity": { kind: { field: Value::Null } } });
        match self {
            Self::Requests { whose, amounts } => {
                let mut list = String::new();
                for asked in amounts {
                    let comma = if list.is_empty() { "" } else { "," };
                    // Writing to a string cannot fail.
                    let _ = write!(list, "{comma}{}={}", asked.resource, asked.quantity);
                }
                let place = owner.place(pod);
                match whose {
                    Whose::Every => owner.way(
                        pod,
                        format!("kubectl set resources {place} --requests={}", quoted(&list)),
                    ),
                    Whose::Container(name) => {
                        let name = quoted(name);
                        let list = quoted(&list);
                        owner.way(
                            pod,
                            format!("kubectl set resources {place} -c {name} --requests={list}"),
                        )
                    }
                    Whose::Pod => {
                        let requests: Map<String, Value> = amounts
                            .iter()
                            .map(|asked| (asked.resource.to_string(), Value::from(&*asked.quantity)))
                            .collect();
                        owner.patch(pod, &json!({ "resources": { "requests": requests } }))
                    }
                }
            }
            Self::Select { key, value } => {
                let value = value.as_deref().map_or(Value::Null, Value::from);
                owner.patch(pod, &json!({ "nodeSelector": { &**key: value } }))
            }
            Self::Drop(Dropped::NodeAffinity) => owner.patch(pod, &affinity("nodeAffinity", REQUIRED)),
            Self::Drop(Dropped::PodAffinity) => owner.patch(pod, &affinity("podAffinity", REQUIRED)),
            Self::Drop(Dropped::AntiAffinity) => owner.patch(pod, &affinity("podAntiAffinity", REQUIRED)),
            Self::Drop(Dropped::Spread(_)) => edit("the topologySpreadConstraints with DoNotSchedule"),
            Self::Drop(Dropped::Ports) => edit("the hostPort of its containers"),
            Self::Untolerate(_) => edit("the toleration"),
            _ => Way::none("no command does it"),
        }
    }
}

fn overwrite(command: &mut String, there: bool) {
    if there {
        command.push_str(" --overwrite");
    }
}

/// As the Eviction API has it, which keeps to PodDisruptionBudgets; deleting does not.
fn evict(cluster: &Cluster, key: &PodKey) -> Way {
    let eviction = json!({
        "apiVersion": "policy/v1", "kind": "Eviction",
        "metadata": { "name": &*key.name, "namespace": &*key.namespace },
    });
    let path = format!("/api/v1/namespaces/{}/pods/{}/eviction", key.namespace, key.name);
    let way = Way::command(format!(
        "echo {} | kubectl create --raw {} -f -",
        quoted(&eviction.to_string()),
        quoted(&path)
    ));
    match cluster.pod(key).and_then(|pod| pod.owner.as_ref()) {
        Some(owner) => way.note(format!(
            "{} {} makes another one, which waits in turn",
            owner.kind, owner.name
        )),
        None => way.note("nothing owns the pod: it does not come back"),
    }
}

/// Tolerations are what may be added to a pod that is there, so that one without a controller that can be changed has a way,
/// too.
fn tolerate(pod: &Pod, toleration: &Toleration) -> Way {
    let value = toleration_value(toleration);
    let patch = |path: &str, have: bool| {
        if have {
            json!([{ "op": "add", "path": format!("{path}/-"), "value": value }])
        } else {
            json!([{ "op": "add", "path": path, "value": [value] }])
        }
    };
    match Template::of(pod) {
        Ok(owner) => {
            let own = |have: &&Toleration| !is_of_admission(have);
            let have = pod.spec.tolerations.iter().any(|have| own(&have));
            let patch = patch("/spec/template/spec/tolerations", have);
            let command = format!(
                "kubectl patch {} --type=json -p {}",
                owner.place(pod),
                quoted(&patch.to_string())
            );
            owner.way(pod, command)
        }
        Err(_) => {
            let have = !pod.spec.tolerations.is_empty();
            Way::command(patch_of_pod(pod, &patch("/spec/tolerations", have)))
        }
    }
}

/// Whether it is one of the two that the API server gives every pod, which its template does not have.
fn is_of_admission(toleration: &Toleration) -> bool {
    matches!(
        &*toleration.key,
        "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable"
    ) && toleration.operator == TolerationOperator::Exists
}

fn toleration_value(toleration: &Toleration) -> Value {
    let operator = match toleration.operator {
        TolerationOperator::Equal => "Equal",
        TolerationOperator::Exists => "Exists",
        TolerationOperator::Lt => "Lt",
        TolerationOperator::Gt => "Gt",
    };
    let mut value = json!({ "operator": operator });
    if !toleration.key.is_empty() {
        value["key"] = Value::from(&*toleration.key);
    }
    if toleration.operator != TolerationOperator::Exists {
        value["value"] = Value::from(&*toleration.value);
    }
    if let Some(effect) = toleration.effect {
        value["effect"] = Value::from(effect.as_str());
    }
    value
}

fn patch_of_pod(pod: &Pod, patch: &Value) -> String {
    format!(
        "kubectl patch pod {} --type=json -p {}",
        named(pod),
        quoted(&patch.to_string())
    )
}

/// `NAME -n NAMESPACE`.
fn named(pod: &Pod) -> String {
    format!("{} -n {}", quoted(&pod.key.name), quoted(&pod.key.namespace))
}

/// The controller whose template a pod is made from.
struct Template {
    /// As kubectl writes its kind.
    kind: &'static str,
    name: Arc<str>,
    /// Whether pods that are there stay as they are when the template changes.
    leaves_pods: bool,
}

impl Template {
    /// That of `pod`; or why there is none that can be changed.
    fn of(pod: &Pod) -> Result<Self, String> {
        let Some(owner) = &pod.owner else {
            return Err(format!(
                "nothing owns the pod, and this cannot be changed in a pod: make it again from \
                 kubectl get pod {} -o yaml",
                named(pod)
            ));
        };
        let template = |kind, leaves_pods| {
            Ok(Self {
                kind,
                name: Arc::clone(&owner.name),
                leaves_pods,
            })
        };
        match &*owner.kind {
            "ReplicaSet" => {
                // The Deployment controller calls its ReplicaSets so.
                let hash = pod.labels.get(TEMPLATE_HASH);
                let deployment = hash.and_then(|hash| owner.name.strip_suffix(hash)?.strip_suffix('-'));
                match deployment {
                    Some(name) => Ok(Self {
                        kind: "deployment",
                        name: name.into(),
                        leaves_pods: false,
                    }),
                    None => template("replicaset", true),
                }
            }
            "StatefulSet" => template("statefulset", true),
            "DaemonSet" => template("daemonset", false),
            "ReplicationController" => template("replicationcontroller", true),
            "Job" => Err(format!(
                "the pods of a Job cannot be changed: make Job {} again with the change",
                owner.name
            )),
            "Node" => Err(format!(
                "a static pod: its manifest is a file on node {}",
                owner.name
            )),
            kind => Err(format!("change it in {kind} {}, which owns the pod", owner.name)),
        }
    }

    /// `KIND/NAME -n NAMESPACE`.
    fn place(&self, pod: &Pod) -> String {
        let name = format!("{}/{}", self.kind, self.name);
        format!("{} -n {}", quoted(&name), quoted(&pod.key.namespace))
    }

    /// `command`, and what it takes for the change to reach the pod.
    fn way(&self, pod: &Pod, command: String) -> Way {
        let mut way = Way::command(command);
        if self.leaves_pods {
            way.commands.push(format!("kubectl delete pod {}", named(pod)));
        }
        way
    }

    /// A strategic merge patch of the pods' spec.
    fn patch(&self, pod: &Pod, spec: &Value) -> Way {
        let patch = json!({ "spec": { "template": { "spec": spec } } });
        let command = format!(
            "kubectl patch {} -p {}",
            self.place(pod),
            quoted(&patch.to_string())
        );
        self.way(pod, command)
    }
}

/// `text` as a shell takes it for one word.
fn quoted(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        assert_eq!(quoted("disk=ssd:NoSchedule-"), "disk=ssd:NoSchedule-");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("$(rm)"), "'$(rm)'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
