//! `KubeSchedulerConfiguration` (`kubescheduler.config.k8s.io/v1`): profiles and what else decides where pods go.
//!
//! ```text
//! text ──document──▶ values with lines ──objects──▶ checks ──merge──▶ Config ──Profile::build──▶ Profile
//! ```
//! What kube-scheduler refuses is refused here, with the line; what it accepts is accepted. What berth has no use for
//! (how a scheduler elects a leader, how it connects) is read and checked all the same; where such a thing would change
//! a decision, the notes of [`Config`] say so.

mod args;
mod checks;
mod duration;
mod error;
mod merge;
mod objects;
pub mod points;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use self::objects::ConfigurationObject;
use super::features::FeatureGates;
use crate::model::document::Document;

pub use crate::model::document::{DocumentError as ConfigError, Problem, near};
pub use merge::Effective;
pub use points::Point;

/// The schedulerName of kube-scheduler where a configuration with one profile gives none.
pub const UPSTREAM_NAME: &str = "default-scheduler";

/// A configuration that can be used.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that it is from.
    pub file: String,
    /// The profiles, in the order of the file.
    pub profiles: Vec<ProfileConfig>,
    /// How many seconds a pod waits after its first attempt.
    pub pod_initial_backoff_seconds: i64,
    /// How many seconds a pod waits at most.
    pub pod_max_backoff_seconds: i64,
    /// What kube-scheduler would do otherwise than berth.
    pub notes: Vec<Note>,
}

/// Something that kube-scheduler would do otherwise than berth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The text.
    pub text: String,
    /// Whether decisions can come out otherwise because of it.
    pub grave: bool,
}

/// A profile as it is configured, default plugins and arguments merged in.
#[derive(Clone, Debug)]
pub struct ProfileConfig {
    /// Whose pods it is for.
    pub scheduler_name: Arc<str>,
    /// How many per cent of the nodes kube-scheduler looks at, where the configuration says; berth looks at all.
    pub percentage_of_nodes_to_score: Option<i32>,
    /// What runs where.
    pub effective: Effective,
    /// Arguments by plugin, where given.
    pub args: BTreeMap<String, Value>,
}

impl ProfileConfig {
    /// kube-scheduler's default profile under `scheduler_name`.
    pub fn default_for(scheduler_name: impl Into<Arc<str>>, gates: FeatureGates) -> Self {
        Self {
            scheduler_name: scheduler_name.into(),
            percentage_of_nodes_to_score: None,
            // The default plugins contradict themselves under no gates.
            effective: merge::effective(&objects::Plugins::default(), gates, "").unwrap_or_default(),
            args: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Reads the configuration that `text` is; `file` is what errors call it.
    ///
    /// # Errors
    /// Everything that kube-scheduler 1.37 would not start with, and what it would end every cycle with an error for.
    pub fn read(text: &str, file: &str, gates: FeatureGates) -> Result<Self, ConfigError> {
        let document = Document::read(text).map_err(|problem| ConfigError::new(file, vec![problem], None))?;
        Self::of_document(&document, file, gates)
            .map_err(|problems| ConfigError::new(file, problems, Some(&document)))
    }

    fn of_document(document: &Document, file: &str, gates: FeatureGates) -> Result<Self, Vec<Problem>> {
        let value = document.value();
        checks::head(&value).map_err(|problem| vec![problem])?;
        let object: ConfigurationObject = serde_path_to_error::deserialize(&value).map_err(|error| {
            let path = error.path().to_string();
            vec![Problem::of_serde(path, &error.inner().to_string())]
        })?;
        let mut problems = checks::configuration(&object);
        let mut profiles = Vec::new();
        let mut notes = checks::notes(&object);
        let only_one = object.profiles.len() < 2;
        for (at, profile) in object.profiles.iter().enumerate() {
            let path = format!("profiles[{at}]");
            let name = profile.scheduler_name.as_deref();
            let name = name.unwrap_or(if only_one { UPSTREAM_NAME } else { "" });
            if name.is_empty() {
                problems.push(Problem::new(
                    format!("{path}.schedulerName"),
                    "a schedulerName is needed",
                    "Each of several profiles has its own; pods name it in spec.schedulerName.",
                ));
            }
            let args = args::read(profile, &path, gates, &mut problems, &mut notes);
            match merge::effective(&profile.plugins, gates, &format!("{path}.plugins")) {
                Ok(effective) => {
                    checks::runnable(&effective, &path, &mut problems);
                    checks::notes_of_profile(profile, &effective, &path, &mut notes);
                    profiles.push(ProfileConfig {
                        scheduler_name: name.into(),
                        percentage_of_nodes_to_score: profile.percentage_of_nodes_to_score,
                        effective,
                        args,
                    });
                }
                Err(found) => problems.extend(found),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        if profiles.is_empty() {
            profiles.push(ProfileConfig::default_for(UPSTREAM_NAME, gates));
        }
        Ok(Self {
            file: file.to_owned(),
            profiles,
            pod_initial_backoff_seconds: object
                .pod_initial_backoff_seconds
                .unwrap_or(checks::INITIAL_BACKOFF),
            pod_max_backoff_seconds: object.pod_max_backoff_seconds.unwrap_or(checks::MAX_BACKOFF),
            notes,
        })
    }
}
