//! What may lie over the home screen.

use super::actions::{Context, Group, Row};
use super::adopt::Adopt;
use super::chooser::Chooser;
use super::confirm::{Confirm, Step};
use super::details::Details;
use super::export::Export;
use super::figures::clock;
use super::keymap::{Keymap, shown};
use super::lesson::Guessing;
use super::measure::padded;
use super::notices::Level;
use super::plan::Dialog;
use super::prose::Line;
use super::room::{self, RoomDialog};
use super::screen::Screen;
use super::state::State;

/// A dialog.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// Asks before a pod is placed.
    Confirm(Box<Confirm>),
    /// Asks before pods are deleted to make room for another.
    Room(Box<RoomDialog>),
    /// Asks before a plan is carried out.
    Plan(Box<Dialog>),
    /// Asks before the pods of another scheduler are adopted.
    Adopt(Box<Adopt>),
    /// All keys, from this line on.
    Help(usize),
    /// The last messages, from this line on.
    Notices(usize),
    /// Something explained under a title, from this line on.
    Note(String, Vec<Line>, usize),
    /// What is known of a pod, and who made it.
    Details(Box<Details>),
    /// Writes what is shown to a file.
    Export(Export),
    /// Asks what is predicted in a lesson.
    Guess(Box<Guessing>),
    /// Chooses from a list.
    Choose(Box<Chooser>),
    /// Asks before leaving a placement that is under way.
    Leave,
}

impl Overlay {
    /// Which keys mean something.
    pub const fn context(&self) -> Context {
        match self {
            Self::Confirm(confirm) if matches!(confirm.step, Step::Running) => Context::Flight,
            Self::Room(dialog) if matches!(dialog.step, room::Step::Running) => Context::Flight,
            Self::Confirm(_) | Self::Room(_) | Self::Plan(_) | Self::Adopt(_) => Context::Confirm,
            Self::Help(_) | Self::Notices(_) | Self::Note(..) | Self::Details(_) => Context::Read,
            Self::Choose(_) | Self::Export(_) | Self::Guess(_) => Context::Pick,
            Self::Leave => Context::Leave,
        }
    }
}

/// The keys of `screen` and of dialogs, by group; those of lessons where one is taken.
pub fn help(keymap: &Keymap, screen: Screen, in_a_lesson: bool) -> Vec<Line> {
    let mut lines = vec![Line::new().plain(
        "berth shows which pods wait, where each could run and why, and places the ones you confirm.",
    )];
    if screen != Screen::Home {
        lines.push(Line::new());
        lines.push(Line::new().dim(format!("{}: what keys do here", screen.as_str())));
    }
    let here = |row: &Row| {
        (row.group == Group::Dialog || row.holds_in(Context::Screen(screen)))
            && (row.group != Group::Lesson || in_a_lesson)
    };
    for group in Group::ALL {
        let mut rows = keymap
            .rows()
            .filter(|(row, _)| row.group == group && here(row))
            .peekable();
        if rows.peek().is_none() {
            continue;
        }
        lines.push(Line::new());
        lines.push(Line::new().strong(group.as_str()));
        for (row, keys) in rows {
            lines.push(
                Line::hanging(14)
                    .accent(format!("  {}", padded(&shown(keys), 12)))
                    .plain(row.says),
            );
        }
    }
    lines.push(Line::new());
    lines.push(Line::new().strong("Mouse"));
    lines.push(
        Line::hanging(14)
            .accent("  click       ")
            .plain("select; a click on the last line presses that key"),
    );
    lines.push(Line::hanging(14).accent("  double click").plain("open, as ⏎"));
    lines.push(
        Line::hanging(14)
            .accent("  wheel       ")
            .plain("scroll what is under the pointer"),
    );
    lines.push(Line::new());
    lines.push(Line::new().strong("Signs"));
    for (sign, says) in [
        ("★", "what the profile would choose; several where they tie"),
        ("✓ ✗", "fits, does not fit"),
        (
            "⊘ ⊝ ·",
            "in the matrix: does not fit, and no pod's going helps; left out by PreFilter; nothing to say",
        ),
        ("‖", "held back by scheduling gates"),
        ("!", "critical: the cluster needs this pod"),
        ("◦", "another scheduler's pod: shown, not placed from here"),
        ("◇", "another operator, or a pod that another operator has open"),
        ("●", "marked for a plan"),
        ("▁▂▃▄▅▆▇█", "how much of a node's cpu is asked for"),
        ("× ·", "a node that is not ready, one that is cordoned"),
    ] {
        lines.push(
            Line::hanging(14)
                .accent(format!("  {}", padded(sign, 12)))
                .plain(says),
        );
    }
    lines
}

/// The last messages, the latest first.
pub fn notices(state: &State) -> Vec<Line> {
    let mut lines: Vec<Line> = state
        .notices
        .latest_first()
        .map(|notice| {
            let line = Line::hanging(12).dim(format!("{}  ", clock(notice.at, &state.options.zone)));
            match notice.level {
                Level::Good => line.good("✓ "),
                Level::Warn => line.warn("▲ "),
                Level::Error => line.bad("✗ "),
                Level::Info | Level::Hint => line.dim("· "),
            }
            .plain(&notice.text)
        })
        .collect();
    if lines.is_empty() {
        lines.push(Line::new().dim("No messages yet. What happens to pods and placements is told here"));
    }
    lines
}

/// What is asked before leaving a placement that is under way.
pub fn leave(state: &State) -> Vec<Line> {
    let Some(flight) = &state.flight else {
        return vec![Line::new().plain("The placement is over")];
    };
    vec![
        Line::hanging(2)
            .warn("▲ ")
            .strong(format!("{} is being placed on {}", flight.pod.key, flight.node)),
        Line::new(),
        Line::new().plain(format!("Right now: {}", flight.stage.as_str())),
        Line::new().plain(
            "If you leave, it may or may not be bound, and you will not see which. It takes a moment only",
        ),
    ]
}
