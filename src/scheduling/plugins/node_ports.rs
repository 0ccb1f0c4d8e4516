#![doc = include_str!("node_ports.md")]

mod hint;

use std::sync::Arc;

use super::Row;
use crate::model::cluster::{Event, Holders};
use crate::model::pod::HostPort;
use crate::model::{NodeId, PodId};
use crate::scheduling::explanation::{Explanation, HOLDS};
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::{Cycle, Filter, Phase, Plugin, PreFilter, Reach, Touch};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::FilterColumn;

pub(super) const ROW: Row = Row {
    name: "NodePorts",
    phases: &[Phase::PreFilter, Phase::Filter],
    weight: 0,
    docs: include_str!("node_ports.md"),
    build: |_| Ok(Box::new(NodePorts)),
};

const REASON: &str = "node(s) didn't have free ports for the requested pod ports";

#[derive(Debug)]
struct NodePorts;

impl Plugin for NodePorts {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        let wanted = &cycle.pod.spec.host_ports;
        if wanted.is_empty() {
            return Some(PreFilter::Skip);
        }
        let used = cycle.cluster.nodes.ports();
        let held = wanted.iter().filter_map(|port| Some((port, used.holders(port)?)));
        Some(PreFilter::Run {
            nodes: None,
            filter: Box::new(FreePorts {
                cycle,
                held: held.collect(),
            }),
        })
    }

    fn reach(&self, _cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        change.at_node()
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }

    fn hint(&self, cycle: Cycle<'_>, event: &Event) -> Hint {
        hint::hint(cycle, event)
    }
}

struct FreePorts<'a> {
    cycle: Cycle<'a>,
    /// The wanted ports whose number some node has in use, and where.
    held: Vec<(&'a HostPort, &'a Holders)>,
}

fn conflicts(wanted: &HostPort, addresses: &[Arc<str>]) -> bool {
    let held = |ip: &Arc<str>| HostPort {
        ip: Arc::clone(ip),
        ..wanted.clone()
    };
    addresses.iter().any(|ip| wanted.conflicts_with(&held(ip)))
}

impl FreePorts<'_> {
    /// Whether `wanted` is taken on `node` were the pods `removed` gone.
    ///
    /// Upstream keeps the ports in use as a set: where pods share an address and port, the first of them that goes
    /// takes it along, whoever still has it. Preemption removes all pods of lower priority before it puts some back, so
    /// that those alone count where there are any.
    fn is_taken(&self, wanted: &HostPort, node: NodeId, removed: &[PodId]) -> bool {
        let mut held: Vec<Held<'_>> = Vec::new();
        for (id, pod) in self.cycle.cluster.pods_on(node) {
            let lower = pod.spec.priority < self.cycle.pod.spec.priority;
            let stays = !removed.contains(&id);
            let clashing = pod
                .spec
                .host_ports
                .iter()
                .filter(|port| wanted.conflicts_with(port));
            for port in clashing {
                let at = held.iter().position(|held| held.ip == &*port.ip);
                let at = at.unwrap_or_else(|| {
                    held.push(Held::at(&port.ip));
                    held.len() - 1
                });
                if let Some(held) = held.get_mut(at) {
                    held.any_lower |= lower;
                    held.lower_stays |= lower && stays;
                    held.any_stays |= stays;
                }
            }
        }
        held.iter().any(|held| {
            if held.any_lower {
                held.lower_stays
            } else {
                held.any_stays
            }
        })
    }
}

/// Who holds a port at an address.
struct Held<'a> {
    ip: &'a str,
    any_lower: bool,
    lower_stays: bool,
    any_stays: bool,
}

impl<'a> Held<'a> {
    const fn at(ip: &'a str) -> Self {
        Self {
            ip,
            any_lower: false,
            lower_stays: false,
            any_stays: false,
        }
    }
}

impl Filter for FreePorts<'_> {
    fn filter(&self, nodes: &[NodeId], verdicts: &mut FilterColumn) {
        if self.held.is_empty() {
            return;
        }
        let taken = verdicts.intern(Status::because(Code::Unschedulable, REASON));
        for (wanted, holders) in &self.held {
            for &node in nodes {
                if holders
                    .get(&node)
                    .is_some_and(|addresses| conflicts(wanted, addresses))
                {
                    verdicts.set(node, taken);
                }
            }
        }
    }

    fn filter_without(&self, node: NodeId, removed: &[PodId]) -> Option<Status> {
        let mut here = self
            .held
            .iter()
            .filter(|(_, holders)| holders.contains_key(&node));
        let first = here.next()?;
        let taken = |(wanted, _): &(&HostPort, _)| self.is_taken(wanted, node, removed);
        Some(if taken(first) || here.any(taken) {
            Status::because(Code::Unschedulable, REASON)
        } else {
            Status::SUCCESS
        })
    }

    fn explain(&self, node: NodeId) -> Explanation {
        let cluster = self.cycle.cluster;
        let mut why = Explanation::new("every host port that the pod asks for is free on the node");
        for port in &self.cycle.pod.spec.host_ports {
            let shown = format!("{}:{}/{}", port.ip, port.port, port.protocol);
            why.pod("host port", &shown, &*port.field);
            let holder = cluster.pods_on(node).find_map(|(_, pod)| {
                let theirs = pod
                    .spec
                    .host_ports
                    .iter()
                    .find(|theirs| port.conflicts_with(theirs))?;
                Some((&pod.key, theirs))
            });
            match holder {
                Some((key, theirs)) => {
                    why.summary = format!("host port {shown} is taken by pod {key}");
                    let taken = format!(
                        "{shown} against {}:{}/{} of {key}",
                        theirs.ip, theirs.port, theirs.protocol
                    );
                    why.step("port is free", taken, REASON);
                }
                None => why.step(
                    "port is free",
                    format!("{shown}: no pod on the node has it"),
                    HOLDS,
                ),
            }
        }
        why
    }
}
