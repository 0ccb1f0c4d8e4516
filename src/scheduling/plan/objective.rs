//! Which of two plans is the better one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Fate, Plan};

/// How good a plan is; the greater the better, among plans for the same pods.
///
/// First the pods of the highest priority: the more of them are placed the better, and no number of pods of lower priority
/// makes up for one. Where as many are placed, those of the next priority decide, and so on. Where all that is equal, and
/// with it the number of pods placed, the greater sum of the nodes' totals decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Objective {
    /// How many pods are placed of each priority that there is, the highest first.
    pub placed: Vec<usize>,
    /// The sum of the totals that the nodes had when they were chosen.
    pub total: i64,
}

impl Plan {
    /// How good it is.
    pub fn objective(&self) -> Objective {
        let mut levels: BTreeMap<Reverse<i32>, usize> = BTreeMap::new();
        let mut total = 0_i64;
        for row in &self.rows {
            let level = Reverse(row.pod.spec.priority);
            match &row.fate {
                Fate::Placed(placement) => {
                    *levels.entry(level).or_default() += 1;
                    total = total.saturating_add(placement.total.unwrap_or(0));
                }
                Fate::Unplaced(_) => {
                    levels.entry(level).or_default();
                }
                Fate::LeftOut(_) => {}
            }
        }
        Objective {
            placed: levels.into_values().collect(),
            total,
        }
    }
}
