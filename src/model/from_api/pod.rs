//! Pods.

use serde::{Deserialize, Serialize};

use super::Meta;

/// A `Pod`, slim.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct PodObject {
    /// Name, namespace, uid, version, labels, owners.
    pub metadata: Meta,
}
