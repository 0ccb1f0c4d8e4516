//! Reserve and PreBind: what has to be done in the cluster before a pod is bound to a node, as plain data.
//!
//! Worked out here by the plugins that filter by the same things; carried out by `placing::prepare`.

use std::time::Duration;

use std::sync::Arc;

use serde_json::Value;

use super::plugin::{Cycle, Phase};
use super::profile::Profile;
use super::status::Status;
use crate::model::NodeId;

/// What has to be done for one pod before it is bound to one node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preparation {
    /// For its volumes.
    pub volumes: Volumes,
    /// For its devices.
    pub devices: Devices,
}

/// What VolumeBinding does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volumes {
    /// Claims to be bound to volumes that are there.
    pub bindings: Vec<VolumeBinding>,
    /// Claims whose volumes are to be made for the node.
    pub provisions: Vec<Provision>,
    /// How long to wait until all are bound: `bindTimeoutSeconds`.
    pub timeout: Duration,
}

/// A PersistentVolumeClaim of the pod's namespace and the PersistentVolume that it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeBinding {
    /// The claim.
    pub claim: Arc<str>,
    /// Its uid.
    pub claim_uid: Arc<str>,
    /// The volume.
    pub volume: Arc<str>,
}

/// A PersistentVolumeClaim of the pod's namespace for which a volume is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provision {
    /// The claim.
    pub claim: Arc<str>,
    /// Its uid.
    pub claim_uid: Arc<str>,
}

/// What DynamicResources does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Devices {
    /// Claims that are allocated and reserved for the pod already: by somebody who prepares it, too, or did not bind it.
    pub reserved: Vec<ReservedClaim>,
    /// Claims that the pod is not in `reservedFor` of, some without an allocation.
    pub reservations: Vec<Reservation>,
    /// The claim to be made for extended resources.
    pub extended: Option<ExtendedClaim>,
    /// How long devices with binding conditions may take to get ready: `bindingTimeout`.
    pub timeout: Duration,
    /// Whether devices may have to get ready at all (the feature gate DRADeviceBindingConditions).
    pub conditions: bool,
    /// Every ResourceClaim of the pod, in order, whose devices may have to get ready.
    pub all: Vec<Arc<str>>,
}

/// A ResourceClaim of the pod's namespace that is reserved for the pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Reservation {
    /// The claim.
    pub claim: Arc<str>,
    /// Its uid.
    pub claim_uid: Arc<str>,
    /// What is allocated to it first; `None` where it has an allocation.
    pub allocation: Option<DeviceAllocation>,
}

/// A ResourceClaim of the pod's namespace that is reserved for the pod already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservedClaim {
    /// The claim.
    pub claim: Arc<str>,
    /// Its uid.
    pub claim_uid: Arc<str>,
}

/// An `AllocationResult` of `resource.k8s.io`.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceAllocation {
    /// As the API has it, without share ids.
    pub result: Value,
    /// The places in `devices.results` of devices that are shared: each wants a `shareID` of its own.
    pub shared: Vec<usize>,
}

/// A ResourceClaim made for extended resources that devices stand for.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtendedClaim {
    /// Its `spec.devices.requests`.
    pub requests: Value,
    /// What is allocated to it.
    pub allocation: DeviceAllocation,
    /// `requestMappings` of the pod's `status.extendedResourceClaimStatus`.
    pub mappings: Value,
}

impl Preparation {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.volumes.bindings.is_empty()
            && self.volumes.provisions.is_empty()
            && self.devices.reserved.is_empty()
            && self.devices.reservations.is_empty()
            && self.devices.extended.is_none()
    }
}

/// What has to be done before the cycle's pod is bound to `node`, by the plugins of `profile` that have a part in it.
/// `overruled` are left out: who overrules a plugin's filter does without what it would have done.
///
/// # Errors
/// The plugin that cannot do its part, and why.
pub fn prepare(
    cycle: Cycle<'_>,
    profile: &Profile,
    node: NodeId,
    overruled: &[&str],
) -> Result<Preparation, (&'static str, Status)> {
    let mut all = Preparation::default();
    for enabled in profile.in_phase(Phase::PreBind) {
        let plugin = enabled.row.name;
        if overruled.contains(&plugin) {
            continue;
        }
        let Some(part) = enabled.plugin.reserve(cycle, node) else {
            continue;
        };
        let part = part.map_err(|status| (plugin, status))?;
        if part.volumes != Volumes::default() {
            all.volumes = part.volumes;
        }
        if part.devices != Devices::default() {
            all.devices = part.devices;
        }
    }
    Ok(all)
}
