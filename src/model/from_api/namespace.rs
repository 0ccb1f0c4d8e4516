//! Namespaces.

use serde::{Deserialize, Serialize};

use super::Meta;

/// A `Namespace`, of which only name and labels are read.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct NamespaceObject {
    /// Name and labels.
    pub metadata: Meta,
}
