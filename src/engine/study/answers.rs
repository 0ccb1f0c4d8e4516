//! Questions about decisions.

use super::Finding;
use crate::engine::Snapshot;
use crate::scheduling::question::Question;

/// Answers `questions` on the snapshot.
pub(super) fn run(snapshot: &mut Snapshot, questions: &[Question]) -> Finding {
    let Snapshot {
        cluster,
        nodes,
        profiles,
        ..
    } = snapshot;
    Finding::Answers(Question::answer_all(questions, cluster, nodes, profiles))
}
