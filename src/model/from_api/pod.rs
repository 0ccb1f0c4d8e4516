//! Pods.

mod convert;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::affinity::AffinityObject;
use super::resource_list::{ResourceList, Resources};
use super::{Meta, is_there, null_is_default};

/// A `Pod`, slim.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct PodObject {
    /// Name, namespace, uid, version, labels, owners.
    pub metadata: Meta,
    /// What is asked for.
    pub spec: PodSpecObject,
    /// How it goes.
    pub status: PodStatusObject,
}

/// A pod's `spec`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpecObject {
    /// Where it is bound.
    pub node_name: Option<String>,
    /// Who places it.
    pub scheduler_name: Option<String>,
    /// Resolved from its priority class by the API server.
    pub priority: Option<i32>,
    /// Regular containers.
    #[serde(deserialize_with = "null_is_default")]
    pub containers: Vec<ContainerObject>,
    /// Init containers and sidecars.
    #[serde(deserialize_with = "null_is_default")]
    pub init_containers: Vec<ContainerObject>,
    /// What the runtime itself takes.
    pub overhead: Option<ResourceList>,
    /// Of the pod as a whole.
    pub resources: Option<Resources>,
    /// Labels that a node must have.
    pub node_selector: Option<BTreeMap<String, String>>,
    /// Affinity.
    pub affinity: Option<AffinityObject>,
    /// Taints that it bears.
    #[serde(deserialize_with = "null_is_default")]
    pub tolerations: Vec<TolerationObject>,
    /// What holds it back.
    #[serde(deserialize_with = "null_is_default")]
    pub scheduling_gates: Vec<GateObject>,
    /// Whether it wants to be spread.
    #[serde(deserialize_with = "is_there")]
    pub topology_spread_constraints: bool,
    /// Its claims to devices.
    #[serde(deserialize_with = "null_is_default")]
    pub resource_claims: Vec<PodClaimObject>,
    /// Its volumes.
    #[serde(deserialize_with = "null_is_default")]
    pub volumes: Vec<VolumeObject>,
}

/// A claim to devices.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodClaimObject {
    /// Its name within the pod.
    pub name: String,
    /// An existing one.
    pub resource_claim_name: Option<String>,
    /// One made for the pod.
    pub resource_claim_template_name: Option<String>,
}

/// Which claim was made for a pod.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimStatusObject {
    /// Its name within the pod.
    pub name: String,
    /// The claim; none where none is wanted.
    pub resource_claim_name: Option<String>,
}

/// A volume, of which only what scheduling may look at is read: whether it is of these kinds.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "one of them holds, as in the API")]
pub struct VolumeObject {
    /// A claim.
    #[serde(deserialize_with = "is_there")]
    pub persistent_volume_claim: bool,
    /// A claim of its own.
    #[serde(deserialize_with = "is_there")]
    pub ephemeral: bool,
    /// Given by a CSI driver without a claim.
    #[serde(deserialize_with = "is_there")]
    pub csi: bool,
    /// A disk of Google's.
    #[serde(deserialize_with = "is_there")]
    pub gce_persistent_disk: bool,
    /// A disk of Amazon's.
    #[serde(deserialize_with = "is_there")]
    pub aws_elastic_block_store: bool,
    /// An iSCSI target.
    #[serde(deserialize_with = "is_there")]
    pub iscsi: bool,
    /// A Ceph image.
    #[serde(deserialize_with = "is_there")]
    pub rbd: bool,
}

/// A container.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerObject {
    /// Its name.
    pub name: String,
    /// What it asks for.
    pub resources: Resources,
    /// `Always` makes an init container a sidecar.
    pub restart_policy: Option<String>,
    /// Its ports.
    #[serde(deserialize_with = "null_is_default")]
    pub ports: Vec<PortObject>,
}

/// A container's port.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PortObject {
    /// The node's port that it wants.
    pub host_port: Option<i32>,
    /// At which address.
    #[serde(rename = "hostIP")]
    pub host_ip: Option<String>,
    /// `TCP` where absent.
    pub protocol: Option<String>,
}

/// A toleration.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct TolerationObject {
    /// Empty for every key.
    pub key: Option<String>,
    /// `Equal` where absent.
    pub operator: Option<String>,
    /// The value.
    pub value: Option<String>,
    /// Absent for every effect.
    pub effect: Option<String>,
}

/// A scheduling gate.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct GateObject {
    /// Its name.
    pub name: String,
}

/// A pod's `status`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatusObject {
    /// The phase.
    pub phase: Option<String>,
    /// Where preemption makes room for it.
    pub nominated_node_name: Option<String>,
    /// Conditions.
    #[serde(deserialize_with = "null_is_default")]
    pub conditions: Vec<ConditionObject>,
    /// Of regular containers.
    #[serde(deserialize_with = "null_is_default")]
    pub container_statuses: Vec<ContainerStatusObject>,
    /// Of init containers.
    #[serde(deserialize_with = "null_is_default")]
    pub init_container_statuses: Vec<ContainerStatusObject>,
    /// In effect for the pod as a whole.
    pub resources: Option<Resources>,
    /// Allocated for the pod as a whole.
    pub allocated_resources: Option<ResourceList>,
    /// The claims made for it.
    #[serde(deserialize_with = "null_is_default")]
    pub resource_claim_statuses: Vec<ClaimStatusObject>,
    /// Whether a claim was made for its extended resources.
    #[serde(deserialize_with = "is_there")]
    pub extended_resource_claim_status: bool,
}

/// A condition, of a pod or a node.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ConditionObject {
    /// Which.
    pub r#type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Why, in a word.
    pub reason: Option<String>,
    /// Why, in a sentence.
    pub message: Option<String>,
}

/// A container's status.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatusObject {
    /// The container's name.
    pub name: String,
    /// In effect.
    pub resources: Option<Resources>,
    /// Granted by the node.
    pub allocated_resources: Option<ResourceList>,
}
