//! The scoring strategies: how good a node would be by what would be taken of each of its resources.

use super::args::{Kind, Point, ResourceSpec, Scoring};
use super::explain;
use super::share::{Column, Share};
use crate::model::NodeId;
use crate::model::pod::ContainerKind;
use crate::model::resources::ResourceId;
use crate::scheduling::explanation::{Explanation, pods};
use crate::scheduling::normalize::MAX;
use crate::scheduling::normalize::Normalization;
use crate::scheduling::plugin::{Cycle, Score};
use crate::scheduling::status::Status;

/// What one point of a shape's score is worth: 10 of them are the highest score.
const PER_POINT: i64 = MAX / 10;

/// Scores by a strategy.
pub(super) struct Allocation<'a> {
    cycle: Cycle<'a>,
    scoring: &'a Scoring,
    /// The resources that count, each with its weight.
    resources: Vec<(Column<'a>, i64)>,
}

impl<'a> Allocation<'a> {
    pub(super) fn new(cycle: Cycle<'a>, scoring: &'a Scoring) -> Self {
        let columns = scoring
            .resources
            .iter()
            .filter_map(|spec| Some((column(cycle, spec)?, spec.weight)));
        Self {
            cycle,
            scoring,
            resources: columns.collect(),
        }
    }

    /// The score of one resource, where the node has any of it.
    fn score_of(&self, share: Share) -> i64 {
        let Share {
            would, allocatable, ..
        } = share;
        match &self.scoring.kind {
            Kind::Least if would > allocatable => 0,
            Kind::Least => percent(allocatable.wrapping_sub(would), allocatable),
            Kind::Most => percent(would.min(allocatable), allocatable),
            Kind::Ratio(points) => broken_line(points, utilization(share)),
        }
    }

    /// Whether a resource with this score counts. One without any does not in a ratio, as upstream has it.
    fn counts(&self, score: i64) -> bool {
        !matches!(self.scoring.kind, Kind::Ratio(_)) || score > 0
    }

    fn mean(&self, sum: i64, weights: i64) -> i64 {
        match &self.scoring.kind {
            _ if weights == 0 => 0,
            Kind::Ratio(_) => (sum as f64 / weights as f64).round() as i64,
            _ => sum.wrapping_div(weights),
        }
    }

    fn node(&self, node: NodeId) -> i64 {
        let (mut sum, mut weights) = (0_i64, 0_i64);
        for (column, weight) in &self.resources {
            let Some(share) = column.on(node) else { continue };
            let score = self.score_of(share);
            if self.counts(score) {
                sum = sum.wrapping_add(score.wrapping_mul(*weight));
                weights += weight;
            }
        }
        self.mean(sum, weights)
    }
}

/// `None` where the resource counts on no node: nobody has it, or it is none of the three that every pod takes and the pod
/// does not ask for it.
fn column<'a>(cycle: Cycle<'a>, spec: &ResourceSpec) -> Option<Column<'a>> {
    let resource = cycle.cluster.interner.resources.id(&spec.name)?;
    let table = &cycle.cluster.nodes;
    let asked = asked(cycle, resource);
    if asked == 0 && resource > ResourceId::EPHEMERAL_STORAGE {
        return None;
    }
    let taken = match resource {
        ResourceId::CPU => table.non_zero_cpu(),
        ResourceId::MEMORY => table.non_zero_memory(),
        other => table.requested(other),
    };
    Some(Column {
        resource,
        asked,
        taken,
        allocatable: table.allocatable(resource),
    })
}

/// What would be taken, in per cent; everything where there is not enough.
fn utilization(share: Share) -> i64 {
    if share.would > share.allocatable {
        MAX
    } else {
        percent(share.would, share.allocatable)
    }
}

fn percent(part: i64, whole: i64) -> i64 {
    part.wrapping_mul(MAX).wrapping_div(whole)
}

/// What the pod is taken to ask for: containers and overhead, not the pod as a whole, with defaults for cpu and memory.
fn asked(cycle: Cycle<'_>, resource: ResourceId) -> i64 {
    let spec = &cycle.pod.spec;
    match resource {
        ResourceId::CPU => spec.non_zero.milli_cpu,
        ResourceId::MEMORY => spec.non_zero.memory,
        other if spec.pod_level.iter().any(|(id, _)| id == other) => {
            of_containers(cycle, other).wrapping_add(spec.overhead.get(other))
        }
        other => spec.requests.get(other),
    }
}

