//! Pods.

mod convert;
mod placement;
mod volumes;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::affinity::AffinityObject;
use super::meta::time;
use super::resource_list::{ResourceList, Resources};
use super::storage::{AwsDiskObject, AzureDiskObject, GceDiskObject, PresentObject, VolumeIdObject};
use super::{Meta, SpreadConstraintObject, is_there, null_is_default};

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
    /// `Never`, or `PreemptLowerPriority` where absent.
    pub preemption_policy: Option<String>,
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
    /// Which pods it is to start together with.
    pub scheduling_group: Option<GroupObject>,
    /// How it wants to be spread.
    #[serde(deserialize_with = "null_is_default")]
    pub topology_spread_constraints: Vec<SpreadConstraintObject>,
    /// Whether it runs on the node's own network.
    pub host_network: Option<bool>,
    /// Whether it runs without a user namespace of its own; so it is where absent.
    pub host_users: Option<bool>,
    /// Containers for looking into it.
    #[serde(deserialize_with = "null_is_default")]
    pub ephemeral_containers: Vec<EphemeralContainerObject>,
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

/// A volume, of which only the sources that scheduling looks at are read.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeObject {
    /// Its name.
    pub name: String,
    /// A claim.
    pub persistent_volume_claim: Option<ClaimSourceObject>,
    /// A claim of its own.
    pub ephemeral: Option<PresentObject>,
    /// A disk of Google's.
    pub gce_persistent_disk: Option<GceDiskObject>,
    /// A disk of Amazon's.
    pub aws_elastic_block_store: Option<AwsDiskObject>,
    /// A disk of Azure's.
    pub azure_disk: Option<AzureDiskObject>,
    /// A file share of Azure's.
    pub azure_file: Option<PresentObject>,
    /// A disk of OpenStack's.
    pub cinder: Option<VolumeIdObject>,
    /// A volume of Portworx's.
    pub portworx_volume: Option<VolumeIdObject>,
    /// A disk of vSphere's.
    pub vsphere_volume: Option<PresentObject>,
    /// An iSCSI target.
    pub iscsi: Option<IscsiObject>,
    /// A container image.
    pub image: Option<ImageVolumeObject>,
    /// A Ceph image.
    pub rbd: Option<RbdObject>,
}

/// `persistentVolumeClaim` of a volume.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimSourceObject {
    /// The claim.
    pub claim_name: String,
}

/// `iscsi` of a volume.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IscsiObject {
    /// The target's qualified name.
    pub iqn: String,
    /// Whether it is only read.
    pub read_only: bool,
}

/// `rbd` of a volume.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RbdObject {
    /// The monitors' addresses.
    #[serde(deserialize_with = "null_is_default")]
    pub monitors: Vec<String>,
    /// The pool.
    pub pool: String,
    /// The image.
    pub image: String,
    /// Whether it is only read.
    pub read_only: bool,
}

/// A volume that is a container image.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ImageVolumeObject {
    /// Its name.
    pub reference: Option<String>,
}

/// A container.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerObject {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: Option<String>,
    /// What it asks for.
    pub resources: Resources,
    /// Where volumes are mounted.
    #[serde(deserialize_with = "null_is_default")]
    pub volume_mounts: Vec<VolumeMountObject>,
    /// What is done when it ends.
    #[serde(deserialize_with = "null_is_default")]
    pub restart_policy_rules: Vec<RestartRuleObject>,
    /// `Always` makes an init container a sidecar.
    pub restart_policy: Option<String>,
    /// Its ports.
    #[serde(deserialize_with = "null_is_default")]
    pub ports: Vec<PortObject>,
}

/// A container for looking into a pod, of which only what scheduling looks at is read.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EphemeralContainerObject {
    /// Where volumes are mounted.
    #[serde(deserialize_with = "null_is_default")]
    pub volume_mounts: Vec<VolumeMountObject>,
}

/// A volume mount.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeMountObject {
    /// Options of the bind mount.
    #[serde(deserialize_with = "null_is_default")]
    pub bind_mount_options: Vec<String>,
}

/// A `ContainerRestartRule`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct RestartRuleObject {
    /// What is done.
    pub action: String,
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

/// A pod's `schedulingGroup`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupObject {
    /// The PodGroup.
    pub pod_group_name: Option<String>,
}

/// A pod's `status`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatusObject {
    /// The phase.
    pub phase: Option<String>,
    /// When the kubelet took note of it.
    #[serde(deserialize_with = "time")]
    pub start_time: Option<Timestamp>,
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
#[serde(rename_all = "camelCase", default)]
pub struct ConditionObject {
    /// Which.
    pub r#type: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Why, in a word.
    pub reason: Option<String>,
    /// Why, in a sentence.
    pub message: Option<String>,
    /// Since when it has this status.
    #[serde(deserialize_with = "time")]
    pub last_transition_time: Option<Timestamp>,
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
