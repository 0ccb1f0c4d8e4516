//! What there is to do between choosing a node and binding the pod, and what of it nobody does.

use std::fmt;
use std::sync::Arc;

use super::plugin::{Cycle, Phase};
use super::plugins::dynamic_resources::{self, Standing};
use super::plugins::volume_binding;
use super::profile::Profile;
use super::unseen;
use crate::model::cluster::ObjectKind;

/// A claim that is seen to before the pod is bound (Reserve and PreBind).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepared {
    /// A PersistentVolumeClaim that waits for its first consumer: its volume is bound, or made, for the node.
    Volume(Arc<str>),
    /// A ResourceClaim without an allocation: its devices are allocated, and reserved for the pod.
    Devices(Arc<str>),
    /// A ResourceClaim that is allocated, but not reserved for the pod yet.
    Reservation(Arc<str>),
    /// A ResourceClaim that is allocated, and reserved for the pod already: whoever did that is kept from taking it back.
    Reserved(Arc<str>),
    /// The claim that is made for extended resources.
    ExtendedResources,
}

impl Prepared {
    /// Whether nothing is missing that the pod needs.
    pub const fn is_ready(&self) -> bool {
        matches!(self, Self::Reserved(_))
    }
}

/// What nobody sees to, so that the pod waits on its node, or worse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unprepared {
    /// A PersistentVolumeClaim without a volume; the profile does not run what binds it.
    Volume(Arc<str>),
    /// A ResourceClaim without devices, or not reserved; the profile does not run what allocates them.
    Devices(Arc<str>),
    /// The pod has volumes, and the API server does not let us see this kind.
    VolumesUnseen(ObjectKind),
    /// The pod claims devices, and the API server does not let us see this kind.
    DevicesUnseen(ObjectKind),
    /// The pod is a member of this group, whose members are to start together or not at all.
    Group(Arc<str>),
}

/// What there is of both for the cycle's pod, whatever the node. Claims that reject the pod are left out.
pub fn unprepared(cycle: Cycle<'_>, profile: &Profile) -> (Vec<Prepared>, Vec<Unprepared>) {
    let (mut prepared, mut unprepared, pod) = (Vec::new(), Vec::new(), cycle.pod);
    if !pod.volumes.is_empty() {
        let runs = profile.runs("VolumeBinding", Phase::PreBind);
        for claim in volume_binding::unbound(cycle) {
            if runs {
                prepared.push(Prepared::Volume(claim));
            } else {
                unprepared.push(Unprepared::Volume(claim));
            }
        }
    }
    if !pod.spec.claims.is_empty() {
        let runs = profile.runs("DynamicResources", Phase::PreBind);
        for standing in dynamic_resources::standing(cycle) {
            match standing {
                Standing::Unallocated(claim) if runs => prepared.push(Prepared::Devices(claim)),
                Standing::Unreserved(claim) if runs => prepared.push(Prepared::Reservation(claim)),
                Standing::Reserved(claim) if runs => prepared.push(Prepared::Reserved(claim)),
                Standing::Unallocated(claim) | Standing::Unreserved(claim) => {
                    unprepared.push(Unprepared::Devices(claim));
                }
                Standing::Reserved(_) => {}
            }
        }
    }
    let unseen = |needed: &[ObjectKind]| {
        let mut needed = needed.iter();
        needed.find(|kind| !cycle.cluster.sees(&[**kind])).copied()
    };
    if unseen::has_claims(pod) {
        unprepared.extend(unseen(&volume_binding::NEEDED).map(Unprepared::VolumesUnseen));
    }
    if !pod.spec.claims.is_empty() {
        unprepared.extend(unseen(&dynamic_resources::NEEDED).map(Unprepared::DevicesUnseen));
    }
    unprepared.extend(pod.spec.group.clone().map(Unprepared::Group));
    (prepared, unprepared)
}

impl fmt::Display for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volume(name) => write!(f, "claim {name} gets its volume first, on this node"),
            Self::Devices(name) => write!(f, "claim {name} gets its devices first, on this node"),
            Self::Reservation(name) => write!(f, "claim {name} is reserved for the pod first"),
            Self::Reserved(name) => write!(
                f,
                "claim {name} is reserved for the pod already, by somebody who prepares it, too, or gave up: it is taken \
                 over"
            ),
            Self::ExtendedResources => {
                f.write_str("its extended resources are devices here: a claim is made for them first")
            }
        }
    }
}

impl fmt::Display for Unprepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volume(name) => write!(
                f,
                "claim {name} has no volume yet, and the profile does not run VolumeBinding, which gives it one: the \
                 kubelet lets the pod wait for it"
            ),
            Self::Devices(name) => write!(
                f,
                "claim {name} is not allocated to the pod yet, and the profile does not run DynamicResources, which does \
                 that: the pod waits for ever"
            ),
            Self::VolumesUnseen(kind) => write!(
                f,
                "it has volumes, and {} are not to be seen: whether they are ready is not known, and nothing is done \
                 about it",
                kind.api().plural
            ),
            Self::DevicesUnseen(kind) => write!(
                f,
                "it claims devices, and {} are not to be seen: whether it has them is not known, and nothing is done \
                 about it",
                kind.api().plural
            ),
            Self::Group(name) => write!(
                f,
                "it is a member of pod group {name}, whose members are to start together: placed by itself, it may hold \
                 its room while the others never come"
            ),
        }
    }
}
