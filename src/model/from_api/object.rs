//! What the API's kinds have in common.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::Meta;
use crate::model::cluster::Derived;
use crate::model::intern::Interner;

/// Where the API server keeps a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Api {
    /// The kind, such as `ReplicaSet`.
    pub kind: &'static str,
    /// The plural in paths and rights, such as `replicasets`.
    pub plural: &'static str,
    /// The group; empty for the core.
    pub group: &'static str,
    /// The version that is read.
    pub version: &'static str,
}

impl Api {
    /// The place of `kind`.
    pub const fn new(
        kind: &'static str,
        plural: &'static str,
        group: &'static str,
        version: &'static str,
    ) -> Self {
        Self {
            kind,
            plural,
            group,
            version,
        }
    }

    /// The path of the kind over all namespaces, such as `/apis/apps/v1/replicasets`.
    pub fn path(&self) -> String {
        match self.group {
            "" => format!("/api/{}/{}", self.version, self.plural),
            group => format!("/apis/{group}/{}/{}", self.version, self.plural),
        }
    }
}

/// An API object of a kind that scheduling reads beside pods, nodes and namespaces, slim.
///
/// The cache holds its [model](Object::Model) by namespace and name; a change that leaves the model equal is no change.
pub trait Object: DeserializeOwned + Send + 'static {
    /// Where the API server keeps the kind.
    const API: Api;
    /// What the cache holds of it: nothing that changes without a decision changing.
    type Model: Clone + PartialEq;

    /// Its metadata.
    fn meta(&self) -> &Meta;

    /// The object as the model has it. What cannot be read is left out and told in its faults.
    fn to_model(&self, interner: &mut Interner) -> Self::Model;

    /// Brings what is kept beside the table of the kind up to date: the object of `key` (namespace and name) was `before`
    /// and is `after`.
    fn derive(
        _derived: &mut Derived<'_>,
        _key: (&Arc<str>, &Arc<str>),
        _before: Option<&Arc<Self::Model>>,
        _after: Option<&Arc<Self::Model>>,
    ) {
    }

    /// What is shown of an object that was taken to be `assumed` and is brought as `brought`: `None` where that says as much
    /// already, or otherwise, and so holds as it is.
    fn carry(_assumed: &Self::Model, _brought: &Self::Model) -> Option<Self::Model> {
        None
    }
}
