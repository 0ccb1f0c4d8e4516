//! Lessons: what is told, what is to be done, what is asked. Files of Markdown, read into plain values; no I/O.
//!
//! ```text
//! assets/lessons/NAME.md ──parse──▶ Lesson: steps, each with text, deeds, goals, hints, a question
//!                                     goals ──holds──▶ what the cluster says      (requests: cli/learn)
//!                                     questions ──────▶ scheduling::question      (the cycle)
//! ```
//! A step is done when its goals hold on the cluster, whatever was pressed. docs/lessons.md describes the file.

pub mod deed;
mod error;
pub mod export;
pub mod field;
mod front;
pub mod goal;
pub mod guess;
mod kinds;
mod library;
mod parse;
pub mod progress;
mod text;

pub use deed::{Deed, Request};
pub use error::LessonError;
pub use front::Cluster;
pub use goal::{Goal, Met};
pub use guess::Guess;
pub use kinds::{KINDS, Kind};
pub use library::{all, named, names};
pub use progress::{Book, Progress};
pub use text::{Block, Piece, Text};

use crate::scheduling::question::Question;

/// A lesson.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// What it is called on the command line.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// What is learnt, in a sentence.
    pub learn: String,
    /// How many minutes it takes, about, where that is said.
    pub minutes: Option<u16>,
    /// The lessons that it builds on, by name.
    pub builds_on: Vec<String>,
    /// The cluster that it begins with.
    pub cluster: Cluster,
    /// A `KubeSchedulerConfiguration` by which pods are judged, where it has one.
    pub profiles: Option<String>,
    /// The schedulerNames that are the learner's; `berth` where it says nothing.
    pub scheduler_names: Vec<String>,
    /// The steps; there is at least one.
    pub steps: Vec<Step>,
}

/// A step of a lesson.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Its heading.
    pub title: String,
    /// What is told.
    pub text: Vec<Block>,
    /// What is done to the cluster before it begins.
    pub setup: Vec<Deed>,
    /// What has to hold on the cluster for it to be done.
    pub goals: Vec<Goal>,
    /// What does that, for a learner who begins with a later step.
    pub done: Vec<Deed>,
    /// What helps, one after the other.
    pub hints: Vec<Vec<Block>>,
    /// What is to be predicted.
    pub ask: Option<Ask>,
    /// What is told once that was answered.
    pub reveal: Vec<Block>,
}

/// A prediction that is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// In words.
    pub text: Text,
    /// What is computed.
    pub question: Question,
}

impl Lesson {
    /// Reads a lesson called `name`; errors call it `file`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Self, LessonError> {
        parse::lesson(name, text).map_err(|error| error.of(file))
    }

    /// How long it takes, and what it builds on, in words; `None` where neither is said.
    pub fn takes(&self) -> Option<String> {
        let minutes = self.minutes.map(|minutes| format!("About {minutes} minutes."));
        let builds_on = match self.builds_on.as_slice() {
            [] => None,
            [one] => Some(format!("Builds on {one}.")),
            [first @ .., last] => Some(format!("Builds on {} and {last}.", first.join(", "))),
        };
        let said: Vec<String> = minutes.into_iter().chain(builds_on).collect();
        (!said.is_empty()).then(|| said.join(" "))
    }

    /// What has to be done to a new cluster so that step `at` can begin, in order: each earlier step's setup and what does
    /// it, and the step's own setup.
    pub fn deeds_to(&self, at: usize) -> impl Iterator<Item = &Deed> {
        let before = self.steps.iter().take(at);
        let before = before.flat_map(|step| step.setup.iter().chain(&step.done));
        let own = self.steps.get(at).into_iter().flat_map(|step| &step.setup);
        before.chain(own)
    }
}

impl Step {
    /// Every question in its texts, and the one that it asks.
    pub fn questions(&self) -> Vec<Question> {
        let blocks = self
            .text
            .iter()
            .chain(&self.reveal)
            .chain(self.hints.iter().flatten());
        let texts = blocks
            .flat_map(Block::texts)
            .chain(self.ask.iter().map(|ask| &ask.text));
        let mut all: Vec<Question> = texts.flat_map(Text::questions).cloned().collect();
        all.extend(self.ask.iter().map(|ask| ask.question.clone()));
        all
    }
}