fn of_containers(cycle: Cycle<'_>, resource: ResourceId) -> i64 {
    let (mut running, mut sidecars, mut starting) = (0_i64, 0_i64, 0_i64);
    for container in &cycle.pod.spec.containers {
        let own = container.requests.get(resource);
        match container.kind {
            ContainerKind::Regular => running = running.saturating_add(own),
            ContainerKind::Sidecar => {
                running = running.saturating_add(own);
                sidecars = sidecars.saturating_add(own);
                starting = starting.max(sidecars);
            }
            ContainerKind::Init => starting = starting.max(own.saturating_add(sidecars)),
        }
    }
    running.max(starting)
}

/// The value at `utilization` of the line through the points of `shape`: level before the first and after the last.
fn broken_line(shape: &[Point], utilization: i64) -> i64 {
    let mut before: Option<(i64, i64)> = None;
    for point in shape {
        let (at, score) = (i64::from(point.utilization), i64::from(point.score) * PER_POINT);
        if utilization <= at {
            return before.map_or(score, |(from, start)| {
                start
                    + ((score - start) * (utilization - from))
                        .checked_div(at - from)
                        .unwrap_or(0)
            });
        }
        before = Some((at, score));
    }
    before.map_or(0, |(_, score)| score)
}

impl Score for Allocation<'_> {
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status> {
        for (&node, raw) in nodes.iter().zip(raw) {
            *raw = self.node(node);
        }
        Ok(())
    }

    fn normalization(&self) -> Normalization {
        Normalization::AsIs
    }

    fn explain(&self, node: NodeId, raw: i64, normalized: i64) -> Explanation {
        let names = &self.cycle.cluster.interner.resources;
        let pods = pods(self.cycle.cluster.nodes.pods_on(node).len() as i64);
        let mut why = Explanation::new(match &self.scoring.kind {
            Kind::Least => format!("LeastAllocated: {normalized} % of the node would stay free"),
            Kind::Most => format!("MostAllocated: {normalized} % of the node would be taken"),
            Kind::Ratio(shape) => {
                let points = shape
                    .iter()
                    .map(|p| format!("{} % → {}", p.utilization, i64::from(p.score) * PER_POINT));
                let points: Vec<String> = points.collect();
                format!(
                    "RequestedToCapacityRatio: {normalized} by the shape {}",
                    points.join(", ")
                )
            }
        });
        let mut terms = Vec::new();
        let mut weights = 0;
        for (column, weight) in &self.resources {
            let name = names.name(column.resource);
            let show = |amount| names.show(column.resource, amount);
            explain::pod_inputs(self.cycle, column.resource, &mut why);
            why.pod(format!("{name} as scored"), show(column.asked), "");
            let share = column.on(node);
            let Share {
                taken,
                would,
                allocatable,
            } = share.unwrap_or(Share {
                taken: 0,
                would: 0,
                allocatable: 0,
            });
            let field = format!("status.allocatable.{name}");
            why.node(format!("{name} allocatable"), show(allocatable), field);
            let Some(share) = share else {
                why.step(name, "the node has none: left out", "–");
                continue;
            };
            why.node(format!("{name} taken by {pods}, as scored"), show(taken), "");
            let sum = format!("{} + {}", show(taken), show(column.asked));
            why.step(format!("{name} taken"), sum, show(would));
            let (all, taken) = (show(allocatable), show(would));
            let score = self.score_of(share);
            let formula = match &self.scoring.kind {
                Kind::Least if would > allocatable => format!("{taken} > {all}: none left"),
                Kind::Least => format!("({all} − {taken}) × 100 / {all}"),
                Kind::Most if would > allocatable => format!("{taken} > {all}: all taken"),
                Kind::Most => format!("{taken} × 100 / {all}"),
                Kind::Ratio(_) => {
                    let formula = if would > allocatable {
                        format!("{taken} > {all}: all taken")
                    } else {
                        format!("{taken} × 100 / {all}")
                    };
                    let utilization = utilization(share);
                    why.step(format!("{name} utilization"), formula, utilization);
                    format!("the shape at {utilization} %")
                }
            };
            why.step(name, formula, score);
            if self.counts(score) {
                weights += weight;
                terms.push(match weight {
                    1 => score.to_string(),
                    weight => format!("{score} × {weight}"),
                });
            }
        }
        let formula = match terms.len() {
            0 => "nothing to score by".to_owned(),
            _ => format!("({}) / {weights}", terms.join(" + ")),
        };
        why.step("mean", formula, raw);
        why
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_a_broken_line() {
        let point = |(utilization, score)| Point { utilization, score };
        let shape = [(20, 0), (60, 10), (90, 4)].map(point);
        let line = [
            (0, 0),
            (20, 0),
            (21, 2),
            (40, 50),
            (60, 100),
            (75, 70),
            (90, 40),
            (100, 40),
        ];
        for (utilization, score) in line {
            assert_eq!(broken_line(&shape, utilization), score, "{utilization}");
        }
        assert_eq!(broken_line(&[point((50, 3))], 7), 30);
    }
}
