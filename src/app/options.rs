//! What is settled before the screen opens.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::keymap::Keymap;
use super::settings::Settings;

/// What is settled before the screen opens.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whose pods are ours.
    pub scheduler_names: Arc<[Arc<str>]>,
    /// The namespace shown at first; all where there is none.
    pub namespace: Option<Arc<str>>,
    /// The zone of the times shown.
    pub zone: TimeZone,
    /// The kubeconfig's contexts; none where the cluster is no kubeconfig's.
    pub contexts: Arc<[Arc<str>]>,
    /// The configured profiles.
    pub profiles: Arc<[Arc<str>]>,
    /// Which keys do what.
    pub keymap: Arc<Keymap>,
    /// What a person has set.
    pub settings: Arc<Settings>,
    /// Where that is, or would be, read from; nothing where there is no such place.
    pub settings_file: Option<Arc<str>>,
    /// The kubeconfig that was asked for.
    pub kubeconfig: Option<Arc<str>>,
}

impl Options {
    /// The first of the schedulerNames that are ours.
    pub fn scheduler_name(&self) -> &str {
        self.scheduler_names.first().map_or("", |name| name)
    }

    /// Whether pods of the scheduler called `name` are ours without any adoption.
    pub fn has(&self, name: &str) -> bool {
        self.scheduler_names.iter().any(|ours| **ours == *name)
    }
}
