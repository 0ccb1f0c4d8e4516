//! The keys that a controller has to look at, now or later.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use crate::demo::object::Key;

/// Each key is in it once: for now, or for the earliest time that was asked for.
#[derive(Default)]
pub(crate) struct Queue {
    now: VecDeque<Key>,
    later: BinaryHeap<Reverse<(Instant, Key)>>,
    /// When each key is due; `None` for now. An entry of `later` that disagrees has been overtaken.
    due: HashMap<Key, Option<Instant>>,
}

impl Queue {
    /// To be looked at as soon as possible.
    pub(crate) fn add(&mut self, key: Key) {
        if self.due.insert(key.clone(), None) != Some(None) {
            self.now.push_back(key);
        }
    }

    /// To be looked at after so long, unless it is due before.
    pub(crate) fn add_after(&mut self, key: Key, wait: Duration) {
        let at = Instant::now() + wait;
        match self.due.get(&key) {
            Some(None) => return,
            Some(Some(before)) if *before <= at => return,
            _ => {}
        }
        self.due.insert(key.clone(), Some(at));
        self.later.push(Reverse((at, key)));
    }

    /// The next key that is due.
    pub(super) fn pop(&mut self, now: Instant) -> Option<Key> {
        while let Some(Reverse((at, _))) = self.later.peek() {
            if *at > now {
                break;
            }
            let Some(Reverse((at, key))) = self.later.pop() else {
                break;
            };
            if self.due.get(&key) == Some(&Some(at)) {
                self.due.insert(key.clone(), None);
                self.now.push_back(key);
            }
        }
        let key = self.now.pop_front()?;
        self.due.remove(&key);
        Some(key)
    }

    /// When something is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        if self.now.is_empty() {
            self.later.peek().map(|Reverse((at, _))| *at)
        } else {
            Some(Instant::now())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key::new("", name)
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_due_once_and_at_the_earliest_time() {
        let mut queue = Queue::default();
        queue.add_after(key("a"), Duration::from_secs(5));
        queue.add_after(key("a"), Duration::from_secs(9));
        queue.add_after(key("b"), Duration::from_secs(7));
        queue.add_after(key("b"), Duration::from_secs(1));
        queue.add(key("c"));
        queue.add(key("c"));
        queue.add_after(key("c"), Duration::from_secs(1));
        let mut order = Vec::new();
        while let Some(due) = queue.next_due() {
            tokio::time::sleep_until(due).await;
            while let Some(key) = queue.pop(Instant::now()) {
                order.push(key.name.to_string());
            }
        }
        assert_eq!(order, ["c", "b", "a"]);
    }
}
