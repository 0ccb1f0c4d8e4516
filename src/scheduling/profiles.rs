//! Which profile answers for which schedulerName.

use std::sync::Arc;

use jiff::SignedDuration;
use rustc_hash::FxHashMap;

use super::Profile;
use super::config::Config;
use super::features::FeatureGates;
use super::plugins::ArgsError;
use super::queue::Backoff;

/// The profiles that judge pods: those of a configuration, and kube-scheduler's default one for every other name.
#[derive(Clone, Debug, Default)]
pub struct Profiles {
    gates: FeatureGates,
    backoff: Backoff,
    configured: Vec<Arc<Profile>>,
    /// The one that judges every pod, whatever its schedulerName.
    chosen: Option<Arc<Profile>>,
    /// Default profiles made so far.
    others: FxHashMap<Arc<str>, Arc<Profile>>,
}

impl Profiles {
    /// kube-scheduler's default profile for every name.
    pub fn new(gates: FeatureGates) -> Self {
        Self {
            gates,
            ..Self::default()
        }
    }

    /// Those of `config`.
    ///
    /// # Errors
    /// The first plugin that cannot have its arguments.
    pub fn of(config: &Config, gates: FeatureGates) -> Result<Self, (&'static str, ArgsError)> {
        let configured = config.profiles.iter();
        let configured = configured.map(|profile| Profile::from_config(profile, gates).map(Arc::new));
        Ok(Self {
            configured: configured.collect::<Result<_, _>>()?,
            backoff: Backoff {
                initial: SignedDuration::from_secs(config.pod_initial_backoff_seconds),
                max: SignedDuration::from_secs(config.pod_max_backoff_seconds),
            },
            ..Self::new(gates)
        })
    }

    /// Has the configured profile called `scheduler_name` judge every pod; `false` where there is none.
    pub fn choose(&mut self, scheduler_name: &str) -> bool {
        self.chosen = self.configured(scheduler_name).cloned();
        self.chosen.is_some()
    }

    /// Has each pod's own profile judge it.
    pub fn choose_none(&mut self) {
        self.chosen = None;
    }

    /// The schedulerName of the profile that judges every pod, where there is one.
    pub fn chosen(&self) -> Option<&Arc<str>> {
        self.chosen.as_ref().map(|profile| &profile.scheduler_name)
    }

    /// How long pods wait between attempts.
    pub fn backoff(&self) -> Backoff {
        self.backoff
    }

    /// The configured profiles, in the order of the file.
    pub fn all(&self) -> &[Arc<Profile>] {
        &self.configured
    }

    /// The profile that judges the pods of `scheduler_name`.
    pub fn get(&mut self, scheduler_name: &Arc<str>) -> Arc<Profile> {
        if let Some(profile) = self.chosen.as_ref().or_else(|| self.configured(scheduler_name)) {
            return Arc::clone(profile);
        }
        let gates = self.gates;
        let make = || Arc::new(Profile::default_with(Arc::clone(scheduler_name), gates));
        Arc::clone(self.others.entry(Arc::clone(scheduler_name)).or_insert_with(make))
    }

    fn configured(&self, scheduler_name: &str) -> Option<&Arc<Profile>> {
        self.configured
            .iter()
            .find(|profile| *profile.scheduler_name == *scheduler_name)
    }
}
