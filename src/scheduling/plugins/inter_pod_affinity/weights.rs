//! What should hold: preferences of the pod, and those of placed pods towards it.

use std::collections::BTreeMap;

use super::incoming::IncomingTerm;
use super::rules::labels_of;
use super::tally::Tally;
use super::words;
use crate::model::NodeId;
use crate::model::cluster::NodeCounts;
use crate::model::pod_affinity::{AffinityTerm, ListedTerm, TermKind};
use crate::scheduling::explanation::{Explanation, pods};
use crate::scheduling::normalize;
use crate::scheduling::plugin::{Cycle, Score};
use crate::scheduling::status::Status;

/// The sums of weights in each domain.
pub(super) struct Weights<'a> {
    cycle: Cycle<'a>,
    /// The pod's preferred terms.
    own: Vec<IncomingTerm<'a>>,
    /// What required affinity of a placed pod counts.
    hard_weight: i32,
    /// By topology key.
    tallies: Vec<Tally<'a>>,
    feasible: &'a [NodeId],
}

/// Placed pods that count for or against being near them.
struct Contribution<'a> {
    nodes: &'a NodeCounts,
    /// For each of the pods; below zero to be away.
    weight: i64,
    listed: ListedTerm<'a>,
    /// Whether it is their term and not the pod's.
    theirs: bool,
}

impl<'a> Weights<'a> {
    pub(super) fn new(
        cycle: Cycle<'a>,
        own: Vec<IncomingTerm<'a>>,
        hard_weight: i32,
        feasible: &'a [NodeId],
    ) -> Self {
        let mut weights = Self {
            cycle,
            own,
            hard_weight,
            tallies: Vec::new(),
            feasible,
        };
        let mut tallies = Vec::new();
        weights.each(|found| {
            let key = &found.listed.term.topology_key;
            Tally::of(&mut tallies, cycle.cluster, key, false).add(found.nodes, found.weight);
        });
        tallies.retain(|tally| tally.pods > 0);
        weights.tallies = tallies;
        weights
    }

    /// Whether no term is about any pod on a node that has its topology key.
    pub(super) fn is_untouched(&self) -> bool {
        self.tallies.is_empty()
    }

    /// Weights are negated as upstream does, within 32 bits.
    fn each(&self, mut take: impl FnMut(Contribution<'a>)) {
        let Cycle { cluster, pod } = self.cycle;
        let signed = |listed: ListedTerm<'_>| match listed.kind {
            TermKind::Required | TermKind::RequiredAnti => i64::from(self.hard_weight),
            TermKind::Preferred => i64::from(listed.weight),
            TermKind::PreferredAnti => i64::from(listed.weight.wrapping_neg()),
        };
        for term in &self.own {
            for group in term.groups(cluster) {
                take(Contribution {
                    nodes: &group.nodes,
                    weight: signed(term.listed),
                    listed: term.listed,
                    theirs: false,
                });
            }
        }
        let (namespace, labels) = (&pod.key.namespace, labels_of(self.cycle));
        for kind in [TermKind::Required, TermKind::Preferred, TermKind::PreferredAnti] {
            if kind == TermKind::Required && self.hard_weight == 0 {
                continue;
            }
            let groups = cluster.affinity_groups();
            for (group, listed) in groups.about(kind, namespace, labels, &pod.labels) {
                take(Contribution {
                    nodes: &group.nodes,
                    weight: signed(listed),
                    listed,
                    theirs: true,
                });
            }
        }
    }

