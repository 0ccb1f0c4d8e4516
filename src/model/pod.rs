//! A pod, as far as scheduling reads it.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use jiff::Timestamp;

use super::affinity::NodeAffinity;
use super::fault::Fault;
use super::ids::PodKey;
use super::image::PodImage;
use super::labels::Labels;
use super::node_feature::NodeFeatures;
use super::pod_affinity::PodAffinity;
use super::pod_claims::{ClaimStatuses, PodClaim};
use super::resources::{Amounts, Load, NonZeroRequests, ResourceId};
use super::taint::Toleration;
use super::topology_spread::SpreadConstraint;
use super::volume::{PodVolume, PodVolumeSource};
use super::workload::Owner;

/// A pod in the cache.
#[derive(Clone, Debug)]
pub struct Pod {
    /// Namespace and name.
    pub key: PodKey,
    /// `metadata.uid`.
    pub uid: Arc<str>,
    /// `metadata.resourceVersion` as last seen.
    pub resource_version: Arc<str>,
    /// `metadata.generation`; 0 where the server counts none, as those before 1.34.
    pub generation: i64,
    /// What it asks for; shared with every pod of the same template.
    pub spec: Arc<PodSpec>,
    /// Its labels; shared likewise.
    pub labels: Arc<Labels>,
    /// What it takes, or would take, on a node as its status stands; shared likewise.
    pub load: Arc<Load>,
    /// Its volumes that scheduling looks at; shared likewise.
    pub volumes: Arc<[PodVolume]>,
    /// `metadata.creationTimestamp`.
    pub created: Timestamp,
    /// `spec.nodeName`: where it is bound.
    pub node_name: Option<Arc<str>>,
    /// `status.nominatedNodeName`.
    pub nominated_node: Option<Arc<str>>,
    /// `status.phase`.
    pub phase: Phase,
    /// Whether `metadata.deletionTimestamp` is set.
    pub deleting: bool,
    /// Whether it is being deleted to make room for another pod: kube-scheduler says so in the condition
    /// `DisruptionTarget`.
    pub preempted: bool,
    /// `status.startTime`: when the kubelet took note of it.
    pub started: Option<Timestamp>,
    /// The controller that owns it; shared with the others that it owns.
    pub owner: Option<Arc<Owner>>,
    /// What its status says of its claims to devices; `None` for most.
    pub claims: Option<Box<ClaimStatuses>>,
    /// Reason and message of the condition `PodScheduled=False`, if it has one.
    pub unscheduled: Option<(Arc<str>, Arc<str>)>,
    /// What it says of its scheduler's work.
    pub attempt: Attempt,
    /// Fields that could not be read.
    pub faults: Vec<Fault>,
}

/// What a pod's condition `PodScheduled` says of the work of its scheduler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attempt {
    /// There is no such condition: no scheduler has looked at the pod.
    #[default]
    None,
    /// A scheduler found no node for it; when it first did.
    Failed(Timestamp),
    /// It was bound then, by its scheduler as far as is known.
    Bound(Timestamp),
    /// Nothing: the API server set it for scheduling gates, berth placed the pod, or there is no time in it.
    Other,
}

impl Pod {
    /// Whether it waits for a node: not bound, not over, not being deleted.
    pub fn is_waiting(&self) -> bool {
        self.node_name.is_none() && !self.phase.is_over() && !self.deleting
    }

    /// All that a decision about it depends on, apart from the cluster.
    pub fn template(&self) -> Template {
        Template {
            namespace: Arc::clone(&self.key.namespace),
            spec: Arc::clone(&self.spec),
            labels: Arc::clone(&self.labels),
            load: Arc::clone(&self.load),
            volumes: Arc::clone(&self.volumes),
            own_claims: self
                .has_own_claims()
                .then(|| (self.key.clone(), Arc::clone(&self.uid))),
            node_name: self.node_name.clone(),
            nominated_node: self.nominated_node.clone(),
            owner: self.owner.clone(),
            claimant: self.claimant(),
            faults: self.faults.clone(),
        }
    }

    /// Whether claims are made for it alone, which bear its name and are owned by it.
    pub fn has_own_claims(&self) -> bool {
        self.volumes
            .iter()
            .any(|volume| volume.source == PodVolumeSource::Ephemeral)
    }

    /// Who it is, where that decides which claims are its own.
    fn claimant(&self) -> Option<Box<Claimant>> {
        let claims = self.claims.as_deref().cloned();
        let any = claims.is_some() || !self.spec.claims.is_empty();
        any.then(|| {
            Box::new(Claimant {
                name: Arc::clone(&self.key.name),
                uid: Arc::clone(&self.uid),
                claims: claims.unwrap_or_default(),
            })
        })
    }

    /// Whether scheduling gates hold it back.
    pub fn is_gated(&self) -> bool {
        !self.spec.scheduling_gates.is_empty()
    }

    /// Whether the cluster needs it: its priority is that of the `system-*` classes (2,000,000,000 and above).
    pub fn is_critical(&self) -> bool {
        self.spec.priority >= 2_000_000_000
    }
}

/// What pods that get the same decision have in common: equal templates in clusters of equal generation are judged
/// alike. Status writes and resource versions are no part of it. Cheap to compare and to hash, since what is large is
/// interned; templates from different caches are never equal.
#[derive(Clone, Debug)]
pub struct Template {
    namespace: Arc<str>,
    spec: Arc<PodSpec>,
    labels: Arc<Labels>,
    load: Arc<Load>,
    volumes: Arc<[PodVolume]>,
    own_claims: Option<(PodKey, Arc<str>)>,
    node_name: Option<Arc<str>>,
    nominated_node: Option<Arc<str>>,
    owner: Option<Arc<Owner>>,
    claimant: Option<Box<Claimant>>,
    faults: Vec<Fault>,
}

