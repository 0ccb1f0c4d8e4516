//! A decision's word on one node, with the numbers that went in.

use serde_json::{Value, json};

use super::decision::section;
use crate::cli::exit::Failure;
use crate::cli::output::{Output, Span, Style};
use crate::cli::table::{Align, Table, wrap};
use crate::model::NodeId;
use crate::placing::Verdict;
use crate::scheduling::cycle::NodeExplanation;
use crate::scheduling::explanation::{Explanation, Side};
use crate::scheduling::{Trace, record};

/// One node of a decision.
pub(super) struct Seen<'a> {
    pub(super) trace: &'a Trace,
    pub(super) node: &'a str,
    pub(super) explanation: &'a NodeExplanation,
}

impl Seen<'_> {
    /// Prints it for people.
    pub(super) fn print(&self, output: &mut Output) -> Result<(), Failure> {
        let Some(node) = self.trace.nodes.id(self.node) else {
            return Ok(());
        };
        let verdict = Verdict::of(self.trace, node);
        self.head(&verdict, output)?;
        if let Some((plugin, status)) = self.trace.pre_filter_failure() {
            section("PreFilter", output)?;
            finding("✗", Style::Bad, plugin, &status.reasons.join(", "), output)?;
        } else if self.trace.excluded(node) {
            section("PreFilter", output)?;
            for rule in verdict.broken.iter().filter(|rule| !self.filtered(rule.plugin)) {
                finding("✗", Style::Bad, rule.plugin, &rule.reasons.join(", "), output)?;
            }
        }
        self.filters(node, output)?;
        self.scores(node, output)
    }

    fn head(&self, verdict: &Verdict, output: &mut Output) -> Result<(), Failure> {
        let (mark, style, text) = match (verdict.broken.len(), verdict.total) {
            (0, Some(total)) if verdict.best => (
                "★",
                Style::Good,
                format!("fits, and is best with a total of {total}"),
            ),
            (0, Some(total)) => ("✓", Style::Good, format!("fits, with a total of {total}")),
            (0, None) => ("✓", Style::Good, "fits".to_owned()),
            (1, _) => (
                "✗",
                Style::Bad,
                "does not fit: 1 rule keeps the pod off".to_owned(),
            ),
            (rules, _) => (
                "✗",
                Style::Bad,
                format!("does not fit: {rules} rules keep the pod off"),
            ),
        };
        output.line(&[
            Span::new(format!("{} on {}", self.trace.pod, self.node), Style::Strong),
            "  ".into(),
            Span::new(format!("{mark} {text}"), style),
        ])
    }

    fn filtered(&self, plugin: &str) -> bool {
        self.trace.filters.iter().any(|column| column.plugin == plugin)
    }

    fn filters(&self, node: NodeId, output: &mut Output) -> Result<(), Failure> {
        if self.trace.filters.is_empty() {
            return Ok(());
        }
        section("Filters", output)?;
        for column in &self.trace.filters {
            let explanation = find(&self.explanation.filters, column.plugin);
            let (mark, style) = if column.rejects(node) {
                ("✗", Style::Bad)
            } else {
                ("✓", Style::Good)
            };
            let reasons = column.get(node).reasons.join(", ");
            let summary = explanation.map_or("", |explanation| &explanation.summary);
            finding(
                mark,
                style,
                column.plugin,
                if reasons.is_empty() { summary } else { &reasons },
                output,
            )?;
            if !reasons.is_empty() && !summary.is_empty() {
                running(summary, output)?;
            }
            if let Some(explanation) = explanation {
                numbers(explanation, output)?;
            }
        }
        Ok(())
    }

    fn scores(&self, node: NodeId, output: &mut Output) -> Result<(), Failure> {
        let Some(place) = self.trace.feasible_index(node) else {
            return Ok(());
        };
        if self.trace.scores.is_empty() {
            return Ok(());
        }
        section("Scores", output)?;
        for column in &self.trace.scores {
            let raw = column.raw.get(place).copied().unwrap_or_default();
            let normalized = column.normalized.get(place).copied().unwrap_or_default();
            let weighted = normalized * column.weight;
            let result = format!(
                "raw {raw}, normalised {normalized}, × weight {} = {weighted}",
                column.weight
            );
            finding("·", Style::Plain, column.plugin, &result, output)?;
            if let Some(explanation) = find(&self.explanation.scores, column.plugin) {
                running(&explanation.summary, output)?;
                numbers(explanation, output)?;
            }
        }
        if let Some(total) = self.trace.total(node) {
            output.line(&[Span::new(format!("  total {total}"), Style::Strong)])?;
        }
        Ok(())
    }

    /// The decision record with this node alone, and what explains it under `explanation`.
    pub(super) fn record(&self) -> Value {
        let mut record = record::record(self.trace);
        if let Some(nodes) = record.get_mut("nodes").and_then(Value::as_object_mut) {
            nodes.retain(|name, _| name == self.node);
            if let Some(node) = nodes.get_mut(self.node).and_then(Value::as_object_mut) {
                node.insert(
                    "explanation".to_owned(),
                    json!({"filter": all(&self.explanation.filters), "score": all(&self.explanation.scores)}),
                );
            }
        }
        record
    }
}

