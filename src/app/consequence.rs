//! What happens to a pod that is bound against a rule: what the kubelet checks again, and what it does not.

use super::figures::{bytes, cores};
use super::names::brief_reason;
use crate::engine::view::NodeSummary;
use crate::model::Pod;
use crate::model::taint::{Effect, Taint};
use crate::placing::verdict::BrokenRule;

/// What follows from breaking a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// Whether the kubelet would refuse the pod, so that the placement is pointless.
    pub refused: bool,
    /// What happens, in words.
    pub text: String,
}

impl Consequence {
    /// What follows from placing `pod` on `node` although it breaks `rule`.
    ///
    /// The kubelet checks resources, node affinity and selector, the node's name, host ports and `NoExecute` taints
    /// again, and fails the pod that breaks them. Everything else is the scheduler's business alone.
    pub fn of(rule: &BrokenRule, pod: &Pod, node: Option<&NodeSummary>) -> Self {
        match rule.plugin {
            "NodeResourcesFit" => Self::refused(format!(
                "the kubelet checks this again and will refuse the pod: it becomes Failed, {}",
                resource_reasons(rule)
            )),
            "NodeAffinity" => Self::refused(
                "the kubelet checks node affinity and selector again and will refuse the pod: it becomes Failed, NodeAffinity",
            ),
            "NodeName" => Self::refused(
                "the pod names another node: the kubelet will refuse it: it becomes Failed, NodeName",
            ),
            "NodePorts" => Self::refused(
                "a pod on the node has the port: the kubelet will refuse this one: it becomes Failed, NodePorts",
            ),
            "TaintToleration" => taints(pod, node),
            "NodeUnschedulable" => {
                Self::accepted("the kubelet will accept the pod: a cordon is the scheduler's rule")
            }
            "VolumeBinding" | "VolumeZone" => Self::accepted(
                "the kubelet will accept the pod, but its volumes may never be bound, and it may wait for them for ever",
            ),
            "DynamicResources" => Self::accepted(
                "nobody allocates the claim after the binding: the pod will wait for its devices on the node for ever",
            ),
            _ => Self::accepted(
                "the kubelet does not check this rule and will accept the pod: the rule is broken silently",
            ),
        }
    }

    fn refused(text: impl Into<String>) -> Self {
        Self {
            refused: true,
            text: text.into(),
        }
    }

    fn accepted(text: impl Into<String>) -> Self {
        Self {
            refused: false,
            text: text.into(),
        }
    }
}

/// The reasons of `rule` in few words, with what the node has: its taints, the room that is left.
pub fn short_reasons(rule: &BrokenRule, pod: Option<&Pod>, node: Option<&NodeSummary>) -> Vec<String> {
    if rule.plugin == "TaintToleration"
        && let (Some(pod), Some(node)) = (pod, node)
    {
        let taints = untolerated(pod, node);
        if !taints.is_empty() {
            return taints.iter().map(|taint| format!("taint {taint}")).collect();
        }
    }
    let mut short: Vec<&str> = Vec::new();
    let mut texts = Vec::new();
    for reason in &rule.reasons {
        match reason.strip_prefix("Insufficient ") {
            Some(resource) => short.push(resource),
            None => texts.push(brief_reason(reason).to_owned()),
        }
    }
    if !short.is_empty() {
        let list: Vec<String> = short.iter().map(|resource| with_room(resource, node)).collect();
        texts.insert(0, format!("Insufficient {}", list.join(", ")));
    }
    texts
}

/// `resource`, with how much of it `node` has left.
fn with_room(resource: &str, node: Option<&NodeSummary>) -> String {
    let free = |(asked, there): (i64, i64)| there.saturating_sub(asked);
    match (resource, node) {
        ("cpu", Some(node)) => format!("cpu ({} free)", cores(free(node.cpu))),
        ("memory", Some(node)) => format!("memory ({} free)", bytes(free(node.memory))),
        _ => resource.to_owned(),
    }
}

/// The taints of `node` that keep `pod` off, as far as they can be read.
pub fn untolerated(pod: &Pod, node: &NodeSummary) -> Vec<Taint> {
    let keeps_off = |taint: &Taint| {
        taint.effect != Effect::PreferNoSchedule
            && !pod.spec.tolerations.iter().any(|t| t.tolerates(taint, false))
    };
    node.taints
        .iter()
        .filter_map(|text| parse_taint(text))
        .filter(keeps_off)
        .collect()
}

fn taints(pod: &Pod, node: Option<&NodeSummary>) -> Consequence {
    let taints = node.map(|node| untolerated(pod, node)).unwrap_or_default();
    let list = |effect: Effect| {
        let texts: Vec<String> = taints
            .iter()
            .filter(|taint| taint.effect == effect)
            .map(ToString::to_string)
            .collect();
        texts.join(", ")
    };
    let (evicting, keeping) = (list(Effect::NoExecute), list(Effect::NoSchedule));
    if !evicting.is_empty() {
        Consequence::refused(format!(
            "{evicting}: the kubelet will refuse the pod, or it is evicted at once"
        ))
    } else if keeping.is_empty() {
        Consequence::accepted(
            "of taints, the kubelet checks NoExecute alone: with NoSchedule it will accept the pod",
        )
    } else {
        Consequence::accepted(format!(
            "{keeping}: the kubelet will accept the pod, NoSchedule is the scheduler's rule"
        ))
    }
}

fn parse_taint(text: &str) -> Option<Taint> {
    let (rest, effect) = text.rsplit_once(':')?;
    let effect = [Effect::NoSchedule, Effect::PreferNoSchedule, Effect::NoExecute]
        .into_iter()
        .find(|known| known.as_str() == effect)?;
    let (key, value) = rest.split_once('=').unwrap_or((rest, ""));
    Some(Taint {
        key: key.into(),
        value: value.into(),
        effect,
    })
}

/// The kubelet's reasons for a pod that does not fit: `OutOfcpu`, `OutOfpods` …
fn resource_reasons(rule: &BrokenRule) -> String {
    let names: Vec<String> = rule
        .reasons
        .iter()
        .map(|reason| match reason.strip_prefix("Insufficient ") {
            Some(resource) => format!("OutOf{resource}"),
            None => "OutOfpods".to_owned(),
        })
        .collect();
    names.join(", ")
}
