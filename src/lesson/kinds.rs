//! The kinds that goals and deeds can name.

/// A kind of object.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// As in a manifest.
    pub kind: &'static str,
    /// As in a manifest.
    pub api_version: &'static str,
    /// As in a path.
    pub plural: &'static str,
    /// How else it is called.
    pub short: &'static str,
    /// Whether its objects are in namespaces.
    pub namespaced: bool,
}

/// All of them.
pub const KINDS: &[Kind] = &[
    kind("Pod", "v1", "pods", "po", true),
    kind("Node", "v1", "nodes", "no", false),
    kind("Event", "v1", "events", "ev", true),
    kind("Namespace", "v1", "namespaces", "ns", false),
    kind(
        "PersistentVolumeClaim",
        "v1",
        "persistentvolumeclaims",
        "pvc",
        true,
    ),
    kind("PersistentVolume", "v1", "persistentvolumes", "pv", false),
    kind("ConfigMap", "v1", "configmaps", "cm", true),
    kind("Deployment", "apps/v1", "deployments", "deploy", true),
    kind("ReplicaSet", "apps/v1", "replicasets", "rs", true),
    kind("Job", "batch/v1", "jobs", "job", true),
    kind("Lease", "coordination.k8s.io/v1", "leases", "lease", true),
    kind(
        "PodDisruptionBudget",
        "policy/v1",
        "poddisruptionbudgets",
        "pdb",
        true,
    ),
    kind(
        "PriorityClass",
        "scheduling.k8s.io/v1",
        "priorityclasses",
        "pc",
        false,
    ),
    kind("StorageClass", "storage.k8s.io/v1", "storageclasses", "sc", false),
];

const fn kind(
    kind: &'static str,
    api_version: &'static str,
    plural: &'static str,
    short: &'static str,
    namespaced: bool,
) -> Kind {
    Kind {
        kind,
        api_version,
        plural,
        short,
        namespaced,
    }
}

impl Kind {
    /// The one that `word` names: `Pod`, `pod`, `pods` or `po`.
    pub fn named(word: &str) -> Option<&'static Self> {
        let word = word.to_lowercase();
        KINDS
            .iter()
            .find(|kind| kind.kind.to_lowercase() == word || kind.plural == word || kind.short == word)
    }

    /// The path of its objects in all namespaces.
    pub fn path(&self) -> String {
        format!("{}/{}", self.version_path(), self.plural)
    }

    /// The path of the object called `name`.
    pub fn path_of(&self, namespace: &str, name: &str) -> String {
        format!("{}/{name}", self.path_in(namespace))
    }

    /// The path of its objects in `namespace`.
    pub fn path_in(&self, namespace: &str) -> String {
        if self.namespaced {
            format!("{}/namespaces/{namespace}/{}", self.version_path(), self.plural)
        } else {
            self.path()
        }
    }

    fn version_path(&self) -> String {
        let core = !self.api_version.contains('/');
        format!("/{}/{}", if core { "api" } else { "apis" }, self.api_version)
    }

    /// What it is called in sentences: `pod`.
    pub fn word(&self) -> String {
        self.kind.to_lowercase()
    }
}
