//! Questions that take longer than a key may wait: answered on a snapshot, on a thread of their own.

mod nearest;
mod what_if;

pub use what_if::Supposed;

use std::ops::ControlFlow;
use std::sync::Arc;

use super::snapshot::Snapshot;
use crate::model::PodKey;
use crate::scheduling::nearest::Nearest;
use crate::scheduling::what_if::Supposition;

/// A number that tells a study's answer from that of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StudyId(pub u64);

/// A question.
#[derive(Clone, Debug, PartialEq)]
pub enum Study {
    /// What would be of this pod if these were so?
    WhatIf(PodKey, Vec<Supposition>),
    /// What are the smallest changes by which this pod would fit: on this node, or anywhere where there is none?
    Nearest(PodKey, Option<Arc<str>>),
}

/// The answer to a [`Study`].
#[derive(Clone, Debug)]
pub enum Finding {
    /// To [`Study::WhatIf`].
    WhatIf(Supposed),
    /// To [`Study::Nearest`].
    Nearest(Nearest),
    /// There is no such pod any more.
    Gone(PodKey),
}

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
    snapshot: &mut Snapshot,
    study: &Study,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Option<Finding> {
    match study {
        Study::WhatIf(pod, suppositions) => what_if::run(snapshot, pod, suppositions, progress),
        Study::Nearest(pod, node) => nearest::run(snapshot, pod, node.as_deref(), progress),
    }
}
