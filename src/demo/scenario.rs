//! Scenarios: clusters to begin with, from files or generated.

pub(super) mod base;
mod file;
pub(super) mod nodes;
mod objects;
pub(super) mod owners;
mod place;
mod play;
mod steps;
mod workloads;

use std::path::{Path, PathBuf};

use self::{base::base, steps::Step};
use super::{
    generated::{self, Generated},
    store::Store,
};

/// The scenarios that come with the program: name, text.
const BUILT_IN: [(&str, &str); 9] = [
    (
        "first-pods",
        include_str!("../../assets/scenarios/first-pods.yaml"),
    ),
    (
        "taints-and-labels",
        include_str!("../../assets/scenarios/taints-and-labels.yaml"),
    ),
    (
        "spread-over-zones",
        include_str!("../../assets/scenarios/spread-over-zones.yaml"),
    ),
    ("affinity", include_str!("../../assets/scenarios/affinity.yaml")),
    (
        "ports-and-volumes",
        include_str!("../../assets/scenarios/ports-and-volumes.yaml"),
    ),
    (
        "full-cluster-with-preemption",
        include_str!("../../assets/scenarios/full-cluster-with-preemption.yaml"),
    ),
    (
        "scheduling-gates",
        include_str!("../../assets/scenarios/scheduling-gates.yaml"),
    ),
    (
        "scheduler-outage",
        include_str!("../../assets/scenarios/scheduler-outage.yaml"),
    ),
    (
        "rolling-node-failure",
        include_str!("../../assets/scenarios/rolling-node-failure.yaml"),
    ),
];

/// Why a scenario cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// No scenario of that name comes with the program.
    #[error("there is no scenario {name:?}")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file could not be read.
    #[error("the scenario {} cannot be read: {source}", .file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Something in the file is wrong.
    #[error("{file}:{line}: {message}")]
    Content {
        /// The file, or the name of a built-in scenario.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong, with the field's name.
        message: String,
    },
    /// A generated cluster was asked for that cannot be.
    #[error("{0}")]
    Generated(String),
}

/// A cluster ready to be started.
pub struct Scenario {
    store: Store,
    description: String,
    steps: Vec<Step>,
}

impl Scenario {
    /// The scenario that a demonstration begins with.
    pub const DEFAULT: &'static str = "first-pods";

    /// The names of the scenarios that come with the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// The names of the scenarios that come with the program, and what there is to see in each.
    pub fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
        BUILT_IN.iter().map(|(name, text)| {
            let said = text.lines().find_map(|line| line.strip_prefix("description: "));
            (*name, said.unwrap_or_default())
        })
    }

    /// A scenario that comes with the program.
    ///
    /// # Errors
    /// [`ScenarioError::Unknown`] where there is none of that name.
    pub fn named(name: &str) -> Result<Self, ScenarioError> {
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((name, text)) => Self::parse(name, text),
            None => Err(ScenarioError::Unknown {
                name: name.to_owned(),
            }),
        }
    }

    /// A scenario from a person's own file.
    ///
    /// # Errors
    /// Where the file cannot be read, or says something that cannot be; the error names file, line and field.
    pub fn read(file: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(file).map_err(|source| ScenarioError::Read {
            file: file.to_owned(),
            source,
        })?;
        Self::parse(&file.display().to_string(), &text)
    }

    /// A scenario from its text; `file` is the name by which errors call it.
    ///
    /// # Errors
    /// Where the text says something that cannot be.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScenarioError> {
        let store = base();
        let told = file::fill(&store, file, text)?;
        Ok(Self {
            store,
            description: told.description,
            steps: told.steps,
        })
    }

    /// A generated cluster.
    ///
    /// # Errors
    /// Where so many pods cannot be placed on so few nodes.
    pub fn generated(shape: Generated) -> Result<Self, ScenarioError> {
        let store = base();
        generated::fill(&store, shape).map_err(ScenarioError::Generated)?;
        Ok(Self {
            store,
            description: format!("{} nodes, {} running pods", shape.nodes, shape.pods),
            steps: Vec::new(),
        })
    }

    /// A cluster with nothing in it but what every cluster has.
    pub fn empty() -> Self {
        Self {
            store: base(),
            description: "an empty cluster".to_owned(),
            steps: Vec::new(),
        }
    }

    /// One sentence on what there is to see.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The cluster, and what is to happen in it.
    pub(super) fn into_parts(self, history: usize) -> (Store, Vec<Step>) {
        (self.store.keeping(history), self.steps)
    }
}

pub(super) use play::run as play;
