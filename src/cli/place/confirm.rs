//! Asking before anything is sent, with exactly what would be.

use serde_json::Value;

use crate::cli::args::DryRunMode;
use crate::cli::ask;
use crate::cli::exit::{Exit, Failure};
use crate::cli::note;
use crate::cli::table::wrap;
use crate::model::Pod;
use crate::model::text::inert;
use crate::placing::consequence::{self, Consequence, Fate, NodeFacts};
use crate::placing::{Intent, Placer};

/// How wide running text is.
const WIDTH: usize = 80;

/// What is asked before a pod is placed.
pub(super) struct Question<'a> {
    pub(super) intent: &'a Intent,
    /// The pod as it was judged.
    pub(super) pod: &'a Pod,
    pub(super) facts: &'a NodeFacts,
    pub(super) placer: &'a Placer,
}

impl Question<'_> {
    /// Shows what would be sent, and asks; whether the node's name was typed.
    pub(super) async fn ask(&self) -> Result<bool, Failure> {
        let lines = self.lines();
        let lines: Vec<_> = lines.iter().map(|line| inert(line)).collect();
        note(&lines.join("\n"));
        let (pod, node) = (&self.intent.pod, &self.intent.node);
        let insists = self.fate().is_harmful();
        let placed = if insists {
            let question = format!("To place it all the same, type the node's name ({node}):");
            ask::typed(&question).await? == **node
        } else {
            ask::yes("Place it?").await?
        };
        if placed {
            return Ok(insists);
        }
        Err(Failure::new(
            Exit::Failed,
            format!("{pod} was not placed: nothing was sent"),
        ))
    }

    /// Where nobody can be asked: nothing may be placed whose node has to be named.
    pub(super) fn needs_no_name(&self, dry_run: DryRunMode) -> Result<bool, Failure> {
        let (pod, node, fate) = (&self.intent.pod, &self.intent.node, self.fate());
        if !fate.is_harmful() {
            return Ok(false);
        }
        if dry_run != DryRunMode::None {
            note(&format!(
                "warning: placed on {node}, what becomes of {pod} is: {fate}"
            ));
            return Ok(false);
        }
        let consequences = self.intent.verdict.broken.iter().map(|rule| {
            let text = Consequence::of(rule, self.pod, self.facts).text;
            format!("\n  {rule}: {text}")
        });
        let message = format!(
            "cannot place {pod} on {node}: what becomes of it there is: {fate}{}",
            consequences.collect::<String>()
        );
        Err(Failure::new(Exit::Infeasible, message).hint(format!(
            "To place it all the same, give the node's name once more: --override-node {node}"
        )))
    }

    fn fate(&self) -> Fate {
        consequence::fate(&self.intent.verdict, self.pod, self.facts)
    }

    fn lines(&self) -> Vec<String> {
        let Self {
            intent,
            pod: judged,
            facts,
            placer,
        } = *self;
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
                let consequence = Consequence::of(rule, judged, facts).text;
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
        lines
    }
}
