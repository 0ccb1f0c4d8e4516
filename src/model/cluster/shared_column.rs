//! A column of values that many nodes share.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use crate::model::ids::NodeId;

/// For each node one of a few distinct values, by a dense number, so that a question is asked once per value and not
/// once per node. Numbers of values that no node has any more are used again.
#[derive(Clone, Debug)]
pub struct SharedColumn<T> {
    values: Vec<Option<T>>,
    used: Vec<u32>,
    numbers: FxHashMap<T, u32>,
    free: Vec<u32>,
    of: Vec<u32>,
}

impl<T> Default for SharedColumn<T> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            used: Vec::new(),
            numbers: FxHashMap::default(),
            free: Vec::new(),
            of: Vec::new(),
        }
    }
}

/// What a node without a value has.
const NONE: u32 = 0;

impl<T: Clone + Eq + Hash> SharedColumn<T> {
    /// The answer for each value, by number; number 0 is for nodes without one.
    pub fn judge<A>(&self, mut question: impl FnMut(Option<&T>) -> A) -> Vec<A> {
        let mut answers = Vec::with_capacity(self.values.len() + 1);
        answers.push(question(None));
        answers.extend(self.values.iter().map(|value| question(value.as_ref())));
        answers
    }

    /// How many answers [`SharedColumn::judge`] gives.
    pub fn numbers(&self) -> usize {
        self.values.len() + 1
    }

    /// The number of `node`'s value; 0 where it has none. Indexes what [`SharedColumn::judge`] gives.
    pub fn number(&self, node: NodeId) -> usize {
        self.of.get(node.index()).copied().unwrap_or(NONE) as usize
    }

    /// The number of `value`, if some node has it.
    pub fn number_of(&self, value: &T) -> Option<usize> {
        self.numbers.get(value).map(|&number| number as usize)
    }

    /// The value of `node`.
    pub fn get(&self, node: NodeId) -> Option<&T> {
        let at = self.number(node).checked_sub(1)?;
        self.values.get(at)?.as_ref()
    }

    /// Whether no node has a value.
    pub(super) fn is_unused(&self) -> bool {
        self.numbers.is_empty()
    }

    pub(super) fn set(&mut self, node: NodeId, value: Option<T>) {
        if self.get(node) == value.as_ref() {
            return;
        }
        self.clear(node);
        let Some(value) = value else {
            return;
        };
        let number = match self.numbers.get(&value) {
            Some(&number) => number,
            None => self.number_for(value),
        };
        self.used[number as usize - 1] += 1;
        if self.of.len() <= node.index() {
            self.of.resize(node.index() + 1, NONE);
        }
        self.of[node.index()] = number;
    }

    fn number_for(&mut self, value: T) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            self.values.push(None);
            self.used.push(0);
            self.values.len() as u32
        });
        self.values[number as usize - 1] = Some(value.clone());
        self.numbers.insert(value, number);
        number
    }

    fn clear(&mut self, node: NodeId) {
        let number = self.number(node);
        let Some(at) = number.checked_sub(1) else {
            return;
        };
        self.of[node.index()] = NONE;
        self.used[at] -= 1;
        if self.used[at] == 0
            && let Some(value) = self.values[at].take()
        {
            self.numbers.remove(&value);
            self.free.push(number as u32);
        }
    }
}
