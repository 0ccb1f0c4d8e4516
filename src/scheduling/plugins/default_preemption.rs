#![doc = include_str!("default_preemption.md")]

mod args;
mod budgets;
mod choice;
mod dry_run;
mod hint;
mod without;

use std::collections::{BTreeMap, BTreeSet};

use self::args::Args;
use self::dry_run::DryRun;
use super::Row;
use crate::model::cluster::Event;
use crate::scheduling::hint::{Hint, Occasion};
use crate::scheduling::message;
use crate::scheduling::plugin::{Cycle, Failed, Phase, Plugin};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::{Candidate, PostFilterResult, Trace};

pub(super) const ROW: Row = Row {
    name: NAME,
    phases: &[Phase::PreEnqueue, Phase::PostFilter],
    weight: 0,
    docs: include_str!("default_preemption.md"),
    build: |setup| {
        setup.args::<Args>()?.check()?;
        Ok(Box::new(DefaultPreemption))
    },
};

const NAME: &str = "DefaultPreemption";

#[derive(Debug)]
struct DefaultPreemption;

impl Plugin for DefaultPreemption {
    /// Upstream holds a pod back here while it is itself removing others for it; here that is part of a placement.
    fn pre_enqueue(&self, _cycle: Cycle<'_>) -> Option<Status> {
        Some(Status::SUCCESS)
    }

    fn post_filter(&self, cycle: Cycle<'_>, failed: &Failed<'_>) -> Option<PostFilterResult> {
        let (status, candidates) = match ineligible(cycle, failed.trace) {
            Some(why) => (Status::because(Code::Unschedulable, why), Vec::new()),
            None => look(cycle, failed),
        };
        Some(PostFilterResult {
            plugin: NAME,
            best: choice::best(&candidates),
            status,
            candidates,
        })
    }

    fn events(&self) -> &'static [Occasion] {
        hint::EVENTS
    }

    fn hint(&self, cycle: Cycle<'_>, event: &Event) -> Hint {
        hint::hint(cycle, event)
    }
}

/// Why no pod may go for this one at all.
fn ineligible(cycle: Cycle<'_>, trace: &Trace) -> Option<&'static str> {
    let pod = cycle.pod;
    if pod.spec.never_preempts {
        return Some("preemption: not eligible due to preemptionPolicy=Never.");
    }
    let node = trace.nodes.id(pod.nominated_node.as_deref()?)?;
    if trace.code_on(node) == Code::UnschedulableAndUnresolvable {
        return None;
    }
    let mut below = cycle.cluster.nodes.pods_below(node, pod.spec.priority);
    let leaving = below.any(|id| cycle.cluster.pods.get(id).is_some_and(|pod| pod.preempted));
    leaving.then_some("preemption: not eligible due to a terminating pod on the nominated node.")
}

/// Tries every node where removing pods may help.
fn look(cycle: Cycle<'_>, failed: &Failed<'_>) -> (Status, Vec<Candidate>) {
    let trace = failed.trace;
    let mut dry_run = DryRun::new(cycle, failed);
    let mut candidates = Vec::new();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut errors = BTreeSet::new();
    let mut tried = 0;
    for &node in &trace.nodes.ids {
        if trace.code_on(node) != Code::Unschedulable {
            continue;
        }
        tried += 1;
        match dry_run.on(node) {
            Ok(candidate) => candidates.push(candidate),
            Err(status) => {
                if status.code == Code::Error {
                    errors.insert(status.message());
                }
                for reason in status.reasons {
                    *reasons.entry(reason.into_owned()).or_default() += 1;
                }
            }
        }
    }
    if let Some(best) = choice::best(&candidates).first()
        && let Some(candidate) = candidates.iter().find(|candidate| candidate.node == *best)
    {
        let (name, victims) = (trace.nodes.name(*best), candidate.victims.len());
        let text = format!(
            "preemption: found a potential placement for pod on node {name}, preempting {victims} victims"
        );
        return (Status::because(Code::Success, text), candidates);
    }
    let errors: Vec<String> = errors.into_iter().collect();
    let status = match errors.as_slice() {
        [] => {
            let all = trace.nodes.ids.len();
            if tried < all {
                *reasons
                    .entry("Preemption is not helpful for scheduling".to_owned())
                    .or_default() += all - tried;
            }
            let text = format!("preemption: {}", message::fit_error(all, reasons));
            Status::because(Code::Unschedulable, text)
        }
        [error] => Status::because(Code::Error, format!("preemption: {error}")),
        errors => Status::because(Code::Error, format!("preemption: [{}]", errors.join(", "))),
    };
    (status, candidates)
}
