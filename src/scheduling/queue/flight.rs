//! What happened while pods were being tried: it may help them, and they could not be told.

use std::collections::VecDeque;

use crate::model::cluster::Event;

/// More than these are not kept: then anything may have happened.
const KEPT: usize = 4096;

/// The events since the first of the attempts under way began.
#[derive(Clone, Debug, Default)]
pub(super) struct Flight {
    events: VecDeque<Event>,
    /// How many there were before those.
    before: u64,
    /// How many attempts are under way.
    attempts: usize,
}

impl Flight {
    /// An attempt begins; gives how many events there were.
    pub(super) fn begin(&mut self) -> u64 {
        self.attempts += 1;
        self.before + self.events.len() as u64
    }

    /// An attempt is over.
    pub(super) fn end(&mut self) {
        self.attempts = self.attempts.saturating_sub(1);
    }

    /// Takes note of `event` where a pod is being tried.
    pub(super) fn note(&mut self, event: &Event) {
        if self.attempts == 0 {
            return;
        }
        if self.events.len() >= KEPT {
            self.events.pop_front();
            self.before += 1;
        }
        self.events.push_back(event.clone());
    }

    /// What happened since there were `count` events; `None` where that is not known any more.
    pub(super) fn since(&self, count: u64) -> Option<Vec<Event>> {
        let skipped = count.checked_sub(self.before)?;
        Some(self.events.iter().skip(skipped as usize).cloned().collect())
    }

    /// Forgets what nobody will ask for.
    pub(super) fn trim(&mut self) {
        if self.attempts == 0 {
            self.before += self.events.len() as u64;
            self.events.clear();
        }
    }
}
