//! Answers.

use std::fmt;

use super::{Question, Word};
use crate::model::{Cluster, NodeId};
use crate::scheduling::message;
use crate::scheduling::trace::{ScoreColumn, Trace};

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Some of these.
    Choices(Vec<Choice>),
    /// A number, and what it is the sum of, where it is one.
    Number {
        /// The number.
        value: i64,
        /// The parts by name.
        parts: Vec<(&'static str, i64)>,
    },
    /// Words.
    Text(String),
    /// It cannot be said, and why.
    Unknown(String),
}

/// Something that may be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its name.
    pub name: String,
    /// Whether it belongs to the answer.
    pub is: bool,
    /// Why it does, or does not.
    pub why: String,
}

impl Answer {
    /// The names that belong to the answer.
    pub fn chosen(&self) -> impl Iterator<Item = &str> {
        let choices = match self {
            Self::Choices(choices) => choices.as_slice(),
            _ => &[],
        };
        choices
            .iter()
            .filter(|choice| choice.is)
            .map(|choice| choice.name.as_str())
    }
}

impl fmt::Display for Answer {
    /// As it stands in a text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Choices(_) => {
                let names: Vec<&str> = self.chosen().collect();
                match names.as_slice() {
                    [] => f.write_str("none"),
                    [one] => f.write_str(one),
                    [first @ .., last] => write!(f, "{} and {last}", first.join(", ")),
                }
            }
            Self::Number { value, .. } => write!(f, "{value}"),
            Self::Text(text) => f.write_str(text),
            Self::Unknown(_) => f.write_str("…"),
        }
    }
}

/// What `trace` says to `question`.
pub(super) fn answer(question: &Question, trace: &Trace, cluster: &Cluster) -> Answer {
    let node = trace.nodes.id(&question.node);
    if !question.node.is_empty() && node.is_none() {
        return Answer::Unknown(format!("there is no node {}", question.node));
    }
    match (question.word, node) {
        (Word::NodesRejected, _) => nodes(trace, |node| trace.feasible_index(node).is_none()),
        (Word::NodesThatFit, _) => nodes(trace, |node| trace.feasible_index(node).is_some()),
        (Word::Winner, _) => nodes(trace, |node| trace.decision.chosen().contains(&node)),
        (Word::RejectedCount, _) => number(trace.nodes.ids.len() - trace.feasible.len()),
        (Word::FitCount, _) => number(trace.feasible.len()),
        (Word::NodeCount, _) => number(trace.nodes.ids.len()),
        (Word::Message, _) => Answer::Text(message::unschedulable(trace)),
        (Word::RoomOn, _) => room_on(trace),
        (Word::Weight, _) => match trace
            .scores
            .iter()
            .find(|column| column.plugin == question.plugin)
        {
            Some(column) => number(usize::try_from(column.weight).unwrap_or_default()),
            None => Answer::Unknown(format!("{} did not score", question.plugin)),
        },
        (Word::Score | Word::Raw | Word::Normalized, Some(node)) => score(question, trace, node),
        (Word::FirstFailure, Some(node)) => {
            let first = trace.first_failure(node).map(|(plugin, _)| plugin);
            filters(trace, node, |plugin| first == Some(plugin))
        }
        (Word::Failures, Some(node)) => filters(trace, node, |plugin| {
            trace.rejections(node).any(|(rejector, _)| rejector == plugin)
        }),
        (Word::Reason, Some(node)) => Answer::Text(against(trace, node)),
        (Word::Victims, Some(node)) => victims(trace, cluster, node),
        (_, None) => Answer::Unknown("no node is named".to_owned()),
    }
}

fn number(value: usize) -> Answer {
    Answer::Number {
        value: value as i64,
        parts: Vec::new(),
    }
}

fn nodes(trace: &Trace, is: impl Fn(NodeId) -> bool) -> Answer {
    let choices = trace.nodes.ids.iter().map(|&node| Choice {
        name: trace.nodes.name(node).to_owned(),
        is: is(node),
        why: match trace.total(node) {
            Some(total) => format!("it fits, with a total of {total}"),
            None if trace.feasible_index(node).is_some() => "it fits".to_owned(),
            None => against(trace, node),
        },
    });
    Answer::Choices(choices.collect())
}

