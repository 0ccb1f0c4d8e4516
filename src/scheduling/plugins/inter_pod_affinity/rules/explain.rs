//! Why the rules let a node pass, or not.

use std::sync::Arc;

use super::{Objection, Rules, Without};
use crate::model::fault::{Concern, Fault};
use crate::model::pod_affinity::ListedTerm;
use crate::model::{NodeId, Pod};
use crate::scheduling::explanation::{Explanation, HOLDS, pods};
use crate::scheduling::plugins::inter_pod_affinity::tally::Tally;
use crate::scheduling::plugins::inter_pod_affinity::words;

/// How many pods are told by name.
const NAMED: usize = 3;

impl Rules<'_> {
    pub(super) fn explanation(&self, node: NodeId) -> Explanation {
        let objection = self.objection(node, &Without::default());
        let mut why = Explanation::new(self.agreement());
        self.inputs(node, &mut why);
        let mut summaries = self.company(node, objection, &mut why);
        // A rule that comes after the one that failed has no step: the verdict is that of the first.
        let judged = objection != Some(Objection::Affinity);
        summaries.extend(self.distance(node, judged, &mut why));
        let judged = judged && objection != Some(Objection::Anti);
        summaries.extend(self.welcome(node, judged, &mut why));
        if !summaries.is_empty() {
            why.summary = summaries.join("; besides, ");
        }
        why
    }

    /// What holds on a node that passes.
    fn agreement(&self) -> String {
        let mut all = Vec::new();
        if self.is_first(&Without::default()) {
            all.push("the pod is the first of those that want to be together");
        } else if !self.affinity.is_empty() {
            all.push("pods that required affinity asks for are near");
        }
        if !self.anti.is_empty() {
            all.push("none is near that the pod must be away from");
        }
        if !self.refusing.is_empty() {
            all.push("no pod near wants it away");
        }
        all.join("; ")
    }

    fn inputs(&self, node: NodeId, why: &mut Explanation) {
        let anti = self.anti.iter().map(|(term, _)| term);
        for term in self.affinity.iter().chain(anti) {
            let ListedTerm { kind, at, term, .. } = term.listed;
            let meant = format!("{}, by {}", words::term(term), term.topology_key);
            why.pod("required term", meant, format!("{}[{at}]", kind.field()));
        }
        let tallies = self.near.iter().chain(self.anti.iter().map(|(_, tally)| tally));
        let mut shown: Vec<&str> = Vec::new();
        for tally in tallies.chain(&self.refusing) {
            if !shown.contains(&&*tally.key) {
                shown.push(&tally.key);
                let field = format!("metadata.labels.{}", tally.key);
                why.node(&*tally.key, words::value(tally.value(node)), field);
            }
        }
        for (_, pod) in self.cycle.cluster.pods_on(node) {
            if let Some(fault) = Fault::first(&pod.faults, Concern::PodAffinity) {
                why.node("left out, as kube-scheduler does", fault.to_string(), "");
            }
        }
    }

    /// The pod's required affinity; what is against the node.
    fn company(&self, node: NodeId, objection: Option<Objection>, why: &mut Explanation) -> Vec<String> {
        let fails = objection == Some(Objection::Affinity);
        let counts = self.matching.iter().flat_map(|group| group.nodes.iter());
        let matching: i64 = counts.map(|(_, count)| i64::from(count)).sum();
        let mut against = Vec::new();
        for tally in &self.near {
            let place = words::place(tally, node);
            let count = tally.at(node);
            let missing = fails && count.unwrap_or(0) == 0;
            if missing {
                against.push(match count {
                    Some(_) => format!("no pod that required affinity asks for is where {place}"),
                    None => format!("the node has {place}, which required affinity goes by"),
                });
            }
            let near = count.unwrap_or(0);
            let formula = format!("{near} of {} that match every term: {place}", pods(matching));
            let result = if missing {
                Objection::Affinity.reason()
            } else {
                HOLDS
            };
            why.step(format!("pods to be with, by {}", tally.key), formula, result);
        }
        if self.is_first(&Without::default()) {
            let itself = "none that matches is anywhere, and the pod matches every term itself";
            why.step("first of its series", itself, HOLDS);
        } else if fails && matching == 0 && !self.matches_itself {
            against.push("no placed pod matches every term, nor does the pod itself".to_owned());
        }
        against
    }

    /// The pod's required anti-affinity.
    fn distance(&self, node: NodeId, judged: bool, why: &mut Explanation) -> Vec<String> {
        let mut against = Vec::new();
        for (term, tally) in &self.anti {
            let place = words::place(tally, node);
            let count = tally.at(node).unwrap_or(0);
            let matches = |pod: &Pod| term.matches(&pod.key.namespace, &pod.labels);
            let meant = words::term(term.listed.term);
            let named = self.named(tally, node, matches);
            if count > 0 {
                against.push(format!(
                    "the pod must be away from {meant}: {} where {place}{named}",
                    pods(count)
                ));
            }
            if judged {
                let formula = format!("{} of {}{named}: {place}", pods(count), meant);
                let result = if count > 0 {
                    Objection::Anti.reason()
                } else {
                    HOLDS
                };
                why.step(format!("none to be away from, by {}", tally.key), formula, result);
            }
        }
        against
    }

    /// The required anti-affinity of placed pods.
    fn welcome(&self, node: NodeId, judged: bool, why: &mut Explanation) -> Vec<String> {
        let mut against = Vec::new();
        if self.refusing.is_empty() && judged {
            let formula = "no placed pod's required anti-affinity is about the pod";
            why.step("no placed pod wants it away", formula, HOLDS);
        }
        for tally in &self.refusing {
            let place = words::place(tally, node);
            let count = tally.at(node).unwrap_or(0);
            let named = self.named(tally, node, |pod| self.refusals(pod, &tally.key) > 0);
            if count > 0 {
                against.push(format!(
                    "required anti-affinity of placed pods keeps the pod away where {place}{named}"
                ));
            }
            if judged {
                let formula = format!("{count} of their terms{named}: {place}");
                let result = if count > 0 {
                    Objection::Existing.reason()
                } else {
                    HOLDS
                };
                why.step(
                    format!("no placed pod wants it away, by {}", tally.key),
                    formula,
                    result,
                );
            }
        }
        against
    }

    /// Some of the pods in the domain of `node` that `wanted` wants, in brackets.
    fn named(&self, tally: &Tally<'_>, node: NodeId, wanted: impl Fn(&Pod) -> bool) -> String {
        let Some(domain) = tally.domain(node) else {
            return String::new();
        };
        let cluster = self.cycle.cluster;
        let nodes = cluster
            .nodes
            .iter()
            .filter(|&(other, _)| tally.domain(other) == Some(domain));
        let placed = nodes.flat_map(|(other, _)| cluster.pods_on(other).map(|(_, pod)| pod));
        let mut keys: Vec<String> = placed
            .filter(|pod: &&Arc<Pod>| wanted(pod))
            .map(|pod| pod.key.to_string())
            .collect();
        keys.sort();
        let more = keys.len().saturating_sub(NAMED);
        keys.truncate(NAMED);
        match (keys.is_empty(), more) {
            (true, _) => String::new(),
            (_, 0) => format!(" ({})", keys.join(", ")),
            _ => format!(" ({} and {more} more)", keys.join(", ")),
        }
    }
}
