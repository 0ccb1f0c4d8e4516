//! How far planning is, on a line of standard error that overwrites itself; silent where that is no terminal.

use std::io::{IsTerminal as _, Write as _};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::scheduling::plan::Progress;

/// Not shown before, and no more often than this.
const INTERVAL: Duration = Duration::from_millis(200);

pub(super) struct Meter {
    terminal: bool,
    next: Instant,
    shown: bool,
}

impl Meter {
    pub(super) fn start() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
            next: Instant::now() + INTERVAL,
            shown: false,
        }
    }

    /// Never breaks off: Ctrl-C ends the command.
    pub(super) fn show(&mut self, step: Progress) -> ControlFlow<()> {
        if self.terminal && Instant::now() >= self.next {
            let Progress { done, of, placed } = step;
            let mut stderr = std::io::stderr();
            let _ = write!(
                stderr,
                "\r\u{1b}[Kplanning: {done} of {of} judged, {placed} pods have a node"
            );
            let _ = stderr.flush();
            self.next = Instant::now() + INTERVAL;
            self.shown = true;
        }
        ControlFlow::Continue(())
    }

    /// Takes the line away.
    pub(super) fn end(self) {
        if self.shown {
            let mut stderr = std::io::stderr();
            let _ = write!(stderr, "\r\u{1b}[K");
            let _ = stderr.flush();
        }
    }
}
