//! API objects → model: the only place that knows both.
//!
//! The types here are slim: serde reads only the fields that scheduling uses and skips the rest (`managedFields`
//! among it), so that a pod costs a fraction of the full API type.

mod affinity;
mod annotations;
mod device;
mod disruption;
mod label_selector;
pub mod list;
pub mod meta;
pub mod namespace;
pub mod node;
pub mod object;
pub mod pod;
mod pod_affinity;
mod requests;
pub mod resource_list;
pub mod storage;
mod topology_spread;
mod workload;

pub use annotations::{ADOPTED, Annotations, PLACED_BY};
pub use device::{
    AllocationObject, DeviceClassObject, DeviceTaintRuleObject, ResourceClaimObject, ResourceSliceObject,
};
pub use disruption::PodDisruptionBudgetObject;
pub use label_selector::{LabelSelectorObject, label_selector};
pub use meta::Meta;
pub use namespace::NamespaceObject;
pub use node::NodeObject;
pub use pod::PodObject;
pub(crate) use resource_list::{Request, is_of_pod_level};
pub use storage::{
    CsiDriverObject, CsiNodeObject, CsiStorageCapacityObject, PersistentVolumeClaimObject,
    PersistentVolumeObject, StorageClassObject, VolumeAttachmentObject,
};
pub use topology_spread::SpreadConstraintObject;
pub use workload::{ReplicaSetObject, ReplicationControllerObject, ServiceObject, StatefulSetObject};

use serde::{Deserialize, Deserializer};

/// Reads whether there is a value, whatever it is.
fn is_there<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(Option::<serde::de::IgnoredAny>::deserialize(from)?.is_some())
}

/// Reads `null` as the default: the API writes `null` for an empty list here and there.
fn null_is_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}
