#![doc = include_str!("random_score.md")]

use super::Row;
use super::random_filter::{Args, inputs, number};
use crate::model::NodeId;
use crate::scheduling::explanation::Explanation;
use crate::scheduling::normalize::Normalization;
use crate::scheduling::plugin::{Cycle, Phase, Plugin, PreScore, Reach, Score, Touch};
use crate::scheduling::status::Status;

pub(super) const ROW: Row = Row {
    name: "RandomScore",
    phases: &[Phase::Score],
    weight: 0,
    docs: include_str!("random_score.md"),
    build: |setup| {
        let Args { seed } = setup.args()?;
        Ok(Box::new(RandomScore { seed }))
    },
};

/// How many scores there are.
const SCORES: u64 = 100;

#[derive(Debug)]
struct RandomScore {
    seed: u64,
}

impl Plugin for RandomScore {
    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, _feasible: &[NodeId]) -> Option<PreScore<'a>> {
        Some(PreScore::Run(Box::new(Draw {
            seed: self.seed,
            cycle,
        })))
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        change.at_node_without_pods()
    }
}

struct Draw<'a> {
    seed: u64,
    cycle: Cycle<'a>,
}

impl Score for Draw<'_> {
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status> {
        for (&node, raw) in nodes.iter().zip(raw) {
            *raw = (number(self.seed, self.cycle, node) % SCORES) as i64;
        }
        Ok(())
    }

    fn normalization(&self) -> Normalization {
        Normalization::AsIs
    }

    fn explain(&self, node: NodeId, raw: i64, _normalized: i64) -> Explanation {
        let mut why = Explanation::new("drawn at random from 0 to 99");
        inputs(self.seed, self.cycle, node, &mut why);
        let number = number(self.seed, self.cycle, node);
        why.step("the number drawn", format!("{number} mod {SCORES}"), raw);
        why
    }
}
