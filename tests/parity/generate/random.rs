//! Seeded chance.

use fastrand::Rng;
use serde_json::Value;

pub(super) struct Random(Rng);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    pub(super) fn one_in(&mut self, of: u32) -> bool {
        self.0.u32(0..of) == 0
    }

    /// A number from 0 to `end` - 1; 0 where there is none.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.usize(0..end.max(1))
    }

    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0.i64(least..=most)
    }

    pub(super) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    /// At most `most` of `from`, each at most once, in their order.
    pub(super) fn some<'a>(&mut self, from: &[&'a str], most: usize) -> Vec<&'a str> {
        let mut at: Vec<usize> = (0..from.len()).collect();
        self.0.shuffle(&mut at);
        at.truncate(self.below(most + 1));
        at.sort_unstable();
        at.into_iter().map(|at| from[at]).collect()
    }

    pub(super) fn shuffle(&mut self, items: &mut [Value]) {
        self.0.shuffle(items);
    }
}
