#![doc = include_str!("inter_pod_affinity.md")]

mod incoming;
mod rules;
mod tally;
mod weights;
mod words;

use serde::Deserialize;

use self::incoming::Aimed;
use self::rules::{Rules, labels_of};
use self::weights::Weights;
use super::{ArgsError, Row, Setup};
use crate::model::cluster::NodeAspect;
use crate::model::fault::{Concern, Fault};
use crate::model::pod_affinity::TermKind;
use crate::model::{NodeId, Pod};
use crate::scheduling::features::Gate;
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
        let mut own = Aimed::all(cycle, TermKind::Preferred);
        own.extend(Aimed::all(cycle, TermKind::PreferredAnti));
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
        match change {
            Touch::Feasible(_) => Reach::Node,
            Touch::Node(change) => match &change.what {
                NodeAspect::Labels => Reach::Cluster,
                NodeAspect::PodCame(placed) | NodeAspect::PodWent(placed) if concerns(cycle, placed) => {
                    Reach::Cluster
                }
                NodeAspect::Own | NodeAspect::Images | NodeAspect::PodCame(_) | NodeAspect::PodWent(_) => {
                    Reach::Nothing
                }
            },
        }
    }
}

/// Whether the pod has a term about `placed`, or `placed` one about the pod.
fn concerns(cycle: Cycle<'_>, placed: &Pod) -> bool {
    let pod = cycle.pod;
    let theirs = placed
        .spec
        .pod_affinity
        .iter()
        .flat_map(|affinity| affinity.terms());
    let mut theirs = theirs.map(|listed| listed.term);
    theirs
        .any(|term| term.is_about(&pod.key.namespace, labels_of(cycle)) && term.selector.matches(&pod.labels))
        || Aimed::every(cycle).any(|term| term.matches(&placed.key.namespace, &placed.labels))
}
