//! How a command ends: the exit codes that scripts rely on, and what is said on stderr.

use std::fmt;
use std::io;
use std::process::ExitCode;

/// An exit code, as `berth --help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Failed for a reason that has no code of its own.
    Failed,
    /// Wrong usage.
    Usage,
    /// Not placed: a rule keeps the pod off the node, or off every node.
    Infeasible,
    /// Not placed: the cluster changed underneath.
    Changed,
    /// Not allowed.
    Denied,
    /// The cluster cannot be reached.
    Unreachable,
    /// Interrupted.
    Interrupted,
}

impl Exit {
    /// Every code, in numeric order.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Infeasible,
        Self::Changed,
        Self::Denied,
        Self::Unreachable,
        Self::Interrupted,
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Infeasible => 3,
            Self::Changed => 4,
            Self::Denied => 5,
            Self::Unreachable => 6,
            Self::Interrupted => 130,
        }
    }

    /// What it means, for help and manual.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed; the message on stderr says what and why",
            Self::Usage => "wrong usage",
            Self::Infeasible => {
                "not placed: a filter rejects the node (and no --override), no node is feasible, or the pod is another \
                 scheduler's (not adopted, or that one is at work)"
            }
            Self::Changed => {
                "not placed: the cluster changed underneath (conflict, pod gone or already placed, its scheduler back at work)"
            }
            Self::Denied => "not allowed (401, 403); the message names the missing right",
            Self::Unreachable => "the cluster cannot be reached",
            Self::Interrupted => "interrupted",
        }
    }

    /// The one with this number; [`Exit::Failed`] for a number that is none of them.
    pub fn from_code(code: u8) -> Self {
        Self::ALL
            .into_iter()
            .find(|exit| exit.code() == code)
            .unwrap_or(Self::Failed)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command ends early: what was being done, to what, why it failed, what to try.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What failed and why; empty where nothing is to be said.
    pub message: String,
    /// What to try, a line each.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure with its message.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// Adds a line on what to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// An end that needs no words.
    pub fn silent(exit: Exit) -> Self {
        Self::new(exit, "")
    }
}

impl From<io::Error> for Failure {
    /// Of writing results. A reader that left early (`berth pods | head -1`) has what it wanted.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::silent(Exit::Done);
        }
        Self::new(
            Exit::Failed,
            format!("cannot write the results to standard output: {error}"),
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inert = |text: &str| {
            let lines: Vec<_> = text.lines().map(crate::model::text::inert).collect();
            lines.join("\n")
        };
        write!(f, "error: {}", inert(&self.message))?;
        for hint in &self.hints {
            write!(f, "\n  {}", inert(hint))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_that_scripts_rely_on() {
        let codes = Exit::ALL.map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 130]);
        assert!(
            Exit::ALL
                .into_iter()
                .all(|exit| Exit::from_code(exit.code()) == exit)
        );
        assert_eq!(Exit::from_code(77), Exit::Failed);
    }

    #[test]
    fn a_message_cannot_act_on_the_terminal() {
        let failure = Failure::new(Exit::Failed, "pod \u{1b}[2Jx: gone\nsecond line").hint("try\ty");
        assert_eq!(
            failure.to_string(),
            "error: pod \u{fffd}[2Jx: gone\nsecond line\n  try\u{fffd}y"
        );
    }

    #[test]
    fn a_reader_that_leaves_is_no_failure() {
        let left = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(left, Failure::silent(Exit::Done));
        let full = Failure::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.exit, Exit::Failed);
    }
}
