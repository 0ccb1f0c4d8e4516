//! Asking before anything is sent, with exactly what would be.

use std::fmt::Write as _;

use crate::cli::exit::{Exit, Failure};
use crate::cli::note;
use crate::model::text::inert;
use crate::placing::{Intent, Placer};

/// Shows what would be sent, and asks.
pub(super) async fn ask(intent: &Intent, placer: &Placer) -> Result<(), Failure> {
    note(&what(intent, placer));
    let question = tokio::task::spawn_blocking(|| {
        use std::io::Write as _;
        let mut stderr = std::io::stderr();
        let _ = write!(stderr, "Place it? [y/N] ");
        let _ = stderr.flush();
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = tokio::select! {
        answer = question => answer.map_err(std::io::Error::other).flatten(),
        Ok(()) = tokio::signal::ctrl_c() => {
            note("");
            return Err(Failure::silent(Exit::Interrupted));
        }
    };
    let answer =
        answer.map_err(|error| Failure::new(Exit::Failed, format!("cannot read the answer: {error}")))?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Failed,
        format!("{} was not placed: nothing was sent", intent.pod),
    ))
}

fn what(intent: &Intent, placer: &Placer) -> String {
    let Intent {
        pod, node, verdict, ..
    } = intent;
    let mut text = format!("Place {pod} on {}?\n", inert(node));
    if verdict.is_feasible() {
        let total = verdict
            .total
            .map_or(String::new(), |total| format!(", with a total of {total}"));
        let best = if verdict.best { " and is best" } else { "" };
        let _ = writeln!(text, "  The node fits{best}{total}.");
    } else {
        let rules = verdict.broken.len();
        let _ = writeln!(
            text,
            "  You overrule {rules} rule{}:",
            if rules == 1 { "" } else { "s" }
        );
        for rule in &verdict.broken {
            let _ = writeln!(text, "    {}", inert(&rule.to_string()));
        }
    }
    let binding = placer.binding(intent);
    let _ = writeln!(
        text,
        "  Sends  1 Binding  pods/{}/binding  uid {}  resourceVersion {}",
        pod.name, intent.uid, intent.resource_version
    );
    let annotations = binding
        .pointer("/metadata/annotations")
        .and_then(serde_json::Value::as_object);
    for (key, value) in annotations.into_iter().flatten() {
        let _ = writeln!(
            text,
            "                    {key}: {}",
            inert(value.as_str().unwrap_or_default())
        );
    }
    let _ = writeln!(
        text,
        "         2 Event    Scheduled  \"Successfully assigned {pod} to {}\"",
        inert(node)
    );
    text.push_str("  A binding cannot be undone; the pod can only be deleted.");
    text
}
