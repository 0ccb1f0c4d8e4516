#![doc = include_str!("pod_topology_spread.md")]

mod args;
mod constraint;
mod default_selector;
mod domains;
mod eligible;
mod hard;
mod hint;
mod logarithm;
mod soft;

use self::args::Defaults;
use self::constraint::Constraints;
use self::hard::Hard;
use self::soft::Soft;
use super::Row;
use crate::model::NodeId;
use crate::model::cluster::{Event, NodeAspect};
use crate::model::fault::{Concern, Fault};
use crate::model::topology_spread::{InclusionPolicy, WhenUnsatisfiable};
use crate::scheduling::features::Gate;
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::{Cycle, Phase, Plugin, PreFilter, PreScore, Reach, Touch};
use crate::scheduling::status::{Code, Status};

pub(super) const ROW: Row = Row {
    name: "PodTopologySpread",
    phases: &[Phase::PreFilter, Phase::Filter, Phase::PreScore, Phase::Score],
    weight: 2,
    docs: include_str!("pod_topology_spread.md"),
    build: |setup| {
        Ok(Box::new(PodTopologySpread {
            defaults: Defaults::new(setup.args()?)?,
            match_label_keys: setup.gates.enabled(Gate::MatchLabelKeysInPodTopologySpread),
            comparisons: setup.gates.enabled(Gate::TaintTolerationComparisonOperators),
        }))
    },
};

const UNEVEN: &str = "node(s) didn't match pod topology spread constraints";
const NO_LABEL: &str = "node(s) didn't match pod topology spread constraints (missing required label)";
/// The label whose values are single nodes: counted node by node.
const HOSTNAME: &str = "kubernetes.io/hostname";

#[derive(Debug)]
struct PodTopologySpread {
    /// For pods without constraints of their own.
    defaults: Defaults,
    /// Whether `matchLabelKeys` is looked at.
    match_label_keys: bool,
    /// Whether tolerations compare numbers.
    comparisons: bool,
}

impl Plugin for PodTopologySpread {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        if let Some(fault) = Fault::first(&cycle.pod.faults, Concern::TopologySpread) {
            return Some(PreFilter::Reject(Status::because(Code::Fault, fault.to_string())));
        }
        let constraints = Constraints::of(self, cycle, WhenUnsatisfiable::DoNotSchedule);
        if constraints.all.is_empty() {
            return Some(PreFilter::Skip);
        }
        Some(PreFilter::Run {
            nodes: None,
            filter: Box::new(Hard::new(cycle, constraints, self.comparisons)),
        })
    }

    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, feasible: &'a [NodeId]) -> Option<PreScore<'a>> {
        let constraints = Constraints::of(self, cycle, WhenUnsatisfiable::ScheduleAnyway);
        if constraints.all.is_empty() {
            return Some(PreScore::Skip);
        }
        let soft = Soft::new(cycle, constraints, feasible, self.comparisons);
        Some(PreScore::Run(Box::new(soft)))
    }

    fn reach(&self, cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        let soft = Constraints::of(self, cycle, WhenUnsatisfiable::ScheduleAnyway).all;
        let reaches = match change {
            Touch::Feasible(_) => !soft.is_empty(),
            Touch::Node(change) => {
                let mut all = Constraints::of(self, cycle, WhenUnsatisfiable::DoNotSchedule).all;
                all.extend(soft);
                all.iter().any(|constraint| match &change.what {
                    NodeAspect::Labels => true,
                    NodeAspect::Own => constraint.taints == InclusionPolicy::Honor,
                    NodeAspect::Images | NodeAspect::Claims => false,
                    NodeAspect::PodCame(placed) | NodeAspect::PodWent(placed) => {
                        placed.key.namespace == cycle.pod.key.namespace
                            && constraint.selector.matches(&placed.labels)
                    }
                })
            }
        };
        if reaches { Reach::Cluster } else { Reach::Nothing }
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }

    fn hint(&self, cycle: Cycle<'_>, event: &Event) -> Hint {
        hint::hint(self, cycle, event)
    }
}
