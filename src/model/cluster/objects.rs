//! The objects beside pods, nodes and namespaces that decisions depend on.

use super::Table;
use crate::model::from_api;
use crate::model::from_api::object::{Api, Object};

/// Hands the table of kinds to the macro `$then`: variant of [`Change`](super::Change) and [`ObjectKind`], field of [`Objects`], type in
/// [`from_api`](crate::model::from_api), model. The one place that lists them.
macro_rules! object_kinds {
    ($then:ident) => {
        $then! {
            Service services ServiceObject crate::model::workload::Service,
            ReplicationController replication_controllers ReplicationControllerObject
                crate::model::workload::ReplicationController,
            ReplicaSet replica_sets ReplicaSetObject crate::model::workload::ReplicaSet,
            StatefulSet stateful_sets StatefulSetObject crate::model::workload::StatefulSet,
            PodDisruptionBudget budgets PodDisruptionBudgetObject crate::model::disruption::PodDisruptionBudget,
            PersistentVolume volumes PersistentVolumeObject crate::model::storage::PersistentVolume,
            PersistentVolumeClaim claims PersistentVolumeClaimObject crate::model::storage::PersistentVolumeClaim,
            StorageClass storage_classes StorageClassObject crate::model::storage::StorageClass,
            CsiNode csi_nodes CsiNodeObject crate::model::storage::CsiNode,
            CsiDriver csi_drivers CsiDriverObject crate::model::storage::CsiDriver,
            CsiStorageCapacity capacities CsiStorageCapacityObject crate::model::storage::CsiStorageCapacity,
            VolumeAttachment attachments VolumeAttachmentObject crate::model::storage::VolumeAttachment,
            ResourceClaim device_claims ResourceClaimObject crate::model::device::ResourceClaim,
            ResourceSlice slices ResourceSliceObject crate::model::device::ResourceSlice,
            DeviceClass device_classes DeviceClassObject crate::model::device::DeviceClass,
            DeviceTaintRule device_taint_rules DeviceTaintRuleObject crate::model::device::DeviceTaintRule,
        }
    };
}
pub(crate) use object_kinds;

macro_rules! tables {
    ($($kind:ident $field:ident $object:ident $model:path,)*) => {
        /// One of these kinds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ObjectKind {
            $(
                #[doc = concat!("Every ", stringify!($kind), ".")]
                $kind,
            )*
        }

        impl ObjectKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Where the API server keeps the kind.
            pub const fn api(self) -> Api {
                match self {
                    $(Self::$kind => <from_api::$object as Object>::API,)*
                }
            }
        }

        /// A table per kind.
        #[derive(Clone, Debug, Default)]
        pub struct Objects {
            $(
                #[doc = concat!("Every ", stringify!($kind), ".")]
                pub $field: Table<$model>,
            )*
        }

        impl Objects {
            /// Whether a list of that kind was complete once.
            pub fn is_synced(&self, kind: ObjectKind) -> bool {
                match kind {
                    $(ObjectKind::$kind => self.$field.is_synced(),)*
                }
            }
        }
    };
}
object_kinds!(tables);
