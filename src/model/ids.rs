//! Identities: dense ids into the cache's tables, and the names that people use.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A node's slot in the cluster cache; dense, so that it indexes columns. Reused after the node is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The slot as an index into a column.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A pod's slot in the cluster cache. Reused after the pod is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PodId(pub u32);

impl PodId {
    /// The slot as an index into the pod table.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Namespace and name of a pod; shown and parsed as `NAMESPACE/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PodKey {
    /// The pod's namespace.
    pub namespace: Arc<str>,
    /// The pod's name within the namespace.
    pub name: Arc<str>,
}

impl PodKey {
    /// The key of pod `name` in `namespace`.
    pub fn new(namespace: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// Reads `[NAMESPACE/]NAME`, with `namespace` where none is written.
    ///
    /// # Errors
    /// Where a part is empty or there is more than one slash.
    pub fn parse(text: &str, namespace: &str) -> Result<Self, PodKeyError> {
        let (namespace, name) = text.split_once('/').unwrap_or((namespace, text));
        if namespace.is_empty() || name.is_empty() || name.contains('/') {
            return Err(PodKeyError(text.to_owned()));
        }
        Ok(Self::new(namespace, name))
    }
}

impl fmt::Display for PodKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// A text that names no pod.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' names no pod: write NAME or NAMESPACE/NAME")]
pub struct PodKeyError(String);

impl FromStr for PodKey {
    type Err = PodKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text, "")
    }
}