/// A pod with claims to devices: claims are reserved for one pod, and made for one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Claimant {
    name: Arc<str>,
    uid: Arc<str>,
    claims: ClaimStatuses,
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.spec, &other.spec)
            && Arc::ptr_eq(&self.labels, &other.labels)
            && Arc::ptr_eq(&self.load, &other.load)
            && Arc::ptr_eq(&self.volumes, &other.volumes)
            && self.own_claims == other.own_claims
            && self.namespace == other.namespace
            && self.node_name == other.node_name
            && self.nominated_node == other.nominated_node
            && self.owner == other.owner
            && self.claimant == other.claimant
            && self.faults == other.faults
    }
}

impl Eq for Template {}

impl Hash for Template {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.spec).hash(state);
        Arc::as_ptr(&self.labels).hash(state);
        Arc::as_ptr(&self.load).hash(state);
        self.volumes.as_ptr().hash(state);
        self.namespace.hash(state);
    }
}

/// A pod's phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Accepted, not yet running.
    #[default]
    Pending,
    /// Bound, with containers started.
    Running,
    /// Over, all containers with success.
    Succeeded,
    /// Over, some container with failure.
    Failed,
    /// The kubelet cannot be asked.
    Unknown,
}

impl Phase {
    /// Whether the pod no longer takes room on its node.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }

    /// The API's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Unknown => "Unknown",
        }
    }
}

/// What pods of one template have in common for scheduling. Interned: equal specs are one allocation, so that pods
/// with the same spec and labels need to be judged only once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PodSpec {
    /// `spec.schedulerName`.
    pub scheduler_name: Arc<str>,
    /// `spec.priority`; 0 where absent.
    pub priority: i32,
    /// Whether `spec.preemptionPolicy` is `Never`: no pod goes to make room for it.
    pub never_preempts: bool,
    /// What it asks of a node: the larger of containers and init containers, sidecars, overhead, pod-level.
    pub requests: Amounts,
    /// What LeastAllocated takes it to ask for: pod-level requests left out, defaults for containers without any.
    pub non_zero: NonZeroRequests,
    /// `spec.overhead`, for showing the arithmetic.
    pub overhead: Amounts,
    /// `spec.resources.requests`, for showing the arithmetic.
    pub pod_level: Amounts,
    /// Each container's own requests, for showing the arithmetic.
    pub containers: Vec<ContainerRequests>,
    /// `spec.nodeSelector`; `None` where absent, which is not the same as empty.
    pub node_selector: Option<Labels>,
    /// `spec.affinity.nodeAffinity`.
    pub node_affinity: Option<NodeAffinity>,
    /// `spec.affinity.podAffinity` and `podAntiAffinity`; `None` where they say nothing.
    pub pod_affinity: Option<Arc<PodAffinity>>,
    /// `spec.tolerations`.
    pub tolerations: Vec<Toleration>,
    /// Every `hostPort` of its containers and restartable init containers.
    pub host_ports: Vec<HostPort>,
    /// `spec.resourceClaims`.
    pub claims: Vec<PodClaim>,
    /// Names of `spec.schedulingGates`.
    pub scheduling_gates: Vec<Arc<str>>,
    /// `spec.schedulingGroup.podGroupName`: the pods that it is to start together with.
    pub group: Option<Arc<str>>,
    /// `spec.topologySpreadConstraints`.
    pub spread: Vec<SpreadConstraint>,
    /// The images of init containers, containers and image volumes, in this order.
    pub images: Vec<PodImage>,
    /// The features that a node has to declare to run it.
    pub features: NodeFeatures,
}

/// One container's requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContainerRequests {
    /// The container's name.
    pub name: Arc<str>,
    /// Where it stands in the manifest, such as `spec.containers[0]`.
    pub field: Arc<str>,
    /// Its `resources.requests`.
    pub requests: Amounts,
    /// Those of them that are not written as whole numbers within 64 bits: kube-scheduler asks no devices for them.
    pub not_whole: Vec<ResourceId>,
    /// The names beside them that the scheduler does not count, and that no API server lets in.
    pub uncounted: Vec<Box<str>>,
    /// What it is among the pod's containers.
    pub kind: ContainerKind,
}

/// What a container is among a pod's containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContainerKind {
    /// Runs with the others, all the time.
    Regular,
    /// Runs before them, and is over when they start.
    Init,
    /// An init container with `restartPolicy: Always`: runs all the time.
    Sidecar,
}

/// A port of the node that a pod wants for itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostPort {
    /// The address; `0.0.0.0` where the manifest has none.
    pub ip: Arc<str>,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Arc<str>,
    /// 1 to 65535.
    pub port: i32,
    /// Where it stands in the manifest, such as `spec.containers[0].ports[1].hostPort`.
    pub field: Arc<str>,
}

impl HostPort {
    /// Whether two pods with these ports cannot share a node: same port and protocol, and the same address or one of
    /// them all addresses.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        const ANY: &str = "0.0.0.0";
        self.port == other.port
            && self.protocol == other.protocol
            && (self.ip == other.ip || &*self.ip == ANY || &*other.ip == ANY)
    }
}
