//! `NodeAffinityArgs`: affinity that the profile adds to that of every pod.

use std::sync::Arc;

use serde::Deserialize;

use super::malformed;
use crate::model::affinity::{NodeAffinity, PreferredTerm};
use crate::model::selector::{NodeSelector, NodeSelectorTerm, Operator, Requirement};
use crate::scheduling::plugins::ArgsError;

/// The arguments as they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Args {
    added_affinity: Option<Affinity>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Affinity {
    required_during_scheduling_ignored_during_execution: Option<Selector>,
    preferred_during_scheduling_ignored_during_execution: Vec<Preferred>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Selector {
    node_selector_terms: Vec<Term>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Preferred {
    weight: i32,
    preference: Term,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Term {
    match_expressions: Vec<Expression>,
    match_fields: Vec<Expression>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Expression {
    key: String,
    operator: String,
    values: Vec<String>,
}

impl Args {
    /// What is added to every pod's affinity. No preferred terms are the same as none given.
    pub(super) fn added(self) -> Result<NodeAffinity, ArgsError> {
        let Some(affinity) = self.added_affinity else {
            return Ok(NodeAffinity::default());
        };
        let required = affinity.required_during_scheduling_ignored_during_execution;
        let required = required.map(|selector| {
            let path = "addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms";
            let terms = selector.node_selector_terms.into_iter().enumerate();
            let terms = terms.map(|(at, term)| term.read(&format!("{path}[{at}]")));
            Ok(NodeSelector {
                terms: terms.collect::<Result<_, _>>()?,
            })
        });
        let preferred = affinity.preferred_during_scheduling_ignored_during_execution;
        let preferred = preferred.into_iter().enumerate().map(|(at, preferred)| {
            let path =
                format!("addedAffinity.preferredDuringSchedulingIgnoredDuringExecution[{at}].preference");
            // Terms without weight are not looked at.
            let weight = preferred.weight;
            match preferred.preference.read(&path) {
                Ok(term) => Ok(Some(PreferredTerm { weight, term })),
                Err(_) if weight == 0 => Ok(None),
                Err(error) => Err(error),
            }
        });
        let preferred: Vec<Option<PreferredTerm>> = preferred.collect::<Result<_, _>>()?;
        Ok(NodeAffinity {
            required: required.transpose()?,
            preferred: (!preferred.is_empty()).then(|| preferred.into_iter().flatten().collect()),
        })
    }
}

impl Term {
    fn read(self, path: &str) -> Result<NodeSelectorTerm, ArgsError> {
        let read = |all: Vec<Expression>, field: &str| {
            let all = all.into_iter().enumerate();
            all.map(|(at, expression)| expression.read(&format!("{path}.{field}[{at}]")))
                .collect::<Result<Vec<Requirement>, ArgsError>>()
        };
        let term = NodeSelectorTerm {
            expressions: read(self.match_expressions, "matchExpressions")?,
            fields: read(self.match_fields, "matchFields")?,
        };
        for (field, problem) in [
            ("matchExpressions", malformed::of_expressions(&term)),
            ("matchFields", malformed::of_fields(&term)),
        ] {
            if let Some((at, problem)) = problem {
                return Err(ArgsError {
                    field: format!("{path}.{field}[{at}]"),
                    message: format!("it {}", problem.as_str()),
                });
            }
        }
        Ok(term)
    }
}

impl Expression {
    fn read(self, path: &str) -> Result<Requirement, ArgsError> {
        let operator = match self.operator.as_str() {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            "Gt" => Operator::Gt,
            "Lt" => Operator::Lt,
            other => {
                return Err(ArgsError {
                    field: format!("{path}.operator"),
                    message: format!("'{other}' is none of In, NotIn, Exists, DoesNotExist, Gt, Lt"),
                });
            }
        };
        Ok(Requirement {
            key: self.key.into(),
            operator,
            values: self.values.into_iter().map(Arc::from).collect(),
        })
    }
}
