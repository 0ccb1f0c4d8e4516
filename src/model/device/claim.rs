//! Claims.

use std::sync::Arc;

use jiff::Timestamp;

use super::{ClaimConfig, Constraint, DeviceRequest};
use crate::model::fault::Fault;
use crate::model::quantity::WrittenQuantity;
use crate::model::selector::NodeSelector;

/// A ResourceClaim.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceClaim {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// `metadata.uid`.
    pub uid: Arc<str>,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Whether kube-scheduler made it for the extended resources of a pod.
    pub for_extended_resources: bool,
    /// Who owns it as controller.
    pub controllers: Vec<ClaimOwner>,
    /// What it asks for; `None` where `requests` is absent.
    pub requests: Option<Vec<DeviceRequest>>,
    /// What the devices must have in common, or not.
    pub constraints: Vec<Constraint>,
    /// Handed to the driver with the allocation.
    pub config: Vec<ClaimConfig>,
    /// The uids of those that it is reserved for.
    pub reserved_for: Vec<Arc<str>>,
    /// What was allocated to it.
    pub allocation: Option<Allocation>,
    /// Whether that is only decided, and soon to be written: until it is, nobody else can share the claim.
    pub pending: bool,
    /// What drivers say of the devices.
    pub devices: Vec<DeviceStatus>,
    /// Fields that could not be read.
    pub faults: Vec<Fault>,
}

/// A controller that owns a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimOwner {
    /// Its name.
    pub name: Arc<str>,
    /// Its uid.
    pub uid: Arc<str>,
}

/// What was allocated to a claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// The devices.
    pub devices: Vec<AllocatedDevice>,
    /// The nodes on which they can be used; `None` for all.
    pub nodes: Option<NodeSelector>,
    /// When it was allocated.
    pub at: Option<Timestamp>,
}

/// An allocated device.
#[derive(Clone, Debug, PartialEq)]
pub struct AllocatedDevice {
    /// The request (or `REQUEST/ALTERNATIVE`) that it answers.
    pub request: Arc<str>,
    /// Its driver.
    pub driver: Arc<str>,
    /// Its pool.
    pub pool: Arc<str>,
    /// Its name within the pool.
    pub device: Arc<str>,
    /// Whether others may have it at the same time.
    pub admin_access: bool,
    /// Whether it is a share of a device.
    pub shared: bool,
    /// The share, by capacity.
    pub consumed: Option<Vec<(Arc<str>, WrittenQuantity)>>,
    /// Conditions that must be true before binding; `None` where absent.
    pub binding_conditions: Option<Vec<Arc<str>>>,
    /// Conditions that say that it will not do.
    pub failure_conditions: Vec<Arc<str>>,
    /// Whether `skipNodeOperations` names any.
    pub skips_node_operations: bool,
}

/// What a driver says of an allocated device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceStatus {
    /// Its driver.
    pub driver: Arc<str>,
    /// Its pool.
    pub pool: Arc<str>,
    /// Its name within the pool.
    pub device: Arc<str>,
    /// Its conditions.
    pub conditions: Vec<DeviceCondition>,
}

/// A condition of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceCondition {
    /// Which.
    pub kind: Arc<str>,
    /// Whether it is `True`.
    pub holds: bool,
}

/// Why a claim can never be bound: a condition that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindingFailed(pub Arc<str>);

impl ResourceClaim {
    /// Whether every device is ready for binding.
    ///
    /// # Errors
    /// Where a device failed for good.
    pub fn is_ready(&self) -> Result<bool, BindingFailed> {
        let devices = self.allocation.iter().flat_map(|allocation| &allocation.devices);
        for device in devices {
            let wanted = device.binding_conditions.as_deref().unwrap_or_default();
            if wanted.is_empty() {
                continue;
            }
            let status = self.devices.iter().find(|status| {
                status.device == device.device && status.driver == device.driver && status.pool == device.pool
            });
            let Some(status) = status else {
                return Ok(false);
            };
            let holds = |kind: &Arc<str>| {
                let condition = status.conditions.iter().find(|condition| condition.kind == *kind);
                condition.is_some_and(|condition| condition.holds)
            };
            if let Some(failed) = device.failure_conditions.iter().find(|kind| holds(kind)) {
                return Err(BindingFailed(Arc::clone(failed)));
            }
            if !wanted.iter().all(holds) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
