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
    /// The field's path in the manifest, such as `spec.containers[0].resources.requests.cpu`.
    pub field: String,
    /// What is wrong with its value, which is quoted.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.object, self.field, self.message)
    }
}
