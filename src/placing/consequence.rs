//! What becomes of a pod that is bound against a rule.
//!
//! A kubelet looks at a pod again before it takes it in: pressure on the node, resources, node affinity and selector,
//! the node's name, host ports, `NoExecute` taints, declared features. A pod that does not pass ends as Failed, with the
//! first of these as its reason. Everything else is the scheduler's business alone.
//!
//! Source: `pkg/kubelet/lifecycle/predicate.go` and `handlers.go`, `pkg/kubelet/eviction/eviction_manager.go`,
//! `pkg/kubelet/preemption/preemption.go`, `AdmissionCheck` of `pkg/scheduler/eventhandlers.go`.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::verdict::{BrokenRule, Verdict};
use crate::engine::view::NodeSummary;
use crate::model::resources::{ResourceId, ResourceNames, is_extended};
use crate::model::taint::{Effect, Taint};
use crate::model::{Node, Pod};

/// The taints that tell of pressure on a node.
const DISK_PRESSURE: &str = "node.kubernetes.io/disk-pressure";
const MEMORY_PRESSURE: &str = "node.kubernetes.io/memory-pressure";
const PID_PRESSURE: &str = "node.kubernetes.io/pid-pressure";

/// What a kubelet does with a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It takes it in.
    Taken,
    /// It takes it in once it has killed others for it, which no budget protects.
    Evicts,
    /// It rejects it: phase Failed, with this reason.
    Fails(String),
}

impl Fate {
    /// Whether there is harm in it that a rule alone does not tell of, so that a person has to insist on it by name.
    pub fn is_harmful(&self) -> bool {
        *self != Self::Taken
    }
}

impl fmt::Display for Fate {
    /// What becomes of the pod; nothing where it is taken in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken => Ok(()),
            Self::Evicts => f.write_str("the kubelet kills others for it"),
            Self::Fails(reason) => write!(f, "Failed, {reason}"),
        }
    }
}

/// What follows from breaking a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// What the kubelet does with the pod because of it.
    pub fate: Fate,
    /// That, for a person.
    pub text: String,
}

/// What of a node decides whether its kubelet takes a pod in, beside the rules that it breaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeFacts {
    /// `spec.taints`.
    pub taints: Vec<Taint>,
    /// The extended resources that `status.allocatable` lists.
    pub extended: Vec<Arc<str>>,
}

impl NodeFacts {
    /// What is known of `node`; `names` are the resources of its cluster.
    pub fn of(node: &Node, names: &ResourceNames) -> Self {
        Self {
            taints: node.taints.to_vec(),
            extended: extended(node, names),
        }
    }

    /// What the screen's summary of a node tells.
    pub fn of_summary(node: &NodeSummary) -> Self {
        Self {
            taints: node.taints.iter().filter_map(|text| Taint::parse(text)).collect(),
            extended: node.extended.to_vec(),
        }
    }

    /// The taints that keep `pod` off.
    pub fn untolerated(&self, pod: &Pod) -> Vec<&Taint> {
        let tolerates = |taint: &Taint| pod.spec.tolerations.iter().any(|t| t.tolerates(taint, false));
        let taints = self.taints.iter();
        taints
            .filter(|taint| taint.effect.keeps_off() && !tolerates(taint))
            .collect()
    }

    /// Whether the kubelet counts `resource` at all: an extended one that the node does not list is nothing to it.
    fn counts(&self, resource: &str) -> bool {
        !is_extended(resource) || self.extended.iter().any(|listed| **listed == *resource)
    }
}

