//! Constraints that cost score: `ScheduleAnyway`, and those that pods have by default.

use fixedbitset::FixedBitSet;

use super::constraint::{Constraint, Constraints};
use super::domains::{Domains, pods_by_node};
use super::eligible::Eligible;
use super::logarithm::ln;
use crate::model::NodeId;
use crate::scheduling::explanation::{Explanation, pods};
use crate::scheduling::normalize;
use crate::scheduling::plugin::{Cycle, Score};
use crate::scheduling::status::Status;

pub(super) struct Soft<'a> {
    constraints: Constraints<'a>,
    feasible: Vec<NodeId>,
    /// Feasible nodes, by slot, that lack a label where every label has to be there.
    ignored: FixedBitSet,
    /// By constraint.
    counted: Vec<Counted>,
}

struct Counted {
    /// Matching pods by slot, for a constraint that counts node by node.
    on_node: Vec<i64>,
    /// Matching pods by domain, for any other; only domains of feasible nodes are there.
    domains: Domains,
    /// How many domains there are.
    len: usize,
    /// What a pod weighs: `ln(domains + 2)`, so that many small domains do not drown few large ones.
    weight: f64,
    /// Where nodes without the label are counted: with those whose value is empty.
    unlabelled: usize,
}

impl Counted {
    fn domain(&self, constraint: &Constraint<'_>, node: NodeId) -> usize {
        match constraint.domain(node) {
            0 => self.unlabelled,
            domain => domain,
        }
    }

    fn pods(&self, constraint: &Constraint<'_>, node: NodeId) -> i64 {
        if constraint.is_by_node() {
            self.on_node.get(node.index()).copied().unwrap_or(0)
        } else {
            self.domains.get(constraint.domain(node)).unwrap_or(0)
        }
    }

    fn score(&self, constraint: &Constraint<'_>, node: NodeId) -> f64 {
        let allowed = f64::from(constraint.max_skew.wrapping_sub(1));
        self.pods(constraint, node) as f64 * self.weight + allowed
    }
}

impl<'a> Soft<'a> {
    pub(super) fn new(
        cycle: Cycle<'a>,
        constraints: Constraints<'a>,
        feasible: &[NodeId],
        comparisons: bool,
    ) -> Self {
        let nodes = &cycle.cluster.nodes;
        let mut soft = Self {
            feasible: feasible.to_vec(),
            ignored: FixedBitSet::with_capacity(nodes.slots()),
            counted: pods_by_node(cycle.cluster, cycle.pod, &constraints.all)
                .into_iter()
                .zip(&constraints.all)
                .map(|(on_node, constraint)| Counted {
                    on_node,
                    domains: Domains::none(constraint),
                    len: 0,
                    weight: 0.0,
                    unlabelled: constraint.empty_domain().unwrap_or(0),
                })
                .collect(),
            constraints,
        };
        soft.open(feasible);
        let eligible = Eligible::new(cycle, &soft.constraints.all, comparisons);
        for (node, _) in nodes.iter() {
            if soft.constraints.all_labels && !soft.constraints.has_all_labels(node) {
                continue;
            }
            for (constraint, counted) in soft.constraints.all.iter().zip(&mut soft.counted) {
                if !constraint.is_by_node() && eligible.counts(node, constraint) {
                    let pods = counted.on_node.get(node.index()).copied().unwrap_or(0);
                    let domain = counted.domain(constraint, node);
                    counted.domains.add(domain, pods);
                }
            }
        }
        soft
    }

