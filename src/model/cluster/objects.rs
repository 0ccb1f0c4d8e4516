//! The objects beside pods, nodes and namespaces that decisions depend on.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::Derived;
use super::changes::WatchEvent;
use super::event::Turn;
use crate::model::from_api;
use crate::model::from_api::object::{Api, Object};
use crate::model::intern::Interner;

/// Objects of one kind by namespace and name; the namespace of cluster-wide kinds is empty.
#[derive(Clone, Debug)]
pub struct Table<T> {
    by_namespace: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Arc<T>>>,
    /// What a list that is under way has brought so far.
    listed: Option<FxHashSet<(Arc<str>, Arc<str>)>>,
    synced: bool,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            by_namespace: BTreeMap::new(),
            listed: None,
            synced: false,
        }
    }
}

impl<T> Table<T> {
    /// The object `name` of `namespace`.
    pub fn get(&self, namespace: &str, name: &str) -> Option<&Arc<T>> {
        self.by_namespace.get(namespace)?.get(name)
    }

    /// The cluster-wide object `name`.
    pub fn named(&self, name: &str) -> Option<&Arc<T>> {
        self.get("", name)
    }

    /// The objects of `namespace`, by name.
    pub fn in_namespace(&self, namespace: &str) -> impl Iterator<Item = (&Arc<str>, &Arc<T>)> {
        self.by_namespace.get(namespace).into_iter().flatten()
    }

    /// All of them, by namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.by_namespace.values().flat_map(BTreeMap::values)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_namespace.is_empty()
    }

    /// Whether a list of them was complete once.
    pub fn is_synced(&self) -> bool {
        self.synced
    }

    /// Has `object` in the place of the one of this name, or nothing. Gives the one before.
    pub(super) fn put(
        &mut self,
        namespace: &Arc<str>,
        name: &Arc<str>,
        object: Option<Arc<T>>,
    ) -> Option<Arc<T>> {
        match object {
            None => self.remove(namespace, name),
            Some(object) => {
                let within = self.by_namespace.entry(Arc::clone(namespace)).or_default();
                within.insert(Arc::clone(name), object)
            }
        }
    }

    fn remove(&mut self, namespace: &str, name: &str) -> Option<Arc<T>> {
        let within = self.by_namespace.get_mut(namespace)?;
        let gone = within.remove(name);
        if within.is_empty() {
            self.by_namespace.remove(namespace);
        }
        gone
    }
}

impl<T: PartialEq> Table<T> {
    /// Takes on a change; whether the table is another one now. What happened goes to `turns`.
    pub(super) fn apply<O: Object<Model = T>>(
        &mut self,
        event: WatchEvent<O>,
        interner: &mut Interner,
        mut derived: Derived<'_>,
        turns: Option<&mut Vec<Turn<T>>>,
    ) -> bool {
        let mut ignored = Vec::new();
        let told = turns.is_some();
        let turns = turns.unwrap_or(&mut ignored);
        let mut tell = |before: Option<&Arc<T>>, after: Option<&Arc<T>>| {
            if told {
                turns.push(Turn {
                    before: before.cloned(),
                    after: after.cloned(),
                });
            }
        };
        match event {
            WatchEvent::Restarted => {
                self.listed = Some(FxHashSet::default());
                false
            }
            WatchEvent::Listed(object) | WatchEvent::Applied(object) => {
                let meta = object.meta();
                let namespace = interner.string(&meta.namespace);
                let name = interner.string(&meta.name);
                let model = object.to_model(interner);
                if let Some(listed) = &mut self.listed {
                    listed.insert((Arc::clone(&namespace), Arc::clone(&name)));
                }
                let within = self.by_namespace.entry(Arc::clone(&namespace)).or_default();
                if within.get(&name).is_some_and(|have| **have == model) {
                    return false;
                }
                let model = Arc::new(model);
                let before = within.insert(Arc::clone(&name), Arc::clone(&model));
                O::derive(&mut derived, (&namespace, &name), before.as_ref(), Some(&model));
                tell(before.as_ref(), Some(&model));
                true
            }
            WatchEvent::Deleted(object) => {
                let meta = object.meta();
                let key = (Arc::from(&*meta.namespace), Arc::from(&*meta.name));
                if let Some(listed) = &mut self.listed {
                    listed.remove(&key);
                }
                let gone = self.remove(&meta.namespace, &meta.name);
                if gone.is_some() {
                    O::derive(&mut derived, (&key.0, &key.1), gone.as_ref(), None);
                    tell(gone.as_ref(), None);
                }
                gone.is_some()
            }
            WatchEvent::Synced => {
                let first = !self.synced;
                self.synced = true;
                let Some(listed) = self.listed.take() else {
                    return first;
                };
                let mut any = first;
                self.by_namespace.retain(|namespace, within| {
                    within.retain(|name, model| {
                        let stays = listed.contains(&(Arc::clone(namespace), Arc::clone(name)));
                        any |= !stays;
                        if !stays {
                            O::derive(&mut derived, (namespace, name), Some(model), None);
                            tell(Some(model), None);
                        }
                        stays
                    });
                    !within.is_empty()
                });
                any
            }
        }
    }
}

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
