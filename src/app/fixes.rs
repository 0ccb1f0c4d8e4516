//! Nearest misses of a pod that fits nowhere: the smallest changes by which it would fit.

mod shown;

pub(super) use shown::{detail, rows};

use std::sync::Arc;

use jiff::Timestamp;

use super::layout::Area;
use super::prose::Line;
use super::scroll::Scroll;
use crate::engine::study::{Finding, StudyId};
use crate::model::PodKey;
use crate::scheduling::Trace;
use crate::scheduling::nearest::{Nearest, Remedy};

/// The Fixes screen.
#[derive(Clone, Debug, Default)]
pub struct Fixes {
    /// The pod in question: its name and uid.
    pub subject: Option<(PodKey, Arc<str>)>,
    /// The one node on which it is to fit; any where there is none.
    pub node: Option<Arc<str>>,
    /// The cursor among the remedies.
    pub list: Scroll,
    /// The latest answer.
    pub found: Option<Arc<Finding>>,
    /// Whether the search was called off.
    pub called_off: bool,
    /// A row for each remedy, made to measure.
    pub rows: Vec<Line>,
    /// What is said of the one under the cursor, wrapped.
    pub detail: Vec<Line>,
    /// The search that was begun last.
    pub(super) asked: Option<Asked>,
}

/// A search, and what it was begun on.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) id: StudyId,
    pub(super) at: Timestamp,
    /// The decision on the pod that was shown then.
    pub(super) trace: Option<Arc<Trace>>,
}

impl Fixes {
    /// What was found.
    pub fn nearest(&self) -> Option<&Nearest> {
        match self.found.as_deref() {
            Some(Finding::Nearest(nearest)) => Some(nearest),
            _ => None,
        }
    }

    /// The remedy under the cursor.
    pub fn remedy(&self) -> Option<&Remedy> {
        self.nearest()?.remedies.get(self.list.cursor)
    }

    /// The search that is under way, or was last.
    pub fn study(&self) -> Option<StudyId> {
        self.asked.as_ref().map(|asked| asked.id)
    }

    /// The areas of the list and of what is said of the row under the cursor, with their borders.
    pub fn parts(body: Area) -> (Area, Area) {
        let height = (body.height / 2).max(6).min(body.height);
        (Area { height, ..body }, body.below(height))
    }

    /// What is inside the border of `area`, with a margin.
    pub fn inside(area: Area) -> Area {
        let inside = area.inner();
        Area {
            x: inside.x + 1,
            width: inside.width.saturating_sub(2),
            ..inside
        }
    }
}
