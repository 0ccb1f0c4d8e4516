//! The dialog that makes room for a pod: who would have to go, and what is confirmed.

mod question;

pub use self::question::names;

use std::sync::Arc;

use jiff::Timestamp;
use tui_input::Input;

use super::guard::Guard;
use crate::engine::view::Selected;
use crate::model::{NodeId, Pod};
use crate::placing::preempt::{End, Surveyed, VIOLATE};
use crate::placing::reason::ReasonError;
use crate::placing::{Preempted, Preemption, Reason, Survey};
use crate::scheduling::Room;

/// The dialog.
#[derive(Clone, Debug)]
pub struct RoomDialog {
    /// The pod that fits nowhere.
    pub pod: Arc<Pod>,
    /// The nodes where room can be made, those first that kube-scheduler may nominate.
    pub candidates: Vec<Candidate>,
    /// Which of them.
    pub at: usize,
    /// What is known of it.
    pub found: Found,
    /// Whether others had to go when it was confirmed, so that it is asked again.
    pub changed: bool,
    /// The reason, as it is typed.
    pub reason: Input,
    /// The word about budgets, as it is typed where it has to be.
    pub word: Input,
    /// Which of the two the keys go to.
    pub field: Field,
    /// What is wrong with what was typed.
    pub error: Option<Missing>,
    /// How far it is.
    pub step: Step,
    /// The first line shown.
    pub offset: usize,
    /// Whether Enter is taken as meant for it.
    pub guard: Guard,
}

/// A node where room can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The node.
    pub node: Arc<str>,
    /// How many pods would have to go.
    pub victims: usize,
    /// Whether kube-scheduler may nominate it.
    pub best: bool,
}

/// What is known of making room on a node.
#[derive(Clone, Debug)]
pub enum Found {
    /// It is being looked up.
    Looking,
    /// This would have to go.
    Room(Box<Survey>),
    /// There is room, or pods are on their way out to make it: nobody else has to go.
    UnderWay,
    /// Nothing can be done, for this reason.
    Nothing(String),
}

/// What is typed in the dialog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Field {
    /// The reason.
    #[default]
    Reason,
    /// The word about budgets.
    Word,
}

/// What keeps Enter from confirming.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The reason is none.
    #[error("{0}")]
    Reason(#[from] ReasonError),
    /// Budgets are gone against.
    #[error("it goes against budgets: type {VIOLATE} to do it all the same")]
    Word,
    /// Who has to go is not known yet.
    #[error("who has to go is still being looked up: in a moment")]
    Looking,
}

/// How far the dialog is.
#[derive(Clone, Debug)]
pub enum Step {
    /// Asking.
    Asking,
    /// Confirmed; under way.
    Running,
    /// Over.
    Over(Box<Preempted>),
}

impl RoomDialog {
    /// The dialog for the decision `selected`, on the node under the cursor where that is a candidate, else on the one that
    /// kube-scheduler would nominate; nothing where no room can be made.
    pub fn open(selected: &Selected, cursor: Option<NodeId>) -> Option<Self> {
        let trace = &selected.trace;
        let found = trace.post_filter.as_ref()?;
        let mut candidates: Vec<(NodeId, Candidate)> = found
            .candidates
            .iter()
            .filter_map(|candidate| {
                let node = Arc::clone(trace.nodes.names.get(candidate.node.index())?);
                let best = found.best.contains(&candidate.node);
                let victims = candidate.victims.len();
                Some((candidate.node, Candidate { node, victims, best }))
            })
            .collect();
        candidates.sort_by_key(|(_, candidate)| !candidate.best);
        if candidates.is_empty() {
            // Pods may be on their way out for it already.
            let nominated = selected.pod.nominated_node.clone()?;
            let node = trace.nodes.id(&nominated)?;
            let candidate = Candidate {
                node: nominated,
                victims: 0,
                best: true,
            };
            candidates.push((node, candidate));
        }
        let at = candidates.iter().position(|(node, _)| Some(*node) == cursor);
        Some(Self {
            pod: Arc::clone(&selected.pod),
            at: at.unwrap_or(0),
            candidates: candidates.into_iter().map(|(_, candidate)| candidate).collect(),
            found: Found::Looking,
            changed: false,
            reason: Input::default(),
            word: Input::default(),
            field: Field::default(),
            error: None,
            step: Step::Asking,
            offset: 0,
            guard: Guard::default(),
        })
    }

