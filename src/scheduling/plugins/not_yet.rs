//! Plugins of kube-scheduler that berth knows of and does not have.

/// A plugin without a row: it takes part in no profile.
#[derive(Clone, Copy, Debug)]
pub struct NotYet {
    /// Upstream's name.
    pub name: &'static str,
    /// The feature gate that turns it on; all of them are off in Kubernetes 1.37 where nothing else is said.
    pub gate: &'static str,
    /// What it does, and what it would take to have it here.
    pub why: &'static str,
}

/// All of them, in the order in which kube-scheduler would run them.
pub const NOT_YET: &[NotYet] = &[
    NotYet {
        name: "DeferredPodScheduling",
        gate: "InPlacePodVerticalScalingSchedulerPreemption",
        why: "makes room for a running pod whose resize its node has deferred. berth places pods that wait, and no others.",
    },
    NotYet {
        name: "GangScheduling",
        gate: "GenericWorkload",
        why: "holds back the pods of a PodGroup until all that it needs can be placed together. berth judges pods one by one.",
    },
    NotYet {
        name: "TopologyPlacementGenerator",
        gate: "TopologyAwareWorkloadScheduling",
        why: "offers sets of nodes, such as a rack, for all pods of a PodGroup together. berth judges pods one by one.",
    },
    NotYet {
        name: "PodGroupPodsCount",
        gate: "TopologyAwareWorkloadScheduling",
        why: "prefers the set of nodes that takes the most pods of a PodGroup. berth judges pods one by one.",
    },
];
