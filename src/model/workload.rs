//! Owners of pods, and what selects them: of their specs only what scheduling reads.

use std::sync::Arc;

use super::label_selector::LabelSelector;
use super::labels::Labels;

/// What a Service selects.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its name.
    pub name: Arc<str>,
    /// `spec.selector`: labels that a pod must have; a Service without any selects none.
    pub selector: Arc<Labels>,
}

impl Service {
    /// Whether it selects pods with `labels`.
    pub fn selects(&self, labels: &Labels) -> bool {
        !self.selector.is_empty()
            && self
                .selector
                .iter()
                .all(|(key, value)| labels.get(key) == Some(&**value))
    }
}

/// A ReplicationController.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicationController {
    /// Its name.
    pub name: Arc<str>,
    /// `spec.selector`: labels that its pods have.
    pub selector: Arc<Labels>,
}

/// A ReplicaSet.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaSet {
    /// Its name.
    pub name: Arc<str>,
    /// `spec.selector`; one that cannot be read selects nothing, as upstream has it.
    pub selector: LabelSelector,
}

/// A StatefulSet.
#[derive(Clone, Debug, PartialEq)]
pub struct StatefulSet {
    /// Its name.
    pub name: Arc<str>,
    /// `spec.selector`; one that cannot be read selects nothing, as upstream has it.
    pub selector: LabelSelector,
}

/// The controller that owns a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// Its `apiVersion`.
    pub api_version: Arc<str>,
    /// Its kind.
    pub kind: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}
