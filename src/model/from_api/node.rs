//! Nodes.

use serde::{Deserialize, Serialize};

use super::Meta;

/// A `Node`, slim.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct NodeObject {
    /// Name, uid, labels.
    pub metadata: Meta,
}
