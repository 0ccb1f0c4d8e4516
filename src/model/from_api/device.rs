//! Devices: claims, and what drivers offer.

use serde::Deserialize;

use super::Meta;
use super::object::{Api, Object};
use crate::model::device;
use crate::model::intern::Interner;

/// A ResourceClaim.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceClaimObject {
    /// Name, namespace, version.
    pub metadata: Meta,
}

impl Object for ResourceClaimObject {
    const API: Api = Api::new("ResourceClaim", "resourceclaims", "resource.k8s.io", "v1");
    type Model = device::ResourceClaim;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> device::ResourceClaim {
        device::ResourceClaim {
            name: interner.string(&self.metadata.name),
        }
    }
}

/// A ResourceSlice.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ResourceSliceObject {
    /// Name, namespace, version.
    pub metadata: Meta,
}

impl Object for ResourceSliceObject {
    const API: Api = Api::new("ResourceSlice", "resourceslices", "resource.k8s.io", "v1");
    type Model = device::ResourceSlice;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> device::ResourceSlice {
        device::ResourceSlice {
            name: interner.string(&self.metadata.name),
        }
    }
}

/// A DeviceClass.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeviceClassObject {
    /// Name, namespace, version.
    pub metadata: Meta,
}

impl Object for DeviceClassObject {
    const API: Api = Api::new("DeviceClass", "deviceclasses", "resource.k8s.io", "v1");
    type Model = device::DeviceClass;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> device::DeviceClass {
        device::DeviceClass {
            name: interner.string(&self.metadata.name),
        }
    }
}

/// A DeviceTaintRule.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeviceTaintRuleObject {
    /// Name, namespace, version.
    pub metadata: Meta,
}

impl Object for DeviceTaintRuleObject {
    const API: Api = Api::new("DeviceTaintRule", "devicetaintrules", "resource.k8s.io", "v1");
    type Model = device::DeviceTaintRule;

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_model(&self, interner: &mut Interner) -> device::DeviceTaintRule {
        device::DeviceTaintRule {
            name: interner.string(&self.metadata.name),
        }
    }
}
