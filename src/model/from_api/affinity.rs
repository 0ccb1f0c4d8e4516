//! Affinity.

use serde::{Deserialize, Serialize};

use super::null_is_default;
use super::pod_affinity::PodAffinityObject;
use crate::model::affinity::{NodeAffinity, PreferredTerm};
use crate::model::fault::{Concern, Fault};
use crate::model::intern::Interner;
use crate::model::selector::{NodeSelector, NodeSelectorTerm, Operator, Requirement};

/// `spec.affinity`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_field_names, reason = "the API's names")]
pub struct AffinityObject {
    /// Towards nodes.
    pub node_affinity: Option<NodeAffinityObject>,
    /// Towards pods.
    pub pod_affinity: Option<PodAffinityObject>,
    /// Away from pods.
    pub pod_anti_affinity: Option<PodAffinityObject>,
}

/// `spec.affinity.nodeAffinity`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeAffinityObject {
    /// What must match.
    pub required_during_scheduling_ignored_during_execution: Option<NodeSelectorObject>,
    /// What should match.
    pub preferred_during_scheduling_ignored_during_execution: Option<Vec<PreferredTermObject>>,
}

/// A `NodeSelector`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSelectorObject {
    /// OR-ed.
    #[serde(deserialize_with = "null_is_default")]
    pub node_selector_terms: Vec<TermObject>,
}

/// A `PreferredSchedulingTerm`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct PreferredTermObject {
    /// 1 to 100.
    pub weight: i32,
    /// The term.
    pub preference: TermObject,
}

/// A `NodeSelectorTerm`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TermObject {
    /// On labels.
    #[serde(deserialize_with = "null_is_default")]
    pub match_expressions: Vec<RequirementObject>,
    /// On fields.
    #[serde(deserialize_with = "null_is_default")]
    pub match_fields: Vec<RequirementObject>,
}

/// A `NodeSelectorRequirement`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct RequirementObject {
    /// Label key or field path.
    pub key: String,
    /// The comparison.
    pub operator: String,
    /// What to compare with.
    #[serde(deserialize_with = "null_is_default")]
    pub values: Vec<String>,
}

/// Reads node affinity; operators that there are not become faults of `object`.
pub(super) struct Reader<'a> {
    pub(super) interner: &'a mut Interner,
    pub(super) object: &'a dyn Fn() -> std::sync::Arc<str>,
    pub(super) faults: &'a mut Vec<Fault>,
}

impl Reader<'_> {
    pub(super) fn node_affinity(&mut self, from: &NodeAffinityObject) -> NodeAffinity {
        const PATH: &str = "spec.affinity.nodeAffinity";
        let required = from.required_during_scheduling_ignored_during_execution.as_ref();
        let preferred = from.preferred_during_scheduling_ignored_during_execution.as_ref();
        NodeAffinity {
            required: required.map(|selector| {
                let required = "requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
                self.selector(selector, &format!("{PATH}.{required}"))
            }),
            preferred: preferred.map(|terms| {
                let terms = terms.iter().enumerate().map(|(at, term)| {
                    let preferred = "preferredDuringSchedulingIgnoredDuringExecution";
                    PreferredTerm {
                        weight: term.weight,
                        term: self.term(&term.preference, &format!("{PATH}.{preferred}[{at}].preference")),
                    }
                });
                terms.collect()
            }),
        }
    }

    /// The selector at `path`.
    pub(super) fn node_selector(&mut self, from: &NodeSelectorObject, path: &str) -> NodeSelector {
        self.selector(from, &format!("{path}.nodeSelectorTerms"))
    }

    /// The selector whose terms stand at `path`.
    pub(super) fn selector(&mut self, from: &NodeSelectorObject, path: &str) -> NodeSelector {
        let terms = from.node_selector_terms.iter().enumerate();
        NodeSelector {
            terms: terms
                .map(|(at, term)| self.term(term, &format!("{path}[{at}]")))
                .collect(),
        }
    }

    fn term(&mut self, from: &TermObject, path: &str) -> NodeSelectorTerm {
        NodeSelectorTerm {
            expressions: self.requirements(&from.match_expressions, &format!("{path}.matchExpressions")),
            fields: self.requirements(&from.match_fields, &format!("{path}.matchFields")),
        }
    }

    fn requirements(&mut self, from: &[RequirementObject], path: &str) -> Vec<Requirement> {
        let mut all = Vec::with_capacity(from.len());
        for (at, requirement) in from.iter().enumerate() {
            let Some(operator) = operator(&requirement.operator) else {
                self.faults.push(Fault {
                    object: (self.object)(),
                    concern: Concern::NodeAffinity,
                    field: format!("{path}[{at}].operator"),
                    message: format!(
                        "'{}' is none of In, NotIn, Exists, DoesNotExist, Gt, Lt",
                        requirement.operator
                    ),
                });
                continue;
            };
            all.push(Requirement {
                key: self.interner.string(&requirement.key),
                operator,
                values: requirement
                    .values
                    .iter()
                    .map(|v| self.interner.string(v))
                    .collect(),
            });
        }
        all
    }
}

pub(super) fn operator(text: &str) -> Option<Operator> {
    Some(match text {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        "Gt" => Operator::Gt,
        "Lt" => Operator::Lt,
        _ => return None,
    })
}
