//! Claims.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::taint::DeviceTolerationObject;
use super::values::{Amounts, ConstraintObject, Reader, SelectorObject};
use crate::model::device::{
    AllocatedDevice, Allocation, AllocationMode, Alternative, Ask, ClaimConfig, ClaimOwner, DeviceCondition,
    DeviceRequest, DeviceStatus, RequestKind, ResourceClaim,
};
use crate::model::fault::Fault;
use crate::model::from_api::affinity::NodeSelectorObject;
use crate::model::from_api::object::{Api, Object};
use crate::model::from_api::pod::ConditionObject;
use crate::model::from_api::{Meta, is_there, meta, null_is_default};
use crate::model::intern::Interner;

/// Marks the claim that kube-scheduler makes for the extended resources of a pod.
const EXTENDED_RESOURCE_CLAIM: &str = "resource.kubernetes.io/extended-resource-claim";

/// A ResourceClaim.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ResourceClaimObject {
    /// Name, namespace, version.
    pub metadata: ClaimMeta,
    /// What is asked for.
    pub spec: ClaimSpec,
    /// What is allocated.
    pub status: ClaimStatus,
}

/// A claim's `metadata`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClaimMeta {
    /// What all objects have.
    #[serde(flatten)]
    pub meta: Meta,
    /// Annotations.
    #[serde(deserialize_with = "null_is_default")]
    pub annotations: BTreeMap<String, String>,
}

/// A claim's `spec`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClaimSpec {
    /// The devices.
    #[serde(deserialize_with = "null_is_default")]
    pub devices: ClaimDevices,
}

/// A claim's `spec.devices`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClaimDevices {
    /// The requests.
    pub requests: Option<Vec<RequestObject>>,
    /// What the devices must have in common, or not.
    #[serde(deserialize_with = "null_is_default")]
    pub constraints: Vec<ConstraintObject>,
    /// For the driver.
    #[serde(deserialize_with = "null_is_default")]
    pub config: Vec<ConfigObject>,
}

/// A request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestObject {
    /// Its name.
    pub name: String,
    /// This.
    pub exactly: Option<AskObject>,
    /// The first of these.
    #[serde(deserialize_with = "null_is_default")]
    pub first_available: Vec<AskObject>,
}

/// Devices of a class that meet selectors.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AskObject {
    /// Its name, among alternatives.
    pub name: String,
    /// The class.
    pub device_class_name: String,
    /// Every one must hold.
    #[serde(deserialize_with = "null_is_default")]
    pub selectors: Vec<SelectorObject>,
    /// `ExactCount` or `All`.
    pub allocation_mode: String,
    /// How many.
    pub count: i64,
    /// For looking after devices.
    pub admin_access: Option<bool>,
    /// Taints that it bears.
    #[serde(deserialize_with = "null_is_default")]
    pub tolerations: Vec<DeviceTolerationObject>,
    /// Shares.
    pub capacity: Option<CapacityRequirementsObject>,
    /// Attributes that are worked out.
    #[serde(deserialize_with = "null_is_default")]
    pub derived_attributes: Vec<serde::de::IgnoredAny>,
}

/// Shares of a device.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CapacityRequirementsObject {
    /// By name.
    #[serde(deserialize_with = "null_is_default")]
    pub requests: Amounts,
}

/// For the driver.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConfigObject {
    /// The requests that it is for.
    #[serde(deserialize_with = "null_is_default")]
    pub requests: Vec<String>,
    /// The rest, whatever it is.
    #[serde(flatten)]
    pub body: serde_json::Map<String, Value>,
}

/// A claim's `status`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimStatus {
    /// What is allocated.
    pub allocation: Option<AllocationObject>,
    /// Who uses it.
    #[serde(deserialize_with = "null_is_default")]
    pub reserved_for: Vec<ConsumerObject>,
    /// What drivers say.
    #[serde(deserialize_with = "null_is_default")]
    pub devices: Vec<DeviceStatusObject>,
}

