//! Volumes, claims to them, and what provides them.

use std::{cmp::Reverse, sync::Arc};

use serde_json::Value;

use super::{
    super::object::{Key, Object, str_at},
    AGE, BARE, Column, NAME, NONE, Printer, Row, joined,
};

/// What stands where a field could be set and is not.
const UNSET: &str = "<unset>";
/// The annotation by which a class was named before there was a field for it.
const CLASS_ANNOTATION: &str = "/metadata/annotations/volume.beta.kubernetes.io~1storage-class";

const STORAGE_CLASS_NAME: Column = Column::new("StorageClass", "The class that it is of.", |row| {
    match row.at(CLASS_ANNOTATION) {
        Some(class) => class.clone(),
        None => row.text("/spec/storageClassName").into(),
    }
});

const ATTRIBUTES_CLASS: Column = Column::new(
    "VolumeAttributesClass",
    "The class of attributes that it is of.",
    |row| or_unset(row, "/spec/volumeAttributesClassName"),
);

const VOLUME_MODE: Column = Column::new("VolumeMode", "Whether it is a file system or a device.", |row| {
    or_unset(row, "/spec/volumeMode")
})
.wide();

fn or_unset(row: &Row<'_>, pointer: &str) -> Value {
    row.at(pointer).cloned().unwrap_or_else(|| UNSET.into())
}

/// The phase of a volume or a claim; one that is being deleted has none of its own.
fn phase(row: &Row<'_>) -> Value {
    if row.is_deleted() {
        "Terminating".into()
    } else {
        row.text("/status/phase").into()
    }
}

fn access_modes(row: &Row<'_>, pointer: &str) -> String {
    const SHORT: [(&str, &str); 4] = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let modes = row.list(pointer);
    joined(
        SHORT
            .iter()
            .filter(|(mode, _)| modes.iter().any(|of| of == mode))
            .map(|(_, short)| short),
    )
}

pub(crate) static VOLUME: Printer = Printer {
    columns: &[
        NAME,
        Column::new("Capacity", "How much it holds.", |row| {
            row.text_or("/spec/capacity/storage", "0").into()
        }),
        Column::new("Access Modes", "How it can be mounted.", |row| {
            access_modes(row, "/spec/accessModes").into()
        }),
        Column::new("Reclaim Policy", "What becomes of it after its claim.", |row| {
            row.text("/spec/persistentVolumeReclaimPolicy").into()
        }),
        Column::new("Status", "Whether it is free, bound, or given back.", phase),
        Column::new("Claim", "The claim that it is bound to.", |row| {
            row.at("/spec/claimRef").map_or("".into(), |claim| {
                format!("{}/{}", str_at(claim, "/namespace"), str_at(claim, "/name")).into()
            })
        }),
        STORAGE_CLASS_NAME,
        ATTRIBUTES_CLASS,
        Column::new("Reason", "Why it failed.", |row| {
            row.text("/status/reason").into()
        }),
        AGE,
        VOLUME_MODE,
    ],
    ..BARE
};

pub(crate) static CLAIM: Printer = Printer {
    columns: &[
        NAME,
        Column::new(
            "Status",
            "Whether it waits, is bound, or has lost its volume.",
            phase,
        ),
        Column::new("Volume", "The volume that it is bound to.", |row| {
            row.text("/spec/volumeName").into()
        }),
        Column::new("Capacity", "How much the volume holds.", |row| {
            if row.text("/spec/volumeName").is_empty() {
                return "".into();
            }
            row.text_or("/status/capacity/storage", "0").into()
        }),
        Column::new("Access Modes", "How the volume can be mounted.", |row| {
            if row.text("/spec/volumeName").is_empty() {
                return "".into();
            }
            access_modes(row, "/status/accessModes").into()
        }),
        STORAGE_CLASS_NAME,
        ATTRIBUTES_CLASS,
        AGE,
        VOLUME_MODE,
    ],
    ..BARE
};

