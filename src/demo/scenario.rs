//! Scenarios: clusters to begin with, from files or generated.

mod file;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{
    clock,
    generated::{self, Generated},
    kinds::{self, Kind, NAMESPACE, PRIORITY_CLASS, SERVICE_ACCOUNT},
    store::Store,
};

/// The scenarios that come with the program: name, text.
const BUILT_IN: [(&str, &str); 1] = [(
    "first-pods",
    include_str!("../../assets/scenarios/first-pods.yaml"),
)];

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
        let description = file::fill(&store, file, text)?;
        Ok(Self { store, description })
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
        })
    }

    /// A cluster with nothing in it but what every cluster has.
    pub fn empty() -> Self {
        Self {
            store: base(),
            description: "an empty cluster".to_owned(),
        }
    }

    /// One sentence on what there is to see.
    pub fn description(&self) -> &str {
        &self.description
    }

    pub(super) fn into_store(self, history: usize) -> Store {
        self.store.keeping(history)
    }
}

/// What every cluster has: four namespaces and the two classes of the system.
fn base() -> Store {
    let store = Store::new(super::HISTORY);
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
        add_namespace(&store, name);
    }
    let class = |name: &str, value: i64, description: &str| {
        json!({
            "metadata": {
                "name": name,
                "uid": clock::uid(&mut fastrand::Rng::new()),
                "creationTimestamp": clock::now(),
                "generation": 1,
            },
            "value": value,
            "preemptionPolicy": "PreemptLowerPriority",
            "description": description,
        })
    };
    let cluster = "Used for system critical pods that must run in the cluster, but can be moved to another node if \
         necessary.";
    let node = "Used for system critical pods that must not be moved from their current node.";
    let classes = [
        class("system-cluster-critical", 2_000_000_000, cluster),
        class("system-node-critical", 2_000_001_000, node),
    ];
    store.load(&PRIORITY_CLASS, classes);
    store
}

/// A namespace and the service account that a controller would make in it.
fn add_namespace(store: &Store, name: &str) {
    let metadata = |name: &str| json!({"name": name, "uid": clock::uid(&mut fastrand::Rng::new()), "creationTimestamp": clock::now()});
    let mut namespace = metadata(name);
    namespace["labels"] = json!({"kubernetes.io/metadata.name": name});
    let namespace = json!({
        "metadata": namespace,
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    });
    store.load(&NAMESPACE, [namespace]);
    let mut account = metadata("default");
    account["namespace"] = name.into();
    store.load(&SERVICE_ACCOUNT, [json!({"metadata": account})]);
}

pub(super) fn ensure_namespace(store: &Store, name: &str) {
    let key = super::object::Key::new("", name);
    if !name.is_empty() && store.get(NAMESPACE.table, &key).is_none() {
        add_namespace(store, name);
    }
}

/// A pod that stands for all of a workload: as the API server would store it, unplaced.
pub(super) fn template(store: &Store, manifest: Value) -> Result<Value, String> {
    prepared(store, &kinds::POD, manifest)
}

/// A manifest as the API server would store it once the controllers that there are none of here had written its status.
fn settled(store: &Store, kind: &'static Kind, manifest: Value) -> Result<Value, String> {
    let written = manifest.get("status").cloned();
    let mut tree = prepared(store, kind, manifest)?;
    if kind.has_status
        && kind.table != kinds::POD.table
        && let Some(Value::Object(written)) = written
    {
        super::object::child(&mut tree, "status").extend(written);
    }
    Ok(tree)
}

/// A manifest as the API server would store it.
fn prepared(store: &Store, kind: &'static Kind, mut manifest: Value) -> Result<Value, String> {
    let metadata = super::object::metadata(&mut manifest);
    metadata
        .entry("uid")
        .or_insert_with(|| clock::uid(&mut fastrand::Rng::new()).into());
    metadata
        .entry("creationTimestamp")
        .or_insert_with(|| clock::now().into());
    let tree = (kind.normalise)(manifest).map_err(|error| error.to_string())?;
    super::writes::prepare(store, kind, super::events::to_stored(kind, tree))
        .map_err(|failure| failure.message().to_owned())
}
