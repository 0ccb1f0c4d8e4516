//! Owners of pods, and what selects them: of their specs only what scheduling reads.

use std::fmt;
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

/// A link in the chain of those that made a pod: its controller, the controller of that, and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maker {
    /// Who; safe to show.
    pub owner: Owner,
    /// Why nothing is known of who made it: it may not be read, is gone, or its kind is not served.
    pub unknown: Option<String>,
}

impl fmt::Display for Maker {
    /// As kubectl takes a name: a kind that is of no well-known group says which.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Owner {
            api_version,
            kind,
            name,
        } = &self.owner;
        match api_version.split_once('/') {
            Some(("apps" | "batch", _)) | None => write!(f, "{kind}/{name}")?,
            Some((group, _)) => write!(f, "{kind}.{group}/{name}")?,
        }
        match &self.unknown {
            Some(why) => write!(f, " ({why})"),
            None => Ok(()),
        }
    }
}
