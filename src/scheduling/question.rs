//! Questions about the decision on a pod, and their answers: worked out by the cycle, as everything else that is shown.
//!
//! Lessons ask them of their learners and fill their texts with the answers, so that no number of a lesson is typed.

mod answer;

pub use answer::{Answer, Choice};

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::config::near;
use super::cycle;
use super::plugin::Cycle;
use super::trace::{NodeIndex, Trace};
use super::what_if::Scratch;
use super::{Profiles, plugins};
use crate::model::{Cluster, PodKey};

/// A question about the decision on a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// What is asked.
    pub word: Word,
    /// The pod.
    pub pod: PodKey,
    /// The node, where the word needs one; otherwise empty.
    pub node: String,
    /// The plugin, where one is named; otherwise empty.
    pub plugin: &'static str,
}

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// Which nodes does a filter reject?
    NodesRejected,
    /// Which nodes fit?
    NodesThatFit,
    /// Which nodes may kube-scheduler take: those with the highest total?
    Winner,
    /// How many nodes are rejected?
    RejectedCount,
    /// How many nodes fit?
    FitCount,
    /// How many nodes are there?
    NodeCount,
    /// The total of the node, or what the plugin gives it: normalised, times its weight.
    Score,
    /// What the plugin gives the node, before it is normalised.
    Raw,
    /// What the plugin gives the node, normalised to 0 to 100.
    Normalized,
    /// The plugin's weight.
    Weight,
    /// The filter that kube-scheduler reports for the node.
    FirstFailure,
    /// Every filter that rejects the node.
    Failures,
    /// What the filters say against the node.
    Reason,
    /// What kube-scheduler says of a pod that fits nowhere.
    Message,
    /// The nodes on which deleting pods makes room, of which kube-scheduler takes one.
    RoomOn,
    /// The pods that would have to go from the node.
    Victims,
}

/// Whether a word takes a node or a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    No,
    Maybe,
    Must,
}

/// The words as they are written, and what they take: a node, a plugin.
const WORDS: [(&str, Word, Takes, Takes); 16] = {
    use Takes::{Maybe, Must, No};
    [
        ("nodes-rejected", Word::NodesRejected, No, No),
        ("nodes-that-fit", Word::NodesThatFit, No, No),
        ("winner", Word::Winner, No, No),
        ("rejected-count", Word::RejectedCount, No, No),
        ("fit-count", Word::FitCount, No, No),
        ("node-count", Word::NodeCount, No, No),
        ("score", Word::Score, Must, Maybe),
        ("raw", Word::Raw, Must, Must),
        ("normalized", Word::Normalized, Must, Must),
        ("weight", Word::Weight, No, Must),
        ("first-failure", Word::FirstFailure, Must, No),
        ("failures", Word::Failures, Must, No),
        ("reason", Word::Reason, Must, No),
        ("message", Word::Message, No, No),
        ("room-on", Word::RoomOn, No, No),
        ("victims", Word::Victims, Must, No),
    ]
};

/// Why a text is no question: what is wrong, and what to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadQuestion {
    /// What is wrong.
    pub message: String,
    /// What to try.
    pub hint: String,
}

impl BadQuestion {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for BadQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.message, self.hint)
    }
}

impl Question {
    /// Reads `WORD pod [NS/]POD [node NODE] [plugin PLUGIN]`; a pod without a namespace is in `default`.
    ///
    /// # Errors
    /// What cannot be read, and what to try.
    pub fn parse(text: &str) -> Result<Self, BadQuestion> {
        let mut parts = text.split_whitespace();
        let written = parts.next().unwrap_or_default();
        let Some(&(_, word, nodes, plugins)) = WORDS.iter().find(|(name, ..)| *name == written) else {
            let known = WORDS.iter().map(|(name, ..)| *name);
            let hint = match near(written, known.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", known.collect::<Vec<_>>().join(", ")),
            };
            return Err(BadQuestion::new(
                format!("nothing is asked with `{written}`"),
                hint,
            ));
        };
        let mut of: HashMap<&str, &str> = HashMap::new();
        while let Some(name) = parts.next() {
            let hint = format!("write `{}`", form(written, nodes, plugins));
            if !matches!(name, "pod" | "node" | "plugin") {
                return Err(BadQuestion::new(format!("`{name}` is not expected there"), hint));
            }
            let Some(value) = parts.next() else {
                return Err(BadQuestion::new(format!("no name follows `{name}`"), hint));
            };
            of.insert(name, value);
        }
        for (name, takes) in [("pod", Takes::Must), ("node", nodes), ("plugin", plugins)] {
            let wrong = match (takes, of.contains_key(name)) {
                (Takes::Must, false) => format!("`{written}` needs a {name}"),
                (Takes::No, true) => format!("`{written}` takes no {name}"),
                _ => continue,
            };
            let hint = format!("write `{}`", form(written, nodes, plugins));
            return Err(BadQuestion::new(wrong, hint));
        }
        let pod = of.get("pod").copied().unwrap_or_default();

        Ok(Self {
            word,
            pod: PodKey::parse(pod, "default")
                .map_err(|error| BadQuestion::new(error.to_string(), "write NAME, or NAMESPACE/NAME"))?,
            node: of.get("node").copied().unwrap_or_default().to_owned(),
            plugin: match of.get("plugin") {
                Some(name) => plugin(name)?,
                None => "",
            },
        })
    }

    /// The answer on `cluster`, each question about one pod by the same cycle. A pod that is bound is first taken off its
    /// node.
    pub fn answer_all(
        questions: &[Self],
        cluster: &Cluster,
        nodes: &Arc<NodeIndex>,
        profiles: &mut Profiles,
    ) -> Vec<Answer> {
        let mut judged: HashMap<&PodKey, Option<Trace>> = HashMap::new();
        let answers = questions.iter().map(|question| {
            let trace = judged
                .entry(&question.pod)
                .or_insert_with(|| judge(&question.pod, cluster, nodes, profiles));
            match trace {
                Some(trace) => answer::answer(question, trace, cluster),
                None => Answer::Unknown(format!("there is no pod {}", question.pod)),
            }
        });
        answers.collect()
    }
}

fn judge(key: &PodKey, cluster: &Cluster, nodes: &Arc<NodeIndex>, profiles: &mut Profiles) -> Option<Trace> {
    let pod = cluster.pod(key)?;
    let profile = profiles.get(&pod.spec.scheduler_name);
    if pod.node_name.is_none() {
        return Some(cycle::run(Cycle { cluster, pod }, &profile, nodes));
    }
    let scratch = Scratch::new(cluster.clone(), pod);
    let nodes = Arc::new(cycle::node_index(scratch.cluster()));
    let cycle = Cycle {
        cluster: scratch.cluster(),
        pod: scratch.pod(),
    };
    Some(cycle::run(cycle, &profile, &nodes))
}

fn plugin(name: &str) -> Result<&'static str, BadQuestion> {
    if let Some(row) = plugins::row(name) {
        return Ok(row.name);
    }
    let hint = match near(name, plugins::TABLE.iter().map(|row| row.name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`berth plugins` lists them".to_owned(),
    };
    Err(BadQuestion::new(format!("there is no plugin `{name}`"), hint))
}

fn form(word: &str, node: Takes, plugin: Takes) -> String {
    let part = |takes, text: &str| match takes {
        Takes::No => String::new(),
        Takes::Maybe => format!(" [{text}]"),
        Takes::Must => format!(" {text}"),
    };
    let (node, plugin) = (part(node, "node NODE"), part(plugin, "plugin PLUGIN"));
    format!("{word} pod [NS/]POD{node}{plugin}")
}
