//! A profile: which plugins decide for a schedulerName, in which phases, in which order, and with which weights.

use std::sync::Arc;

use super::features::FeatureGates;
use super::plugin::{Phase, Plugin};
use super::plugins::{self, Row, Setup};

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
    /// Its weight in this profile.
    pub weight: i64,
    /// The plugin.
    pub plugin: Box<dyn Plugin>,
}

impl Profile {
    /// kube-scheduler's default profile under `scheduler_name`.
    pub fn default_for(scheduler_name: impl Into<Arc<str>>) -> Self {
        let mut profile = Self::empty(scheduler_name);
        let setup = Setup {
            args: &serde_json::Value::Null,
            gates: FeatureGates::default(),
        };
        for row in plugins::TABLE {
            // No plugin refuses its own default arguments.
            if let Ok(plugin) = (row.build)(&setup) {
                profile.add(row, row.weight, plugin, row.phases);
            }
        }
        profile
    }

    /// A profile without plugins.
    pub fn empty(scheduler_name: impl Into<Arc<str>>) -> Self {
        Self {
            scheduler_name: scheduler_name.into(),
            plugins: Vec::new(),
            phases: Default::default(),
        }
    }

    /// Has `plugin` run in each of `phases`, after those that do already.
    pub fn add(&mut self, row: &'static Row, weight: i64, plugin: Box<dyn Plugin>, phases: &[Phase]) {
        for &phase in phases {
            self.phases[phase as usize].push(self.plugins.len());
        }
        self.plugins.push(Enabled { row, weight, plugin });
    }

    /// The plugins that run in `phase`, in order.
    pub fn in_phase(&self, phase: Phase) -> impl Iterator<Item = &Enabled> {
        let places = self.phases[phase as usize].iter();
        places.filter_map(|&at| self.plugins.get(at))
    }

    /// Whether `plugin` runs in `phase`.
    pub fn runs(&self, plugin: &str, phase: Phase) -> bool {
        self.in_phase(phase).any(|enabled| enabled.row.name == plugin)
    }
}
