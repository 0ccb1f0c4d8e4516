//! A part of an object that cannot be read.

use std::fmt;
use std::sync::Arc;

/// A field of a cluster object that is not what the API server would have accepted.
///
/// The object stays in the cache; whoever needs the field turns the fault into an `Error` verdict, so that one bad
/// object never hides the rest of the cluster and never silently counts as zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// The object, as `Kind NAMESPACE/NAME` or `Kind NAME`.
    pub object: Arc<str>,
    /// What cannot be decided without the field.
    pub concern: Concern,
    /// The field's path in the manifest, such as `spec.containers[0].resources.requests.cpu`.
    pub field: String,
    /// What is wrong with its value, which is quoted.
    pub message: String,
}

/// What a [`Fault`] makes undecidable: plugins that do not need it go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Concern {
    /// Requests, allocatable, what is counted on a node.
    Resources,
    /// A node selector or node affinity.
    NodeAffinity,
    /// Affinity towards pods or away from them.
    PodAffinity,
    /// A taint.
    Taints,
    /// A toleration.
    Tolerations,
    /// A topology spread constraint.
    TopologySpread,
    /// A budget for taking pods away.
    Disruption,
    /// Storage: sizes, selectors of volumes.
    Storage,
    /// A claim to devices, or the offer of them.
    Devices,
}

impl Fault {
    /// The first of `faults` about `concern`.
    pub fn first(faults: &[Self], concern: Concern) -> Option<&Self> {
        faults.iter().find(|fault| fault.concern == concern)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.object, self.field, self.message)
    }
}
