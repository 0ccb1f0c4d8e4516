//! What happens to the app.

use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use super::export::Written;
use super::lesson::Told;
use super::link::Link;
use super::manifest::{Manifest, Subject};
use super::notices::Level;
use super::wire::Exchange;
use crate::engine::View;
use crate::engine::study::{Finding, Progress, StudyId};
use crate::model::PodKey;
use crate::model::workload::Maker;
use crate::placing::preempt::Surveyed;
use crate::placing::{Outcome, Preempted, Stage};

/// A message. Plain data: a sequence of them can be logged and replayed.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key.
    Key(KeyEvent),
    /// The mouse.
    Mouse(MouseEvent),
    /// Text pasted into the terminal.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The engine's latest.
    View(Arc<View>),
    /// The connection's latest.
    Link(Link),
    /// Connecting to another context is this far; what is waited for, in words.
    Connecting(Arc<str>),
    /// What comes from now on is of another cluster.
    Connected,
    /// Connecting to another context has failed, for this reason.
    NotConnected(String),
    /// Time went by: once a second, and when [`super::Effect::Wake`] asked for it.
    Tick,
    /// What the last messages changed is on the screen now. A dialog that sends something needs it: no key that was
    /// pressed before a person could see the dialog may confirm it.
    Drawn,
    /// The placement under way is this far.
    Placing(Stage),
    /// The placement under way is over.
    Placed(Outcome),
    /// The adoption of this id could not be written down, and why.
    NotAdopted(Arc<str>, String),
    /// It was looked up who would have to go to make room for this pod on this node, or why that cannot be told.
    Surveyed(PodKey, Arc<str>, Result<Surveyed, String>),
    /// Making room, and the placement after it, is over.
    Preempted(Preempted),
    /// A study is this far.
    Studying(StudyId, Progress),
    /// A study is over; nothing where nothing can be said yet.
    Studied(StudyId, Option<Arc<Finding>>),
    /// Writing the file of this name is over.
    Exported(String, Written),
    /// A manifest that was asked for, or why it cannot be had.
    Manifest(Subject, Result<Arc<Manifest>, String>),
    /// Who made this pod, and who made that; or why it cannot be told.
    Owners(PodKey, Result<Vec<Maker>, String>),
    /// Requests that were sent or answered, each as it stands now.
    Wire(Vec<Exchange>),
    /// Something about the lesson.
    Lesson(Told),
    /// Something to tell the person.
    Notice(Level, String),
}
