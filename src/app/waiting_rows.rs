//! The rows of the Waiting pane: which of the waiting pods the filter and the namespace leave.

use std::sync::Arc;

use crate::engine::view::Waiting;

/// The rows; all pods where nothing is filtered.
#[derive(Clone, Debug, Default)]
pub struct WaitingRows {
    waiting: Arc<[Waiting]>,
    kept: Option<Vec<u32>>,
}

impl WaitingRows {
    /// The pods of `waiting` in `namespace` (all where there is none) whose `NAMESPACE/NAME` contains `filter`.
    pub fn of(waiting: &Arc<[Waiting]>, namespace: Option<&str>, filter: &str) -> Self {
        let kept = (namespace.is_some() || !filter.is_empty()).then(|| {
            let keeps = |row: &Waiting| {
                let key = &row.pod.key;
                namespace.is_none_or(|namespace| *key.namespace == *namespace)
                    && (filter.is_empty()
                        || key.name.contains(filter)
                        || key.namespace.contains(filter)
                        || (filter.contains('/') && key.to_string().contains(filter)))
            };
            (0..waiting.len())
                .filter(|&at| keeps(&waiting[at]))
                .map(|at| at as u32)
                .collect()
        });
        Self {
            waiting: Arc::clone(waiting),
            kept,
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.kept.as_ref().map_or(self.waiting.len(), Vec::len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pod in row `at`.
    pub fn get(&self, at: usize) -> Option<&Waiting> {
        match &self.kept {
            Some(kept) => self.waiting.get(*kept.get(at)? as usize),
            None => self.waiting.get(at),
        }
    }

    /// The row of the pod with `uid`, looked for at `near` first.
    pub fn position(&self, uid: &str, near: usize) -> Option<usize> {
        let is = |at: &usize| self.get(*at).is_some_and(|row| *row.pod.uid == *uid);
        Some(near).filter(is).or_else(|| (0..self.len()).find(is))
    }
}
