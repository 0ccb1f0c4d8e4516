//! Asking before anything is sent, with exactly what would be.

use serde_json::Value;

use crate::app::consequence::Consequence;
use crate::cli::ask;
use crate::cli::exit::{Exit, Failure};
use crate::cli::note;
use crate::cli::table::wrap;
use crate::model::Pod;
use crate::model::text::inert;
use crate::placing::{Intent, Placer};

/// How wide running text is.
const WIDTH: usize = 80;

/// Shows what would be sent, and asks.
pub(super) async fn ask(intent: &Intent, pod: &Pod, placer: &Placer) -> Result<(), Failure> {
    note(&what(intent, pod, placer));
    if ask::yes("Place it?").await? {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Failed,
        format!("{} was not placed: nothing was sent", intent.pod),
    ))
}

fn what(intent: &Intent, judged: &Pod, placer: &Placer) -> String {
    let Intent {
        pod, node, verdict, ..
    } = intent;
    let mut lines = vec![format!("Place {pod} on {node}?")];
    if verdict.is_feasible() {
        let total = verdict
            .total
            .map_or(String::new(), |total| format!(", with a total of {total}"));
        let best = if verdict.best { " and is best" } else { "" };
        lines.push(format!("  The node fits{best}{total}."));
    } else {
        let rules = verdict.broken.len();
        let s = if rules == 1 { "" } else { "s" };
        lines.push(format!("  You overrule {rules} rule{s}:"));
        for rule in &verdict.broken {
            lines.push(format!("    {rule}"));
            let consequence = Consequence::of(rule, judged, None).text;
            lines.extend(
                wrap(&consequence, WIDTH - 6)
                    .iter()
                    .map(|line| format!("      {line}")),
            );
        }
    }
    for left in &verdict.unprepared {
        lines.extend(
            wrap(&left.to_string(), WIDTH - 2)
                .iter()
                .map(|line| format!("  {line}")),
        );
    }
    for prepared in &verdict.prepared {
        lines.extend(
            wrap(&format!("{prepared}."), WIDTH - 2)
                .iter()
                .map(|line| format!("  {line}")),
        );
    }
    lines.push(format!("  Sends  1 Binding  pods/{}/binding", pod.name));
    lines.push(format!("                    uid {}", intent.uid));
    lines.push(format!(
        "                    resourceVersion {}",
        intent.resource_version
    ));
    let binding = placer.binding(intent);
    let annotations = binding
        .pointer("/metadata/annotations")
        .and_then(Value::as_object);
    for (key, value) in annotations.into_iter().flatten() {
        lines.push(format!(
            "                    {key}: {}",
            value.as_str().unwrap_or_default()
        ));
    }
    lines.push("         2 Event    Scheduled".to_owned());
    lines.push(format!(
        "                    Successfully assigned {pod} to {node}"
    ));
    lines.push("  A binding cannot be undone; the pod can only be deleted.".to_owned());
    let lines: Vec<_> = lines.iter().map(|line| inert(line)).collect();
    lines.join("\n")
}
