//! The table: a row a pod, in three sections.

use std::sync::Arc;

use super::Planning;
use super::run::{Done, Stage};
use crate::app::measure::width;
use crate::engine::study::Planned;
use crate::model::Pod;
use crate::scheduling::plan::{self, Fate, LeftOut};

/// A part of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Pods that go to nodes, or are there.
    Placed,
    /// Pods that fit nowhere.
    Over,
    /// Pods that are not looked at.
    Out,
}

/// How a row looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// To be placed.
    Planned,
    /// Being placed.
    Flying,
    /// Placed.
    Done,
    /// Placed, with something missing.
    DoneBut,
    /// Carrying out stopped here.
    Stopped,
    /// Not placed.
    Not,
}

/// A pod in the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The pod.
    pub pod: Arc<Pod>,
    /// Which part it stands in.
    pub section: Section,
    /// Its place in the order, from 1; 0 where it has none.
    pub order: usize,
    /// How it looks.
    pub sign: Sign,
    /// Its node.
    pub node: Option<Arc<str>>,
    /// Whether a person chose the node.
    pub pinned: bool,
    /// The node's total.
    pub total: Option<i64>,
    /// How many nodes fitted by then.
    pub fit: Option<usize>,
    /// What else there is to say, in a few words.
    pub note: String,
    /// Whether that wants attention.
    pub grave: bool,
}

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The head of a section, with how many pods it has.
    Head(Section, usize),
    /// The row at this place.
    Row(usize),
}

/// The table.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pods: Vec<Row>,
    entries: Vec<Entry>,
    /// How wide what stands in it is.
    pub widths: Widths,
}

/// Columns of the widest of what stands in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Widths {
    /// Of the pods' places in the order.
    pub order: usize,
    /// Of the pods' names.
    pub pod: usize,
    /// Of the pods' priorities.
    pub priority: usize,
    /// Of the nodes' names.
    pub node: usize,
    /// Of what is said of pods that have a node; what is said of the others begins where the node would stand.
    pub note: usize,
}

impl Widths {
    fn of(rows: &[Row]) -> Self {
        let mut widths = Self::default();
        let grow = |widest: &mut usize, text: &str| *widest = width(text).max(*widest);
        for row in rows {
            grow(&mut widths.order, &row.order.to_string());
            grow(&mut widths.pod, &row.pod.key.to_string());
            grow(&mut widths.priority, &row.priority());
            if let Some(node) = &row.node {
                grow(&mut widths.node, node);
                grow(&mut widths.note, &row.note);
            }
        }
        widths
    }
}

/// What a table was made from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    planned: Option<Arc<Planned>>,
    filter: String,
    done: usize,
    flying: Option<Arc<str>>,
    stopped: Option<Arc<str>>,
}

impl Source {
    pub(crate) fn of(planning: &Planning, flying: Option<&Arc<str>>) -> Self {
        let stopped = match &planning.run.stage {
            Stage::Stopped(stop) => stop.pod.as_ref().map(|(_, uid, _)| Arc::clone(uid)),
            _ => None,
        };
        Self {
            planned: planning.planned.clone(),
            filter: planning.filter.clone(),
            done: planning.run.done.len(),
            flying: flying.cloned(),
            stopped,
        }
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        let same_plan = match (&self.planned, &other.planned) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        same_plan
            && self.filter == other.filter
            && self.done == other.done
            && self.flying == other.flying
            && self.stopped == other.stopped
    }
}

impl Rows {
    /// The table of `source`; `done` is what was placed.
    pub(crate) fn of(source: &Source, done: &[Done]) -> Self {
        let mut rows: Vec<Row> = done.iter().map(Row::done).collect();
        if let Some(planned) = &source.planned {
            let is_done = |pod: &Pod| done.iter().any(|done| done.pod.uid == pod.uid);
            let judged = planned.plan.rows.iter().filter(|row| !is_done(&row.pod));
            let mut order = 0;
            rows.extend(judged.map(|row| Row::of(row, &mut order, planned, source)));
        }
        let wanted = source.filter.to_lowercase();
        rows.retain(|row| row.matches(&wanted));
        rows.sort_by_key(|row| row.section);
        let mut entries = Vec::with_capacity(rows.len() + 2);
        let mut last = Section::Placed;
        for (at, row) in rows.iter().enumerate() {
            if row.section != last {
                let count = rows.iter().filter(|other| other.section == row.section).count();
                entries.push(Entry::Head(row.section, count));
                last = row.section;
            }
            entries.push(Entry::Row(at));
        }
        Self {
            widths: Widths::of(&rows),
            pods: rows,
            entries,
        }
    }

