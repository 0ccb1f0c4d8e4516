//! How a placement ended, in words and as a document.

use serde_json::json;

use crate::cli::args::DryRunMode;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::{note, program};
use crate::model::text::inert;
use crate::placing::{Intent, Outcome, Placer, Refusal, Verdict};

/// Prints what was done; what was not done is a failure.
pub(super) fn print(
    outcome: &Outcome,
    intent: &Intent,
    placer: &Placer,
    mode: DryRunMode,
    output: &mut Output,
) -> Result<(), Failure> {
    let exit = Exit::from_code(outcome.exit_code());
    let (pod, node) = (&intent.pod, &intent.node);
    match outcome {
        Outcome::Placed { event_error, .. } => {
            if let Some(error) = event_error {
                let error = inert(error);
                note(&format!("warning: {pod} is placed on {node}, but the event could not be posted: {error}"));
            }
            done(event_error.as_deref(), intent, placer, mode, output)
        }
        Outcome::DryRun { .. } => done(None, intent, placer, mode, output),
        Outcome::Changed { confirmed, now, .. } => Err(Failure::new(exit, changed(intent, confirmed, now))
            .hint(format!("Nothing was sent. Look again: {} explain {pod} {node}", program()))),
        Outcome::Refused(refusal) => {
            let failure = Failure::new(exit, format!("cannot place {pod} on {node}: {refusal}"));
            Err(match refusal.cause() {
                Refusal::PodGone | Refusal::AlreadyBound { .. } | Refusal::Over(_) | Refusal::Deleting => {
                    failure.hint(format!("Pods that wait: {} pods -A", program()))
                }
                Refusal::PodReplaced
                | Refusal::PodChanged
                | Refusal::ClaimChanged(_)
                | Refusal::NoLongerFits { .. }
                | Refusal::NotBound(_)
                | Refusal::NotKnownYet
                | Refusal::Lagging(_) => {
                    failure.hint(format!("Look again: {} explain {pod} {node}", program()))
                }
                Refusal::Forbidden(_) => failure.hint(format!("Right by right: {} check", program())),
                _ => failure,
            })
        }
        Outcome::Unknown { error, .. } => Err(Failure::new(
            exit,
            format!("{pod} may or may not be on {node}: the answer to the Binding was lost, and so was that to reading the pod: {error}"),
        )
        .hint(format!("Look: kubectl get pod -n {} {} -o wide", pod.namespace, pod.name))),
    }
}

fn done(
    event_error: Option<&str>,
    intent: &Intent,
    placer: &Placer,
    mode: DryRunMode,
    output: &mut Output,
) -> Result<(), Failure> {
    let (outcome, how, dry_run) = match mode {
        DryRunMode::None => ("placed", "", "none"),
        DryRunMode::Client => ("dryRun", " (dry run)", "client"),
        DryRunMode::Server => ("dryRun", " (server dry run)", "server"),
    };
    let Intent {
        pod, node, verdict, ..
    } = intent;
    if output.for_people() {
        return output.text(format!("pod/{} placed on {node}{how}", pod.name));
    }
    output.document(&json!({
        "pod": pod.to_string(),
        "node": node,
        "outcome": outcome,
        "dryRun": dry_run,
        "best": verdict.best,
        "total": verdict.total,
        "overruled": verdict.broken.iter().map(|rule| rule.plugin).collect::<Vec<_>>(),
        "binding": placer.binding(intent),
        "event": {"reason": "Scheduled", "note": format!("Successfully assigned {pod} to {node}")},
        "eventError": event_error,
    }))
}

/// What changed between looking and placing.
pub(in crate::cli) fn changed(intent: &Intent, confirmed: &Verdict, now: &Verdict) -> String {
    let Intent { pod, node, .. } = intent;
    if !confirmed.differs_from(now) {
        return format!(
            "{pod} was not placed on {node}: the pod changed meanwhile; the node still {}",
            say(now)
        );
    }
    format!(
        "{pod} was not placed on {node}: the decision changed meanwhile\n  before: the node {}\n  now:    the node {}",
        say(confirmed),
        say(now)
    )
}

fn say(verdict: &Verdict) -> String {
    if !verdict.is_feasible() {
        let broken: Vec<String> = verdict.broken.iter().map(ToString::to_string).collect();
        return format!("is rejected by {}", broken.join("; "));
    }
    let best = if verdict.best {
        " and is best"
    } else {
        ", but is not best"
    };
    let total = verdict
        .total
        .map_or(String::new(), |total| format!(", with a total of {total}"));
    format!("fits{best}{total}")
}