    /// The pods that count on `node`: by name of the step, the weight, the term, and how many.
    fn steps(&self, node: NodeId) -> BTreeMap<(bool, TermKind, String), Found<'a>> {
        let mut all: BTreeMap<_, Found<'a>> = BTreeMap::new();
        self.each(|found| {
            let term = found.listed.term;
            let domains = self.tallies.iter().find(|tally| tally.key == term.topology_key);
            let Some((tally, domain)) = domains.and_then(|tally| Some((tally, tally.domain(node)?))) else {
                return;
            };
            let here = found
                .nodes
                .iter()
                .filter(|&(other, _)| tally.domain(other) == Some(domain));
            let count: i64 = here.map(|(_, count)| i64::from(count)).sum();
            if count == 0 && found.theirs {
                return;
            }
            let of_whom = words::term(term);
            let name = match (found.theirs, found.listed.kind) {
                (false, TermKind::Preferred) => format!("preferred affinity term {}", found.listed.at),
                (false, _) => format!("preferred anti-affinity term {}", found.listed.at),
                (true, TermKind::Preferred) => format!("placed pods that prefer to be near {of_whom}"),
                (true, TermKind::PreferredAnti) => {
                    format!("placed pods that prefer to be away from {of_whom}")
                }
                (true, _) => format!("placed pods that require to be near {of_whom}"),
            };
            let place = words::place(tally, node);
            let name = format!("{name}, weight {}, {place}", found.weight);
            let entry = all
                .entry((found.theirs, found.listed.kind, name))
                .or_insert(Found {
                    weight: found.weight,
                    term,
                    at: found.listed.at,
                    count: 0,
                });
            entry.count += count;
        });
        all
    }
}

struct Found<'a> {
    weight: i64,
    term: &'a AffinityTerm,
    at: usize,
    count: i64,
}

impl Score for Weights<'_> {
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status> {
        for tally in &self.tallies {
            for (&node, raw) in nodes.iter().zip(raw.iter_mut()) {
                *raw += tally.at(node).unwrap_or(0);
            }
        }
        Ok(())
    }

    fn normalize(&self, _nodes: &[NodeId], scores: &mut [i64]) {
        let (least, most) = range(scores);
        let span = most - least;
        for score in scores {
            *score = match span {
                0 => 0,
                _ => (normalize::MAX as f64 * ((*score - least) as f64 / span as f64)) as i64,
            };
        }
    }

    fn explain(&self, node: NodeId, raw: i64, normalized: i64) -> Explanation {
        let mut why = Explanation::new(format!(
            "the pods near the node are worth {raw} by preferences of this pod and theirs"
        ));
        for tally in &self.tallies {
            let value = words::value(tally.value(node));
            why.node(&*tally.key, value, format!("metadata.labels.{}", tally.key));
        }
        let mut sum = Vec::new();
        for ((theirs, kind, name), found) in self.steps(node) {
            if !theirs {
                let field = format!("{}[{}].podAffinityTerm", kind.field(), found.at);
                why.pod(format!("weight {}", found.weight), words::term(found.term), field);
            } else if kind == TermKind::Required {
                why.profile(
                    "hardPodAffinityWeight",
                    self.hard_weight.to_string(),
                    "hardPodAffinityWeight",
                );
            }
            let product = found.weight * found.count;
            let formula = format!("{} × {}", pods(found.count), words::signed(found.weight));
            why.step(name, formula, product);
            sum.push(words::signed(product));
        }
        let formula = if sum.is_empty() {
            "no pod near counts".to_owned()
        } else {
            sum.join(" + ")
        };
        why.step("sum", formula, raw);
        let mut all = vec![0; self.feasible.len()];
        let (least, most) = match self.score(self.feasible, &mut all) {
            Ok(()) => range(&all),
            Err(_) => (raw, raw),
        };
        let formula = if most == least {
            format!("every feasible node has {}: none is better", words::signed(raw))
        } else {
            let [raw, least, most] = [raw, least, most].map(words::signed);
            format!("100 × ({raw} − {least}) / ({most} − {least})")
        };
        why.step("among the feasible nodes", formula, normalized);
        why
    }
}

/// The least and the most of `scores`.
fn range(scores: &[i64]) -> (i64, i64) {
    let least = scores.iter().copied().min().unwrap_or(0);
    let most = scores.iter().copied().max().unwrap_or(0);
    (least, most)
}
