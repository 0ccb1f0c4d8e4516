//! Volumes, claims to them, and where they can be.

use k8s_openapi::api::{
    core::v1::{PersistentVolume, PersistentVolumeClaim},
    storage::v1::{CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment},
};

use super::{Kind, PLAIN, Table, typed};
use crate::demo::strategies;

pub(crate) static VOLUME: Kind = Kind {
    kind: "PersistentVolume",
    plural: "persistentvolumes",
    singular: "persistentvolume",
    short_names: &["pv"],
    namespaced: false,
    table: Table::Volumes,
    has_status: true,
    returns_deleted: true,
    blank: r#"{"spec":{},"status":{}}"#,
    strategy: &strategies::volumes::STRATEGY,
    normalise: typed::<PersistentVolume>,
    ..PLAIN
};

pub(crate) static CLAIM: Kind = Kind {
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    singular: "persistentvolumeclaim",
    short_names: &["pvc"],
    table: Table::Claims,
    has_status: true,
    returns_deleted: true,
    blank: r#"{"spec":{"resources":{}},"status":{}}"#,
    strategy: &strategies::claims::STRATEGY,
    normalise: typed::<PersistentVolumeClaim>,
    ..PLAIN
};

pub(crate) static STORAGE_CLASS: Kind = Kind {
    group: "storage.k8s.io",
    kind: "StorageClass",
    plural: "storageclasses",
    singular: "storageclass",
    short_names: &["sc"],
    namespaced: false,
    table: Table::StorageClasses,
    returns_deleted: true,
    blank: r#"{"provisioner":""}"#,
    strategy: &strategies::storage_classes::STRATEGY,
    normalise: typed::<StorageClass>,
    ..PLAIN
};

pub(super) static CSI_NODE: Kind = Kind {
    group: "storage.k8s.io",
    kind: "CSINode",
    plural: "csinodes",
    singular: "csinode",
    namespaced: false,
    table: Table::CsiNodes,
    has_status: true,
    returns_deleted: true,
    blank: r#"{"spec":{"drivers":null}}"#,
    strategy: &strategies::csi::NODES,
    normalise: typed::<CSINode>,
    ..PLAIN
};

pub(super) static CSI_DRIVER: Kind = Kind {
    group: "storage.k8s.io",
    kind: "CSIDriver",
    plural: "csidrivers",
    singular: "csidriver",
    namespaced: false,
    table: Table::CsiDrivers,
    returns_deleted: true,
    blank: r#"{"spec":{}}"#,
    strategy: &strategies::csi::DRIVERS,
    normalise: typed::<CSIDriver>,
    ..PLAIN
};

pub(super) static CSI_STORAGE_CAPACITY: Kind = Kind {
    group: "storage.k8s.io",
    kind: "CSIStorageCapacity",
    plural: "csistoragecapacities",
    singular: "csistoragecapacity",
    table: Table::Capacities,
    blank: r#"{"storageClassName":""}"#,
    strategy: &strategies::csi::CAPACITIES,
    normalise: typed::<CSIStorageCapacity>,
    ..PLAIN
};

pub(super) static VOLUME_ATTACHMENT: Kind = Kind {
    group: "storage.k8s.io",
    kind: "VolumeAttachment",
    plural: "volumeattachments",
    singular: "volumeattachment",
    namespaced: false,
    table: Table::Attachments,
    has_status: true,
    returns_deleted: true,
    blank: r#"{"spec":{"attacher":"","source":{},"nodeName":""},"status":{"attached":false}}"#,
    strategy: &strategies::attachments::STRATEGY,
    normalise: typed::<VolumeAttachment>,
    ..PLAIN
};
