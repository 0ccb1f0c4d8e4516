#![doc = include_str!("inter_pod_affinity.md")]

mod incoming;
mod rules;
mod tally;
mod weights;
mod words;

use serde::Deserialize;

use self::incoming::Reach;
use self::rules::Rules;
use self::weights::Weights;
use super::{ArgsError, Row, Setup};
use crate::model::fault::{Concern, Fault};
use crate::model::pod_affinity::TermKind;
use crate::model::{NodeId, Pod};
use crate::scheduling::features::Gate;
use crate::scheduling::plugin::{Cycle, Phase, Plugin, PreFilter, PreScore};
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

    fn pre_score<'a>(&'a self, cycle: Cycle<'a>, feasible: &[NodeId]) -> Option<PreScore<'a>> {
        if let Some(status) = fault(cycle.pod) {
            return Some(PreScore::Reject(status));
        }
        let mut own = Reach::all(cycle, TermKind::Preferred);
        own.extend(Reach::all(cycle, TermKind::PreferredAnti));
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
}