fn find<'a>(explanations: &'a [(&'static str, Explanation)], plugin: &str) -> Option<&'a Explanation> {
    let found = explanations.iter().find(|(name, _)| *name == plugin);
    found.map(|(_, explanation)| explanation)
}

fn finding(mark: &str, style: Style, plugin: &str, text: &str, output: &mut Output) -> Result<(), Failure> {
    output.line(&[
        "  ".into(),
        Span::new(mark, style),
        " ".into(),
        Span::new(plugin, Style::Strong),
        if text.is_empty() {
            "".into()
        } else {
            format!("  {text}").into()
        },
    ])
}

fn running(text: &str, output: &mut Output) -> Result<(), Failure> {
    for line in wrap(text, output.text_width() - 6)
        .iter()
        .filter(|line| !line.is_empty())
    {
        output.text(format!("      {line}"))?;
    }
    Ok(())
}

fn numbers(explanation: &Explanation, output: &mut Output) -> Result<(), Failure> {
    let mut inputs = Table::new([""; 4].map(|head| (head, Align::Left)))
        .indent(6)
        .flowing();
    for input in &explanation.inputs {
        inputs.row(vec![
            Span::new(side(input.side), Style::Dim),
            (&input.name).into(),
            (&input.value).into(),
            Span::new(&input.field, Style::Dim),
        ]);
    }
    inputs.print(output)?;
    let mut steps = Table::new([""; 3].map(|head| (head, Align::Left)))
        .indent(6)
        .flowing();
    for step in &explanation.steps {
        steps.row(vec![
            (&step.name).into(),
            (&step.formula).into(),
            format!("= {}", step.result).into(),
        ]);
    }
    steps.print(output)
}

const fn side(side: Side) -> &'static str {
    match side {
        Side::Pod => "pod",
        Side::Node => "node",
        Side::Profile => "profile",
    }
}

fn all(explanations: &[(&'static str, Explanation)]) -> Value {
    let each = explanations.iter().map(|(plugin, explanation)| {
        let inputs: Vec<Value> = explanation
            .inputs
            .iter()
            .map(|input| {
                json!({"side": side(input.side), "name": input.name, "value": input.value, "field": input.field})
            })
            .collect();
        let steps: Vec<Value> = explanation
            .steps
            .iter()
            .map(|step| json!({"name": step.name, "formula": step.formula, "result": step.result}))
            .collect();
        let value = json!({"summary": explanation.summary, "inputs": inputs, "steps": steps});
        ((*plugin).to_owned(), value)
    });
    Value::Object(each.collect())
}
