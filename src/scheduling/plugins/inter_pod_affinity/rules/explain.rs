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
        let mut why = Explanation::new("which pods are near the node suits the pod, and it suits them");
        self.inputs(node, &mut why);
        let mut summaries: Vec<String> = self.company(node, objection, &mut why).into_iter().collect();
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
    fn company(&self, node: NodeId, objection: Option<Objection>, why: &mut Explanation) -> Option<String> {
        if self.near.is_empty() {
            return None;
        }
        let fails = objection == Some(Objection::Affinity);
        let matching: i64 = self
            .matching
            .iter()
            .flat_map(|group| group.nodes.iter())
            .map(|(_, n)| i64::from(n))
            .sum();
        let terms: Vec<String> = self
            .affinity
            .iter()
            .map(|term| words::term(term.listed.term))
            .collect();
        let terms = terms.join(" and ");
        let mut against = None;
        for tally in &self.near {
            let place = words::place(tally, node);
            let (count, is_there) = match tally.at(node) {
                Some(count) => (count, true),
                None => (0, false),
            };
            let near = format!("{count} of the {} that match ({terms}): {place}", pods(matching));
            let result = if fails && count == 0 {
                Objection::Affinity.reason()
            } else {
                HOLDS
            };
            if fails && count == 0 && against.is_none() {
                against = Some(if is_there {
                    format!("no pod that the required affinity asks for is where {place}")
                } else {
                    format!("the node has {place}, which the required affinity goes by")
                });
            }
            why.step(format!("pods to be with, by {}", tally.key), near, result);
        }
        if self.is_first(&Without::default()) {
            let itself = "no placed pod matches all the terms, and the pod itself does";
            why.step("first of its series", itself, HOLDS);
        } else if fails && matching == 0 {
            let itself = if self.matches_itself {
                "matches"
            } else {
                "does not match"
            };
            against = against
                .map(|text| format!("{text}; none is anywhere, and the pod itself {itself} all the terms"));
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
                let formula = format!("{count} terms of placed pods{named}: {place}");
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
