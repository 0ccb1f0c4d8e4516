//! What the dialog that makes room says.

use jiff::Timestamp;

use super::{Found, RoomDialog};
use crate::app::aftermath;
use crate::app::link::Link;
use crate::app::prose::Line;
use crate::app::stale;
use crate::placing::preempt::{End, violated};
use crate::placing::{Outcome, Preempted, Survey};

impl RoomDialog {
    /// What it asks, in words.
    pub fn question(&self, link: &Link, now: Timestamp) -> Vec<Line> {
        let mut lines = stale::warning(link, now);
        if self.changed {
            let text = "Others would have to go by now. Nothing was deleted; look again";
            lines.push(Line::hanging(2).warn("▲ ").strong(text));
            lines.push(Line::new());
        }
        lines.push(self.place());
        match &self.found {
            Found::Looking => lines.push(Line::new().dim("Looking up who would have to go …")),
            Found::Nothing(why) => lines.push(Line::hanging(2).bad("✗ ").plain(why)),
            Found::UnderWay => lines.push(Line::hanging(2).good("✓ ").plain(
                "There is room, or pods are on their way out to make it: nobody else has to go. The pod is placed once \
                 it fits",
            )),
            Found::Room(survey) => self.room(survey, &mut lines),
        }
        lines
    }

    fn place(&self) -> Line {
        let candidate = self.candidates.get(self.at);
        let line = Line::hanging(2);
        let line = match candidate {
            Some(candidate) if candidate.best => line
                .accent("★ ")
                .strong(&*candidate.node)
                .plain(": where kube-scheduler would make room"),
            Some(candidate) => line.plain("· ").strong(&*candidate.node),
            None => line,
        };
        match self.candidates.len() {
            0 | 1 => line,
            all => line.dim(format!(" ({} of {all} nodes where that helps)", self.at + 1)),
        }
    }

    fn room(&self, survey: &Survey, lines: &mut Vec<Line>) {
        let room = &survey.room;
        lines.push(Line::new());
        lines.push(Line::new().strong(match room.victims.len() {
            1 => "1 pod of lower priority would be deleted".to_owned(),
            pods => format!("{pods} pods of lower priority would be deleted"),
        }));
        for (victim, loss) in room.victims.iter().zip(&survey.losses) {
            lines.push(
                Line::hanging(4)
                    .bad("✗ ")
                    .strong(victim.key.to_string())
                    .plain(format!("  {}", victim.words())),
            );
            lines.push(Line::hanging(4).plain("    ").dim(loss.words().join("; ")));
            if victim.protected {
                lines.push(Line::hanging(4).plain("    ").bad("against its budget"));
            }
        }
        if room.budgets_unseen {
            let text = "PodDisruptionBudgets cannot be seen: nobody knows which of these they protect";
            lines.push(Line::hanging(2).bad("✗ ").bad(text));
        }
        for budget in &room.budgets {
            lines.push(Line::hanging(2).plain("▸ budget ").plain(budget.to_string()));
        }
        for (other, _) in &room.outranked {
            let text = format!("{other}, of lower priority, is no longer nominated for it");
            lines.push(Line::hanging(2).plain("▸ ").plain(text));
        }
        lines.push(Line::new());
        let head = |first: bool, number: &str| {
            let begun = Line::hanging(9).dim(if first { "Sends  " } else { "       " });
            begun.plain(format!("{number} "))
        };
        lines.push(
            head(true, "1")
                .plain("status.nominatedNodeName of ")
                .strong(self.pod.key.to_string()),
        );
        lines.push(
            head(false, "2").plain(
                "for each that goes: condition DisruptionTarget, deletion with its uid, event Preempted",
            ),
        );
        lines.push(
            head(false, "3")
                .plain("once they are gone and the pod is judged again: Binding and event Scheduled"),
        );
        if room.violates() {
            lines.push(Line::new());
            let text = format!("This goes against {}", violated(room).join(", "));
            lines.push(Line::hanging(2).bad("✗ ").strong(text));
        }
    }

    /// How it ended, and what to do next.
    pub fn outcome(&self, preempted: &Preempted) -> Vec<Line> {
        let node = self.node();
        let mut lines = match &preempted.end {
            End::Over(outcome) => aftermath::tell(&self.pod, &node, outcome),
            End::Changed(_) => Vec::new(),
        };
        if !preempted.removed.is_empty() {
            lines.push(Line::new());
            lines.push(
                Line::hanging(2)
                    .warn("▲ ")
                    .strong("Deleted for it, for good")
                    .plain(format!(": {}", names(preempted))),
            );
            if !is_placed(preempted) {
                let text = format!("  {node} stays nominated for it: make room again to go on from there");
                lines.push(Line::hanging(2).plain(text));
            }
        }
        lines
    }
}

fn is_placed(preempted: &Preempted) -> bool {
    matches!(&preempted.end, End::Over(outcome) if matches!(**outcome, Outcome::Placed { .. }))
}

/// The pods that were deleted.
pub fn names(preempted: &Preempted) -> String {
    let names: Vec<String> = preempted.removed.iter().map(ToString::to_string).collect();
    names.join(", ")
}
