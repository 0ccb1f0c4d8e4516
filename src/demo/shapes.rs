//! Objects as they stand in a cluster that has been running for a while: what kubelets, controllers and a scheduler
//! would have written, without having them do it.

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::{clock, life::heartbeats};

/// A node to be made.
#[derive(Debug, Clone)]
pub(super) struct NodeShape {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) zone: String,
    pub(super) instance_type: String,
    pub(super) architecture: String,
    pub(super) address: String,
    pub(super) cpu_milli: u64,
    pub(super) memory_mib: u64,
    pub(super) pods: u64,
    /// Extended resources, such as `nvidia.com/gpu`.
    pub(super) extended: Map<String, Value>,
    pub(super) labels: Map<String, Value>,
    pub(super) taints: Vec<Value>,
    pub(super) cordoned: bool,
    pub(super) ready: bool,
    pub(super) age: SignedDuration,
}

pub(super) fn ago(age: SignedDuration) -> String {
    clock::seconds(Timestamp::now().checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH))
}

impl NodeShape {
    /// The node as its kubelet and the node controller left it.
    pub(super) fn build(&self, random: &mut Rng) -> Value {
        let made = ago(self.age);
        let mut labels = json!({
            "kubernetes.io/arch": self.architecture,
            "kubernetes.io/hostname": self.name,
            "kubernetes.io/os": "linux",
            "node.kubernetes.io/instance-type": self.instance_type,
            "topology.kubernetes.io/region": self.region,
            "topology.kubernetes.io/zone": self.zone,
        });
        if let Some(map) = labels.as_object_mut() {
            map.extend(self.labels.clone());
        }
        let mut spec = json!({"providerID": format!("demo:///{}/{}", self.zone, self.name)});
        let taints = self.taints();
        if !taints.is_empty() {
            spec["taints"] = taints.into();
        }
        if self.cordoned {
            spec["unschedulable"] = true.into();
        }
        let mut metadata = json!({
            "name": self.name,
            "uid": clock::uid(random),
            "creationTimestamp": made,
            "labels": labels,
        });
        if !self.ready {
            metadata["annotations"] = json!({heartbeats::KUBELET: heartbeats::SILENT});
        }
        json!({
            "metadata": metadata,
            "spec": spec,
            "status": {
                "capacity": self.amounts(self.cpu_milli, self.memory_mib),
                // What kubelets commonly hold back for themselves and the system.
                "allocatable": self.amounts(
                    self.cpu_milli.saturating_sub(90),
                    self.memory_mib.saturating_sub(355 + 11 * self.pods),
                ),
                "conditions": self.conditions(&made),
                "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
                "addresses": [
                    {"type": "InternalIP", "address": self.address},
                    {"type": "Hostname", "address": self.name},
                ],
                "nodeInfo": {
                    "architecture": self.architecture,
                    "bootID": clock::uid(random),
                    "containerRuntimeVersion": "containerd://2.2.1",
                    "kernelVersion": "6.12.58",
                    "kubeProxyVersion": "",
                    "kubeletVersion": "v1.37.2",
                    "machineID": clock::uid(random).replace('-', ""),
                    "operatingSystem": "linux",
                    "osImage": "Bottlerocket OS 1.50.0",
                    "systemUUID": clock::uid(random),
                },
            },
        })
    }

    fn amounts(&self, cpu_milli: u64, memory_mib: u64) -> Value {
        let cpu = if cpu_milli.is_multiple_of(1000) {
            (cpu_milli / 1000).to_string()
        } else {
            format!("{cpu_milli}m")
        };
        let mut amounts = json!({
            "cpu": cpu,
            "ephemeral-storage": "104845292Ki",
            "memory": format!("{}Ki", memory_mib * 1024),
            "pods": self.pods.to_string(),
        });
        if let Some(map) = amounts.as_object_mut() {
            map.extend(self.extended.clone());
        }
        amounts
    }

