#![doc = include_str!("node_affinity.md")]

mod compiled;
mod malformed;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::compiled::CompiledTerm;
use self::words::{failing, inputs, label_input, shown};
use super::Row;
use crate::model::NodeId;
use crate::model::affinity::PreferredTerm;
use crate::model::fault::{Concern, Fault};
use crate::model::labels::Labels;
use crate::model::selector::{NodeSelectorTerm, Operator, Requirement};
use crate::scheduling::explanation::{Explanation, HOLDS};
use crate::scheduling::normalize::Normalization;
use crate::scheduling::plugin::{
    Cycle, Filter, Narrowed, Phase, Plugin, PreFilter, PreScore, Reach, Score, Touch,
};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::FilterColumn;

pub(super) const ROW: Row = Row {
    name: "NodeAffinity",
    phases: &[Phase::PreFilter, Phase::Filter, Phase::PreScore, Phase::Score],
    weight: 2,
    docs: include_str!("node_affinity.md"),
    build: |_| Ok(Box::new(NodeAffinity)),
};

const REASON: &str = "node(s) didn't match Pod's node affinity/selector";
const CONFLICT: &str = "pod affinity terms conflict";
const REQUIRED: &str =
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
const PREFERRED: &str = "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution";

#[derive(Debug)]
struct NodeAffinity;

impl Plugin for NodeAffinity {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        let spec = &cycle.pod.spec;
        if let Some(fault) = Fault::first(&cycle.pod.faults, Concern::NodeAffinity) {
            return Some(PreFilter::Reject(Status::because(Code::Fault, fault.to_string())));
        }
        let required = spec
            .node_affinity
            .as_ref()
            .and_then(|affinity| affinity.required.as_ref());
        if required.is_none() && spec.node_selector.is_none() {
            return Some(PreFilter::Skip);
        }
        let names = required.and_then(|required| names_of(&required.terms));
        if names.as_ref().is_some_and(BTreeSet::is_empty) {
            return Some(PreFilter::Reject(Status::because(
                Code::UnschedulableAndUnresolvable,
                CONFLICT,
            )));
        }
        let selector = spec.node_selector.as_ref();
        Some(PreFilter::Run {
            nodes: names.map(|names| Narrowed::to_names(cycle.cluster, names)),
            filter: Box::new(Required {
                cycle,
                selector: selector.map(|labels| CompiledTerm::of_labels(labels, cycle.cluster)),
                terms: required.map(|required| {
                    let terms = required
                        .terms
                        .iter()
                        .map(|term| CompiledTerm::new(term, cycle.cluster));
                    terms.collect()
                }),
            }),
        })
    }

    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, feasible: &'a [NodeId]) -> Option<PreScore<'a>> {
        let preferred = cycle
            .pod
            .spec
            .node_affinity
            .as_ref()
            .and_then(|affinity| affinity.preferred.as_ref());
        let Some(preferred) = preferred else {
            return Some(PreScore::Skip);
        };
        if let Some(text) = malformed::describe(preferred) {
            return Some(PreScore::Reject(Status::because(Code::Error, text)));
        }
        let terms = preferred.iter().enumerate();
        let terms = terms.filter(|(_, preferred)| preferred.weight != 0 && preferred.term.can_match());
        let terms =
            terms.map(|(at, preferred)| (at, preferred, CompiledTerm::new(&preferred.term, cycle.cluster)));
        Some(PreScore::Run(Box::new(Preferred {
            cycle,
            terms: terms.collect(),
            feasible,
        })))
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        change.at_node_without_pods()
    }
}

/// The nodes that the terms name, where every term names some by `matchFields: metadata.name In`.
fn names_of(terms: &[NodeSelectorTerm]) -> Option<BTreeSet<Arc<str>>> {
    if terms.is_empty() {
        return None;
    }
    let mut all = BTreeSet::new();
    for term in terms {
        let by_name = |r: &&Requirement| &*r.key == "metadata.name" && r.operator == Operator::In;
        let sets = term.fields.iter().filter(by_name);
        let sets = sets.map(|r| r.values.iter().cloned().collect::<BTreeSet<_>>());
        all.extend(sets.reduce(|a, b| a.intersection(&b).cloned().collect())?);
    }
    Some(all)
}

struct Required<'a> {
    cycle: Cycle<'a>,
    selector: Option<CompiledTerm<'a>>,
    terms: Option<Vec<CompiledTerm<'a>>>,
}

