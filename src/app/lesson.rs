//! A lesson as it is taken: where the learner is, what holds, what was predicted.
//!
//! The lesson itself is a value ([`crate::lesson`]); the cluster is checked outside, whose results come as [`Told`].

mod covered;
mod form;
mod lines;
mod shell;

pub(super) use covered::Veil;
pub use covered::tells;
pub use form::Form;
pub(super) use lines::key;
pub use lines::{footer, title};
pub use shell::Shell;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tui_input::Input;

use super::prose::Line;
use crate::engine::study::StudyId;
use crate::engine::view::Waiting;
use crate::lesson::{Ask, Block, Goal, Guess, Lesson, Met, Progress, Step};
use crate::model::PodKey;
use crate::scheduling::question::{Answer, Question};

/// What the app wants of whoever runs the lesson's cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Begin this step: do its setup, then tell how its goals stand, whenever that changes.
    Enter(usize),
    /// A new cluster, set up so that this step can begin; [`super::Msg::Connected`] tells that it is there.
    Restart(usize),
    /// Write this down.
    Keep(Progress),
    /// Whether nothing is to be said on the cluster of pods that fit nowhere: it would tell the answer.
    Silence(bool),
}

/// What whoever runs the lesson's cluster tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// How the goals of this step stand.
    Checked(usize, Vec<Met>),
    /// Something that the lesson does to its cluster has failed.
    Failed(String),
}

/// The lesson that is taken.
#[derive(Clone, Debug)]
pub struct Class {
    /// The lesson.
    pub lesson: Arc<Lesson>,
    /// What a shell is told, so that commands reach its cluster.
    pub shell: Shell,
    /// What comes after it, where it is known.
    pub next: Option<Arc<str>>,
    /// The step that is shown.
    pub at: usize,
    /// The step that is to be done.
    pub reached: usize,
    /// Whether the last step is done.
    pub finished: bool,
    /// How the goals of the step that is to be done stand; empty until they were looked at.
    pub met: Vec<Met>,
    /// Whether they all held once.
    pub done: bool,
    /// How many hints are shown of each step.
    pub hints: BTreeMap<usize, usize>,
    /// What was predicted, by step.
    pub guesses: BTreeMap<usize, Guess>,
    /// Whether earlier predictions were right, by step.
    pub kept: BTreeMap<usize, bool>,
    /// What has failed.
    pub failed: Option<String>,
    /// How much is shown.
    pub form: Form,
    /// The text, wrapped.
    pub lines: Vec<Line>,
    /// How the goals stand, wrapped: they are below the text.
    pub foot: Vec<Line>,
    /// The first line shown.
    pub offset: usize,
    /// What is to be shown next, wherever it begins.
    pub(super) news: Option<News>,
    /// By step: what was said in one stays as it was when the cluster has moved on.
    pub(super) answers: BTreeMap<usize, HashMap<Question, Answer>>,
    /// The step that answers were asked for, and the cluster then: its generation, and who waited.
    pub(super) asked: Option<(usize, u64, Arc<[Waiting]>)>,
    /// What is being worked out, for which step.
    pub(super) study: Option<(StudyId, usize, Vec<Question>)>,
    /// What is shown instead of the view while a prediction is asked for.
    pub(super) veil: Option<Veil>,
    /// What was last wished of saying something of pods that fit nowhere.
    pub(super) silent: Option<bool>,
}

/// Why decisions are kept back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptBack<'a> {
    /// Something about this pod is to be predicted now.
    Now(&'a PodKey),
    /// It is in the next step.
    Next(&'a PodKey),
}

/// What is new in the text of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// What became of the prediction.
    Told,
    /// A hint.
    Hint,
}

/// The dialog that asks for a prediction.
#[derive(Clone, Debug, Default)]
pub struct Guessing {
    /// What is typed.
    pub input: Input,
    /// What is wrong with it.
    pub error: Option<String>,
}

impl Class {
    /// The lesson, from where `progress` has it.
    pub fn new(lesson: Arc<Lesson>, shell: Shell, next: Option<Arc<str>>, progress: &Progress) -> Self {
        let last = lesson.steps.len().saturating_sub(1);
        let step = if progress.finished {
            0
        } else {
            progress.step.min(last)
        };
        let kept = if progress.finished {
            BTreeMap::new()
        } else {
            progress.guesses.clone()
        };
        Self {
            lesson,
            shell,
            next,
            at: step,
            reached: step,
            finished: false,
            met: Vec::new(),
            done: false,
            hints: BTreeMap::new(),
            guesses: BTreeMap::new(),
            kept,
            failed: None,
            form: Form::default(),
            lines: Vec::new(),
            foot: Vec::new(),
            offset: 0,
            news: None,
            answers: BTreeMap::new(),
            asked: None,
            study: None,
            veil: None,
            silent: None,
        }
    }

