#![doc = include_str!("node_declared_features.md")]

mod hint;

use super::Row;
use crate::model::cluster::Event;
use crate::model::node_feature::{NodeFeature, NodeFeatures};
use crate::model::{Cluster, NodeId};
use crate::scheduling::explanation::{Explanation, HOLDS};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::{Cycle, Filter, Phase, Plugin, PreFilter, Reach, Touch};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::FilterColumn;

pub(super) const ROW: Row = Row {
    name: "NodeDeclaredFeatures",
    phases: &[Phase::PreFilter, Phase::Filter],
    weight: 0,
    docs: include_str!("node_declared_features.md"),
    build: |_| Ok(Box::new(NodeDeclaredFeatures)),
};

const REASON: &str = "node(s) didn't match Pod's required features";

#[derive(Debug)]
struct NodeDeclaredFeatures;

impl Plugin for NodeDeclaredFeatures {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        let required = cycle.pod.spec.features;
        if required.is_empty() {
            return Some(PreFilter::Skip);
        }
        Some(PreFilter::Run {
            nodes: None,
            filter: Box::new(Required {
                cluster: cycle.cluster,
                required,
            }),
        })
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        change.at_node_without_pods()
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }

    fn hint(&self, cycle: Cycle<'_>, event: &Event) -> Hint {
        hint::hint(cycle, event)
    }
}

struct Required<'a> {
    cluster: &'a Cluster,
    required: NodeFeatures,
}

impl Filter for Required<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let status = verdicts.intern(Status::because(Code::UnschedulableAndUnresolvable, REASON));
        let column = self.cluster.nodes.features();
        let lacking = column.judge(|declared| {
            let declared = declared.copied().unwrap_or_default();
            !self.required.without(declared).is_empty()
        });
        for &node in nodes {
            if lacking.get(column.number(node)) == Some(&true) {
                verdicts.set(node, status);
            }
        }
    }

    fn explain(&self, node: NodeId) -> Explanation {
        let declared = self.cluster.nodes.features().get(node).copied();
        let declared = declared.unwrap_or_default();
        let lacking: Vec<&str> = self
            .required
            .without(declared)
            .iter()
            .map(NodeFeature::as_str)
            .collect();
        let mut why = Explanation::new(match lacking.as_slice() {
            [] => "the node declares every feature that the pod needs".to_owned(),
            _ => format!("the node does not declare {}", lacking.join(", ")),
        });
        let names: Vec<&str> = declared.iter().map(NodeFeature::as_str).collect();
        why.node("features", names.join(", "), "status.declaredFeatures");
        for feature in self.required.iter() {
            let has = declared.contains(feature);
            for (at, field) in called_for_by(feature).iter().enumerate() {
                why.pod(if at == 0 { "needs" } else { "or for" }, feature.as_str(), *field);
            }
            why.step(
                "feature is declared",
                feature.as_str(),
                if has { HOLDS } else { REASON },
            );
        }
        why
    }
}

/// The fields of a pod that call for `feature`.
fn called_for_by(feature: NodeFeature) -> &'static [&'static str] {
    match feature {
        NodeFeature::RestartAllContainersOnContainerExits => &[
            "spec.containers[*].restartPolicyRules[*].action",
            "spec.initContainers[*].restartPolicyRules[*].action",
        ],
        NodeFeature::UserNamespacesHostNetworkSupport => &["spec.hostUsers", "spec.hostNetwork"],
        NodeFeature::VolumeBindMountOptions => &[
            "spec.containers[*].volumeMounts[*].bindMountOptions",
            "spec.initContainers[*].volumeMounts[*].bindMountOptions",
        ],
        _ => &["spec"],
    }
}