impl Filter for Required<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let other = verdicts.intern(Status::because(Code::UnschedulableAndUnresolvable, REASON));
        for &node in nodes {
            let selected = self
                .selector
                .as_ref()
                .is_none_or(|selector| selector.matches(node));
            let wanted = |terms: &Vec<CompiledTerm<'_>>| terms.iter().any(|term| term.matches(node));
            if !selected || !self.terms.as_ref().is_none_or(wanted) {
                verdicts.set(node, other);
            }
        }
    }

    fn explain(&self, node: NodeId) -> Explanation {
        let mut why = Explanation::new("the node is one of those that the pod accepts");
        let Some(node) = self.cycle.cluster.nodes.get(node) else {
            return why;
        };
        let spec = &self.cycle.pod.spec;
        for (key, value) in spec.node_selector.iter().flat_map(Labels::iter) {
            let have = node.labels.get(key);
            let holds = have == Some(&**value);
            why.pod(
                format!("nodeSelector {key}"),
                &**value,
                format!("spec.nodeSelector.{key}"),
            );
            label_input(node, key, &mut why);
            if !holds {
                why.summary = format!("the pod wants {key}={value}; the node has {}", shown(have));
            }
            let formula = format!("{key}: {} = {value}", shown(have));
            why.step("nodeSelector", formula, if holds { HOLDS } else { REASON });
        }
        let Some(required) = spec
            .node_affinity
            .as_ref()
            .and_then(|affinity| affinity.required.as_ref())
        else {
            return why;
        };
        let matching = required
            .terms
            .iter()
            .position(|term| term.matches(&node.labels, &node.name));
        let mut all = Vec::new();
        for (at, term) in required.terms.iter().enumerate() {
            let field = format!("{REQUIRED}[{at}]");
            let failing = failing(term, node);
            inputs(term, node, &field, &mut why);
            all.push(format!(
                "term {at}: {}",
                failing.unwrap_or_else(|| "matches".to_owned())
            ));
        }
        if matching.is_none() {
            why.summary = match all.first() {
                Some(first) if all.len() == 1 => {
                    format!("the required node affinity does not match: {first}")
                }
                Some(_) => format!(
                    "none of the required node affinity terms matches: {}",
                    all.join("; ")
                ),
                None => "the required node affinity has no terms, so it matches no node".to_owned(),
            };
        }
        let formula = if all.is_empty() {
            "no terms".to_owned()
        } else {
            all.join("; ")
        };
        why.step(
            "a required term matches",
            formula,
            if matching.is_some() { HOLDS } else { REASON },
        );
        why
    }
}

struct Preferred<'a> {
    cycle: Cycle<'a>,
    /// Those that count: where they stand in the manifest, as written, and ready to match.
    terms: Vec<(usize, &'a PreferredTerm, CompiledTerm<'a>)>,
    feasible: &'a [NodeId],
}

impl Score for Preferred<'_> {
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status> {
        for (_, preferred, term) in &self.terms {
            for (&node, raw) in nodes.iter().zip(raw.iter_mut()) {
                if term.matches(node) {
                    *raw += i64::from(preferred.weight);
                }
            }
        }
        Ok(())
    }

    fn normalization(&self) -> Normalization {
        Normalization::MoreIsBetter
    }

    fn explain(&self, node: NodeId, raw: i64, normalized: i64) -> Explanation {
        let mut why = Explanation::default();
        let mut weights = Vec::new();
        if let Some(shown) = self.cycle.cluster.nodes.get(node) {
            for (at, preferred, term) in &self.terms {
                let matches = term.matches(node);
                let weight = if matches { preferred.weight } else { 0 };
                weights.push(weight.to_string());
                inputs(
                    &preferred.term,
                    shown,
                    &format!("{PREFERRED}[{at}].preference"),
                    &mut why,
                );
                let result = failing(&preferred.term, shown).unwrap_or_else(|| "matches".to_owned());
                why.step(
                    format!("preferred term {at}, weight {}", preferred.weight),
                    result,
                    weight,
                );
            }
        }
        why.summary = format!("preferred node affinity: weights of the matching terms sum up to {raw}");
        why.step("sum of weights", weights.join(" + "), raw);
        let mut all = vec![0; self.feasible.len()];
        let most = match self.score(self.feasible, &mut all) {
            Ok(()) => all.into_iter().max().unwrap_or(0),
            Err(_) => 0,
        };
        let formula = if most > 0 {
            format!("100 × {raw} / {most}")
        } else {
            "no feasible node has any: as it is".to_owned()
        };
        why.step("against the best node", formula, normalized);
        why
    }
}