/// Who uses a claim.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConsumerObject {
    /// Its uid.
    pub uid: String,
}

/// What is allocated.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AllocationObject {
    /// The devices.
    #[serde(deserialize_with = "null_is_default")]
    pub devices: AllocatedDevicesObject,
    /// The nodes that can use them.
    pub node_selector: Option<NodeSelectorObject>,
    /// When.
    #[serde(deserialize_with = "meta::time")]
    pub allocation_timestamp: Option<Timestamp>,
}

/// The devices that are allocated.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AllocatedDevicesObject {
    /// One by one.
    #[serde(deserialize_with = "null_is_default")]
    pub results: Vec<AllocatedDeviceObject>,
}

/// A device that is allocated.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AllocatedDeviceObject {
    /// The request.
    pub request: String,
    /// The driver.
    pub driver: String,
    /// The pool.
    pub pool: String,
    /// The device.
    pub device: String,
    /// Whether others may have it too.
    pub admin_access: Option<bool>,
    /// Whether it is a share.
    #[serde(rename = "shareID", deserialize_with = "is_there")]
    pub share_id: bool,
    /// Of what how much.
    pub consumed_capacity: Option<Amounts>,
    /// What must hold before binding.
    pub binding_conditions: Option<Vec<String>>,
    /// What says that it will not do.
    #[serde(deserialize_with = "null_is_default")]
    pub binding_failure_conditions: Vec<String>,
    /// What the node leaves out.
    #[serde(deserialize_with = "null_is_default")]
    pub skip_node_operations: Vec<serde::de::IgnoredAny>,
}

/// What a driver says of a device.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DeviceStatusObject {
    /// The driver.
    pub driver: String,
    /// The pool.
    pub pool: String,
    /// The device.
    pub device: String,
    /// Its conditions.
    #[serde(deserialize_with = "null_is_default")]
    pub conditions: Vec<ConditionObject>,
}

impl AllocationObject {
    /// What is allocated to `object`, and what of it cannot be read.
    pub fn to_model(&self, interner: &mut Interner, object: String) -> (Allocation, Vec<Fault>) {
        let mut reader = Reader::new(interner, object);
        (reader.allocation(self), reader.faults)
    }
}

impl Reader<'_> {
    fn ask(&mut self, from: &AskObject, path: &str) -> Ask {
        Ask {
            class: self.text(&from.device_class_name),
            selectors: self.selectors(&from.selectors),
            mode: match &*from.allocation_mode {
                "ExactCount" => AllocationMode::ExactCount,
                "All" => AllocationMode::All,
                other => AllocationMode::Unknown(self.text(other)),
            },
            count: from.count,
            admin_access: from.admin_access,
            tolerations: self.tolerations(&from.tolerations),
            capacity: from
                .capacity
                .as_ref()
                .map(|capacity| self.quantities(&capacity.requests, &format!("{path}.capacity.requests"))),
            derives: !from.derived_attributes.is_empty(),
        }
    }

    fn request(&mut self, from: &RequestObject, path: &str) -> DeviceRequest {
        let kind = match (&from.exactly, from.first_available.is_empty()) {
            (Some(ask), true) => RequestKind::Exactly(self.ask(ask, &format!("{path}.exactly"))),
            (None, true) => RequestKind::Unknown,
            _ => {
                let all = from.first_available.iter().enumerate();
                let all = all.map(|(at, alternative)| {
                    let mut ask = self.ask(alternative, &format!("{path}.firstAvailable[{at}]"));
                    ask.admin_access = None;
                    Alternative {
                        name: self.text(&alternative.name),
                        ask,
                    }
                });
                RequestKind::FirstAvailable(all.collect())
            }
        };
        DeviceRequest {
            name: self.text(&from.name),
            kind,
        }
    }

    fn allocation(&mut self, from: &AllocationObject) -> Allocation {
        let selector = from.node_selector.as_ref();
        let mut devices = Vec::with_capacity(from.devices.results.len());
        for (at, device) in from.devices.results.iter().enumerate() {
            let path = format!("status.allocation.devices.results[{at}].consumedCapacity");
            let consumed = device.consumed_capacity.as_ref();
            devices.push(AllocatedDevice {
                request: self.text(&device.request),
                driver: self.text(&device.driver),
                pool: self.text(&device.pool),
                device: self.text(&device.device),
                admin_access: device.admin_access == Some(true),
                shared: device.share_id,
                consumed: consumed.map(|consumed| self.quantities(consumed, &path)),
                binding_conditions: device.binding_conditions.as_ref().map(|all| self.texts(all)),
                failure_conditions: self.texts(&device.binding_failure_conditions),
                skips_node_operations: !device.skip_node_operations.is_empty(),
            });
        }
        Allocation {
            devices,
            nodes: selector.map(|from| self.node_selector(from, "status.allocation.nodeSelector")),
            at: from.allocation_timestamp,
        }
    }

    fn status(&mut self, from: &DeviceStatusObject) -> DeviceStatus {
        let conditions = from.conditions.iter().map(|condition| DeviceCondition {
            kind: self.text(&condition.r#type),
            holds: condition.status == "True",
        });
        let conditions = conditions.collect();
        DeviceStatus {
            driver: self.text(&from.driver),
            pool: self.text(&from.pool),
            device: self.text(&from.device),
            conditions,
        }
    }
}

