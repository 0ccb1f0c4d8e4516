//! Claims to be bound for which a volume would have to be made: whether a node can have it.

use std::sync::Arc;

use super::reach::{Items, Nodes, Reach, contains};
use crate::model::fault::{Concern, Fault};
use crate::model::storage::{CsiStorageCapacity, PersistentVolumeClaim, StorageClass};
use crate::model::text::quoted;
use crate::model::{Cluster, NodeId};

/// How a volume for a claim could be made.
pub(super) enum Provisioning<'a> {
    /// Not at all, and the cycle ends with this text.
    Error(Arc<str>),
    /// Not at all: the class leaves it to people.
    Unsupported(&'a StorageClass),
    /// By the class's provisioner.
    Supported {
        class: &'a StorageClass,
        /// Where the class's topologies allow it.
        nodes: Nodes,
        /// What its driver tells about storage left; `None` where that is not asked.
        left: Option<Left<'a>>,
    },
}

/// The storage that is left for a claim.
pub(super) struct Left<'a> {
    /// What promises enough for the claim, by namespace and name.
    all: Vec<&'a Arc<CsiStorageCapacity>>,
    /// Of these, what reaches each node.
    reached: Items,
    /// Why one more cannot be judged.
    fault: Option<&'a Fault>,
}

/// What a node offers for a claim.
pub(super) enum Offer<'a> {
    /// A volume, out of this storage where the driver tells of it.
    Volume(Option<&'a Arc<CsiStorageCapacity>>),
    /// The class does not make volumes for this node.
    NoVolume,
    /// Too little storage is left.
    NoStorage,
    /// Perhaps, but what is told about storage cannot be read.
    Unclear(&'a Fault),
    /// The cycle ends with this text.
    Error(Arc<str>),
}

impl<'a> Provisioning<'a> {
    pub(super) fn new(claim: &PersistentVolumeClaim, cluster: &'a Cluster, reach: &mut Reach<'a>) -> Self {
        if claim.class.is_empty() {
            let (namespace, name) = (&claim.namespace, &claim.name);
            return Self::Error(format!("no class for claim \"{namespace}/{name}\"").into());
        }
        let Some(class) = cluster.objects.storage_classes.named(&claim.class) else {
            return Self::Error(format!("failed to find storage class {}", quoted(&claim.class)).into());
        };
        if !class.provisions() {
            return Self::Unsupported(class);
        }
        let driver = cluster.objects.csi_drivers.named(&class.provisioner);
        let tells = driver.is_some_and(|driver| driver.storage_capacity);
        Self::Supported {
            class,
            nodes: reach.of_topologies(&class.allowed_topologies),
            left: claim.request.filter(|_| tells).map(|request| {
                let size = request.value();
                Left::new(&class.name, size, cluster, reach)
            }),
        }
    }

    pub(super) fn on(&self, node: NodeId) -> Offer<'a> {
        match self {
            Self::Error(text) => Offer::Error(Arc::clone(text)),
            Self::Unsupported(_) => Offer::NoVolume,
            Self::Supported { nodes, .. } if !contains(nodes, node) => Offer::NoVolume,
            Self::Supported { left: None, .. } => Offer::Volume(None),
            Self::Supported { left: Some(left), .. } => match (left.find(node), left.fault) {
                (Some(capacity), _) => Offer::Volume(Some(capacity)),
                (None, Some(fault)) => Offer::Unclear(fault),
                (None, None) => Offer::NoStorage,
            },
        }
    }
}

impl<'a> Left<'a> {
    fn new(class: &str, size: i64, cluster: &'a Cluster, reach: &mut Reach<'a>) -> Self {
        let mut left = Self {
            all: Vec::new(),
            reached: Items::new(cluster),
            fault: None,
        };
        for capacity in cluster.storage.capacities(class) {
            if let Some(fault) = capacity.faults.first() {
                left.fault = Some(fault);
            } else if capacity.limit().is_some_and(|limit| limit.value() >= size) {
                let item = left.all.len() as u32;
                left.all.push(capacity);
                reach.each_of_labels(&capacity.topology, |node| left.reached.add(item, node));
            }
        }
        left
    }

    /// The first that reaches `node`, one that says how much is left before one that does not.
    fn find(&self, node: NodeId) -> Option<&'a Arc<CsiStorageCapacity>> {
        let all = self.reached.of(node);
        let best = all.filter_map(|item| {
            let capacity = self.all.get(item as usize)?;
            Some((capacity.capacity.is_none(), item))
        });
        let (_, item) = best.min()?;
        self.all.get(item as usize).copied()
    }
}

/// What keeps upstream from scoring a volume for `claim` out of `capacity`: it does not go on then.
pub(super) fn unscorable(claim: &PersistentVolumeClaim, capacity: &CsiStorageCapacity) -> Option<Fault> {
    let fault = |object: String, field: &str, message: &str| Fault {
        object: object.into(),
        concern: Concern::Storage,
        field: field.to_owned(),
        message: message.to_owned(),
    };
    if capacity.capacity.is_none() {
        return Some(fault(
            format!("CSIStorageCapacity {}/{}", capacity.namespace, capacity.name),
            "capacity",
            "is absent beside maximumVolumeSize: how much storage is left cannot be told (kube-scheduler 1.37 panics)",
        ));
    }
    claim.class_field.is_none().then(|| {
        fault(
            format!("PersistentVolumeClaim {}/{}", claim.namespace, claim.name),
            "spec.storageClassName",
            "is absent beside the annotation volume.beta.kubernetes.io/storage-class: the claim cannot be scored \
             (kube-scheduler 1.37 panics)",
        )
    })
}
