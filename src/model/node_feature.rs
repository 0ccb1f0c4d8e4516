//! Features that nodes declare.

/// A feature that kube-scheduler 1.37 knows nodes to declare (`k8s.io/component-helpers/nodedeclaredfeatures`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeFeature {
    /// Devices counted in the node's allocatable resources.
    DRANodeAllocatableResources,
    /// Device drivers that need nothing done on the node.
    DRAOptionalNodeOperations,
    /// Websockets up to the kubelet.
    ExtendWebSocketsToKubelet,
    /// Requests of the whole pod changed while it runs.
    InPlacePodLevelResourcesVerticalScaling,
    /// Requests of init containers changed in place.
    InPlacePodVerticalScalingInitContainers,
    /// Volumes in memory resized in place.
    InPlacePodVerticalScalingMemoryBackedVolumes,
    /// The action `RestartAllContainers` of a container's restart rules.
    RestartAllContainersOnContainerExits,
    /// User namespaces for pods on the host's network.
    UserNamespacesHostNetworkSupport,
    /// Options for bind mounts.
    VolumeBindMountOptions,
}

impl NodeFeature {
    /// All of them, by name.
    pub const ALL: [Self; 9] = [
        Self::DRANodeAllocatableResources,
        Self::DRAOptionalNodeOperations,
        Self::ExtendWebSocketsToKubelet,
        Self::InPlacePodLevelResourcesVerticalScaling,
        Self::InPlacePodVerticalScalingInitContainers,
        Self::InPlacePodVerticalScalingMemoryBackedVolumes,
        Self::RestartAllContainersOnContainerExits,
        Self::UserNamespacesHostNetworkSupport,
        Self::VolumeBindMountOptions,
    ];

    /// Its name in `status.declaredFeatures`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DRANodeAllocatableResources => "DRANodeAllocatableResources",
            Self::DRAOptionalNodeOperations => "DRAOptionalNodeOperations",
            Self::ExtendWebSocketsToKubelet => "ExtendWebSocketsToKubelet",
            Self::InPlacePodLevelResourcesVerticalScaling => "InPlacePodLevelResourcesVerticalScaling",
            Self::InPlacePodVerticalScalingInitContainers => "InPlacePodVerticalScalingInitContainers",
            Self::InPlacePodVerticalScalingMemoryBackedVolumes => {
                "InPlacePodVerticalScalingMemoryBackedVolumes"
            }
            Self::RestartAllContainersOnContainerExits => "RestartAllContainersOnContainerExits",
            Self::UserNamespacesHostNetworkSupport => "UserNamespacesHostNetworkSupport",
            Self::VolumeBindMountOptions => "VolumeBindMountOptions",
        }
    }
}

/// A set of features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeFeatures(u16);

impl NodeFeatures {
    /// What `status.declaredFeatures` declares. Names that are not known are passed over. The API server has the list
    /// sorted; of one that is not, upstream finds only what stands in order, and so does this.
    pub fn declared<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        let mut known = NodeFeature::ALL.into_iter().peekable();
        for name in names {
            while known.peek().is_some_and(|feature| feature.as_str() < name) {
                known.next();
            }
            if let Some(feature) = known.next_if(|feature| feature.as_str() == name) {
                all.insert(feature);
            }
        }
        all
    }

    /// Adds `feature`.
    pub const fn insert(&mut self, feature: NodeFeature) {
        self.0 |= 1 << feature as u16;
    }

    /// Whether `feature` is in it.
    pub const fn contains(self, feature: NodeFeature) -> bool {
        self.0 & (1 << feature as u16) != 0
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in this one and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Its features, by name.
    pub fn iter(self) -> impl Iterator<Item = NodeFeature> {
        NodeFeature::ALL
            .into_iter()
            .filter(move |&feature| self.contains(feature))
    }
}