    /// How many of so many rows the text has; the goals have the rest, half of them at most, with a line above them where
    /// more text would follow or goes before.
    pub fn text_rows(&self, rows: usize) -> usize {
        let room = rows - self.foot.len().min(rows / 2);
        room - usize::from(self.lines.len() > room && !self.foot.is_empty())
    }

    /// The step that is shown.
    pub fn step(&self) -> Option<&Step> {
        self.lesson.steps.get(self.at)
    }

    /// What is to be predicted in the step that is shown, before it goes on.
    pub fn asks(&self) -> Option<&Ask> {
        let open = self.at == self.reached && !self.guesses.contains_key(&self.at) && !self.finished;
        self.step()?.ask.as_ref().filter(|_| open)
    }

    /// The pod of which something is to be predicted, in the step that is to be done; otherwise in the next one, where the
    /// screen is not needed to place a pod before.
    pub fn kept_back(&self) -> Option<KeptBack<'_>> {
        if self.finished {
            return None;
        }
        let ask = |at: usize| self.lesson.steps.get(at)?.ask.as_ref();
        if let Some(ask) = ask(self.reached).filter(|_| !self.guesses.contains_key(&self.reached)) {
            return Some(KeptBack::Now(&ask.question.pod));
        }
        let step = self.lesson.steps.get(self.reached)?;
        let places = step.goals.iter().any(Goal::is_placed);
        let next = ask(self.reached + 1).filter(|_| !places)?;
        Some(KeptBack::Next(&next.question.pod))
    }

    /// The hints of the step that is shown, while they are of use: those for a prediction are not, once it is made.
    pub fn useful_hints(&self) -> &[Vec<Block>] {
        let Some(step) = self.step() else {
            return &[];
        };
        let is_told = step.ask.is_some() && step.goals.is_empty() && self.asks().is_none();
        if is_told { &[] } else { &step.hints }
    }

    /// Whether all that the step which is to be done needs is there.
    pub fn may_go_on(&self) -> bool {
        let step = self.lesson.steps.get(self.reached);
        let goals = step.is_none_or(|step| step.goals.is_empty());
        let asks = step.is_some_and(|step| step.ask.is_some()) && !self.guesses.contains_key(&self.reached);
        (goals || self.done) && !asks
    }

    /// The answer to `question` in the step that is shown, as far as it is known.
    pub fn answer(&self, question: &Question) -> Option<&Answer> {
        self.answers.get(&self.at)?.get(question)
    }

    /// What the dialog that asks for a prediction says: the question, and what can be typed or what is wrong with it.
    pub fn guessing(&self, dialog: &Guessing) -> (String, String) {
        let Some(ask) = self.asks() else {
            return (String::new(), String::new());
        };
        let answer = |question: &Question| {
            self.answer(question)
                .map_or_else(|| "…".to_owned(), ToString::to_string)
        };
        let help = match (&dialog.error, self.answer(&ask.question)) {
            (Some(error), _) => error.clone(),
            (None, Some(Answer::Choices(choices))) => {
                let names: Vec<&str> = choices.iter().map(|choice| choice.name.as_str()).collect();
                format!("some of {}, or none", names.join(", "))
            }
            (None, Some(Answer::Number { .. })) => "a whole number".to_owned(),
            (None, _) => String::new(),
        };
        (ask.text.plain(&answer), help)
    }

    /// What is to be written down.
    pub fn progress(&self) -> Progress {
        let mut guesses = self.kept.clone();
        guesses.extend(self.guesses.iter().map(|(&step, guess)| (step, guess.right)));
        Progress {
            step: self.reached,
            finished: self.finished,
            guesses,
        }
    }

    /// Forgets what belongs to a cluster that is left.
    pub(super) fn moves(&mut self) {
        (self.asked, self.study) = (None, None);
        (self.veil, self.silent) = (None, None);
    }

    /// Begins with `step`, as if nothing had been done there.
    pub(super) fn begin(&mut self, step: usize) {
        (self.at, self.reached, self.offset) = (step, step, 0);
        (self.done, self.finished) = (false, false);
        self.met.clear();
        self.failed = None;
        self.guesses.retain(|&at, _| at < step);
        self.kept.retain(|&at, _| at < step);
        self.hints.retain(|&at, _| at < step);
        self.answers.retain(|&at, _| at < step);
        self.asked = None;
    }
}
