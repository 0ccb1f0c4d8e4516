//! Plans as files: YAML or JSON, to be looked at by somebody else and carried out later.
//!
//! What is read is checked in full: a field that is not known, or that holds something else, is an error that names its
//! line. `docs/plan.md` describes the format.

mod read;
mod write;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use read::DocumentError;

/// `apiVersion` of a plan.
pub const API_VERSION: &str = "berth.dev/v1alpha1";
/// `kind` of a plan.
pub const KIND: &str = "Plan";

/// A plan as a file has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// [`API_VERSION`].
    pub api_version: String,
    /// [`KIND`].
    pub kind: String,
    /// When and where it was made.
    #[serde(default)]
    pub metadata: Metadata,
    /// How it was made.
    #[serde(default)]
    pub spec: Spec,
    /// The pods to place, in order.
    pub placements: Vec<Placement>,
    /// The pods that fit nowhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unplaced: Vec<Unplaced>,
    /// The pods that were not looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// What the search does otherwise than the plan that goes one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
    /// The cluster before and after.
    #[serde(default)]
    pub cluster: Cluster,
    /// What was not judged, as it is not to be seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<String>,
}

/// When and where a plan was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Metadata {
    /// When the cluster was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// The API server, or the file, that the cluster was read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// How a plan was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Spec {
    /// One by one, or by a search.
    pub mode: Mode,
    /// Of the search, and of ties where they are drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How many times the search had a pod judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluations: Option<usize>,
}

/// How a plan was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// One pod after the other, each on its best node.
    #[default]
    OneByOne,
    /// By a search.
    Optimized,
}

/// A pod and its node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Placement {
    /// `NAMESPACE/NAME`.
    pub pod: String,
    /// `metadata.uid`: another pod of the same name is not meant.
    pub uid: String,
    /// `metadata.resourceVersion` as it was judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_version: Option<String>,
    /// `spec.priority`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// The node.
    pub node: String,
    /// Why this one: `scored`, `single`, `nominated`, `pinned` or `search`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
    /// The weighted sum of the node's scores by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// Whether the profile would have chosen it, too. Where it says so, carrying out stops if that holds no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<bool>,
    /// How many nodes fitted by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<usize>,
    /// What a Binding alone does not do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unprepared: Vec<String>,
}

/// Why a node was taken; see [`Why`](super::Why).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub enum Why {
    Scored,
    Single,
    Nominated,
    Pinned,
    Search,
}

/// A pod that fits nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Unplaced {
    /// `NAMESPACE/NAME`.
    pub pod: String,
    /// `spec.priority`.
    #[serde(default)]
    pub priority: i32,
    /// kube-scheduler's message, or what stands against the node that it is pinned to.
    pub message: String,
    /// The plugins to blame.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blamed: Vec<String>,
}

/// A pod that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeftOut {
    /// `NAMESPACE/NAME`.
    pub pod: String,
    /// Why.
    pub reason: String,
}

/// What the search does otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Difference {
    /// What the plan that goes one by one comes to.
    pub one_by_one: Outcome,
    /// What this one comes to.
    pub optimized: Outcome,
    /// Pods that only this one places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placed: Vec<Site>,
    /// Pods that only the other places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<Site>,
    /// Pods that go to another node.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<Moved>,
}

/// What a plan comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Outcome {
    /// How many pods it places.
    pub placed: usize,
    /// The sum of the totals.
    pub total: i64,
}

/// A pod, and the node where the plan that places it sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Site {
    /// `NAMESPACE/NAME`.
    pub pod: String,
    /// `spec.priority`.
    pub priority: i32,
    /// The node.
    pub node: String,
}

/// A pod that goes to another node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Moved {
    /// `NAMESPACE/NAME`.
    pub pod: String,
    /// Its node in the plan that goes one by one.
    pub from: String,
    /// Its node in this one.
    pub to: String,
}

/// The cluster before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Cluster {
    /// How many nodes there are.
    pub nodes: usize,
    /// The zones, by name.
    pub zones: Vec<Share>,
    /// The nodes that get pods, by name.
    pub changed: Vec<Share>,
}

/// A node or a zone, before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Share {
    /// Its name; empty for the nodes without a zone.
    pub name: String,
    /// Cores.
    #[serde(serialize_with = "write::on_one_line")]
    pub cpu: Amounts,
    /// Bytes.
    #[serde(serialize_with = "write::on_one_line")]
    pub memory: Amounts,
    /// Pods.
    #[serde(serialize_with = "write::on_one_line")]
    pub pods: Amounts,
}

/// What there is of a resource, and what is asked for, as people write it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Amounts {
    /// What there is.
    pub allocatable: String,
    /// What is asked for without the plan.
    pub before: String,
    /// What is asked for once it is carried out.
    pub after: String,
}
