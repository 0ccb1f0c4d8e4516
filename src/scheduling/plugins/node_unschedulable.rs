#![doc = include_str!("node_unschedulable.md")]

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
use crate::scheduling::plugin::{Cycle, Filter, Phase, Plugin, PreFilter, Reach, Touch};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::FilterColumn;

pub(super) const ROW: Row = Row {
    name: "NodeUnschedulable",
    phases: &[Phase::PreFilter, Phase::Filter],
    weight: 0,
    docs: include_str!("node_unschedulable.md"),
    build: |setup| {
        Ok(Box::new(NodeUnschedulable {
            comparisons: setup.gates.enabled(Gate::TaintTolerationComparisonOperators),
        }))
    },
};

const REASON: &str = "node(s) were unschedulable";

#[derive(Debug)]
struct NodeUnschedulable {
    /// Whether tolerations compare numbers.
    comparisons: bool,
}

impl Plugin for NodeUnschedulable {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        if let Some(fault) = Fault::first(&cycle.pod.faults, Concern::Tolerations) {
            return Some(PreFilter::Reject(Status::because(Code::Fault, fault.to_string())));
        }
        let cordon = cordon();
        let tolerated = cycle
            .pod
            .spec
            .tolerations
            .iter()
            .position(|toleration| toleration.tolerates(&cordon, self.comparisons));
        Some(PreFilter::Run {
            nodes: None,
            filter: Box::new(Cordons { cycle, tolerated }),
        })
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

/// The taint that stands for a cordon.
fn cordon() -> Taint {
    Taint {
        key: Arc::from("node.kubernetes.io/unschedulable"),
        value: Arc::from(""),
        effect: Effect::NoSchedule,
    }
}

struct Cordons<'a> {
    cycle: Cycle<'a>,
    /// Which of the pod's tolerations bears a cordoned node.
    tolerated: Option<usize>,
}

impl Filter for Cordons<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        if self.tolerated.is_some() {
            return;
        }
        let cordoned = self.cycle.cluster.nodes.unschedulable();
        let status = verdicts.intern(Status::because(Code::UnschedulableAndUnresolvable, REASON));
        for &node in nodes {
            if cordoned.get(node.index()) == Some(&true) {
                verdicts.set(node, status);
            }
        }
    }

    fn explain(&self, node: NodeId) -> Explanation {
        let cordoned = self
            .cycle
            .cluster
            .nodes
            .get(node)
            .is_some_and(|node| node.unschedulable);
        let mut why = Explanation::new(match (cordoned, self.tolerated) {
            (false, _) => "the node is not cordoned",
            (true, Some(_)) => "the node is cordoned, and the pod tolerates it",
            (true, None) => "the node is cordoned; kubectl uncordon lifts it",
        });
        why.node("spec.unschedulable", cordoned.to_string(), "spec.unschedulable");
        if let Some(at) = self.tolerated {
            why.pod(
                "toleration",
                "node.kubernetes.io/unschedulable:NoSchedule",
                format!("spec.tolerations[{at}]"),
            );
        } else if cordoned {
            let tolerations = self.cycle.pod.spec.tolerations.len();
            why.pod(
                "tolerations",
                format!("none of {tolerations} bears it"),
                "spec.tolerations",
            );
        }
        let formula = format!("cordoned: {cordoned}, tolerated: {}", self.tolerated.is_some());
        let holds = !cordoned || self.tolerated.is_some();
        why.step(
            "not cordoned, or tolerated",
            formula,
            if holds { HOLDS } else { REASON },
        );
        why
    }
}
