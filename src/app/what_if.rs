//! What would be of a pod if something were otherwise: what is supposed, and both decisions side by side.

mod offers;
mod parts;
mod shown;
mod typing;

pub use parts::Parts;
pub use shown::teaching;
pub use typing::{Offer, Typing};

pub(super) use offers::offers;
pub(super) use shown::{detail, result, rows, said_of};

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::history::History;
use super::prose::Line;
use super::scroll::Scroll;
use crate::engine::study::{Finding, StudyId, Supposed};
use crate::model::PodKey;
use crate::scheduling::what_if::Supposition;

/// The What-if screen.
#[derive(Clone, Debug, Default)]
pub struct WhatIf {
    /// The pod in question: its name and uid.
    pub subject: Option<(PodKey, Arc<str>)>,
    /// What is supposed, in order.
    pub suppositions: Vec<Supposition>,
    /// The cursor among them.
    pub list: Scroll,
    /// A line that is being typed.
    pub typing: Option<Typing>,
    /// Whether keys go to the result and not to the list.
    pub reading: bool,
    /// The latest answer.
    pub found: Option<Arc<Finding>>,
    /// Whether the question was called off; it is asked again when something else is supposed.
    pub called_off: bool,
    /// The list's rows, made to measure.
    pub rows: Vec<Line>,
    /// What is said below the list of the supposition under the cursor.
    pub detail: Vec<Line>,
    /// The result, wrapped.
    pub result: Vec<Line>,
    /// Its first line shown.
    pub offset: usize,
    /// What was supposed before, to go back to.
    pub(super) history: History<Vec<Supposition>>,
    /// What was supposed for other pods, by uid.
    pub(super) kept: BTreeMap<Arc<str>, Vec<Supposition>>,
    /// The question that was asked last.
    pub(super) asked: Option<Asked>,
    /// What the lines above were made from.
    pub(super) made_of: Option<MadeOf>,
}

/// What the lines of the screen are made from; they are made anew when it is another.
#[derive(Clone, Debug)]
pub(super) struct MadeOf {
    pub(super) found: Option<Arc<Finding>>,
    pub(super) suppositions: Vec<Supposition>,
    pub(super) cursor: usize,
    pub(super) called_off: bool,
    /// The columns of the list and of the result.
    pub(super) columns: (usize, usize),
}

impl PartialEq for MadeOf {
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.found, &other.found) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        same && self.suppositions == other.suppositions
            && self.cursor == other.cursor
            && self.called_off == other.called_off
            && self.columns == other.columns
    }
}

/// A question, and what it was asked on.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) id: StudyId,
    pub(super) at: Timestamp,
    /// The number of the view that was shown then.
    pub(super) revision: u64,
    pub(super) suppositions: Vec<Supposition>,
}

impl WhatIf {
    /// Turns to the pod called `key`: with `suppositions`, or with what was supposed for it when it was left.
    pub(super) fn turn_to(&mut self, key: PodKey, uid: Arc<str>, suppositions: Option<Vec<Supposition>>) {
        let same = self.subject.as_ref().is_some_and(|(_, have)| *have == uid);
        if !same {
            let mut kept = std::mem::take(&mut self.kept);
            if let Some((_, left)) = self.subject.take() {
                kept.insert(left, std::mem::take(&mut self.suppositions));
            }
            *self = Self {
                suppositions: kept.remove(&uid).unwrap_or_default(),
                subject: Some((key, uid)),
                kept,
                ..Self::default()
            };
        }
        if let Some(suppositions) = suppositions {
            self.change(suppositions);
        }
    }

    /// Supposes `suppositions` instead; this can be undone.
    pub(super) fn change(&mut self, suppositions: Vec<Supposition>) {
        if suppositions != self.suppositions {
            let before = std::mem::replace(&mut self.suppositions, suppositions);
            self.history.changing(before);
            self.changed();
        }
    }

    /// Takes note that something else is supposed.
    pub(super) fn changed(&mut self) {
        let last = self.suppositions.len().saturating_sub(1);
        self.list.cursor = self.list.cursor.min(last);
        self.called_off = false;
        self.offset = 0;
    }

    /// The answer to what is supposed now, or to what was supposed before while that is still to come.
    pub fn answer(&self) -> Option<&Supposed> {
        match self.found.as_deref() {
            Some(Finding::WhatIf(supposed)) => Some(supposed),
            _ => None,
        }
    }

    /// Whether what is shown is the answer to something else than what is supposed now.
    pub fn is_behind(&self) -> bool {
        self.answer()
            .is_none_or(|answer| answer.suppositions != self.suppositions)
            && !matches!(self.found.as_deref(), Some(Finding::Gone(_)))
    }

    /// The study that is under way.
    pub fn study(&self) -> Option<StudyId> {
        self.asked.as_ref().map(|asked| asked.id)
    }
}
