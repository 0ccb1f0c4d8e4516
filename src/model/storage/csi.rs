//! What CSI drivers tell about themselves and about nodes.

use std::sync::Arc;

use crate::model::fault::Fault;
use crate::model::label_selector::LabelSelector;
use crate::model::quantity::Quantity;

/// A CSINode, without its name: nodes with the same drivers share one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CsiNode {
    /// The drivers on the node.
    pub drivers: Vec<CsiNodeDriver>,
    /// The annotation `storage.alpha.kubernetes.io/migrated-plugins`: in-tree plugins whose volumes CSI drivers serve here.
    pub migrated: Vec<Arc<str>>,
}

impl CsiNode {
    /// Whether `driver` is on the node.
    pub fn has(&self, driver: &str) -> bool {
        self.drivers.iter().any(|have| &*have.name == driver)
    }

    /// How many volumes of `driver` may be attached; `None` where there is no limit.
    pub fn limit(&self, driver: &str) -> Option<i32> {
        let of_driver = self.drivers.iter().filter(|have| &*have.name == driver);
        of_driver.filter_map(|have| have.limit).next_back()
    }

    /// Whether there is a limit for any driver.
    pub fn has_limits(&self) -> bool {
        self.drivers.iter().any(|driver| driver.limit.is_some())
    }
}

/// A driver on a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CsiNodeDriver {
    /// Its name.
    pub name: Arc<str>,
    /// `allocatable.count`: how many volumes may be attached.
    pub limit: Option<i32>,
    /// `topologyKeys`: the labels by whose values on nodes the driver tells where a volume can be reached.
    pub topology_keys: Vec<Arc<str>>,
}

/// A CSIDriver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsiDriver {
    /// Whether it tells how much storage is left: `spec.storageCapacity`.
    pub storage_capacity: bool,
    /// Whether its volumes keep pods off nodes without it: `spec.preventPodSchedulingIfMissing`.
    pub prevents_if_missing: bool,
}

/// A CSIStorageCapacity: how much storage of a class some nodes can reach.
#[derive(Clone, Debug, PartialEq)]
pub struct CsiStorageCapacity {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// The class.
    pub class: Arc<str>,
    /// The nodes that can reach it; `Nothing` where absent.
    pub topology: LabelSelector,
    /// How much is left.
    pub capacity: Option<Quantity>,
    /// The largest volume that can be made.
    pub maximum_size: Option<Quantity>,
    /// Fields that could not be read.
    pub faults: Vec<Fault>,
}

impl CsiStorageCapacity {
    /// The largest volume that it promises.
    pub fn limit(&self) -> Option<&Quantity> {
        self.maximum_size.as_ref().or(self.capacity.as_ref())
    }
}

/// A VolumeAttachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeAttachment {
    /// The driver that attaches; empty where absent.
    pub attacher: Arc<str>,
    /// The node.
    pub node: Arc<str>,
    /// The PersistentVolume; absent for a volume written into a pod.
    pub volume: Option<Arc<str>>,
}
