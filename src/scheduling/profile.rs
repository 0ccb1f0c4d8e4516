//! A profile: which plugins decide for a schedulerName, and with which weights.

use std::sync::Arc;

use super::features::FeatureGates;
use super::plugin::Plugin;
use super::plugins::{self, Row, Setup};

/// The schedulerName that berth answers for where none is given.
pub const DEFAULT_SCHEDULER_NAME: &str = "berth";

/// Plugins in order, under a schedulerName.
#[derive(Debug)]
pub struct Profile {
    /// Whose pods it is for.
    pub scheduler_name: Arc<str>,
    /// The plugins that take part, in order.
    pub plugins: Vec<Enabled>,
}

/// A plugin that takes part.
#[derive(Debug)]
pub struct Enabled {
    /// Its row of the table.
    pub row: &'static Row,
    /// Its weight in this profile.
    pub weight: i64,
    /// The plugin.
    pub plugin: Box<dyn Plugin>,
}

impl Profile {
    /// kube-scheduler's default profile under `scheduler_name`.
    pub fn default_for(scheduler_name: impl Into<Arc<str>>) -> Self {
        let setup = Setup {
            args: &serde_json::Value::Null,
            gates: FeatureGates::default(),
        };
        // No plugin refuses its own default arguments.
        let plugins = plugins::TABLE.iter().filter_map(|row| {
            let plugin = (row.build)(&setup).ok()?;
            Some(Enabled {
                row,
                weight: row.weight,
                plugin,
            })
        });
        let plugins = plugins.collect();
        Self {
            scheduler_name: scheduler_name.into(),
            plugins,
        }
    }
}
