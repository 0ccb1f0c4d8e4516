#![doc = include_str!("node_name.md")]

mod hint;

use super::Row;
use crate::model::NodeId;
use crate::scheduling::explanation::{Explanation, HOLDS};
use crate::scheduling::hint::Occasion;
use crate::scheduling::plugin::{Cycle, Filter, Narrowed, Phase, Plugin, PreFilter, Reach, Touch};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::FilterColumn;

pub(super) const ROW: Row = Row {
    name: "NodeName",
    phases: &[Phase::PreFilter, Phase::Filter],
    weight: 0,
    docs: include_str!("node_name.md"),
    build: |_| Ok(Box::new(NodeName)),
};

const REASON: &str = "node(s) didn't match the requested node name";

#[derive(Debug)]
struct NodeName;

impl Plugin for NodeName {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        let wanted = cycle.pod.node_name.as_ref();
        Some(PreFilter::Run {
            nodes: wanted.map(|name| Narrowed::to_names(cycle.cluster, [name.clone()])),
            filter: Box::new(ByName { cycle }),
        })
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        change.at_node_without_pods()
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }
}

struct ByName<'a> {
    cycle: Cycle<'a>,
}

impl Filter for ByName<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        let Some(wanted) = &self.cycle.pod.node_name else {
            return;
        };
        let wanted = self.cycle.cluster.node(wanted).map(|(id, _)| id);
        let other = verdicts.intern(Status::because(Code::UnschedulableAndUnresolvable, REASON));
        nodes
            .iter()
            .filter(|&&node| Some(node) != wanted)
            .for_each(|&node| verdicts.set(node, other));
    }

    fn explain(&self, node: NodeId) -> Explanation {
        let Some(wanted) = &self.cycle.pod.node_name else {
            let mut why = Explanation::new("the pod asks for no node by name");
            why.pod("spec.nodeName", "not set", "spec.nodeName");
            return why;
        };
        let name = self.cycle.cluster.nodes.get(node).map_or("", |node| &node.name);
        let same = name == &**wanted;
        let mut why = Explanation::new(format!("the pod asks for node {wanted} by name"));
        why.pod("spec.nodeName", &**wanted, "spec.nodeName");
        why.node("metadata.name", name, "metadata.name");
        why.step(
            "the names are equal",
            format!("{name} = {wanted}"),
            if same { HOLDS } else { REASON },
        );
        why
    }
}
