//! How a placement ended, and what to do next, in words.

use std::sync::Arc;

use super::prose::Line;
use crate::model::Pod;
use crate::placing::{Outcome, Refusal};

/// One line for `outcome` of placing `pod` on `node`, for the message line and the list of placements.
pub fn brief(pod: &Pod, node: &str, outcome: &Outcome) -> String {
    let key = &pod.key;
    match outcome {
        Outcome::Placed {
            node,
            event_error: None,
        } => format!("{key} placed on {node}"),
        Outcome::Placed {
            node,
            event_error: Some(error),
        } => format!("{key} placed on {node}, but its event could not be posted: {error}"),
        Outcome::Changed { .. } => format!("{key} not placed: the decision on {node} changed, confirm again"),
        Outcome::DryRun { node } => format!("{key} would be placed on {node}; nothing was stored (dry run)"),
        Outcome::Refused(refusal) => format!("{key} not placed on {node}: {refusal}"),
        Outcome::Unknown { node, error } => format!("{key} may or may not be on {node}: {error}"),
    }
}

/// `outcome` of placing `pod` on `node` at length.
pub fn tell(pod: &Pod, node: &Arc<str>, outcome: &Outcome) -> Vec<Line> {
    let key = &pod.key;
    let command = |text: String| Line::hanging(2).plain("  ").accent(text);
    let look = || {
        command(format!(
            "kubectl get pod -n {} {} -o wide",
            key.namespace, key.name
        ))
    };
    match outcome {
        Outcome::Placed { node, event_error } => {
            let mut lines = vec![
                Line::hanging(2)
                    .good("✓ ")
                    .strong(format!("{key} is placed on {node}")),
            ];
            if let Some(error) = event_error {
                lines.push(Line::new());
                lines.push(
                    Line::hanging(2)
                        .warn("▲ ")
                        .plain(format!("The Scheduled event could not be posted: {error}")),
                );
                lines.push(Line::hanging(2).plain("  The binding stands all the same"));
            }
            lines
        }
        Outcome::Changed { .. } | Outcome::DryRun { .. } => {
            vec![Line::new().plain(brief(pod, node, outcome))]
        }
        Outcome::Refused(refusal) => {
            let mut lines = vec![
                Line::hanging(2)
                    .bad("✗ ")
                    .strong(format!("{key} was not placed on {node}")),
                Line::new(),
                Line::new().plain(sentence(&refusal.to_string())),
                Line::new(),
            ];
            lines.extend(next(pod, refusal));
            lines
        }
        Outcome::Unknown { node, error } => vec![
            Line::hanging(2)
                .bad("▲ ")
                .strong(format!("Not known whether {key} is on {node}")),
            Line::new(),
            Line::new().plain("The answer to the Binding was lost, and the pod could not be read either:"),
            Line::hanging(2).plain("  ").plain(error),
            Line::new(),
            Line::new()
                .dim("Next")
                .plain("  when the server answers again, the list shows the truth; or ask it:"),
            look(),
        ],
    }
}

fn next(pod: &Pod, refusal: &Refusal) -> Vec<Line> {
    let key = &pod.key;
    let say = |text: &str| Line::hanging(6).dim("Next  ").plain(text);
    let command = |text: String| Line::hanging(8).plain("      ").accent(text);
    match refusal.cause() {
        Refusal::AfterPreparing { refusal, .. } => next(pod, refusal),
        Refusal::Mirror => vec![say("nothing: its kubelet runs it")],
        Refusal::DaemonSetElsewhere(node) => vec![say(&format!("place it on {node}"))],
        Refusal::CannotPrepare(_)
        | Refusal::ClaimChanged(_)
        | Refusal::NoLongerFits { .. }
        | Refusal::RoomTaken { .. } => {
            vec![say("look at the pod's nodes again, then choose")]
        }
        Refusal::NotReady(_) => vec![
            say("see what keeps its claims:"),
            command(format!(
                "kubectl get pvc,resourceclaims,events -n {}",
                key.namespace
            )),
        ],
        Refusal::Cancelled => vec![say("nothing, or place it again")],
        Refusal::NoJournal(_) => vec![say("make room on the disk, or start berth with --no-journal")],
        Refusal::PodGone => vec![say("nothing: its owner makes another if it is needed")],
        Refusal::PodReplaced => vec![say("find the new pod in Waiting and look at its nodes")],
        Refusal::PodChanged => vec![say("the list shows it as it is now; look at its nodes again")],
        Refusal::AlreadyBound { .. } => vec![
            say("nothing to place. If two schedulers answer for its name, end one of them"),
            command(format!(
                "kubectl get events -n {} --field-selector involvedObject.name={}",
                key.namespace, key.name
            )),
        ],
        Refusal::Deleting => vec![say("nothing: it goes away")],
        Refusal::Gated(_) => vec![
            say("find out who holds it:"),
            command(format!(
                "kubectl get pod -n {} {} -o jsonpath='{{.spec.schedulingGates}}'",
                key.namespace, key.name
            )),
        ],
        Refusal::Over(_) => vec![say("nothing: it has run")],
        Refusal::NotOurs(name) => vec![say(&format!(
            "leave it to {name}, or start berth with --scheduler-name {name} once that scheduler is stopped"
        ))],
        Refusal::AdoptionOver { scheduler, .. } => {
            vec![say(&format!(
                "adopt the pods of {scheduler} again, if it is still down"
            ))]
        }
        Refusal::SchedulerBack { .. } => vec![say("nothing: its own scheduler places it")],
        Refusal::NodeGone(_) => vec![say("choose another node")],
        Refusal::NotFeasible { .. } | Refusal::Unprepared(_) => {
            vec![say("open the dialog again: it now asks for a reason")]
        }
        Refusal::Budgets(_) => vec![say("look again: it now asks for a word about the budgets")],
        Refusal::NotInsisted { .. } => vec![say("open the dialog again: it now asks for the node's name")],
        Refusal::Forbidden(_) => vec![
            say("see which rights are missing, and ask for them:"),
            command("berth check".to_owned()),
        ],
        Refusal::NotBound(_) => vec![say("look at the pod's nodes again, then place it again")],
        Refusal::Unreachable(_) | Refusal::Lagging(_) | Refusal::NotKnownYet => vec![say(
            "wait until the first line says live again, then place it again",
        )],
        Refusal::Rejected(_) => vec![
            say("look at the pod; the server's words are above"),
            command(format!("kubectl describe pod -n {} {}", key.namespace, key.name)),
        ],
    }
}

/// `text` with a capital letter at its start.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
