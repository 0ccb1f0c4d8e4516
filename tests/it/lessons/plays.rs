//! The scripts in `tests/lessons`: how each lesson is played to its end, and how it is played wrongly.

use std::path::Path;

use berth::lesson::Deed;
use berth::lesson::deed;
use serde::Deserialize;

use super::learner::Learner;

/// A lesson's script.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Play {
    /// What is done in each step.
    pub(crate) right: Vec<Vec<Act>>,
    /// What does not do.
    pub(crate) wrong: Vec<Wrong>,
}

/// What a learner does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub(crate) enum Act {
    /// Predicts, and is right.
    Predict(String),
    /// Places a pod with keys: `POD`, or `POD on NODE`.
    Place(String),
    /// Selects a pod with keys.
    Choose(String),
    /// Goes to a node with keys.
    Node(String),
    /// Waits until some node fits the pod.
    Fits(String),
    /// Presses keys.
    Press(String),
    /// Sends requests, in the lesson's own words for deeds.
    Send(String),
    /// Has the confirmation of a dialog come through, typing this into it first.
    Confirm(String),
}

/// What does not do, after the steps before it were done.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wrong {
    /// The step, counted from 1.
    pub(crate) step: usize,
    /// A wrong prediction.
    pub(crate) predict: Option<String>,
    /// What is told of it: each of these is in it.
    #[serde(default)]
    pub(crate) told: Vec<String>,
    /// Something that does not reach the goal.
    #[serde(default)]
    pub(crate) acts: Vec<Act>,
    /// What is said of the goal then.
    pub(crate) says: Option<String>,
}

impl Play {
    pub(crate) fn of(lesson: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/lessons/{lesson}.yaml"));
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("the lesson {lesson} has no play: {}: {error}", file.display()));
        serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }
}

impl Act {
    pub(crate) async fn does(&self, learner: &mut Learner) {
        match self {
            Self::Predict(typed) => {
                let at = learner.class().at;
                learner.predict(typed).await;
                let guess = learner.class().guesses.get(&at);
                let guess =
                    guess.unwrap_or_else(|| panic!("{typed} is no prediction: {:?}", learner.state.overlay));
                assert!(guess.right, "step {}: {guess:?}", at + 1);
            }
            Self::Place(text) => match text.split_once(" on ") {
                Some((pod, node)) => learner.place(pod, Some(node)).await,
                None => learner.place(text, None).await,
            },
            Self::Fits(pod) => {
                let fits =
                    |row: &berth::engine::view::Waiting| row.fit.as_ref().is_some_and(|fit| fit.feasible > 0);
                learner
                    .until("a node fits", |state| {
                        state
                            .view
                            .waiting
                            .iter()
                            .any(|row| *row.pod.key.name == **pod && fits(row))
                    })
                    .await;
            }
            Self::Node(node) => learner.point_at(node).await,
            Self::Choose(pod) => learner.choose(pod).await,
            Self::Press(keys) => learner.press(keys).await,
            Self::Send(text) => {
                learner.set_up().await;
                let sent = learner.request(&deeds(text)).await;
                sent.unwrap_or_else(|error| panic!("{error}"));
            }
            Self::Confirm(typed) => {
                learner.press(typed).await;
                learner.confirm().await;
            }
        }
    }
}

pub(super) fn deeds(text: &str) -> Vec<Deed> {
    let lines: Vec<&str> = text.lines().collect();
    deed::parse(&lines, 1).unwrap_or_else(|error| panic!("{error}: {}", error.hint))
}