pub(crate) static STORAGE_CLASS: Printer = Printer {
    columns: &[
        Column {
            cell: |row| {
                let name = row.text("/metadata/name");
                if row.chosen {
                    format!("{name} (default)").into()
                } else {
                    name.into()
                }
            },
            ..NAME
        },
        Column::new("Provisioner", "Who makes its volumes.", |row| {
            row.text("/provisioner").into()
        }),
        Column::new(
            "ReclaimPolicy",
            "What becomes of its volumes after their claims.",
            |row| row.text_or("/reclaimPolicy", "Delete").into(),
        ),
        Column::new(
            "VolumeBindingMode",
            "Whether a volume is made at once or when a pod needs it.",
            |row| row.text_or("/volumeBindingMode", "Immediate").into(),
        ),
        Column::new("AllowVolumeExpansion", "Whether its volumes can grow.", |row| {
            row.truth("/allowVolumeExpansion", false).into()
        }),
        AGE,
    ],
    single_out: default_class,
    ..BARE
};

/// The class of claims that name none: of those marked as such the youngest, then the first by name.
fn default_class(classes: &[Arc<Object>]) -> Option<Key> {
    const MARKS: [&str; 2] = [
        "/metadata/annotations/storageclass.kubernetes.io~1is-default-class",
        "/metadata/annotations/storageclass.beta.kubernetes.io~1is-default-class",
    ];
    classes
        .iter()
        .map(|class| (class.tree(), class))
        .filter(|(tree, _)| MARKS.iter().any(|mark| str_at(tree, mark) == "true"))
        .max_by_key(|(tree, class)| {
            let made = str_at(tree, "/metadata/creationTimestamp").to_owned();
            (made, Reverse(class.key.clone()))
        })
        .map(|(_, class)| class.key.clone())
}

pub(crate) static CSI_NODE: Printer = Printer {
    columns: &[
        NAME,
        Column::integer("Drivers", "How many drivers the node has.", |row| {
            row.list("/spec/drivers").len().into()
        }),
        AGE,
    ],
    ..BARE
};

pub(crate) static CSI_DRIVER: Printer = Printer {
    columns: &[
        NAME,
        Column::boolean(
            "AttachRequired",
            "Whether volumes are attached before they are mounted.",
            |row| row.truth("/spec/attachRequired", true).into(),
        ),
        Column::boolean(
            "PodInfoOnMount",
            "Whether the driver is told about the pod.",
            |row| row.truth("/spec/podInfoOnMount", false).into(),
        ),
        Column::boolean(
            "StorageCapacity",
            "Whether the driver tells how much room there is.",
            |row| row.truth("/spec/storageCapacity", false).into(),
        ),
        Column::new(
            "TokenRequests",
            "For whom the driver is given tokens.",
            |row| match row.at("/spec/tokenRequests").and_then(Value::as_array) {
                None => UNSET.into(),
                Some(requests) => {
                    let audiences: Vec<&str> = requests.iter().map(|of| str_at(of, "/audience")).collect();
                    audiences.join(",").into()
                }
            },
        ),
        Column::boolean(
            "RequiresRepublish",
            "Whether volumes are mounted again and again.",
            |row| row.truth("/spec/requiresRepublish", false).into(),
        ),
        Column::new("Modes", "How long its volumes live.", |row| {
            let modes = row.list("/spec/volumeLifecycleModes").iter();
            match joined(modes.filter_map(Value::as_str)) {
                none if none.is_empty() => NONE.into(),
                modes => modes.into(),
            }
        }),
        AGE,
    ],
    ..BARE
};

pub(crate) static VOLUME_ATTACHMENT: Printer = Printer {
    columns: &[
        NAME,
        Column {
            format: "name",
            ..Column::new("Attacher", "Who attaches it.", |row| {
                row.text("/spec/attacher").into()
            })
        },
        Column::new("PV", "The volume.", |row| {
            row.text("/spec/source/persistentVolumeName").into()
        }),
        Column::new("Node", "The node that it is attached to.", |row| {
            row.text("/spec/nodeName").into()
        }),
        Column::boolean("Attached", "Whether it is.", |row| {
            row.truth("/status/attached", false).into()
        }),
        AGE,
    ],
    ..BARE
};
