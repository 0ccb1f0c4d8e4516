//! `berth explain`: one decision, phase by phase, or one node of it down to the numbers.

mod decision;
mod fate;
mod node;
mod phases;
mod ranking;
mod timing;
mod victims;

use std::sync::Arc;
use std::time::Instant;

use timing::Measure;

use super::args::{ExplainArgs, Global};
use super::decide::{Decider, unbound, waiting_by_name};
use super::exit::Failure;
use super::output::Output;
use super::source::{self, Snapshot};
use super::{names, note};
use crate::model::workload::Maker;
use crate::model::{Cluster, Pod};
use crate::scheduling::{Profiles, Trace, record};

/// Runs the command.
pub(super) async fn run(args: ExplainArgs, global: Global) -> Result<(), Failure> {
    let begun = Instant::now();
    let snapshot = source::snapshot(&global).await?;
    let loading = begun.elapsed();
    let mut output = Output::new(&global);
    if let Some(evaluations) = args.timing {
        let measure = Measure {
            evaluations,
            threads: args.threads,
            loading,
        };
        measured(
            args.pod.as_deref(),
            snapshot,
            measure,
            &global.rules.profiles,
            &mut output,
        )
        .await?;
        return output.flush();
    }
    match args.pod {
        Some(pod) => {
            one(
                &pod,
                args.node.as_deref(),
                snapshot,
                &global.rules.profiles,
                &mut output,
            )
            .await?;
        }
        None => every(&snapshot, &global.rules.profiles, &mut output)?,
    }
    output.flush()
}

fn every(snapshot: &Snapshot, profiles: &Profiles, output: &mut Output) -> Result<(), Failure> {
    let mut decider = Decider::new(&snapshot.cluster, profiles);
    let pods = waiting_by_name(&snapshot.cluster, snapshot.scope.as_deref());
    if pods.is_empty() {
        note(&super::pods::nothing_waits(snapshot));
    }
    for (index, pod) in pods.into_iter().enumerate() {
        let mut trace = Trace::clone(&decider.judge_alike(pod));
        trace.pod = pod.key.clone();
        if index > 0 && output.for_people() {
            output.text("")?;
        }
        decision(&snapshot.cluster, pod, pod, &[], &trace, output)?;
    }
    Ok(())
}

async fn measured(
    name: Option<&str>,
    snapshot: Snapshot,
    measure: Measure,
    profiles: &Profiles,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(name) = name else {
        let pods: Vec<Arc<Pod>> = waiting_by_name(&snapshot.cluster, snapshot.scope.as_deref())
            .into_iter()
            .cloned()
            .collect();
        return timing::print(&snapshot.cluster, &pods, measure, profiles, output);
    };
    let found = names::pod(name, &snapshot, &format!("time {name}")).await?;
    let (cluster, pod) = unbound(snapshot.cluster, &found);
    timing::print(&cluster, &[pod], measure, profiles, output)
}

async fn one(
    name: &str,
    node: Option<&str>,
    snapshot: Snapshot,
    profiles: &Profiles,
    output: &mut Output,
) -> Result<(), Failure> {
    let doing = match node {
        Some(node) => format!("explain {name} on {node}"),
        None => format!("explain {name}"),
    };
    let found = names::pod(name, &snapshot, &doing).await?;
    if let Some(node) = node {
        names::node(node, &snapshot.cluster, &doing)?;
    }
    let (cluster, pod) = unbound(snapshot.cluster, &found);
    let mut decider = Decider::new(&cluster, profiles);
    let trace = decider.judge(&pod);
    let Some(node) = node else {
        let owners = match (&snapshot.connection, &found.owner) {
            (Some(connection), Some(owner)) if output.for_people() => {
                connection.owners(&found.key, owner).await
            }
            _ => Vec::new(),
        };
        return decision(&cluster, &found, &pod, &owners, &trace, output);
    };
    let explanation = decider.explain(&pod, &trace, node).unwrap_or_default();
    let seen = node::Seen {
        trace: &trace,
        node,
        explanation: &explanation,
    };
    if output.for_people() {
        seen.print(output)
    } else {
        output.document(&seen.record())
    }
}

/// Prints a whole decision; `found` is the pod as it stands, `pod` as it was judged, `owners` who made it where that is known.
fn decision(
    cluster: &Cluster,
    found: &Pod,
    pod: &Pod,
    owners: &[Maker],
    trace: &Trace,
    output: &mut Output,
) -> Result<(), Failure> {
    if output.for_people() {
        decision::print(cluster, found, pod, owners, trace, output)
    } else {
        output.document(&record::record(trace))
    }
}
