//! A decision for people: the pod, the phases, the nodes that fit, the others.

use jiff::Timestamp;

use super::{fate, phases, ranking, victims};
use crate::cli::age::age;
use crate::cli::amount;
use crate::cli::exit::Failure;
use crate::cli::output::{Output, Span, Style};
use crate::cli::table::{some_of, wrap};
use crate::model::workload::Maker;
use crate::model::{Cluster, Pod};
use crate::scheduling::trace::Decision;
use crate::scheduling::{Trace, message, unseen};

/// How many columns the names of equally good nodes are given.
const NAMES: usize = 60;

/// How many columns a warning is given.
const HEAD: usize = 98;

/// Prints it.
pub(super) fn print(
    cluster: &Cluster,
    found: &Pod,
    pod: &Pod,
    owners: &[Maker],
    trace: &Trace,
    output: &mut Output,
) -> Result<(), Failure> {
    head(cluster, found, pod, owners, trace, output)?;
    conclusion(pod, trace, output)?;
    section("Phases", output)?;
    phases::print(trace, output)?;
    if !trace.feasible.is_empty() {
        section(&format!("Nodes that fit: {}", trace.feasible.len()), output)?;
        ranking::print(trace, output)?;
    }
    if let Some(result) = trace
        .post_filter
        .as_ref()
        .filter(|result| !result.candidates.is_empty())
    {
        let head = format!("Nodes that could be freed for it: {}", result.candidates.len());
        section(&head, output)?;
        victims::print(cluster, trace, result, output)?;
    }
    let others = trace.nodes.ids.len() - trace.feasible.len();
    if others > 0 {
        section(&format!("Nodes that do not fit: {others}"), output)?;
        fate::print(trace, output)?;
    }
    Ok(())
}

/// Prints a heading with an empty line before it.
pub(super) fn section(head: &str, output: &mut Output) -> Result<(), Failure> {
    output.text("")?;
    output.line(&[Span::new(head, Style::Strong)])
}

/// Who made the pod, and who made that.
fn chain(owners: &[Maker]) -> String {
    let links: Vec<String> = owners.iter().map(ToString::to_string).collect();
    links.join(" of ")
}

fn head(
    cluster: &Cluster,
    found: &Pod,
    pod: &Pod,
    owners: &[Maker],
    trace: &Trace,
    output: &mut Output,
) -> Result<(), Failure> {
    output.line(&[Span::new(pod.key.to_string(), Style::Strong)])?;
    let state = match &found.node_name {
        Some(node) => format!("on {node}, judged as if it were not placed yet"),
        None if found.deleting => "is being deleted".to_owned(),
        None => format!("waits {}", age(pod.created, Timestamp::now())),
    };
    let spec = &pod.spec;
    output.text(format!(
        "  {state} · priority {} · scheduler {}",
        spec.priority, spec.scheduler_name
    ))?;
    if !owners.is_empty() {
        output.text(format!("  made by {}", chain(owners)))?;
    }
    let names = &cluster.interner.resources;
    let asked: Vec<String> = spec
        .requests
        .iter()
        .filter(|&(_, amount)| amount != 0)
        .map(|(resource, amount)| format!("{} {}", names.name(resource), amount::show(resource, amount)))
        .collect();
    if asked.is_empty() {
        output.text("  asks for nothing")?;
    } else {
        output.text(format!("  asks for {}", asked.join(", ")))?;
    }
    for caveat in unseen::lines(&trace.unseen) {
        output.line(&[Span::new(format!("  {caveat}"), Style::Warn)])?;
    }
    for prepared in &trace.prepared {
        output.line(&[Span::new(format!("  {prepared}"), Style::Dim)])?;
    }
    for left in &trace.unprepared {
        for line in wrap(&left.to_string(), HEAD) {
            output.line(&[Span::new(format!("  {line}"), Style::Warn)])?;
        }
    }
    Ok(())
}

/// What comes of it, in a sentence; where no node fits, kube-scheduler's message.
fn conclusion(pod: &Pod, trace: &Trace, output: &mut Output) -> Result<(), Failure> {
    let nodes = trace.nodes.ids.len();
    let fit = format!("{} of {nodes} nodes fit", trace.feasible.len());
    let chosen = trace.decision.chosen();
    let names = some_of(chosen.iter().map(|&node| trace.nodes.name(node)), NAMES);
    let total = chosen.first().and_then(|&node| trace.total(node));
    let total = total.map_or(String::new(), |total| format!(" with a total of {total}"));
    let (style, text) = match &trace.decision {
        Decision::Scored(best) if best.len() == 1 => (Style::Good, format!("{fit}; {names} is best{total}")),
        Decision::Scored(_) => (
            Style::Good,
            format!("{fit}; {names} are best alike{total}: kube-scheduler picks one at random"),
        ),
        Decision::Single(_) => (Style::Good, format!("{fit}; {names} is the only one")),
        Decision::Nominated(_) => (
            Style::Good,
            format!("{fit}; {names} is nominated for the pod and fits, so it is taken"),
        ),
        Decision::Unschedulable => (Style::Bad, message::unschedulable(trace)),
        Decision::Error(error) => (Style::Bad, format!("the cycle ends in an error: {error}")),
    };
    if pod.is_gated() {
        let gates: Vec<&str> = pod.spec.scheduling_gates.iter().map(|gate| &**gate).collect();
        let held = format!(
            "  held back by scheduling gates until they are removed: {}",
            gates.join(", ")
        );
        output.line(&[Span::new(held, Style::Warn)])?;
    }
    for line in wrap(&text, output.text_width() - 2) {
        output.line(&[Span::new(format!("  {line}"), style)])?;
    }
    Ok(())
}
