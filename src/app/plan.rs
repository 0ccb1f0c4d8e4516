//! The Plan screen: many pods, what becomes of each, what a person changes about it, and how carrying it out goes.

pub mod dialog;
pub mod places;
pub mod rows;
pub mod run;
pub mod say;
pub mod usage;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use dialog::Dialog;
pub use places::{Places, Side};
pub use rows::{Row, Rows, Section};
pub use run::{Done, Run, Stage, Stop};

use super::history::History;
use super::prose::Line;
use super::scroll::Scroll;
use crate::engine::View;
use crate::engine::study::{Planned, Study, StudyId};
use crate::model::PodKey;
use crate::scheduling::plan::{Fate, Request, Search};

/// The state of the screen.
#[derive(Clone, Debug, Default)]
pub struct Planning {
    /// What is planned; `None` before the screen was first opened.
    pub asked: Option<Asked>,
    /// What was asked before, to go back to.
    pub edits: History<Asked>,
    /// The latest plan, with what it was asked for.
    pub planned: Option<Arc<Planned>>,
    /// The study that works on the next one.
    pub study: Option<StudyId>,
    /// Whether the cluster is another one than the plan was made for.
    pub stale: bool,
    /// The table.
    pub rows: Rows,
    /// Where the cursor is, and the first line shown.
    pub scroll: Scroll,
    /// What names must contain.
    pub filter: String,
    /// What a small screen shows, and what keys go to.
    pub side: Side,
    /// The cluster before and after.
    pub usage: Vec<usage::Bar>,
    /// The first line shown of it.
    pub usage_offset: usize,
    /// What is said about the pod under the cursor and the plan, wrapped.
    pub about: Vec<Line>,
    /// How carrying it out goes.
    pub run: Run,
    /// The study that looks for the nodes that a pod could be pinned to, and the pod.
    pub(super) pinning: Option<(StudyId, PodKey)>,
    /// Whether the dialog is to open as soon as there is a plan: what is left is planned again.
    pub(super) go_on: bool,
    /// The pod that the cursor stays on.
    pub(super) chosen: Option<Arc<str>>,
    /// What the rows were made from.
    pub(super) of: Option<rows::Source>,
    pub(super) usage_of: Option<(Arc<Planned>, usize)>,
    /// What it was last looked at for being out of date.
    pub(super) seen: Option<(u64, usize)>,
}

/// What a plan is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Which pods, in which order, with which pins.
    pub request: Request,
    /// Whether to search for the plan that places most.
    pub optimize: bool,
}

impl Asked {
    /// The pods that are marked, or all that wait and are ours where none is.
    pub fn of_marks<'a>(marks: impl Iterator<Item = &'a PodKey>) -> Self {
        let pods: BTreeSet<PodKey> = marks.cloned().collect();
        Self {
            request: Request {
                pods: (!pods.is_empty()).then_some(pods),
                ..Request::default()
            },
            optimize: false,
        }
    }

    /// The question to the engine's snapshot.
    pub fn study(&self) -> Study {
        Study::Plan {
            request: self.request.clone(),
            search: self.optimize.then(Search::default),
        }
    }
}

impl Planning {
    /// The pod under the cursor.
    pub fn row(&self) -> Option<&Row> {
        self.rows.get(self.scroll.cursor)
    }

    /// The pods that are still to be placed, in order: those that have a node in the plan and were not placed yet.
    pub fn left(&self) -> usize {
        let Some(planned) = &self.planned else { return 0 };
        let placements = planned.plan.placements();
        placements.filter(|(pod, _)| !self.run.is_done(&pod.uid)).count()
    }

    /// Whether the plan would come out otherwise now, as far as is known without planning again: something that decisions
    /// depend on changed, or other pods wait.
    pub(super) fn is_outdated(&self, view: &View) -> bool {
        let Some(planned) = &self.planned else {
            return false;
        };
        if planned.plan.generation != view.generation || planned.profile != view.profile {
            return true;
        }
        let waits: BTreeSet<&Arc<str>> = view.waiting.iter().map(|row| &row.pod.uid).collect();
        let rows = planned.plan.rows.iter();
        let mut looked_at = rows.filter(|row| !matches!(row.fate, Fate::LeftOut(_)));
        if looked_at.any(|row| !waits.contains(&row.pod.uid)) {
            return true;
        }
        let all = self
            .asked
            .as_ref()
            .is_some_and(|asked| asked.request.pods.is_none());
        let known: BTreeSet<&Arc<str>> = planned.plan.rows.iter().map(|row| &row.pod.uid).collect();
        all && view
            .waiting
            .iter()
            .any(|row| row.ours && !known.contains(&row.pod.uid))
    }
}
