#![doc = include_str!("inter_pod_affinity.md")]

mod hint;
mod incoming;
mod rules;
mod tally;
mod weights;
mod words;

use serde::Deserialize;

use self::incoming::IncomingTerm;
use self::rules::{HOSTNAME, Rules, labels_of};
use self::weights::Weights;
use super::{ArgsError, Row, Setup};
use crate::model::cluster::{Event, NodeAspect};
use crate::model::fault::{Concern, Fault};
use crate::model::pod_affinity::TermKind;
use crate::model::{NodeId, Pod};
use crate::scheduling::features::Gate;
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::plugin::{Cycle, Phase, Plugin, PreFilter, PreScore, Reach, Touch};
use crate::scheduling::status::{Code, Status};

pub(super) const ROW: Row = Row {
    name: "InterPodAffinity",
    phases: &[Phase::PreFilter, Phase::Filter, Phase::PreScore, Phase::Score],
    weight: 2,
    docs: include_str!("inter_pod_affinity.md"),
    build: |setup| Ok(Box::new(InterPodAffinity::new(setup)?)),
};

/// `InterPodAffinityArgs`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Args {
    /// 0 to 100; 1 where absent.
    hard_pod_affinity_weight: Option<i32>,
    ignore_preferred_terms_of_existing_pods: bool,
}

#[derive(Debug)]
struct InterPodAffinity {
    /// What a placed pod's required affinity to the pod counts in scoring.
    hard_weight: i32,
    /// Whether placed pods' preferences count only for pods that have some of their own.
    ignore_preferred_of_existing: bool,
    /// Whether "on the same host" is asked of the node alone, and not of all with the same host name.
    hostname_fast_path: bool,
}

impl InterPodAffinity {
    fn new(setup: &Setup<'_>) -> Result<Self, ArgsError> {
        let args: Args = setup.args()?;
        let hard_weight = args.hard_pod_affinity_weight.unwrap_or(1);
        if !(0..=100).contains(&hard_weight) {
            return Err(ArgsError {
                field: "hardPodAffinityWeight".to_owned(),
                message: format!("Invalid value: {hard_weight}: not in valid range [0, 100]"),
            });
        }
        Ok(Self {
            hard_weight,
            ignore_preferred_of_existing: args.ignore_preferred_terms_of_existing_pods,
            hostname_fast_path: setup.gates.enabled(Gate::InterPodAffinityHostnameFastPath),
        })
    }

    /// Whether it may make a difference to the pod that `placed` is there.
    fn matters(&self, cycle: Cycle<'_>, placed: &Pod) -> bool {
        let by_host = || {
            let terms = placed.spec.pod_affinity.iter();
            let mut terms = terms.flat_map(|affinity| &affinity.required_anti);
            terms.any(|term| &*term.topology_key == HOSTNAME)
        };
        relates(cycle, placed) || (self.hostname_fast_path && by_host())
    }
}

/// Whether some term of the pod is about `placed`, or one of its about the pod.
fn relates(cycle: Cycle<'_>, placed: &Pod) -> bool {
    let pod = cycle.pod;
    let own = pod.spec.pod_affinity.iter().flat_map(|affinity| affinity.terms());
    let mut own = own.map(|listed| IncomingTerm::new(listed, cycle.cluster));
    let theirs = placed.spec.pod_affinity.iter();
    let mut theirs = theirs.flat_map(|affinity| affinity.terms());
    own.any(|term| term.matches(&placed.key.namespace, &placed.labels))
        || theirs.any(|listed| {
            listed.term.is_about(&pod.key.namespace, labels_of(cycle))
                && listed.term.selector.matches(&pod.labels)
        })
}

/// Upstream would call the pod unschedulable; what is wrong is told, and where.
fn fault(pod: &Pod) -> Option<Status> {
    let fault = Fault::first(&pod.faults, Concern::PodAffinity)?;
    Some(Status::because(Code::Fault, fault.to_string()))
}

impl Plugin for InterPodAffinity {
    fn pre_filter<'a>(&'a self, cycle: Cycle<'a>) -> Option<PreFilter<'a>> {
        if let Some(status) = fault(cycle.pod) {
            return Some(PreFilter::Reject(status));
        }
        let rules = Rules::new(cycle, self.hostname_fast_path);
        Some(if rules.concern_nobody() {
            PreFilter::Skip
        } else {
            PreFilter::Run {
                nodes: None,
                filter: Box::new(rules),
            }
        })
    }

    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, feasible: &'a [NodeId]) -> Option<PreScore<'a>> {
        if let Some(status) = fault(cycle.pod) {
            return Some(PreScore::Reject(status));
        }
        let mut own = IncomingTerm::all(cycle, TermKind::Preferred);
        own.extend(IncomingTerm::all(cycle, TermKind::PreferredAnti));
        if self.ignore_preferred_of_existing && own.is_empty() {
            return Some(PreScore::Skip);
        }
        let weights = Weights::new(cycle, own, self.hard_weight, feasible);
        Some(if weights.is_untouched() {
            PreScore::Skip
        } else {
            PreScore::Run(Box::new(weights))
        })
    }

    fn reach(&self, cycle: Cycle<'_>, change: Touch<'_>) -> Reach {
        let Touch::Node(change) = change else {
            return Reach::Node;
        };
        match &change.what {
            NodeAspect::Own | NodeAspect::Images | NodeAspect::Claims => Reach::Nothing,
            NodeAspect::PodCame(other) | NodeAspect::PodWent(other) if !self.matters(cycle, other) => {
                Reach::Nothing
            }
            NodeAspect::Labels | NodeAspect::PodCame(_) | NodeAspect::PodWent(_) => Reach::Cluster,
        }
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }

    fn hint(&self, cycle: Cycle<'_>, event: &Event) -> Hint {
        hint::hint(cycle, event)
    }
}
