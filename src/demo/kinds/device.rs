//! Devices, claims to them, and which are out of order.

use k8s_openapi::api::resource::v1::{
    DeviceClass, DeviceTaintRule, ResourceClaim, ResourceClaimTemplate, ResourceSlice,
};

use super::{Kind, PLAIN, Table, typed};
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
    blank: r#"{"spec":{}}"#,
    strategy: &strategies::devices::CLASSES,
    normalise: typed::<DeviceClass>,
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
    blank: r#"{"spec":{"taint":{"key":"","effect":""}},"status":{}}"#,
    strategy: &strategies::devices::TAINT_RULES,
    normalise: typed::<DeviceTaintRule>,
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
    blank: r#"{"spec":{"devices":{}},"status":{}}"#,
    strategy: &strategies::resource_claims::CLAIMS,
    normalise: typed::<ResourceClaim>,
    ..PLAIN
};

pub(crate) static RESOURCE_CLAIM_TEMPLATE: Kind = Kind {
    group: "resource.k8s.io",
    kind: "ResourceClaimTemplate",
    plural: "resourceclaimtemplates",
    singular: "resourceclaimtemplate",
    table: Table::ResourceClaimTemplates,
    returns_deleted: true,
    blank: r#"{"spec":{"spec":{"devices":{}}}}"#,
    strategy: &strategies::resource_claims::TEMPLATES,
    normalise: typed::<ResourceClaimTemplate>,
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
    ],
    blank: r#"{"spec":{"driver":"","pool":{"name":"","generation":0,"resourceSliceCount":0}}}"#,
    strategy: &strategies::devices::SLICES,
    normalise: typed::<ResourceSlice>,
    ..PLAIN
};
