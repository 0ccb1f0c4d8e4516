//! Questions that take longer than a key may wait: answered on a snapshot, on a thread of their own.

use std::ops::ControlFlow;

use super::snapshot::Snapshot;

/// A number that tells a study's answer from that of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StudyId(pub u64);

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Study {}

/// The answer to a [`Study`].
#[derive(Clone, Debug)]
pub enum Finding {}

/// How far a study is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Steps done.
    pub done: usize,
    /// Steps in all; 0 where that is not known.
    pub of: usize,
}

/// Works `study` out. `progress` is told how far it is, and breaks it off; then there is no answer.
pub fn run(
    _snapshot: &mut Snapshot,
    study: &Study,
    _progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Option<Finding> {
    match *study {}
}
