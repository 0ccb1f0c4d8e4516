//! How far a learner is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How far a learner is in each lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// By the lesson's name, or its file where it is from one.
    #[serde(default)]
    pub lessons: BTreeMap<String, Progress>,
}

/// How far a learner is in a lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The step that comes next, counted from 0.
    pub step: usize,
    /// Whether the last step is done.
    #[serde(default)]
    pub finished: bool,
    /// Whether what was predicted was right, by step.
    #[serde(default)]
    pub guesses: BTreeMap<usize, bool>,
}

impl Progress {
    /// How many predictions were right, and how many there were.
    pub fn guessed(&self) -> (usize, usize) {
        let right = self.guesses.values().filter(|&&right| right).count();
        (right, self.guesses.len())
    }

    /// In a few words, of a lesson with so many `steps`.
    pub fn says(&self, steps: usize) -> String {
        let guessed = match self.guessed() {
            (_, 0) => String::new(),
            (right, all) => format!(", {right} of {all} predicted"),
        };
        if self.finished {
            return format!("done{guessed}");
        }
        match self.step {
            0 => "begun".to_owned(),
            step => format!("step {} of {steps}{guessed}", step + 1),
        }
    }
}
