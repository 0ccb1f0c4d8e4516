//! The table of plugins: the one place that lists them. A plugin is one file here and one row.
//!
//! These are the plugins there are so far. kube-scheduler's default profile has more, which berth does not judge by yet:
//! VolumeRestrictions, NodeVolumeLimits, VolumeBinding, VolumeZone, PodTopologySpread, InterPodAffinity,
//! DynamicResources, DefaultPreemption, ImageLocality, DefaultBinder, NodeDeclaredFeatures.

mod dynamic_resources;
mod node_affinity;
mod node_name;
mod node_ports;
mod node_resources_balanced_allocation;
mod node_resources_fit;
mod node_unschedulable;
mod priority_sort;
mod scheduling_gates;
mod taint_toleration;

use serde::de::DeserializeOwned;

use super::features::FeatureGates;
use super::plugin::{Phase, Plugin};
use crate::model::Pod;

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

/// Every plugin, in the order in which kube-scheduler's default profile runs them.
pub const TABLE: &[Row] = &[
    scheduling_gates::ROW,
    priority_sort::ROW,
    node_name::ROW,
    node_unschedulable::ROW,
    taint_toleration::ROW,
    node_affinity::ROW,
    node_ports::ROW,
    node_resources_fit::ROW,
    dynamic_resources::ROW,
    node_resources_balanced_allocation::ROW,
];

/// What a decision on `pod` leaves out, for a person: the plugins that would have a say upstream and have no row here.
pub fn caveat(pod: &Pod) -> Option<String> {
    let plugins = pod.spec.involves.iter().copied();
    let missing: Vec<&str> = plugins.filter(|name| row(name).is_none()).collect();
    (!missing.is_empty()).then(|| {
        let names = missing.join(", ");
        format!(
            "not judged: {names}; the pod calls for it, and berth has no such rule yet: check it yourself"
        )
    })
}

/// The row of plugin `name`.
pub fn row(name: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.name == name)
}
