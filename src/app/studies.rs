//! Questions to the engine's snapshot that take time, and how far they are.

use crate::engine::study::{Progress, StudyId};

/// The studies that are under way.
#[derive(Clone, Debug, Default)]
pub struct Studies {
    last: u64,
    under_way: Vec<(StudyId, Progress)>,
}

impl Studies {
    /// A number for a study that begins now.
    pub fn begin(&mut self) -> StudyId {
        self.last += 1;
        let id = StudyId(self.last);
        self.under_way.push((id, Progress::default()));
        id
    }

    /// How far the study is; nothing where it is over or was abandoned.
    pub fn progress(&self, id: StudyId) -> Option<Progress> {
        let found = self.under_way.iter().find(|(of, _)| *of == id);
        found.map(|&(_, progress)| progress)
    }

    /// Takes note of how far it is.
    pub(super) fn reached(&mut self, id: StudyId, progress: Progress) {
        if let Some((_, have)) = self.under_way.iter_mut().find(|(of, _)| *of == id) {
            *have = progress;
        }
    }

    /// Takes it off; whether its answer is still wanted.
    pub fn end(&mut self, id: StudyId) -> bool {
        let before = self.under_way.len();
        self.under_way.retain(|(of, _)| *of != id);
        before != self.under_way.len()
    }
}
