//! Volumes, claims to them, and where they can be.

use super::{Kind, PLAIN, Table, tables};

pub(super) static VOLUME: Kind = Kind {
    kind: "PersistentVolume",
    plural: "persistentvolumes",
    singular: "persistentvolume",
    short_names: &["pv"],
    namespaced: false,
    table: Table::Volumes,
    has_status: true,
    returns_deleted: true,
    defaults: &[
        ("/spec/persistentVolumeReclaimPolicy", r#""Retain""#),
        ("/spec/volumeMode", r#""Filesystem""#),
        ("/status/phase", r#""Pending""#),
    ],
    printer: &tables::VOLUME,
    ..PLAIN
};

pub(super) static CLAIM: Kind = Kind {
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    singular: "persistentvolumeclaim",
    short_names: &["pvc"],
    table: Table::Claims,
    has_status: true,
    returns_deleted: true,
    defaults: &[
        ("/spec/volumeMode", r#""Filesystem""#),
        ("/status/phase", r#""Pending""#),
    ],
    printer: &tables::CLAIM,
    ..PLAIN
};

pub(super) static STORAGE_CLASS: Kind = Kind {
    group: "storage.k8s.io",
    kind: "StorageClass",
    plural: "storageclasses",
    singular: "storageclass",
    short_names: &["sc"],
    namespaced: false,
    table: Table::StorageClasses,
    returns_deleted: true,
    defaults: &[
        ("/reclaimPolicy", r#""Delete""#),
        ("/volumeBindingMode", r#""Immediate""#),
    ],
    printer: &tables::STORAGE_CLASS,
    ..PLAIN
};

pub(super) static CSI_NODE: Kind = Kind {
    group: "storage.k8s.io",
    kind: "CSINode",
    plural: "csinodes",
    singular: "csinode",
    namespaced: false,
    table: Table::CsiNodes,
    returns_deleted: true,
    printer: &tables::CSI_NODE,
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
    defaults: &[
        ("/spec/attachRequired", "true"),
        ("/spec/podInfoOnMount", "false"),
        ("/spec/storageCapacity", "false"),
    ],
    printer: &tables::CSI_DRIVER,
    ..PLAIN
};

pub(super) static CSI_STORAGE_CAPACITY: Kind = Kind {
    group: "storage.k8s.io",
    kind: "CSIStorageCapacity",
    plural: "csistoragecapacities",
    singular: "csistoragecapacity",
    table: Table::Capacities,
    printer: &tables::DATED,
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
    defaults: &[("/status/attached", "false")],
    printer: &tables::VOLUME_ATTACHMENT,
    ..PLAIN
};
