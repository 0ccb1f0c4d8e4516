#![doc = include_str!("taint_toleration.md")]

mod hint;

use std::sync::Arc;

use super::Row;
use crate::model::NodeId;
use crate::model::cluster::Event;
use crate::model::fault::{Concern, Fault};
use crate::model::taint::{Effect, Taint};
use crate::scheduling::explanation::{Explanation, HOLDS};
use crate::scheduling::features::Gate;
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::normalize::Normalization;
use crate::scheduling::plugin::{Cycle, Filter, Phase, Plugin, PreFilter, PreScore, Reach, Score, Touch};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::FilterColumn;

pub(super) const ROW: Row = Row {
    name: "TaintToleration",
    phases: &[Phase::PreFilter, Phase::Filter, Phase::PreScore, Phase::Score],
    weight: 3,
    docs: include_str!("taint_toleration.md"),
    build: |setup| {
        Ok(Box::new(TaintToleration {
            comparisons: setup.gates.enabled(Gate::TaintTolerationComparisonOperators),
        }))
    },
};

const REASON: &str = "node(s) had untolerated taint(s)";

#[derive(Debug)]
struct TaintToleration {
    /// Whether tolerations compare numbers.
    comparisons: bool,
}

impl Plugin for TaintToleration {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        if let Some(fault) = Fault::first(&cycle.pod.faults, Concern::Tolerations) {
            return Some(PreFilter::Reject(Status::because(Code::Fault, fault.to_string())));
        }
        Some(PreFilter::Run {
            nodes: None,
            filter: Box::new(Taints {
                cycle,
                comparisons: self.comparisons,
                feasible: &[],
            }),
        })
    }

    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, feasible: &'a [NodeId]) -> Option<PreScore<'a>> {
        Some(PreScore::Run(Box::new(Taints {
            cycle,
            comparisons: self.comparisons,
            feasible,
        })))
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        change.at_node_without_pods()
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }

    fn hint(&self, cycle: Cycle<'_>, event: &Event) -> Hint {
        hint::hint(self, cycle, event)
    }
}

struct Taints<'a> {
    cycle: Cycle<'a>,
    comparisons: bool,
    feasible: &'a [NodeId],
}

impl Taints<'_> {
    fn tolerated_by(&self, taint: &Taint) -> Option<usize> {
        self.cycle
            .pod
            .spec
            .tolerations
            .iter()
            .position(|toleration| toleration.tolerates(taint, self.comparisons))
    }

    fn untolerated<'t>(
        &self,
        taints: Option<&'t Arc<[Taint]>>,
        counts: fn(Effect) -> bool,
    ) -> impl Iterator<Item = &'t Taint> {
        let taints = taints.into_iter().flat_map(|taints| taints.iter());
        taints.filter(move |taint| counts(taint.effect) && self.tolerated_by(taint).is_none())
    }

    /// What stands on the node, by effect, and which toleration bears it.
    fn inputs(&self, node: NodeId, counts: fn(Effect) -> bool, why: &mut Explanation) {
        let taints = self.cycle.cluster.nodes.taints().get(node);
        for (at, taint) in taints.iter().flat_map(|taints| taints.iter()).enumerate() {
            if counts(taint.effect) {
                why.node("taint", taint.to_string(), format!("spec.taints[{at}]"));
                if let Some(at) = self.tolerated_by(taint) {
                    why.pod(
                        "toleration",
                        format!("bears {taint}"),
                        format!("spec.tolerations[{at}]"),
                    );
                }
            }
        }
    }
}

fn puts_off(effect: Effect) -> bool {
    effect == Effect::PreferNoSchedule
}

impl Filter for Taints<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let table = &self.cycle.cluster.nodes;
        let status = verdicts.intern(Status::because(Code::UnschedulableAndUnresolvable, REASON));
        let rejected = table
            .taints()
            .judge(|taints| self.untolerated(taints, Effect::keeps_off).next().is_some());
        if rejected.contains(&true) {
            for &node in nodes {
                if rejected.get(table.taints().number(node)) == Some(&true) {
                    verdicts.set(node, status);
                }
            }
        }
        for node in table.faulty() {
            let faults = table.get(node).map_or(&[][..], |node| &node.faults);
            if let Some(fault) = Fault::first(faults, Concern::Taints) {
                let status = verdicts.intern(Status::because(Code::Fault, fault.to_string()));
                verdicts.set(node, status);
            }
        }
    }

    fn explain(&self, node: NodeId) -> Explanation {
        let table = &self.cycle.cluster.nodes;
        let mut why = Explanation::new("the pod tolerates every taint that keeps pods off the node");
        self.inputs(node, Effect::keeps_off, &mut why);
        if why.inputs.is_empty() {
            why.node("taints", "none that keeps pods off", "spec.taints");
        }
        let faults = table.get(node).map_or(&[][..], |node| &node.faults);
        if let Some(fault) = Fault::first(faults, Concern::Taints) {
            why.summary = fault.to_string();
            why.step("taints can be read", &fault.field, fault);
            return why;
        }
        let taints = table.taints().get(node);
        let untolerated: Vec<String> = self
            .untolerated(taints, Effect::keeps_off)
            .map(ToString::to_string)
            .collect();
        if untolerated.is_empty() {
            why.step(
                "taints are tolerated",
                "no untolerated NoSchedule or NoExecute taint",
                HOLDS,
            );
        } else {
            why.summary = format!("the pod does not tolerate {}", untolerated.join(", "));
            let tolerations = self.cycle.pod.spec.tolerations.len();
            why.pod(
                "tolerations",
                format!("none of {tolerations} bears it"),
                "spec.tolerations",
            );
            for taint in untolerated {
                why.step("taint is tolerated", format!("{taint}: no toleration"), REASON);
            }
        }
        why
    }
}

impl Score for Taints<'_> {
    fn score(&self, nodes: &[NodeId], raw: &mut [i64]) -> Result<(), Status> {
        let taints = self.cycle.cluster.nodes.taints();
        let counts = taints.judge(|taints| self.untolerated(taints, puts_off).count() as i64);
        for (&node, raw) in nodes.iter().zip(raw) {
            *raw = counts.get(taints.number(node)).copied().unwrap_or(0);
        }
        Ok(())
    }

    fn normalization(&self) -> Normalization {
        Normalization::FewerIsBetter
    }

    fn explain(&self, node: NodeId, raw: i64, normalized: i64) -> Explanation {
        let taints = self.cycle.cluster.nodes.taints().get(node);
        let untolerated: Vec<String> = self
            .untolerated(taints, puts_off)
            .map(ToString::to_string)
            .collect();
        let mut why = Explanation::new(match untolerated.len() {
            0 => "no untolerated PreferNoSchedule taint".to_owned(),
            _ => format!("untolerated PreferNoSchedule taints: {}", untolerated.join(", ")),
        });
        self.inputs(node, puts_off, &mut why);
        why.step(
            "untolerated PreferNoSchedule taints",
            untolerated.join(" + "),
            raw,
        );
        let mut all = vec![0; self.feasible.len()];
        let most = match self.score(self.feasible, &mut all) {
            Ok(()) => all.into_iter().max().unwrap_or(0),
            Err(_) => 0,
        };
        let formula = if most == 0 {
            "no feasible node has any: 100".to_owned()
        } else {
            format!("100 − 100 × {raw} / {most}")
        };
        why.step("fewer is better", formula, normalized);
        why
    }
}
