//! What a person may set in a file: theme, keys, columns, how often things are drawn, what is asked before something is
//! done. Nothing needs the file.
//!
//! [`FIELDS`] is the one table of what there is: the example, the documentation and the defaults are made from it.

pub mod example;
mod file;
mod keys;

use std::sync::Arc;
use std::time::Duration;

use super::keymap::Keymap;
use crate::model::document::DocumentError;

/// Everything that may be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The theme's name.
    pub theme: Arc<str>,
    /// The themes that there are.
    pub themes: Vec<Arc<str>>,
    /// Which keys do what.
    pub keymap: Arc<Keymap>,
    /// The columns of the Waiting pane after the pod.
    pub waiting: Vec<WaitingColumn>,
    /// The columns of the Nodes pane after the node.
    pub nodes: Vec<NodeColumn>,
    /// How often the screen is drawn a second, at the most.
    pub frames: u32,
    /// How often ages are drawn anew.
    pub ages: Duration,
    /// What is asked.
    pub confirm: Confirmations,
    /// Whether text may be put on the clipboard.
    pub clipboard: bool,
    /// Whether the mouse is used.
    pub mouse: bool,
    /// Whether pods of ours that fit nowhere say so themselves, and events do.
    pub tell: bool,
}

/// What is asked before something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmations {
    /// Whether the key that places asks for a node that fits, too. Otherwise it asks where a rule is overruled, where a
    /// claim is not ready, and where what is shown is out of date.
    pub place: bool,
    /// Whether leaving asks while a placement is under way.
    pub leave: bool,
    /// How long a dialog must have been on the screen before Enter confirms. Where a rule is overruled, never shorter
    /// than [`super::confirm::Confirm::QUIET`].
    pub wait: Duration,
}

/// A column of the Waiting pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingColumn {
    /// The schedulerName, where there is room.
    Scheduler,
    /// The priority.
    Priority,
    /// How long it waits.
    Age,
    /// How many nodes fit.
    Fit,
}

/// A column of the Nodes pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeColumn {
    /// The zone, where there is room and some node has one.
    Zone,
    /// The total as a bar, where there is room.
    Bar,
    /// The total.
    Total,
    /// Each plugin's score, weighted.
    Scores,
}

impl WaitingColumn {
    /// All of them, in the usual order.
    pub const ALL: [Self; 4] = [Self::Scheduler, Self::Priority, Self::Age, Self::Fit];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduler => "scheduler",
            Self::Priority => "priority",
            Self::Age => "age",
            Self::Fit => "fit",
        }
    }
}

impl NodeColumn {
    /// All of them, in the usual order.
    pub const ALL: [Self; 4] = [Self::Zone, Self::Bar, Self::Total, Self::Scores];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Zone => "zone",
            Self::Bar => "bar",
            Self::Total => "total",
            Self::Scores => "scores",
        }
    }
}

/// Something that may be set.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its path in the file.
    pub path: &'static str,
    /// Its default, as it stands in the file.
    pub default: &'static str,
    /// What it may be.
    pub may_be: &'static str,
    /// What it does.
    pub says: &'static str,
}

/// Everything that may be set, besides keys, which come from the table of actions.
pub const FIELDS: &[Field] = &[
    Field {
        path: "theme",
        default: "auto",
        may_be: "auto, dark, light, high-contrast, terminal, or a file of that name in themes/ beside this one",
        says: "what berth looks like; auto goes by the terminal's ground where it tells, otherwise its own colours are kept",
    },
    Field {
        path: "columns.waiting",
        default: "[scheduler, priority, age, fit]",
        may_be: "any of scheduler, priority, age, fit, in any order",
        says: "the columns of Waiting after the pod; scheduler is shown where there is room",
    },
    Field {
        path: "columns.nodes",
        default: "[zone, bar, total, scores]",
        may_be: "any of zone, bar, total, scores, in any order",
        says: "the columns of Nodes after the node; zone and bar are shown where there is room",
    },
    Field {
        path: "refresh.frames",
        default: "30",
        may_be: "1 to 30",
        says: "how often a second the screen is drawn at the most; what a key does is drawn at once",
    },
    Field {
        path: "refresh.ages",
        default: "1s",
        may_be: "1s to 1m",
        says: "how often ages are drawn anew",
    },
    Field {
        path: "confirm.place",
        default: "always",
        may_be: "always, or overruling",
        says: "when the key that places asks first; overruling: only where a rule would be overruled, a claim is not ready, or what is shown is out of date",
    },
    Field {
        path: "confirm.leave",
        default: "true",
        may_be: "true, or false",
        says: "whether leaving asks while a placement is under way",
    },
    Field {
        path: "confirm.wait",
        default: "700ms",
        may_be: "200ms to 10s",
        says: "how long a dialog must have been seen before Enter confirms; where a rule is overruled never less than 700ms",
    },
    Field {
        path: "clipboard",
        default: "true",
        may_be: "true, or false",
        says: "whether text may be copied to the terminal's clipboard (OSC 52)",
    },
    Field {
        path: "mouse",
        default: "true",
        may_be: "true, or false",
        says: "whether berth takes the mouse; without it the terminal selects text as usual",
    },
    Field {
        path: "tell",
        default: "true",
        may_be: "true, or false",
        says: "whether pods of ours that fit nowhere get the condition PodScheduled=False and the event FailedScheduling, as from kube-scheduler: kubectl describe and cluster autoscalers live on them",
    },
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: "auto".into(),
            themes: ["auto", "dark", "light", "high-contrast", "terminal"]
                .map(Into::into)
                .to_vec(),
            keymap: Arc::default(),
            waiting: WaitingColumn::ALL.to_vec(),
            nodes: NodeColumn::ALL.to_vec(),
            frames: 30,
            ages: Duration::from_secs(1),
            confirm: Confirmations {
                place: true,
                leave: true,
                wait: super::confirm::Confirm::QUIET,
            },
            clipboard: true,
            mouse: true,
            tell: true,
        }
    }
}

impl Settings {
    /// Reads the settings that the `text` of `file` holds.
    ///
    /// # Errors
    /// Everything that is wrong in it, by line and field.
    pub fn read(text: &str, file: &str) -> Result<Self, DocumentError> {
        file::read(text, file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_says_what_holds_anyway() {
        let example = example::text();
        assert_eq!(Settings::read(&example, "example"), Ok(Settings::default()));
        for field in FIELDS {
            let alone = field.path.rsplit('.').next().expect("a path has an end");
            assert!(
                example.contains(&format!("{alone}: {}", field.default)),
                "{}",
                field.path
            );
        }
    }

    #[test]
    fn nothing_needs_the_file() {
        for text in ["", "# nothing\n", "keys:\ncolumns:\n", "{}"] {
            assert_eq!(Settings::read(text, "f"), Ok(Settings::default()), "{text:?}");
        }
    }
}
