//! The rules that decide: `--config`, `--profile` and `--feature-gates`, read once.

use std::path::Path;

use super::args::Global;
use super::exit::{Exit, Failure};
use crate::scheduling::Profiles;
use crate::scheduling::config::Config;
use crate::scheduling::features::FeatureGates;

/// What the options say; kube-scheduler's defaults where they say nothing.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Which profile judges which pods.
    pub profiles: Profiles,
    /// The configuration, where there is one.
    pub config: Option<Config>,
    /// The feature gates.
    pub gates: FeatureGates,
    /// The profile that `--profile` picked.
    pub picked: Option<String>,
}

impl Rules {
    /// Reads the configuration that the options name, and says on standard error what it has that would make
    /// kube-scheduler decide otherwise than berth.
    pub(super) fn load(global: &Global) -> Result<Self, Failure> {
        let gates = match &global.feature_gates {
            None => FeatureGates::default(),
            Some(text) => FeatureGates::parse(text).map_err(|error| {
                let message = format!("cannot set the feature gates: {error}");
                Failure::new(Exit::Usage, message).hint(error.hint)
            })?,
        };
        let mut rules = Self {
            profiles: Profiles::new(gates),
            gates,
            ..Self::default()
        };
        let Some(path) = &global.config else {
            return Ok(rules);
        };
        let config = read(path, gates)?;
        rules.profiles = Profiles::of(&config, gates).map_err(|(plugin, error)| {
            Failure::new(
                Exit::Usage,
                format!("{}: the arguments of {plugin}: {error}", config.file),
            )
        })?;
        if let Some(name) = &global.profile {
            if !rules.profiles.choose(name) {
                let all: Vec<&str> = config
                    .profiles
                    .iter()
                    .map(|profile| &*profile.scheduler_name)
                    .collect();
                let message = format!(
                    "cannot use profile '{name}': {} has none of that schedulerName",
                    config.file
                );
                return Err(Failure::new(Exit::Usage, message).hint(format!("It has {}.", all.join(", "))));
            }
            rules.picked = Some(name.clone());
        }
        for note in config.notes.iter().filter(|note| note.grave) {
            super::note(&format!("warning: {}: {}", config.file, note.text));
        }
        rules.config = Some(config);
        Ok(rules)
    }

    /// The schedulerNames of the profiles that pods of ours may have where `--scheduler-name` says nothing: all but
    /// kube-scheduler's own, which wants to be named.
    pub(super) fn scheduler_names(&self) -> Vec<String> {
        let profiles = self.config.iter().flat_map(|config| &config.profiles);
        let names = profiles.map(|profile| profile.scheduler_name.to_string());
        names
            .filter(|name| name != crate::scheduling::config::UPSTREAM_NAME)
            .collect()
    }
}

fn read(path: &Path, gates: FeatureGates) -> Result<Config, Failure> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("cannot read the configuration {file}: {error}"),
        )
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("cannot read the configuration {file}: {error}"),
        )
    })?;
    Config::read(&text, &file, gates).map_err(|error| Failure::new(Exit::Usage, error.to_string()))
}
