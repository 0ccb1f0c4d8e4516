//! Devices, claims to them, and which are out of order.

use super::{Kind, PLAIN, Table, tables};
use crate::demo::strategies;

pub(super) static DEVICE_CLASS: Kind = Kind {
    group: "resource.k8s.io",
    kind: "DeviceClass",
    plural: "deviceclasses",
    singular: "deviceclass",
    namespaced: false,
    table: Table::DeviceClasses,
    counts_generation: true,
    returns_deleted: true,
    strategy: &strategies::devices::CLASSES,
    ..PLAIN
};

pub(super) static DEVICE_TAINT_RULE: Kind = Kind {
    group: "resource.k8s.io",
    kind: "DeviceTaintRule",
    plural: "devicetaintrules",
    singular: "devicetaintrule",
    namespaced: false,
    table: Table::DeviceTaintRules,
    has_status: true,
    counts_generation: true,
    returns_deleted: true,
    printer: &tables::DEVICE_TAINT_RULE,
    strategy: &strategies::devices::TAINT_RULES,
    ..PLAIN
};

pub(crate) static RESOURCE_CLAIM: Kind = Kind {
    group: "resource.k8s.io",
    kind: "ResourceClaim",
    plural: "resourceclaims",
    singular: "resourceclaim",
    table: Table::ResourceClaims,
    has_status: true,
    returns_deleted: true,
    printer: &tables::RESOURCE_CLAIM,
    strategy: &strategies::resource_claims::CLAIMS,
    ..PLAIN
};

pub(crate) static RESOURCE_CLAIM_TEMPLATE: Kind = Kind {
    group: "resource.k8s.io",
    kind: "ResourceClaimTemplate",
    plural: "resourceclaimtemplates",
    singular: "resourceclaimtemplate",
    table: Table::ResourceClaimTemplates,
    returns_deleted: true,
    strategy: &strategies::resource_claims::TEMPLATES,
    ..PLAIN
};

pub(super) static RESOURCE_SLICE: Kind = Kind {
    group: "resource.k8s.io",
    kind: "ResourceSlice",
    plural: "resourceslices",
    singular: "resourceslice",
    namespaced: false,
    table: Table::ResourceSlices,
    counts_generation: true,
    returns_deleted: true,
    fields: &[
        ("spec.nodeName", "/spec/nodeName"),
        ("spec.driver", "/spec/driver"),
        ("spec.pool.name", "/spec/pool/name"),
    ],
    no_such_field: Some(|name| {
        format!("field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: {name}")
    }),
    printer: &tables::RESOURCE_SLICE,
    strategy: &strategies::devices::SLICES,
    ..PLAIN
};