/// What speaks against `node`, filter by filter.
fn against(trace: &Trace, node: NodeId) -> String {
    if trace.excluded(node) {
        return "it is not among the nodes that PreFilter leaves".to_owned();
    }
    let mut said: Vec<String> = trace
        .rejections(node)
        .map(|(plugin, status)| format!("{plugin} says {}", status.message()))
        .collect();
    if let Some((plugin, status)) = trace.pre_filter_failure() {
        said.push(format!("{plugin} says {}", status.message()));
    }
    if said.is_empty() {
        return "no filter has anything against it".to_owned();
    }
    said.join("; ")
}

fn filters(trace: &Trace, node: NodeId, is: impl Fn(&str) -> bool) -> Answer {
    let choices = trace.filters.iter().map(|column| Choice {
        name: column.plugin.to_owned(),
        is: is(column.plugin),
        why: if column.rejects(node) {
            format!("it says {}", column.get(node).message())
        } else {
            "it has nothing against the node".to_owned()
        },
    });
    Answer::Choices(choices.collect())
}

fn score(question: &Question, trace: &Trace, node: NodeId) -> Answer {
    let Some(at) = trace.feasible_index(node) else {
        return Answer::Unknown(format!("{} does not fit, and has no score", question.node));
    };
    let weighted =
        |column: &ScoreColumn| column.normalized.get(at).copied().unwrap_or_default() * column.weight;
    if question.plugin.is_empty() {
        let Some(value) = trace.total(node) else {
            return Answer::Unknown("nothing was scored".to_owned());
        };
        let parts = trace
            .scores
            .iter()
            .map(|column| (column.plugin, weighted(column)));
        return Answer::Number {
            value,
            parts: parts.collect(),
        };
    }
    let Some(column) = trace
        .scores
        .iter()
        .find(|column| column.plugin == question.plugin)
    else {
        return Answer::Unknown(format!("{} did not score", question.plugin));
    };
    let value = match question.word {
        Word::Raw => column.raw.get(at).copied(),
        Word::Normalized => column.normalized.get(at).copied(),
        _ => Some(weighted(column)),
    };
    match value {
        Some(value) => Answer::Number {
            value,
            parts: Vec::new(),
        },
        None => Answer::Unknown(format!("{} did not score", question.plugin)),
    }
}

fn room_on(trace: &Trace) -> Answer {
    let found = trace.post_filter.as_ref();
    let choices = trace.nodes.ids.iter().map(|&node| {
        let candidate = found.and_then(|found| found.candidates.iter().find(|one| one.node == node));
        Choice {
            name: trace.nodes.name(node).to_owned(),
            is: found.is_some_and(|found| found.best.contains(&node)),
            why: match candidate {
                Some(candidate) => {
                    let victims: Vec<String> = candidate
                        .victims
                        .iter()
                        .map(|victim| victim.key.to_string())
                        .collect();
                    format!("{} would have to go", victims.join(", "))
                }
                None => "no pod's going makes room there".to_owned(),
            },
        }
    });
    Answer::Choices(choices.collect())
}

fn victims(trace: &Trace, cluster: &Cluster, node: NodeId) -> Answer {
    let found = trace.post_filter.iter().flat_map(|found| &found.candidates);
    let victims = found.filter(|one| one.node == node).flat_map(|one| &one.victims);
    let victims: Vec<_> = victims.map(|victim| &victim.key).collect();
    let choices = cluster.pods_on(node).map(|(_, pod)| Choice {
        name: pod.key.to_string(),
        is: victims.contains(&&pod.key),
        why: format!("its priority is {}", pod.spec.priority),
    });
    let mut choices: Vec<Choice> = choices.collect();
    choices.sort_by(|a, b| a.name.cmp(&b.name));
    Answer::Choices(choices)
}
