//! Node selectors: which nodes a pod accepts by label and by field.

use std::sync::Arc;

use super::labels::Labels;
use super::syntax;

/// Terms of which at least one must match. No terms match nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeSelector {
    /// The terms, OR-ed.
    pub terms: Vec<NodeSelectorTerm>,
}

impl NodeSelector {
    /// Whether one of the terms matches.
    pub fn matches(&self, labels: &Labels, node_name: &str) -> bool {
        self.terms.iter().any(|term| term.matches(labels, node_name))
    }
}

/// Requirements that must all match. A term without any matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NodeSelectorTerm {
    /// `matchExpressions`, on the node's labels.
    pub expressions: Vec<Requirement>,
    /// `matchFields`; the API server allows `metadata.name` alone.
    pub fields: Vec<Requirement>,
}

impl NodeSelectorTerm {
    /// Whether there is something to match and all of it does.
    pub fn matches(&self, labels: &Labels, node_name: &str) -> bool {
        self.can_match()
            && self.expressions.iter().all(|r| r.matches(labels.get(&r.key)))
            && self.fields.iter().all(|r| r.matches_field(node_name))
    }

    /// Whether it selects anything at all: it is not empty, and nothing in it is malformed. (The API server stores
    /// malformed ones, such as `Gt` with a word; upstream lets them match nothing.)
    pub fn can_match(&self) -> bool {
        !(self.expressions.is_empty() && self.fields.is_empty())
            && self.expressions.iter().all(|r| r.label_problem().is_none())
            && self.fields.iter().all(|r| r.field_problem().is_none())
    }
}

/// One comparison of a label or field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// The label's key or the field's path.
    pub key: Arc<str>,
    /// The comparison.
    pub operator: Operator,
    /// What to compare with; one integer for `Gt` and `Lt`, nothing for `Exists` and `DoesNotExist`.
    pub values: Vec<Arc<str>>,
}

/// How a [`Requirement`] compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// The value is one of those listed.
    In,
    /// The value is none of those listed, or the key is absent.
    NotIn,
    /// The key is there.
    Exists,
    /// The key is absent.
    DoesNotExist,
    /// The value is an integer greater than the one given.
    Gt,
    /// The value is an integer less than the one given.
    Lt,
}

impl Operator {
    /// The API's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::In => "In",
            Self::NotIn => "NotIn",
            Self::Exists => "Exists",
            Self::DoesNotExist => "DoesNotExist",
            Self::Gt => "Gt",
            Self::Lt => "Lt",
        }
    }
}

impl Requirement {
    /// Whether a node with `value` under the key (`None`: key absent) meets the requirement.
    pub fn matches(&self, value: Option<&str>) -> bool {
        let listed = |value: &str| self.values.iter().any(|have| **have == *value);
        match (self.operator, value) {
            (Operator::In, Some(value)) => listed(value),
            (Operator::NotIn, Some(value)) => !listed(value),
            (Operator::Exists, value) => value.is_some(),
            (Operator::DoesNotExist, value) => value.is_none(),
            (Operator::NotIn, None) => true,
            (Operator::In | Operator::Gt | Operator::Lt, None) => false,
            (Operator::Gt, Some(value)) => self.compare(value, |have, want| have > want),
            (Operator::Lt, Some(value)) => self.compare(value, |have, want| have < want),
        }
    }

    /// Whether the node called `name` meets the requirement on a field. Fields other than `metadata.name` read as
    /// empty.
    pub fn matches_field(&self, name: &str) -> bool {
        let value = if &*self.key == "metadata.name" { name } else { "" };
        let Some(wanted) = self.values.first() else {
            return false;
        };
        match self.operator {
            Operator::In => **wanted == *value,
            Operator::NotIn => **wanted != *value,
            _ => false,
        }
    }

    /// What makes it malformed as a requirement on a label.
    pub fn label_problem(&self) -> Option<Problem> {
        if !syntax::is_label_key(&self.key) {
            return Some(Problem::Key);
        }
        let integer = |value: &Arc<str>| value.parse::<i64>().is_ok();
        match self.operator {
            Operator::In | Operator::NotIn if self.values.is_empty() => return Some(Problem::NoValues),
            Operator::Exists | Operator::DoesNotExist if !self.values.is_empty() => {
                return Some(Problem::Values);
            }
            Operator::Gt | Operator::Lt if self.values.len() != 1 => return Some(Problem::NotOneValue),
            Operator::Gt | Operator::Lt if !self.values.iter().all(integer) => {
                return Some(Problem::NoInteger);
            }
            _ => {}
        }
        let label = |value: &Arc<str>| syntax::is_label_value(value);
        (!self.values.iter().all(label)).then_some(Problem::Value)
    }

    /// What makes it malformed as a requirement on a field.
    pub fn field_problem(&self) -> Option<Problem> {
        match self.operator {
            Operator::In | Operator::NotIn => (self.values.len() != 1).then_some(Problem::NotOneValue),
            _ => Some(Problem::FieldOperator),
        }
    }

    fn compare(&self, value: &str, holds: fn(i64, i64) -> bool) -> bool {
        let (Ok(have), Some(Ok(want))) = (value.parse(), self.values.first().map(|v| v.parse())) else {
            return false;
        };
        self.values.len() == 1 && holds(have, want)
    }
}

/// What makes a [`Requirement`] malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The key is no label key.
    Key,
    /// `In` or `NotIn` without values.
    NoValues,
    /// `Exists` or `DoesNotExist` with values.
    Values,
    /// Not exactly one value.
    NotOneValue,
    /// `Gt` or `Lt` with something that is no integer.
    NoInteger,
    /// A value is no label value.
    Value,
    /// An operator that fields do not have.
    FieldOperator,
}

impl Problem {
    /// What is wrong, as the rest of a sentence about the requirement.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "has a key that is no label key",
            Self::NoValues => "has no values to compare with",
            Self::Values => "has values, which its operator does not take",
            Self::NotOneValue => "has not exactly one value",
            Self::NoInteger => "compares with something that is no integer",
            Self::Value => "has a value that is no label value",
            Self::FieldOperator => "has an operator that fields do not have",
        }
    }
}
