//! One line of the journal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// The placement that it belongs to: the same in all its lines.
    pub id: String,
    /// What happened.
    #[serde(flatten)]
    pub step: Step,
}

/// What happened in a placement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "camelCase")]
pub enum Step {
    /// It was confirmed and judged again, and something is about to be sent.
    Begun(Box<Begun>),
    /// This is about to be sent.
    Sent {
        /// Counts the requests of the placement.
        request: u32,
        /// RBAC's verb: `create`, `update` …
        verb: String,
        /// The path on the API server.
        path: String,
        /// The body; of an update only what changes, as a JSON patch.
        body: Value,
        /// What it does, where that can be looked up in the cluster.
        effect: Option<Effect>,
    },
    /// The answer to a request came, or did not.
    Answered {
        /// The request.
        request: u32,
        /// The HTTP status; `None` where no answer came.
        status: Option<u16>,
        /// What was wrong; empty where nothing was.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        error: String,
    },
    /// The placement is over.
    Ended {
        /// How it ended.
        outcome: Outcome,
        /// That, for a person.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// The pods of another scheduler are placed by hand from now on. (The id is the adoption's.)
    Adopted(Box<Adopted>),
    /// They are for longer.
    Renewed {
        /// Until then.
        until: Timestamp,
        /// Whether that scheduler is at work: both may place the same pods.
        race: bool,
    },
    /// They are no more.
    Released {
        /// Why.
        why: String,
    },
    /// The event about it is there.
    Posted,
    /// The event about a pod that was removed for it is there.
    Told {
        /// That pod.
        pod: String,
    },
    /// Somebody looked afterwards whether a pod was removed for it, as no answer to that is known.
    LookedUp {
        /// That pod.
        pod: String,
        /// Whether it was.
        removed: bool,
    },
    /// Somebody looked afterwards: how it ended, or what is left of it.
    Settled {
        /// How it ended.
        outcome: Outcome,
        /// That, for a person.
        text: String,
    },
}

/// How a placement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The pod is on the node.
    Placed,
    /// It is not.
    NotPlaced,
    /// It may or may not be.
    Unknown,
    /// The pod is gone, and with it the answer.
    Gone,
    /// Others were removed to make room for it; placing it is another matter.
    RoomMade,
}

impl Outcome {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::NotPlaced => "not placed",
            Self::Unknown => "unknown",
            Self::Gone => "pod gone",
            Self::RoomMade => "room made",
        }
    }
}

/// What was confirmed, by whom.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Begun {
    /// The API server.
    pub server: String,
    /// Who, as the API server knows them.
    pub user: String,
    /// On which machine.
    pub host: String,
    /// In which process.
    pub process: u32,
    /// The pod's namespace.
    pub namespace: String,
    /// Its name.
    pub pod: String,
    /// Its uid.
    pub uid: String,
    /// The node.
    pub node: String,
    /// The schedulerName that it was placed for.
    pub scheduler: String,
    /// The adoption under which it was placed; empty where the pod is ours.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub adoption: String,
    /// The reason that was given; empty where none was.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The rules that were overruled, with their reasons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overruled: Vec<String>,
    /// The pods that were to be removed to make room for it; empty where it was to be placed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub victims: Vec<String>,
    /// The budgets that this went against.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub violated: Vec<String>,
    /// What was said beforehand that nobody would see to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unprepared: Vec<String>,
    /// What the kubelet was expected to do with it against these rules, such as `Failed, OutOfcpu`; empty where it was
    /// expected to take it in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fate: String,
    /// The node's total, where it was feasible.
    pub total: Option<i64>,
    /// Whether it was one that the profile would choose.
    pub best: bool,
    /// The event that is owed once the pod is on the node, as it is posted.
    pub event: Value,
}

/// That another scheduler's pods are placed by hand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Adopted {
    /// The API server.
    pub server: String,
    /// Who adopted them, as the API server knows them.
    pub user: String,
    /// On which machine.
    pub host: String,
    /// In which process.
    pub process: u32,
    /// The schedulerName.
    pub scheduler: String,
    /// Why.
    pub reason: String,
    /// Until when.
    pub until: Timestamp,
    /// Whether it was done although that scheduler was at work.
    pub race: bool,
    /// What was known of that scheduler.
    pub evidence: String,
}

/// What a request does to the cluster, to be looked up there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Effect {
    /// A claim (PersistentVolumeClaim) has the node selected for which its volume is made.
    NodeSelected {
        /// The claim.
        claim: String,
        /// The node.
        node: String,
    },
    /// A PersistentVolume is bound to a claim.
    VolumeClaimed {
        /// The volume.
        volume: String,
        /// The claim.
        claim: String,
    },
    /// A ResourceClaim has the finalizer of allocated ones.
    Finalizer {
        /// The claim.
        claim: String,
    },
    /// A ResourceClaim is reserved for the pod.
    Reserved {
        /// The claim.
        claim: String,
    },
    /// A ResourceClaim that is reserved for the pod already is gone by: whoever reserved it leaves it alone.
    TakenOver {
        /// The claim.
        claim: String,
    },
    /// A ResourceClaim is made for the pod's extended resources.
    Made {
        /// What its name begins with.
        claim: String,
    },
    /// The pod says which claim was made for its extended resources.
    Named,
    /// The pod is nominated for the node.
    Nominated,
    /// A pod of lower priority that was nominated for the node is so no more.
    NominationCleared {
        /// That pod.
        pod: String,
    },
    /// A pod says in its status that it goes to make room.
    DisruptionTarget {
        /// That pod.
        pod: String,
    },
    /// A pod is deleted to make room.
    Removed {
        /// That pod.
        pod: String,
        /// Its uid.
        uid: String,
        /// The event about it, as it is posted.
        event: Value,
    },
    /// The pod is bound to the node.
    Bound,
    /// Something of these is taken back.
    Undone,
}

impl Effect {
    /// What it is, for a person.
    pub fn words(&self) -> String {
        match self {
            Self::NodeSelected { claim, node } => format!("node {node} selected for claim {claim}"),
            Self::VolumeClaimed { volume, claim } => format!("volume {volume} bound to claim {claim}"),
            Self::Finalizer { claim } => format!("finalizer on ResourceClaim {claim}"),
            Self::Reserved { claim } => format!("ResourceClaim {claim} reserved for the pod"),
            Self::TakenOver { claim } => {
                format!("ResourceClaim {claim}, reserved for the pod before, taken over")
            }
            Self::Made { claim } => format!("ResourceClaim {claim}… made for extended resources"),
            Self::Named => "the made claim named in the pod's status".to_owned(),
            Self::Nominated => "the node nominated in the pod's status".to_owned(),
            Self::NominationCleared { pod } => format!("{pod} no longer nominated for the node"),
            Self::DisruptionTarget { pod } => format!("{pod} marked as going to make room"),
            Self::Removed { pod, .. } => format!("{pod} deleted to make room"),
            Self::Bound => "the pod bound".to_owned(),
            Self::Undone => "taken back".to_owned(),
        }
    }
}

/// A name for a placement that no other has: its time and chance.
pub fn new_id(at: Timestamp, chance: u32) -> String {
    format!("{}-{chance:08x}", at.strftime("%Y%m%dT%H%M%SZ"))
}
