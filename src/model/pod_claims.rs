//! Claims to devices that a pod makes.

use std::sync::Arc;

/// An entry of `spec.resourceClaims`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PodClaim {
    /// Its name within the pod.
    pub name: Arc<str>,
    /// Where the claim comes from.
    pub source: ClaimSource,
}

/// Where a pod's claim comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClaimSource {
    /// The ResourceClaim of this name.
    Claim(Arc<str>),
    /// A ResourceClaim made for the pod from the template of this name.
    Template(Arc<str>),
    /// Neither is said.
    Unknown,
}

/// What a pod's status says of its claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClaimStatuses {
    /// `status.resourceClaimStatuses`: name within the pod, and the ResourceClaim made for it; `None` where none is
    /// wanted.
    pub made: Vec<(Arc<str>, Option<Arc<str>>)>,
    /// Whether there is `status.extendedResourceClaimStatus`.
    pub extended: bool,
}