    /// Has the domains of the feasible nodes be there, and weighs each constraint by how many there are.
    fn open(&mut self, feasible: &[NodeId]) {
        for &node in feasible {
            if self.constraints.all_labels && !self.constraints.has_all_labels(node) {
                self.ignored.insert(node.index());
                continue;
            }
            for (constraint, counted) in self.constraints.all.iter().zip(&mut self.counted) {
                if !constraint.is_by_node() {
                    counted.domains.open(counted.domain(constraint, node));
                }
            }
        }
        for (constraint, counted) in self.constraints.all.iter().zip(&mut self.counted) {
            counted.len = if constraint.is_by_node() {
                feasible.len() - self.ignored.count_ones(..)
            } else {
                counted.domains.len()
            };
            counted.weight = ln(u32::try_from(counted.len + 2).unwrap_or(u32::MAX));
        }
    }

    fn is_ignored(&self, node: NodeId) -> bool {
        self.ignored.contains(node.index())
    }

    fn all(&self) -> impl Iterator<Item = (&Constraint<'a>, &Counted)> {
        self.constraints.all.iter().zip(&self.counted)
    }

    /// Lowest and highest of the scores that count.
    fn bounds(&self, nodes: &[NodeId], scores: &[i64]) -> (i64, i64) {
        let all = nodes.iter().zip(scores);
        let all = all.filter(|&(&node, _)| !self.is_ignored(node));
        all.fold((i64::MAX, 0), |(low, high), (_, &score)| {
            (low.min(score), high.max(score))
        })
    }
}

impl Score for Soft<'_> {
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status> {
        for (&node, raw) in nodes.iter().zip(raw) {
            *raw = 0;
            if self.is_ignored(node) {
                continue;
            }
            let mut sum = 0.0;
            for (constraint, counted) in self.all() {
                if constraint.domain(node) != 0 {
                    sum += counted.score(constraint, node);
                }
            }
            *raw = sum.round() as i64;
        }
        Ok(())
    }

    fn normalize(&self, nodes: &[NodeId], scores: &mut [i64]) {
        const IGNORED: i64 = -1;
        let (low, high) = self.bounds(nodes, scores);
        for (&node, score) in nodes.iter().zip(scores) {
            *score = if self.is_ignored(node) || *score == IGNORED {
                0
            } else if high == 0 {
                normalize::MAX
            } else {
                let rest = high.wrapping_add(low).wrapping_sub(*score);
                normalize::MAX.wrapping_mul(rest) / high
            };
        }
    }

    fn explain(&self, node: NodeId, raw: i64, normalized: i64) -> Explanation {
        let mut why = Explanation::new("");
        let mut found = Vec::new();
        for (constraint, counted) in self.all() {
            constraint.tell(&mut why);
            let key = &*constraint.key;
            let field = format!("metadata.labels.{key}");
            let Some(value) = constraint.value(node) else {
                why.node(key, "no such label", field);
                why.step(key, "the node has no such label", 0);
                continue;
            };
            why.node(key, value, field);
            let have = counted.pods(constraint, node);
            found.push(format!("{} in {key}={value}", pods(have)));
            let formula = format!(
                "{} × ln({} domains + 2) + maxSkew {} − 1",
                pods(have),
                counted.len,
                constraint.max_skew
            );
            let score = counted.score(constraint, node);
            why.step(format!("{key}={value}"), formula, format!("{score:.4}"));
        }
        if self.is_ignored(node) {
            "the node lacks a label by which the pod is to be spread, so it gets nothing"
                .clone_into(&mut why.summary);
            why.step("without every label", raw.to_string(), normalized);
            return why;
        }
        why.summary = match found.as_slice() {
            [] => "the node has none of the labels by which the pod is to be spread".to_owned(),
            _ => format!("matching pods: {}", found.join(", ")),
        };
        why.step("rounded sum", "of the above", raw);
        let mut all = vec![0; self.feasible.len()];
        let (low, high) = match self.score(&self.feasible, &mut all) {
            Ok(()) => self.bounds(&self.feasible, &all),
            Err(_) => (0, 0),
        };
        let formula = if high == 0 {
            "no feasible node has any: 100".to_owned()
        } else {
            format!("100 × ({high} highest + {low} lowest − {raw}) / {high}")
        };
        why.step("fewer is better", formula, normalized);
        why
    }
}
