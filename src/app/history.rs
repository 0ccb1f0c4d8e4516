//! Undo and redo.

/// How many steps can be undone.
const KEPT: usize = 100;

/// Values as they were, to go back to.
#[derive(Clone, Debug)]
pub struct History<T> {
    past: Vec<T>,
    future: Vec<T>,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        Self {
            past: Vec::new(),
            future: Vec::new(),
        }
    }
}

impl<T> History<T> {
    /// Remembers `before`, which is about to be changed.
    pub fn changing(&mut self, before: T) {
        if self.past.len() == KEPT {
            self.past.remove(0);
        }
        self.past.push(before);
        self.future.clear();
    }

    /// What there was before `now`; `now` can be had again.
    pub fn undo(&mut self, now: T) -> Option<T> {
        let before = self.past.pop()?;
        self.future.push(now);
        Some(before)
    }

    /// What was undone last, in the place of `now`.
    pub fn redo(&mut self, now: T) -> Option<T> {
        let after = self.future.pop()?;
        self.past.push(now);
        Some(after)
    }
}
