//! A profile: which plugins decide for a schedulerName, in which phases, in which order, and with which weights.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::config::{Point, ProfileConfig};
use super::features::FeatureGates;
use super::plugin::{Phase, Plugin};
use super::plugins::{ArgsError, Row, Setup, TABLE};

/// The schedulerName that berth answers for where none is given.
pub const DEFAULT_SCHEDULER_NAME: &str = "berth";

/// Plugins under a schedulerName.
#[derive(Debug)]
pub struct Profile {
    /// Whose pods it is for.
    pub scheduler_name: Arc<str>,
    /// The plugins that take part in some phase.
    plugins: Vec<Enabled>,
    /// By phase, the plugins that run in it, in order: places in `plugins`.
    phases: [Vec<usize>; Phase::ALL.len()],
}

/// A plugin that takes part.
#[derive(Debug)]
pub struct Enabled {
    /// Its row of the table.
    pub row: &'static Row,
    /// Its weight in this profile; 0 where it does not score.
    pub weight: i64,
    /// The plugin.
    pub plugin: Box<dyn Plugin>,
}

impl Profile {
    /// kube-scheduler's default profile under `scheduler_name`.
    pub fn default_for(scheduler_name: impl Into<Arc<str>>) -> Self {
        Self::default_with(scheduler_name, FeatureGates::default())
    }

    /// The same where `gates` are on.
    pub fn default_with(scheduler_name: impl Into<Arc<str>>, gates: FeatureGates) -> Self {
        // No plugin refuses its own default arguments.
        Self::build(&ProfileConfig::default_for(scheduler_name, gates), gates).0
    }

    /// The profile that `config` describes.
    ///
    /// # Errors
    /// The first plugin that cannot have its arguments.
    pub fn from_config(
        config: &ProfileConfig,
        gates: FeatureGates,
    ) -> Result<Self, (&'static str, ArgsError)> {
        match Self::build(config, gates) {
            (profile, None) => Ok(profile),
            (_, Some(error)) => Err(error),
        }
    }

    /// What can be built, and the first error.
    fn build(config: &ProfileConfig, gates: FeatureGates) -> (Self, Option<(&'static str, ArgsError)>) {
        let mut profile = Self {
            scheduler_name: Arc::clone(&config.scheduler_name),
            plugins: Vec::new(),
            phases: Default::default(),
        };
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut error = None;
        let runs = |row: &Row| {
            config
                .effective
                .points
                .values()
                .flatten()
                .any(|name| name == row.name)
        };
        for row in TABLE.iter().filter(|row| runs(row)) {
            let args = config.args.get(row.name).unwrap_or(&Value::Null);
            match (row.build)(&Setup { args, gates }) {
                Ok(plugin) => {
                    places.insert(row.name, profile.plugins.len());
                    let weight = config.effective.weights.get(row.name).copied().unwrap_or(0);
                    profile.plugins.push(Enabled { row, weight, plugin });
                }
                Err(wrong) => error = error.or(Some((row.name, wrong))),
            }
        }
        for phase in Phase::ALL {
            let plugins = config.effective.at(Point::of(phase)).iter();
            profile.phases[phase as usize] = plugins
                .filter_map(|name| places.get(name.as_str()).copied())
                .collect();
        }
        (profile, error)
    }

    /// The plugins that run in `phase`, in order.
    pub fn in_phase(&self, phase: Phase) -> impl Iterator<Item = &Enabled> {
        let places = self.phases[phase as usize].iter();
        places.filter_map(|&at| self.plugins.get(at))
    }

    /// The plugin called `name`, where it takes part.
    pub fn plugin(&self, name: &str) -> Option<&dyn Plugin> {
        let mut all = self.plugins.iter();
        all.find(|enabled| enabled.row.name == name)
            .map(|enabled| &*enabled.plugin)
    }

    /// Whether `plugin` runs in `phase`.
    pub fn runs(&self, plugin: &str, phase: Phase) -> bool {
        self.in_phase(phase).any(|enabled| enabled.row.name == plugin)
    }
}