/// A node as the API server has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ApiNode {
    spec: Spec,
    status: Status,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec {
    taints: Option<Vec<ApiTaint>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ApiTaint {
    key: String,
    value: String,
    effect: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    allocatable: Option<BTreeMap<String, serde_json::Value>>,
}

impl From<ApiNode> for NodeFacts {
    fn from(node: ApiNode) -> Self {
        let taint = |taint: ApiTaint| {
            Some(Taint {
                key: taint.key.into(),
                value: taint.value.into(),
                effect: Effect::parse(&taint.effect).ok()?,
            })
        };
        let listed = node.status.allocatable.into_iter().flatten();
        Self {
            taints: node.spec.taints.into_iter().flatten().filter_map(taint).collect(),
            extended: listed
                .filter(|(name, _)| is_extended(name))
                .map(|(name, _)| name.into())
                .collect(),
        }
    }
}

/// The extended resources that `node` lists.
fn extended(node: &Node, names: &ResourceNames) -> Vec<Arc<str>> {
    let listed = node.allocatable.iter().map(|(resource, _)| names.name(resource));
    listed.filter(|name| is_extended(name)).map(Arc::from).collect()
}

impl Consequence {
    /// What follows from placing `pod` on `node` although it breaks `rule`.
    pub fn of(rule: &BrokenRule, pod: &Pod, node: &NodeFacts) -> Self {
        match rule.plugin {
            "NodeResourcesFit" => resources(rule, pod, node),
            "NodeAffinity" => Self::fails(
                "NodeAffinity",
                "the kubelet checks node affinity and selector again",
            ),
            "NodeName" => Self::fails("NodeName", "the pod names another node"),
            "NodePorts" => Self::fails("NodePorts", "a pod on the node has the port"),
            "NodeDeclaredFeatures" => Self::fails(
                "PodFeatureUnsupported",
                "the kubelet lacks what the pod makes use of",
            ),
            "NodeVolumeLimits" if rule.reasons.iter().any(|reason| reason.contains("exceed max")) => {
                let text = "its volumes cannot be attached: it waits for them, and becomes Failed where their driver tells \
                            the kubelet so, VolumeAttachmentLimitExceeded";
                Self {
                    fate: Fate::Fails("VolumeAttachmentLimitExceeded".to_owned()),
                    text: text.to_owned(),
                }
            }
            "TaintToleration" => taints(pod, node),
            "NodeUnschedulable" => {
                Self::taken("the kubelet will accept the pod: a cordon is the scheduler's rule")
            }
            "VolumeBinding" | "VolumeZone" | "NodeVolumeLimits" | "VolumeRestrictions" => Self::taken(
                "the kubelet will accept the pod, but its volumes may never be there, and it may wait for them for ever",
            ),
            "DynamicResources" => Self::taken(
                "nobody allocates the claim after the binding: the pod will wait for its devices on the node for ever",
            ),
            _ => Self::taken(
                "the kubelet does not check this rule and will accept the pod: the rule is broken silently",
            ),
        }
    }

    fn fails(reason: impl Into<String>, because: &str) -> Self {
        let reason = reason.into();
        Self {
            text: format!("{because}, and will refuse the pod: it becomes Failed, {reason}"),
            fate: Fate::Fails(reason),
        }
    }

    fn taken(text: impl Into<String>) -> Self {
        Self {
            fate: Fate::Taken,
            text: text.into(),
        }
    }
}

/// What the kubelet of `node` does with `pod` in the end, where it is bound there against what `verdict` says: of several
/// reasons the kubelet tells the first. Of a critical pod it forgives what others can be killed for, unless something
/// else is wrong, too.
pub fn fate(verdict: &Verdict, pod: &Pod, node: &NodeFacts) -> Fate {
    let all = verdict.broken.iter().map(|rule| {
        let Consequence { fate, .. } = Consequence::of(rule, pod, node);
        (rank(rule.plugin, &fate), fate)
    });
    let worst = |a: &(usize, Fate), b: &(usize, Fate)| a.0.cmp(&b.0);
    all.min_by(worst).map_or(Fate::Taken, |(_, fate)| fate)
}

/// The order in which the kubelet looks.
fn rank(plugin: &str, fate: &Fate) -> usize {
    const LAST: usize = 10;
    match (fate, plugin) {
        (Fate::Taken, _) => LAST + 1,
        (Fate::Evicts, _) => LAST,
        (Fate::Fails(reason), "TaintToleration") if reason == EVICTED => 0,
        (_, "NodeResourcesFit") => 1,
        (_, "NodeAffinity") => 2,
        (_, "NodeName") => 3,
        (_, "NodePorts") => 4,
        (_, "TaintToleration") => 5,
        (_, "NodeDeclaredFeatures") => 6,
        _ => 7,
    }
}

/// The kubelet's reason for a pod that comes while the node is under pressure.
const EVICTED: &str = "Evicted";

fn resources(rule: &BrokenRule, pod: &Pod, node: &NodeFacts) -> Consequence {
    let mut short = Vec::new();
    let mut unread = false;
    for reason in &rule.reasons {
        match reason.strip_prefix("Insufficient ") {
            Some(resource) => short.push(resource),
            None if reason == "Too many pods" => short.push("pods"),
            None => unread = true,
        }
    }
    let asked = !short.is_empty();
    short.retain(|resource| node.counts(resource));
    if short.is_empty() && asked && !unread {
        return Consequence::taken(
            "the node does not list the resource, which its kubelet then does not count: it will accept the pod, and the \
             containers run without it",
        );
    }
    if short.is_empty() {
        return Consequence::fails("OutOf…", "the kubelet counts this again by what it can read");
    }
    if pod.is_critical() {
        return Consequence {
            fate: Fate::Evicts,
            text: "the pod is critical: the kubelet will kill pods of lower priority on the node to make room for it, \
                   whatever budgets say; where that is not enough the pod becomes Failed, UnexpectedAdmissionError"
                .to_owned(),
        };
    }
    // As the kubelet goes through them.
    short.sort_by_key(|resource| {
        let first = ["pods", "cpu", "memory", "ephemeral-storage"];
        first
            .iter()
            .position(|name| name == resource)
            .unwrap_or(first.len())
    });
    let mut reasons: Vec<String> = short.iter().map(|resource| format!("OutOf{resource}")).collect();
    if short.iter().any(|resource| is_extended(resource)) {
        // Device plugins are asked before anything is counted.
        reasons.insert(0, "UnexpectedAdmissionError".to_owned());
    }
    Consequence::fails(reasons.join(" or "), "the kubelet counts this again")
}

fn taints(pod: &Pod, node: &NodeFacts) -> Consequence {
    let untolerated = node.untolerated(pod);
    let list = |which: &dyn Fn(&Taint) -> bool| {
        let taints = untolerated.iter().filter(|taint| which(taint));
        taints.map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let pressure = list(&|taint| is_pressure(taint, pod));
    let evicting = list(&|taint| taint.effect == Effect::NoExecute);
    let keeping = list(&|taint| taint.effect == Effect::NoSchedule);
    if !pressure.is_empty() {
        Consequence::fails(
            EVICTED,
            &format!("{pressure}: under pressure the kubelet takes nothing new in"),
        )
    } else if !evicting.is_empty() {
        Consequence::fails(
            "TaintToleration",
            &format!("{evicting}: the kubelet checks NoExecute again"),
        )
    } else if keeping.is_empty() {
        Consequence::taken(
            "of taints, the kubelet checks NoExecute alone: with NoSchedule it will accept the pod",
        )
    } else {
        Consequence::taken(format!(
            "{keeping}: the kubelet will accept the pod, NoSchedule is the scheduler's rule"
        ))
    }
}

/// Whether the kubelet of a node with `taint` takes `pod` for one that adds to what the node suffers from. Memory alone
/// is no matter to pods that ask for some cpu or memory.
fn is_pressure(taint: &Taint, pod: &Pod) -> bool {
    let best_effort = || {
        let requests = &pod.spec.requests;
        requests.get(ResourceId::CPU) == 0 && requests.get(ResourceId::MEMORY) == 0
    };
    let counts = match &*taint.key {
        DISK_PRESSURE | PID_PRESSURE => true,
        MEMORY_PRESSURE => best_effort(),
        _ => false,
    };
    counts && !pod.is_critical()
}
