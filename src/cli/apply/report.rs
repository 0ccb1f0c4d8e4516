//! How far a plan came, in lines and documents.

use serde_json::json;

use super::surprise::Surprise;
use crate::cli::args::{DryRunMode, Global};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::{note, program};
use crate::model::PodKey;
use crate::model::text::inert;
use crate::scheduling::plan::document::Placement;

pub(super) struct Report {
    output: Output,
    mode: DryRunMode,
    of: usize,
    placed: usize,
    there: usize,
}

impl Report {
    pub(super) fn new(global: &Global, mode: DryRunMode, of: usize) -> Self {
        Self {
            output: Output::new(global),
            mode,
            of,
            placed: 0,
            there: 0,
        }
    }

    pub(super) fn placed(
        &mut self,
        pod: &PodKey,
        placement: &Placement,
        event_error: Option<&str>,
    ) -> Result<(), Failure> {
        self.placed += 1;
        let node = &placement.node;
        if let Some(error) = event_error {
            let error = inert(error);
            note(&format!(
                "warning: {pod} is placed on {node}, but the event could not be posted: {error}"
            ));
        }
        let (outcome, how, dry_run) = match self.mode {
            DryRunMode::None => ("placed", "", "none"),
            DryRunMode::Client => ("dryRun", " (dry run)", "client"),
            DryRunMode::Server => ("dryRun", " (server dry run)", "server"),
        };
        if self.output.for_people() {
            self.output.text(format!("{pod} placed on {node}{how}"))?;
        } else {
            self.output.document(&json!({
                "pod": pod.to_string(), "node": node, "outcome": outcome, "dryRun": dry_run, "eventError": event_error,
            }))?;
        }
        self.output.flush()
    }

    pub(super) fn there(&mut self, pod: &PodKey, placement: &Placement, by_us: bool) -> Result<(), Failure> {
        self.there += 1;
        let node = &placement.node;
        if !by_us {
            note(&format!(
                "{pod} was placed on {node} by somebody else, as the plan has it"
            ));
        }
        if self.output.for_people() {
            self.output.text(format!("{pod} is on {node} already"))?;
        } else {
            self.output.document(&json!({
                "pod": pod.to_string(), "node": node, "outcome": "there", "placedByBerth": by_us,
            }))?;
        }
        self.output.flush()
    }

    /// Everything went as planned.
    pub(super) fn done(mut self) -> Result<(), Failure> {
        note(&self.counts());
        self.output.flush()
    }

    /// Ctrl-C came before `next` was begun.
    pub(super) fn interrupted(&self, next: &PodKey) -> Failure {
        let message = format!("interrupted before {next}: {}", self.counts());
        Failure::new(Exit::Interrupted, message).hint("The same command goes on where it stopped.")
    }

    /// `pod` is not as the plan has it, or could not be placed.
    pub(super) fn stopped(&self, pod: &PodKey, surprise: Surprise) -> Failure {
        let (exit, why, counts) = (surprise.exit, surprise.why, self.counts());
        let failure = Failure::new(exit, format!("stopped at {pod}: {why}\n{counts}"));
        match exit {
            Exit::Interrupted => failure.hint("The same command goes on where it stopped."),
            Exit::Changed | Exit::Infeasible => failure.hint(format!(
                "What is left can be planned anew: {} plan -o yaml. Why: {0} explain {pod}",
                program()
            )),
            Exit::Denied => failure.hint(format!("Right by right: {} check", program())),
            _ => failure.hint("The same command goes on where it stopped."),
        }
    }

    fn counts(&self) -> String {
        let Self {
            of, placed, there, ..
        } = self;
        let verb = if self.mode == DryRunMode::None {
            "placed"
        } else {
            "would be placed"
        };
        let left = of - placed - there;
        let there = if *there > 0 {
            format!(", {there} were there already")
        } else {
            String::new()
        };
        let left = if left > 0 {
            format!(", {left} not placed")
        } else {
            String::new()
        };
        format!("{placed} of {of} pods {verb}{there}{left}")
    }
}
