//! What kube-scheduler sees to before it binds a pod (Reserve and PreBind), and a Binding alone does not.

use std::fmt;
use std::sync::Arc;

use super::plugin::Cycle;
use super::plugins::{dynamic_resources, volume_binding};

/// A claim that somebody has to see to, or the pod waits for it on its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unprepared {
    /// A PersistentVolumeClaim that waits for its first consumer: its volume is to be bound, or made, for the node.
    Volume(Arc<str>),
    /// A ResourceClaim without an allocation.
    Devices(Arc<str>),
    /// The claim that would have to be made for extended resources.
    ExtendedResources,
}

/// What there is of that for the cycle's pod, whatever the node. Claims that reject the pod are left out.
pub fn unprepared(cycle: Cycle<'_>) -> Vec<Unprepared> {
    let (mut all, pod) = (Vec::new(), cycle.pod);
    if !pod.volumes.is_empty() {
        let volumes = volume_binding::unbound(cycle).into_iter();
        all.extend(volumes.map(Unprepared::Volume));
    }
    if !pod.spec.claims.is_empty() {
        let devices = dynamic_resources::unallocated(cycle).into_iter();
        all.extend(devices.map(Unprepared::Devices));
    }
    all
}

impl fmt::Display for Unprepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volume(name) => write!(
                f,
                "claim {name} has no volume yet, and a Binding alone gives it none: the kubelet lets the pod wait for it"
            ),
            Self::Devices(name) => write!(
                f,
                "claim {name} has no devices yet, and nobody allocates them after the Binding: the pod waits for ever"
            ),
            Self::ExtendedResources => f.write_str(
                "its extended resources are devices, and nobody allocates them after the Binding: the pod waits for ever",
            ),
        }
    }
}
