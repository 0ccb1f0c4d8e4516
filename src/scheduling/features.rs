//! Feature gates: which rules of kube-scheduler are on.

use std::fmt;

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
    /// Devices of which several claims take a share.
    DRAConsumableCapacity = true,
    /// Devices that become ready only after they are allocated.
    DRADeviceBindingConditions = true,
    /// Taints put on devices by rules of their own kind.
    DRADeviceTaintRules = true,
    /// Taints on devices.
    DRADeviceTaints = true,
    /// Extended resources that devices stand for.
    DRAExtendedResource = true,
    /// Shares of a device that need not be whole steps.
    DRAFractionalCapacityRange = false,
    /// Devices cut from larger ones.
    DRAPartitionableDevices = true,
    /// Alternatives within a request.
    DRAPrioritizedList = true,
    /// Pods placed all together or not at all.
    GenericWorkload = false,
    /// Requests of the whole pod changed while it runs.
    InPlacePodLevelResourcesVerticalScaling = true,
    /// A shortcut for affinity over host names.
    InterPodAffinityHostnameFastPath = false,
    /// Spread among pods with the same values of some labels of the pod's own.
    MatchLabelKeysInPodTopologySpread = true,
    /// Requests of the pod as a whole.
    PodLevelResources = true,
    /// Storage capacity counts in VolumeBinding's score.
    StorageCapacityScoring = true,
    /// Tolerations with `Gt` and `Lt`.
    TaintTolerationComparisonOperators = false,
    /// Pods placed by topology, together.
    TopologyAwareWorkloadScheduling = false,
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
