//! Owners of pods, and what selects them: of their specs only what scheduling reads.

use std::sync::Arc;

/// What a Service selects.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: Arc<str>,
}

/// A ReplicationController.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicationController {
    /// Its name.
    pub name: Arc<str>,
}

/// A ReplicaSet.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaSet {
    /// Its name.
    pub name: Arc<str>,
}

/// A StatefulSet.
#[derive(Clone, Debug, PartialEq)]
pub struct StatefulSet {
    /// Its name.
    pub name: Arc<str>,
}