    /// The node.
    pub fn node(&self) -> Arc<str> {
        self.candidates
            .get(self.at)
            .map_or_else(|| "".into(), |candidate| Arc::clone(&candidate.node))
    }

    /// Takes the next node.
    pub fn next_node(&mut self) {
        self.at = (self.at + 1) % self.candidates.len().max(1);
        self.look();
    }

    /// Has it looked up again who has to go.
    pub fn look(&mut self) {
        self.found = Found::Looking;
        self.step = Step::Asking;
        self.word = Input::default();
        self.field = Field::Reason;
        self.error = None;
        self.offset = 0;
        self.guard = Guard::default();
    }

    /// Takes what was looked up of `node`.
    pub fn surveyed(&mut self, node: &str, surveyed: Result<Surveyed, String>) {
        if *self.node() != *node || !matches!(self.found, Found::Looking) {
            return;
        }
        self.error = None;
        self.found = match surveyed {
            Err(why) => Found::Nothing(why),
            Ok(surveyed) => {
                self.pod = surveyed.pod;
                match surveyed.survey {
                    Some(survey) => Found::Room(Box::new(survey)),
                    None if surveyed.under_way => Found::UnderWay,
                    None => Found::Nothing(
                        "deleting pods of lower priority does not help there any more".to_owned(),
                    ),
                }
            }
        };
        self.guard = Guard::default();
    }

    /// Whether the word about budgets has to be typed.
    pub fn wants_word(&self) -> bool {
        matches!(&self.found, Found::Room(survey) if survey.room.violates())
    }

    /// The text that keys go to.
    pub fn input(&mut self) -> &mut Input {
        match self.field {
            Field::Reason => &mut self.reason,
            Field::Word => &mut self.word,
        }
    }

    /// Has keys go to the other field, where there is one.
    pub fn turn(&mut self) {
        self.field = match self.field {
            Field::Reason if self.wants_word() => Field::Word,
            _ => Field::Reason,
        };
    }

    /// Something was typed: whoever does that has seen the dialog.
    pub fn typed(&mut self) {
        self.guard.typed();
        self.error = None;
    }

    /// What the key that confirms is held back by, in the words of its hint.
    pub fn held(&self, now: Timestamp) -> Option<&'static str> {
        let asks = matches!(self.step, Step::Asking);
        if !asks || !matches!(self.found, Found::Room(_) | Found::UnderWay) {
            Some("…")
        } else if self.reason.value().trim().is_empty() {
            Some("once there is a reason")
        } else if self.wants_word() && !self.says_word() {
            Some("once the word is typed")
        } else {
            self.guard.held(now)
        }
    }

    /// Whether Enter is taken as meant for the dialog.
    pub fn hears(&self, now: Timestamp) -> bool {
        matches!(self.step, Step::Asking) && self.guard.armed(now)
    }

    fn says_word(&self) -> bool {
        self.word.value().trim() == VIOLATE
    }

    /// What is confirmed.
    ///
    /// # Errors
    /// Where something has to be typed and is not.
    pub fn wish(&self) -> Result<Preemption, Missing> {
        let room = match &self.found {
            Found::Room(survey) => survey.room.clone(),
            Found::UnderWay => Room::without_victims(self.node()),
            Found::Looking | Found::Nothing(_) => return Err(Missing::Looking),
        };
        let reason = Reason::parse(self.reason.value())?;
        let violates = self.wants_word();
        if violates && !self.says_word() {
            return Err(Missing::Word);
        }
        Ok(Preemption::new(&self.pod, room, violates, reason))
    }

    /// Takes how it ended; whether it has to be asked again, as others would have to go.
    pub fn over(&mut self, preempted: Preempted) -> bool {
        if matches!(preempted.end, End::Changed(_)) {
            self.look();
            self.changed = true;
            return true;
        }
        self.step = Step::Over(Box::new(preempted));
        self.offset = 0;
        false
    }
}
