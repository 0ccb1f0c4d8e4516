#![doc = include_str!("random_filter.md")]

use serde::Deserialize;

use super::Row;
use crate::model::NodeId;
use crate::scheduling::explanation::{Explanation, HOLDS};
use crate::scheduling::plugin::{Cycle, Filter, Phase, Plugin, PreFilter, Reach, Touch};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::FilterColumn;

pub(super) const ROW: Row = Row {
    name: "RandomFilter",
    phases: &[Phase::Filter],
    weight: 0,
    docs: include_str!("random_filter.md"),
    build: |setup| {
        let Args { seed } = setup.args()?;
        Ok(Box::new(RandomFilter { seed }))
    },
};

const REASON: &str = "node(s) lost the toss";

/// The arguments of both random plugins.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Args {
    pub(super) seed: u64,
}

/// A number that depends on `seed`, pod and node alone, the same in every run and on every machine: FNV-1a over the
/// three, then the last steps of MurmurHash3, so that its lowest bits are as good as any.
pub(super) fn number(seed: u64, cycle: Cycle<'_>, node: NodeId) -> u64 {
    let name = cycle.cluster.nodes.get(node).map_or("", |node| &node.name);
    let key = &cycle.pod.key;
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |bytes: &[u8]| {
        for &byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    eat(&seed.to_le_bytes());
    for text in [&*key.namespace, &*key.name, name] {
        eat(text.as_bytes());
        eat(&[0]);
    }
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        hash = (hash ^ (hash >> 33)).wrapping_mul(factor);
    }
    hash ^ (hash >> 33)
}

#[derive(Debug)]
struct RandomFilter {
    seed: u64,
}

impl Plugin for RandomFilter {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        Some(PreFilter::Run {
            nodes: None,
            filter: Box::new(Toss {
                seed: self.seed,
                cycle,
            }),
        })
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        change.at_node_without_pods()
    }
}

struct Toss<'a> {
    seed: u64,
    cycle: Cycle<'a>,
}

impl Filter for Toss<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let lost = verdicts.intern(Status::because(Code::UnschedulableAndUnresolvable, REASON));
        for &node in nodes {
            if number(self.seed, self.cycle, node) % 2 == 1 {
                verdicts.set(node, lost);
            }
        }
    }

    fn explain(&self, node: NodeId) -> Explanation {
        let number = number(self.seed, self.cycle, node);
        let passes = number.is_multiple_of(2);
        let mut why = Explanation::new(if passes {
            "the number drawn is even: the node passes"
        } else {
            "the number drawn is odd: the node is out"
        });
        inputs(self.seed, self.cycle, node, &mut why);
        why.step(
            "the number drawn is even",
            format!("{number} mod 2 = {}", number % 2),
            if passes { HOLDS } else { REASON },
        );
        why
    }
}

/// What the number comes from.
pub(super) fn inputs(seed: u64, cycle: Cycle<'_>, node: NodeId, why: &mut Explanation) {
    why.profile("seed", seed.to_string(), "args.seed");
    why.pod("pod", cycle.pod.key.to_string(), "metadata.name");
    let name = cycle.cluster.nodes.get(node).map_or("", |node| &node.name);
    why.node("node", name, "metadata.name");
}