    fn taints(&self) -> Vec<Value> {
        let mut taints = self.taints.clone();
        if self.cordoned {
            taints.push(json!({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}));
        }
        if !self.ready {
            // A kubelet that fell silent: the node controller writes Unknown, and both taints.
            let since = ago(SILENT_SINCE);
            taints.push(json!({"key": UNREACHABLE, "effect": "NoSchedule", "timeAdded": since}));
            taints.push(json!({"key": UNREACHABLE, "effect": "NoExecute", "timeAdded": since}));
        }
        taints
    }

    fn conditions(&self, made: &str) -> Value {
        let condition = |(kind, status, reason, message): (&str, &str, &str, &str)| {
            let (status, reason, message) = if self.ready {
                (status, reason, message)
            } else {
                (
                    "Unknown",
                    "NodeStatusUnknown",
                    "Kubelet stopped posting node status.",
                )
            };
            let changed = if self.ready {
                made.to_owned()
            } else {
                ago(SILENT_SINCE)
            };
            json!({
                "type": kind, "status": status, "reason": reason, "message": message,
                "lastHeartbeatTime": if self.ready { ago(SignedDuration::from_secs(20)) } else { changed.clone() },
                "lastTransitionTime": changed,
            })
        };
        heartbeats::HEALTHY.into_iter().map(condition).collect()
    }
}

const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// How long a silent kubelet has been silent when the story begins.
const SILENT_SINCE: SignedDuration = SignedDuration::from_mins(3);

/// Where a pod runs, and since when.
#[derive(Debug, Clone)]
pub(super) struct Placement<'a> {
    pub(super) node: &'a NodeShape,
    pub(super) pod_ip: String,
    pub(super) age: SignedDuration,
}

/// A pod made from a template (a pod as the API server stores it), placed and running.
pub(super) fn running(template: &Value, name: &str, placement: &Placement<'_>, random: &mut Rng) -> Value {
    let mut pod = template.clone();
    let since = ago(placement.age);
    let uid = clock::uid(random);
    pod["metadata"]["name"] = name.into();
    pod["metadata"]["uid"] = uid.clone().into();
    pod["metadata"]["creationTimestamp"] = since.clone().into();
    pod["metadata"]["labels"]["topology.kubernetes.io/region"] = placement.node.region.clone().into();
    pod["metadata"]["labels"]["topology.kubernetes.io/zone"] = placement.node.zone.clone().into();
    pod["spec"]["nodeName"] = placement.node.name.clone().into();
    let condition = |kind: &str| json!({"type": kind, "status": "True", "lastProbeTime": null, "lastTransitionTime": since, "observedGeneration": 1});
    let container = |(i, container): (usize, &Value)| {
        json!({
            "name": container["name"],
            "image": container["image"],
            "imageID": container["image"],
            "containerID": format!("demo://{uid}/{i}"),
            "ready": true,
            "started": true,
            "restartCount": 0,
            "lastState": {},
            "state": {"running": {"startedAt": since}},
        })
    };
    let containers: Value = template["spec"]["containers"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .map(container)
        .collect();
    pod["status"] = json!({
        "phase": "Running",
        "qosClass": template["status"]["qosClass"],
        "observedGeneration": 1,
        "conditions": [
            condition("PodReadyToStartContainers"),
            condition("Initialized"),
            condition("Ready"),
            condition("ContainersReady"),
            condition("PodScheduled"),
        ],
        "hostIP": placement.node.address,
        "hostIPs": [{"ip": placement.node.address}],
        "podIP": placement.pod_ip,
        "podIPs": [{"ip": placement.pod_ip}],
        "startTime": since,
        "containerStatuses": containers,
    });
    if !placement.node.ready
        && let Some(conditions) = pod["status"]["conditions"].as_array_mut()
    {
        // The node controller marks the pods of a silent kubelet.
        for condition in conditions.iter_mut().filter(|c| c["type"] == "Ready") {
            condition["status"] = "False".into();
            condition["lastTransitionTime"] = ago(SILENT_SINCE).into();
        }
    }
    pod
}
