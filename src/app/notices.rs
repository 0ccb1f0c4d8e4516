//! What the app told the person, to be read again.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::model::text::inert;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A hint; not kept.
    Hint,
    /// Good to know.
    Info,
    /// As wished.
    Good,
    /// Wants attention.
    Warn,
    /// Something failed.
    Error,
}

/// Something told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub level: Level,
    /// What, harmless.
    pub text: String,
}

/// The last notices.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    kept: VecDeque<Notice>,
    current: Option<Notice>,
}

impl Notices {
    /// How many are kept.
    pub const KEPT: usize = 200;
    const HINT_SECONDS: i64 = 4;
    const SECONDS: i64 = 15;

    /// Tells `text`.
    pub fn tell(&mut self, at: Timestamp, level: Level, text: impl AsRef<str>) {
        let text = inert(text.as_ref()).into_owned();
        let notice = Notice { at, level, text };
        if level != Level::Hint {
            if self.kept.len() == Self::KEPT {
                self.kept.pop_front();
            }
            self.kept.push_back(notice.clone());
        }
        self.current = Some(notice);
    }

    /// What the message line shows: the last notice while it is new; warnings and errors until they are cleared.
    pub fn current(&self) -> Option<&Notice> {
        self.current.as_ref()
    }

    /// Takes a notice off the message line that stood there long enough.
    pub fn expire(&mut self, now: Timestamp) {
        let over = self.current.as_ref().is_some_and(|notice| {
            let age = now.duration_since(notice.at).as_secs();
            match notice.level {
                Level::Hint => age >= Self::HINT_SECONDS,
                Level::Info | Level::Good => age >= Self::SECONDS,
                Level::Warn | Level::Error => false,
            }
        });
        if over {
            self.current = None;
        }
    }

    /// Takes the hint off the message line: a key was pressed that means something.
    pub fn clear_hint(&mut self) {
        if self
            .current
            .as_ref()
            .is_some_and(|notice| notice.level == Level::Hint)
        {
            self.current = None;
        }
    }

    /// Clears the message line.
    pub fn clear(&mut self) {
        self.current = None;
    }

    /// Those kept, the latest first.
    pub fn latest_first(&self) -> impl Iterator<Item = &Notice> {
        self.kept.iter().rev()
    }
}
