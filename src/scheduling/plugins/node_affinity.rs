#![doc = include_str!("node_affinity.md")]

mod args;
mod compiled;
mod hint;
mod malformed;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::args::Args;
pub(super) use self::compiled::CompiledTerm;
use self::words::{failing, inputs, label_input, shown};
use super::Row;
use crate::model::NodeId;
use crate::model::affinity::{NodeAffinity as Affinity, PreferredTerm};
use crate::model::cluster::Event;
use crate::model::fault::{Concern, Fault};
use crate::model::labels::Labels;
use crate::model::selector::{NodeSelector, NodeSelectorTerm, Operator, Requirement};
use crate::scheduling::explanation::{Explanation, HOLDS};
use crate::scheduling::hint::{Hint, Occasion};
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
    build: |setup| {
        let added = setup.args::<Args>()?.added()?;
        Ok(Box::new(NodeAffinity { added }))
    },
};

const REASON: &str = "node(s) didn't match Pod's node affinity/selector";
const ENFORCED: &str = "node(s) didn't match scheduler-enforced node affinity";
const CONFLICT: &str = "pod affinity terms conflict";
const REQUIRED: &str =
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
const ADDED: &str = "addedAffinity";
const PREFERRED: &str = "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution";

#[derive(Debug)]
struct NodeAffinity {
    /// What the profile adds to the affinity of every pod.
    added: Affinity,
}

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
        let added = self.added.required.as_ref();
        if required.is_none() && spec.node_selector.is_none() && added.is_none() {
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
                added: added.map(|added| (added, compiled(&added.terms, cycle))),
                selector: selector.map(|labels| CompiledTerm::of_labels(labels, cycle.cluster)),
                terms: required.map(|required| compiled(&required.terms, cycle)),
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
        let added = self.added.preferred.as_ref();
        if preferred.is_none() && added.is_none() {
            return Some(PreScore::Skip);
        }
        if let Some(text) = preferred.and_then(|preferred| malformed::describe(preferred)) {
            return Some(PreScore::Reject(Status::because(Code::Error, text)));
        }
        let numbered = |terms: Option<&'a Vec<PreferredTerm>>, of| {
            let terms = terms.into_iter().flatten().enumerate();
            let terms = terms.filter(|(_, preferred)| preferred.weight != 0 && preferred.term.can_match());
            terms.map(move |(at, preferred)| PreferredTest {
                of,
                at,
                preferred,
                term: CompiledTerm::new(&preferred.term, cycle.cluster),
            })
        };
        let terms = numbered(added, Of::Profile).chain(numbered(preferred, Of::Pod));
        Some(PreScore::Run(Box::new(Preferred {
            cycle,
            terms: terms.collect(),
            feasible,
        })))
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        change.at_node_without_pods()
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }

    fn hint(&self, cycle: Cycle<'_>, event: &Event) -> Hint {
        hint::hint(self, cycle, event)
    }
}

fn compiled<'a>(terms: &[NodeSelectorTerm], cycle: Cycle<'a>) -> Vec<CompiledTerm<'a>> {
    let terms = terms.iter().map(|term| CompiledTerm::new(term, cycle.cluster));
    terms.collect()
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
    /// What the profile requires, as written and ready to match.
    added: Option<(&'a NodeSelector, Vec<CompiledTerm<'a>>)>,
    selector: Option<CompiledTerm<'a>>,
    terms: Option<Vec<CompiledTerm<'a>>>,
}

impl Filter for Required<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let other = verdicts.intern(Status::because(Code::UnschedulableAndUnresolvable, REASON));
        let enforced = self.added.as_ref().map(|(_, terms)| {
            let status = Status::because(Code::UnschedulableAndUnresolvable, ENFORCED);
            (verdicts.intern(status), terms)
        });
        for &node in nodes {
            if let Some((status, terms)) = &enforced
                && !terms.iter().any(|term| term.matches(node))
            {
                verdicts.set(node, *status);
                continue;
            }
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
        if let Some((added, _)) = &self.added {
            let matches = added.matches(&node.labels, &node.name);
            let path = format!("{ADDED}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms");
            why.profile("added affinity", words::terms(added), path);
            for term in &added.terms {
                term.expressions
                    .iter()
                    .for_each(|r| label_input(node, &r.key, &mut why));
            }
            let formula = format!("the node has {}", words::terms(added));
            why.step(
                "affinity that the profile adds",
                formula,
                if matches { HOLDS } else { ENFORCED },
            );
            if !matches {
                // As upstream: the pod's own affinity is not looked at then.
                "the profile keeps all pods off this node".clone_into(&mut why.summary);
                return why;
            }
        }
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
    /// Those that count.
    terms: Vec<PreferredTest<'a>>,
    feasible: &'a [NodeId],
}

/// A preferred term: whose it is, where it stands there, as written, and ready to match.
struct PreferredTest<'a> {
    of: Of,
    at: usize,
    preferred: &'a PreferredTerm,
    term: CompiledTerm<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Pod,
    Profile,
}

impl Score for Preferred<'_> {
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status> {
        for PreferredTest { preferred, term, .. } in &self.terms {
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
            for PreferredTest {
                of,
                at,
                preferred,
                term,
            } in &self.terms
            {
                let weight = if term.matches(node) { preferred.weight } else { 0 };
                weights.push(weight.to_string());
                let term = &preferred.term;
                let (whose, step) = match of {
                    Of::Pod => (format!("{PREFERRED}[{at}].preference"), "preferred term"),
                    Of::Profile => {
                        let path = "preferredDuringSchedulingIgnoredDuringExecution";
                        (
                            format!("{ADDED}.{path}[{at}].preference"),
                            "the profile's preferred term",
                        )
                    }
                };
                match of {
                    Of::Pod => inputs(term, shown, &whose, &mut why),
                    Of::Profile => {
                        why.profile("added affinity", words::term(term), whose);
                        term.expressions
                            .iter()
                            .for_each(|r| label_input(shown, &r.key, &mut why));
                    }
                }
                let result = failing(term, shown).unwrap_or_else(|| "matches".to_owned());
                why.step(
                    format!("{step} {at}, weight {}", preferred.weight),
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