    /// The pod at `at`.
    pub fn get(&self, at: usize) -> Option<&Row> {
        self.pods.get(at)
    }

    /// How many pods there are.
    pub fn len(&self) -> usize {
        self.pods.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pods.is_empty()
    }

    /// The lines, heads included.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The line of the pod at `at`.
    pub fn line_of(&self, at: usize) -> usize {
        let found = self.entries.iter().position(|entry| *entry == Entry::Row(at));
        found.unwrap_or(0)
    }

    /// Where the pod of this uid is.
    pub fn position(&self, uid: &str) -> Option<usize> {
        self.pods.iter().position(|row| *row.pod.uid == *uid)
    }
}

impl Row {
    fn done(done: &Done) -> Self {
        Self {
            pod: Arc::clone(&done.pod),
            section: Section::Placed,
            order: 0,
            sign: if done.but.is_empty() {
                Sign::Done
            } else {
                Sign::DoneBut
            },
            node: Some(Arc::clone(&done.node)),
            pinned: false,
            total: done.total,
            fit: None,
            note: if done.but.is_empty() {
                "placed".to_owned()
            } else {
                done.but.clone()
            },
            grave: !done.but.is_empty(),
        }
    }

    fn of(row: &plan::Row, order: &mut usize, planned: &Planned, source: &Source) -> Self {
        let pod = Arc::clone(&row.pod);
        let mut made = Self {
            section: Section::Placed,
            order: 0,
            sign: Sign::Planned,
            node: None,
            pinned: false,
            total: None,
            fit: None,
            note: String::new(),
            grave: false,
            pod,
        };
        match &row.fate {
            Fate::Placed(placement) => {
                *order += 1;
                made.order = *order;
                made.node = Some(Arc::clone(&placement.node));
                made.pinned = placement.why == plan::Why::Pinned;
                made.total = placement.total;
                made.fit = Some(placement.fit);
                made.grave = !placement.unprepared.is_empty();
                made.note = placed_note(&row.pod, placement, planned);
                if source.flying.as_ref() == Some(&row.pod.uid) {
                    made.sign = Sign::Flying;
                } else if source.stopped.as_ref() == Some(&row.pod.uid) {
                    made.sign = Sign::Stopped;
                }
            }
            Fate::Unplaced(unplaced) => {
                *order += 1;
                made.order = *order;
                made.section = Section::Over;
                made.sign = Sign::Not;
                made.fit = Some(unplaced.fit);
                made.note = match (&unplaced.pinned, unplaced.blamed.as_slice()) {
                    (Some(node), _) => format!("pinned to {node}, which is rejected"),
                    (None, []) => unplaced.message.to_string(),
                    (None, blamed) => blamed.join(", "),
                };
                made.grave = true;
            }
            Fate::LeftOut(why) => {
                made.section = Section::Out;
                made.sign = Sign::Not;
                made.note = match why {
                    LeftOut::Gated { plugin, .. } => format!("held back by {plugin}"),
                    why => why.to_string(),
                };
            }
        }
        made
    }

    /// The priority in at most eight columns: what the `system-*` classes have as a word.
    pub fn priority(&self) -> String {
        match self.pod.spec.priority {
            2_000_000_000.. => "critical".to_owned(),
            priority => priority.to_string(),
        }
    }

    fn matches(&self, wanted: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(wanted);
        wanted.is_empty()
            || has(&self.pod.key.to_string())
            || self.node.as_ref().is_some_and(|node| has(node))
            || has(&self.note)
    }
}

/// Why the node, and what the search does otherwise.
fn placed_note(pod: &Pod, placement: &plan::Placement, planned: &Planned) -> String {
    let mut note = match placement.why {
        plan::Why::Scored { alike: 0 | 1 } => "★".to_owned(),
        plan::Why::Scored { alike } => format!("★ {alike} tie"),
        plan::Why::Single => "★ only one".to_owned(),
        plan::Why::Nominated => "★ nominated".to_owned(),
        plan::Why::Pinned if placement.best => "★ pinned".to_owned(),
        plan::Why::Search => "room".to_owned(),
        plan::Why::Pinned => "pinned".to_owned(),
    };
    if !placement.unprepared.is_empty() {
        "claims are to be seen to".clone_into(&mut note);
    }
    if let Some(difference) = &planned.difference {
        let moved = difference.moved.iter().find(|moved| moved.pod == pod.key);
        if let Some(moved) = moved {
            note = format!("{note} ≠ {}", moved.from);
        } else if difference.placed.iter().any(|(key, ..)| *key == pod.key) {
            note = format!("{note} + left over one by one");
        }
    }
    note
}