impl Object for ResourceClaimObject {
    const API: Api = Api::new("ResourceClaim", "resourceclaims", "resource.k8s.io", "v1");
    type Model = ResourceClaim;

    fn meta(&self) -> &Meta {
        &self.metadata.meta
    }

    fn to_model(&self, interner: &mut Interner) -> ResourceClaim {
        let (meta, spec, status) = (&self.metadata.meta, &self.spec.devices, &self.status);
        let object = format!("ResourceClaim {}/{}", meta.namespace, meta.name);
        let mut reader = Reader::new(interner, object);
        let owners = meta
            .owner_references
            .iter()
            .filter(|owner| owner.controller == Some(true));
        let controllers = owners.map(|owner| ClaimOwner {
            name: reader.text(&owner.name),
            uid: owner.uid.as_str().into(),
        });
        let controllers = controllers.collect();
        let requests = spec.requests.as_ref().map(|requests| {
            let requests = requests.iter().enumerate();
            requests
                .map(|(at, request)| reader.request(request, &format!("spec.devices.requests[{at}]")))
                .collect()
        });
        let marked = self.metadata.annotations.get(EXTENDED_RESOURCE_CLAIM);
        ResourceClaim {
            namespace: reader.text(&meta.namespace),
            name: meta.name.as_str().into(),
            uid: meta.uid.as_str().into(),
            deleting: meta.deletion_timestamp.is_some(),
            for_extended_resources: marked.is_some_and(|value| value == "true"),
            controllers,
            requests,
            constraints: spec
                .constraints
                .iter()
                .map(|constraint| reader.constraint(constraint))
                .collect(),
            config: {
                let config = spec.config.iter();
                let config = config.map(|config| ClaimConfig {
                    requests: reader.texts(&config.requests),
                    body: config.body.clone(),
                });
                config.collect()
            },
            reserved_for: status
                .reserved_for
                .iter()
                .map(|who| who.uid.as_str().into())
                .collect(),
            allocation: status
                .allocation
                .as_ref()
                .map(|allocation| reader.allocation(allocation)),
            pending: false,
            devices: status
                .devices
                .iter()
                .map(|device| reader.status(device))
                .collect(),
            faults: reader.faults,
        }
    }

    /// Its devices, until it has some.
    fn carry(assumed: &ResourceClaim, brought: &ResourceClaim) -> Option<ResourceClaim> {
        (assumed.uid == brought.uid && brought.allocation.is_none()).then(|| ResourceClaim {
            allocation: assumed.allocation.clone(),
            pending: assumed.pending,
            ..brought.clone()
        })
    }
}
