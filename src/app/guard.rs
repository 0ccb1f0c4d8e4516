//! What keeps a key that was pressed for something else from confirming.

use std::time::Duration;

use jiff::Timestamp;

/// Whether a dialog has been on the screen for long enough, with Enter not pressed, to take Enter as meant for it.
#[derive(Clone, Copy, Debug)]
pub struct Guard {
    wait: Duration,
    drawn: Option<Timestamp>,
    quiet_since: Option<Timestamp>,
    typed: bool,
}

impl Default for Guard {
    fn default() -> Self {
        Self::waiting(Self::QUIET)
    }
}

impl Guard {
    /// How long the dialog must have been on the screen, and the Enter key up, before Enter confirms. Longer than
    /// terminals wait before a held key repeats.
    pub const QUIET: Duration = Duration::from_millis(700);

    /// With another time than [`Guard::QUIET`].
    pub const fn waiting(wait: Duration) -> Self {
        Self {
            wait,
            drawn: None,
            quiet_since: None,
            typed: false,
        }
    }

    /// The dialog is on the screen. Says how long until it may be confirmed, the first time.
    pub fn drawn(&mut self, now: Timestamp) -> Option<Duration> {
        if self.drawn.is_some() {
            return None;
        }
        self.drawn = Some(now);
        self.quiet_since = Some(now);
        Some(self.wait)
    }

    /// Something was typed: whoever does that has seen the dialog.
    pub fn typed(&mut self) {
        self.typed = self.drawn.is_some();
    }

    /// Enter was pressed too early. Says how long until it may be pressed again.
    pub fn too_early(&mut self, now: Timestamp) -> Option<Duration> {
        self.quiet_since?;
        self.quiet_since = Some(now);
        Some(self.wait)
    }

    /// What the key that confirms is held back by, in the words of its hint.
    pub fn held(&self, now: Timestamp) -> Option<&'static str> {
        (!self.armed(now)).then_some("…")
    }

    /// Whether Enter confirms.
    pub fn armed(&self, now: Timestamp) -> bool {
        let quiet =
            |since: Timestamp| now.duration_since(since).as_millis() >= self.wait.as_millis().cast_signed();
        self.typed || self.quiet_since.is_some_and(quiet)
    }
}
