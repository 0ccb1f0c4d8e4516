//! Why a node is out, in few words.

use super::figures::{bytes, cores};
use super::names::brief_reason;
use crate::engine::view::NodeSummary;
use crate::model::Pod;
use crate::placing::consequence::NodeFacts;
use crate::placing::verdict::BrokenRule;

/// The reasons of `rule` in few words, with what the node has: its taints, the room that is left.
pub fn short_reasons(rule: &BrokenRule, pod: Option<&Pod>, node: Option<&NodeSummary>) -> Vec<String> {
    if rule.plugin == "TaintToleration"
        && let (Some(pod), Some(node)) = (pod, node)
    {
        let facts = NodeFacts::of_summary(node);
        let taints = facts.untolerated(pod);
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
