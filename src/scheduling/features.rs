//! Feature gates: which rules of kube-scheduler are on.

pub mod known;
mod parse;

use std::fmt;

pub use parse::GateError;

/// How mature what a gate turns on is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Off unless asked for; may go away.
    Alpha,
    /// Well tried.
    Beta,
    /// Here to stay.
    Stable,
    /// On its way out.
    Deprecated,
}

macro_rules! gates {
    ($($(#[$doc:meta])* $gate:ident = $default:literal,)*) => {
        /// A feature gate that some rule here depends on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Gate {
            $($(#[$doc])* $gate,)*
        }

        impl Gate {
            /// All of them, by name.
            pub const ALL: &'static [Self] = &[$(Self::$gate,)*];

            /// Upstream's name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$gate => stringify!($gate),)*
                }
            }

            /// Whether it is on in Kubernetes 1.37 where nothing else is said.
            pub const fn default(self) -> bool {
                match self {
                    $(Self::$gate => $default,)*
                }
            }
        }
    };
}

gates! {
    /// Groups of groups of pods.
    CompositePodGroup = false,
    /// Claims of administrators, which take nothing away from others.
    DRAAdminAccess = true,
    /// Devices of which several claims take a share.
    DRAConsumableCapacity = true,
    /// Attributes of devices worked out from others.
    DRADerivedAttributes = false,
    /// Devices that become ready only after they are allocated.
    DRADeviceBindingConditions = true,
    /// Devices that cannot be allocated side by side.
    DRADeviceCompatibilityGroups = false,
    /// Taints put on devices by rules of their own kind.
    DRADeviceTaintRules = true,
    /// Taints on devices.
    DRADeviceTaints = true,
    /// Extended resources that devices stand for.
    DRAExtendedResource = true,
    /// Shares of a device that need not be whole steps.
    DRAFractionalCapacityRange = false,
    /// Attributes of devices that are lists.
    DRAListTypeAttributes = false,
    /// Devices that stand for cpu or memory of the node.
    DRANodeAllocatableResources = false,
    /// Devices that need nothing done on the node.
    DRAOptionalNodeOperations = false,
    /// Devices cut from larger ones.
    DRAPartitionableDevices = true,
    /// Alternatives within a request.
    DRAPrioritizedList = true,
    /// The status of devices in their claim.
    DRAResourceClaimDeviceStatus = true,
    /// A limit to how long devices are looked for on one node.
    DRASchedulerFilterTimeout = true,
    /// Claims of a group of pods.
    DRAWorkloadResourceClaims = false,
    /// Devices that claims ask for.
    DynamicResourceAllocation = true,
    /// Pods placed all together or not at all.
    GenericWorkload = false,
    /// Requests of the whole pod changed while it runs.
    InPlacePodLevelResourcesVerticalScaling = true,
    /// Requests changed while the pod runs.
    InPlacePodVerticalScaling = true,
    /// Room made for a resize that its node has put off.
    InPlacePodVerticalScalingSchedulerPreemption = false,
    /// A shortcut for affinity over host names.
    InterPodAffinityHostnameFastPath = false,
    /// `matchLabelKeys` of spread constraints.
    MatchLabelKeysInPodTopologySpread = true,
    /// Features that a node says it has.
    NodeDeclaredFeatures = true,
    /// `nodeAffinityPolicy` and `nodeTaintsPolicy` of spread constraints.
    NodeInclusionPolicyInPodTopologySpread = true,
    /// Whether a group of pods may preempt.
    PodGroupPreemptionPolicy = false,
    /// Requests of the pod as a whole.
    PodLevelResources = true,
    /// Victims are deleted in the background; the preemptor waits meanwhile.
    SchedulerAsyncPreemption = true,
    /// A pod that backs off is tried when nothing else waits.
    SchedulerPopFromBackoffQ = true,
    /// Storage capacity counts in VolumeBinding's score.
    StorageCapacityScoring = true,
    /// Tolerations with `Gt` and `Lt`.
    TaintTolerationComparisonOperators = false,
    /// Pods placed by topology, together.
    TopologyAwareWorkloadScheduling = false,
    /// Classes of volume attributes.
    VolumeAttributesClass = true,
    /// Nodes without a driver that counts volumes are kept off.
    VolumeLimitScaling = true,
}

/// Which gates are on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FeatureGates(u64);

impl Default for FeatureGates {
    fn default() -> Self {
        let mut gates = Self(0);
        for &gate in Gate::ALL {
            gates.set(gate, gate.default());
        }
        gates
    }
}

impl FeatureGates {
    /// Whether `gate` is on.
    pub const fn enabled(self, gate: Gate) -> bool {
        self.0 & (1 << gate as u64) != 0
    }

    /// Turns `gate` on or off.
    pub const fn set(&mut self, gate: Gate, on: bool) {
        let bit = 1 << gate as u64;
        self.0 = if on { self.0 | bit } else { self.0 & !bit };
    }
}

impl fmt::Debug for FeatureGates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = Gate::ALL.iter().map(|&gate| (gate.as_str(), self.enabled(gate)));
        f.debug_map().entries(all).finish()
    }
}
