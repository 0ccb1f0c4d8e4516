//! The table of plugins: the one place that lists them. A plugin is one file here and one row.

mod default_binder;
mod default_preemption;
pub mod dynamic_resources;
mod image_locality;
mod inter_pod_affinity;
mod node_affinity;
mod node_declared_features;
mod node_name;
mod node_ports;
mod node_resources_balanced_allocation;
mod node_resources_fit;
mod node_unschedulable;
mod node_volume_limits;
mod not_yet;
mod pod_topology_spread;
mod priority_sort;
mod random_filter;
mod random_score;
mod scheduling_gates;
mod taint_toleration;
pub mod volume_binding;
mod volume_restrictions;
mod volume_zone;
mod volumes;

pub use not_yet::{NOT_YET, NotYet};

use serde::de::DeserializeOwned;

use super::features::FeatureGates;
use super::plugin::{Phase, Plugin};

/// One plugin: everything that is said about it elsewhere comes from here.
#[derive(Debug)]
pub struct Row {
    /// Upstream's name.
    pub name: &'static str,
    /// The phases in which it decides, in order.
    pub phases: &'static [Phase],
    /// Its weight in the default profile; 0 where it does not score.
    pub weight: i64,
    /// Its documentation, in Markdown: what it checks, why, an example, what unblocks it.
    pub docs: &'static str,
    /// Makes it as its profile sets it up.
    pub build: fn(&Setup<'_>) -> Result<Box<dyn Plugin>, ArgsError>,
}

impl Row {
    /// What its documentation says under the heading `title`, in Markdown; empty where there is no such heading.
    pub fn section(&self, title: &str) -> &'static str {
        let mut parts = self.docs.split("\n## ").skip(1);
        let found = parts.find_map(|part| part.split_once('\n').filter(|(heading, _)| *heading == title));
        found.map_or("", |(_, text)| text.trim())
    }

    /// Upstream's rule: what is checked, then what the phases make of it.
    pub fn rule(&self) -> [&'static str; 2] {
        ["What it checks", "Phases"].map(|title| self.section(title))
    }
}

/// What a profile says about a plugin of its own.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// Its arguments, as `pluginConfig` has them; null where there are none.
    pub args: &'a serde_json::Value,
    /// The feature gates.
    pub gates: FeatureGates,
}

impl Setup<'_> {
    /// The arguments as a type whose default is upstream's. Fields that there are not are errors where the type says so
    /// (`deny_unknown_fields`).
    ///
    /// # Errors
    /// The field that cannot be read.
    pub fn args<T: DeserializeOwned + Default>(&self) -> Result<T, ArgsError> {
        if self.args.is_null() {
            return Ok(T::default());
        }
        serde_path_to_error::deserialize(self.args).map_err(|error| ArgsError {
            field: error.path().to_string(),
            message: error.inner().to_string(),
        })
    }
}

/// Arguments that a plugin cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct ArgsError {
    /// The field, below `args`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// Every plugin, in the order in which kube-scheduler's default profile runs them; then those that are in no default
/// profile.
pub const TABLE: &[Row] = &[
    scheduling_gates::ROW,
    priority_sort::ROW,
    node_name::ROW,
    node_unschedulable::ROW,
    taint_toleration::ROW,
    node_affinity::ROW,
    node_ports::ROW,
    node_resources_fit::ROW,
    volume_restrictions::ROW,
    node_volume_limits::ROW,
    volume_binding::ROW,
    volume_zone::ROW,
    pod_topology_spread::ROW,
    inter_pod_affinity::ROW,
    dynamic_resources::ROW,
    default_preemption::ROW,
    node_resources_balanced_allocation::ROW,
    image_locality::ROW,
    default_binder::ROW,
    node_declared_features::ROW,
    random_filter::ROW,
    random_score::ROW,
];

/// The row of plugin `name`.
pub fn row(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name == name)
}
