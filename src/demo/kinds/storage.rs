//! Volumes, claims to them, and where they can be.

use super::{Kind, PLAIN, Table, tables};
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
    printer: &tables::VOLUME,
    strategy: &strategies::volumes::STRATEGY,
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
    printer: &tables::CLAIM,
    strategy: &strategies::claims::STRATEGY,
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
    printer: &tables::STORAGE_CLASS,
    strategy: &strategies::storage_classes::STRATEGY,
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
    printer: &tables::CSI_NODE,
    strategy: &strategies::csi::NODES,
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
    printer: &tables::CSI_DRIVER,
    strategy: &strategies::csi::DRIVERS,
    ..PLAIN
};

pub(super) static CSI_STORAGE_CAPACITY: Kind = Kind {
    group: "storage.k8s.io",
    kind: "CSIStorageCapacity",
    plural: "csistoragecapacities",
    singular: "csistoragecapacity",
    table: Table::Capacities,
    printer: &tables::DATED,
    strategy: &strategies::csi::CAPACITIES,
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
    printer: &tables::VOLUME_ATTACHMENT,
    strategy: &strategies::attachments::STRATEGY,
    ..PLAIN
};
